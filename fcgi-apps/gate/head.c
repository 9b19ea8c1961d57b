/* head: requests. Answers are in answer.c, bodies in body.c. */
#include "head.h"

#include <string.h>
#include <strings.h>

#include "line.h"

size_t head_end(const char *at, size_t n)
{
	for (const char *p = at, *end = at + n; (p = memchr(p, '\n', (size_t)(end - p))) != NULL;) {
		p++;
		if (p < end && *p == '\n')
			return (size_t)(p + 1 - at);
		if (p + 1 < end && p[0] == '\r' && p[1] == '\n')
			return (size_t)(p + 2 - at);
	}
	return 0;
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

static bool request_line(const char *line, struct arena *arena, struct ask *ask)
{
	size_t method = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_"), target;

	if (method == 0 || method > 20 || line[method] != ' ' || line[method + 1] != '/')
		return false;
	target = strcspn(line + method + 1, " ");
	ask->method = arena_copy(arena, line, method);
	ask->target = arena_copy(arena, line + method + 1, target);
	for (const char *p = ask->target; *p; p++)
		if ((unsigned char)*p <= 0x20 || *p == 0x7f)
			return false;
	return same(line + method + 1 + target, " HTTP/1.1");
}

const char *ask_header(const struct ask *ask, const char *name)
{
	for (size_t i = 0; i < ask->n; i++)
		if (strcasecmp(ask->lines[i].name, name) == 0)
			return ask->lines[i].value;
	return NULL;
}

static bool once(const struct ask *ask, const char *name, const char **out)
{
	int n = 0;

	for (size_t i = 0; i < ask->n; i++)
		if (strcasecmp(ask->lines[i].name, name) == 0 && ++n == 1)
			*out = ask->lines[i].value;
	return n == 1 && !empty(*out);
}

static bool at_most_once(const struct ask *ask, const char *name)
{
	const char *ignored = NULL;

	return !ask_header(ask, name) || once(ask, name, &ignored);
}

/* Both lengths, or one twice, is how one request is made to look like two. */
static bool body_kind(struct ask *ask)
{
	const char *length = ask_header(ask, "Content-Length"), *coding = ask_header(ask, "Transfer-Encoding");

	if (!at_most_once(ask, "Content-Length") || !at_most_once(ask, "Transfer-Encoding") || (length && coding))
		return false;
	if (coding) {
		ask->body = BODY_CHUNKED;
		return strcasecmp(coding, "chunked") == 0;
	}
	ask->body = length ? BODY_LENGTH : BODY_NONE;
	return !length || (length[0] != '-' && parse_int(length, 0, INT64_MAX, &ask->length));
}

static bool is_get(const struct ask *ask)
{
	return same(ask->method, "GET");
}

static bool is_websocket(const struct ask *ask)
{
	const char *upgrade = ask_header(ask, "Upgrade"), *version = ask_header(ask, "Sec-WebSocket-Version");

	return is_get(ask) && upgrade && strcasecmp(upgrade, "websocket") == 0 && same(version, "13") && ask_header(ask, "Sec-WebSocket-Key")
		&& ask->body == BODY_NONE;
}

static bool is_page(const struct ask *ask)
{
	const char *accept = ask_header(ask, "Accept"), *mode = ask_header(ask, "Sec-Fetch-Mode");

	return is_get(ask) && accept && strstr(accept, "text/html") && (!mode || same(mode, "navigate"));
}

bool ask_read(struct arena *arena, const char *at, size_t n, struct ask *ask)
{
	struct lines lines = { at, n };
	const char *first = next_line(&lines, arena);

	*ask = (struct ask){ 0 };
	if (!first || !request_line(first, arena, ask) || !read_lines(&lines, arena, ask->lines, &ask->n))
		return false;
	if (!once(ask, "Naru-App", &ask->app) || !once(ask, "Naru-User", &ask->user) || !once(ask, "Naru-Seat", &ask->seat) || !once(ask, "Naru-Address", &ask->address))
		return false;
	if (!body_kind(ask))
		return false;
	ask->websocket = is_websocket(ask);
	ask->page = is_page(ask);
	return true;
}

/* ---- judging --------------------------------------------------------------------------------------------------------- */

static bool own_origin(const char *origin, const char *host)
{
	return starts_with(origin, "https://") && same(origin + strlen("https://"), host);
}

bool ask_origin_good(const struct ask *ask, const char *host)
{
	const char *origin = ask_header(ask, "Origin"), *site = ask_header(ask, "Sec-Fetch-Site");
	bool reads = is_get(ask) || same(ask->method, "HEAD");
	bool own = !site || same(site, "same-origin") || same(site, "none");

	if (!at_most_once(ask, "Origin") || !at_most_once(ask, "Sec-Fetch-Site"))
		return false;
	if (origin ? !own_origin(origin, host) : ask_header(ask, "Upgrade") != NULL)
		return false;
	if (!reads || ask_header(ask, "Upgrade"))
		return own;
	return own || (same(ask_header(ask, "Sec-Fetch-Mode"), "navigate") && same(ask_header(ask, "Sec-Fetch-Dest"), "document"));
}

/* ---- writing ---------------------------------------------------------------------------------------------------------- */

/* What is between two hosts only, what would name another visitor, and what is ours. */
static bool dropped(const char *name)
{
	static const char *const names[] = {
		"Host", "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy", "TE", "Trailer", "Upgrade", "Expect", "Cookie",
		"Transfer-Encoding", "Content-Length", "Forwarded", "X-Real-IP", "X-Scheme", "X-Original-URL", "X-Rewrite-URL", "X-Client-IP",
		"Remote-User", "X-Remote-User", "X-User",
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return strncasecmp(name, "Naru-", 5) == 0 || strncasecmp(name, "X-Naru-", 7) == 0 || strncasecmp(name, "X-Forwarded-", 12) == 0;
}

/* The portal's tokens are no app's business. */
static bool is_portal_token(const struct line *line)
{
	const char *value = line->value;

	if (strcasecmp(line->name, "Authorization") != 0)
		return false;
	if (strncasecmp(value, "Bearer", 6) == 0)
		value += 6;
	return starts_with(value + strspn(value, " \t"), "naru_");
}

static bool is_named(const char *name, size_t n, const char *other, size_t m)
{
	return n == m && strncmp(name, other, n) == 0;
}

/* The cookies of one header but ours and the one called `own`. */
static void put_cookies(struct buf *out, const char *value, const char *own, size_t own_n, bool *any)
{
	while (*value) {
		size_t n, name;

		value += strspn(value, "; \t");
		n = strcspn(value, ";");
		name = strcspn(value, "=;");
		while (name > 0 && (value[name - 1] == ' ' || value[name - 1] == '\t'))
			name--;
		if (n > 0 && !is_own_cookie(value, name) && !(own && is_named(value, name, own, own_n))) {
			buf_text(out, *any ? "; " : "Cookie: ");
			buf_add(out, value, n);
			*any = true;
		}
		value += n;
	}
}

/* One Cookie header for all that came (RFC 9113 splits them), with the app's secret at the end if it goes there. */
static void write_cookies(const struct ask *ask, const char *add, struct buf *out)
{
	const char *own = add && starts_with(add, "Cookie: ") ? add + strlen("Cookie: ") : NULL;
	size_t own_n = own ? strcspn(own, "=") : 0;
	bool any = false;

	for (size_t i = 0; i < ask->n; i++)
		if (strcasecmp(ask->lines[i].name, "Cookie") == 0)
			put_cookies(out, ask->lines[i].value, own, own_n, &any);
	if (own)
		buf_printf(out, "%s%s", any ? "; " : "Cookie: ", own);
	if (any || own)
		buf_text(out, "\r\n");
}

static void write_forwarded(const struct ask *ask, const char *host, struct buf *out)
{
	buf_printf(out, "X-Forwarded-For: %s\r\nX-Forwarded-Host: %s\r\nX-Forwarded-Proto: https\r\n", ask->address, host);
	if (ask->body == BODY_CHUNKED)
		buf_text(out, "Transfer-Encoding: chunked\r\n");
	else if (ask->body == BODY_LENGTH)
		buf_printf(out, "Content-Length: %lld\r\n", (long long)ask->length);
	buf_text(out, ask->websocket ? "Upgrade: websocket\r\nConnection: Upgrade\r\n" : "Connection: close\r\n");
}

void ask_write(const struct ask *ask, const char *host, const char *add, struct buf *out)
{
	size_t secret = add ? strcspn(add, ":") : 0;

	buf_printf(out, "%s %s HTTP/1.1\r\nHost: %s\r\n", ask->method, ask->target, host);
	for (size_t i = 0; i < ask->n; i++) {
		const struct line *line = &ask->lines[i];

		if (dropped(line->name) || is_portal_token(line) || (secret && strlen(line->name) == secret && strncasecmp(line->name, add, secret) == 0))
			continue;
		buf_printf(out, "%s: %s\r\n", line->name, line->value);
	}
	write_cookies(ask, add, out);
	if (add && !starts_with(add, "Cookie: "))
		buf_printf(out, "%s\r\n", add);
	write_forwarded(ask, host, out);
	buf_text(out, "\r\n");
}
