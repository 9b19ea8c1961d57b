#include "head.h"

#include <string.h>
#include <strings.h>

/* ---- reading --------------------------------------------------------------------------------------------------- */

size_t head_length(const void *at, size_t n)
{
	const char *end = memmem(at, n, "\r\n\r\n", 4);

	return end ? (size_t)(end - (const char *)at) + 4 : 0;
}

static bool is(const struct head_line *line, const char *name)
{
	return strcasecmp(line->name, name) == 0;
}

static bool token(const char *s)
{
	static const char letters[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return *s && strspn(s, letters) == strlen(s);
}

static bool visible(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 ? *s != '\t' : *s == 0x7f)
			return false;
	return true;
}

/* One line "name: value"; the copy is cut up. */
static bool read_line(char *at, struct head_line *out)
{
	char *colon = strchr(at, ':');
	size_t n;

	if (!colon)
		return false;
	*colon++ = '\0';
	colon += strspn(colon, " \t");
	for (n = strlen(colon); n && (colon[n - 1] == ' ' || colon[n - 1] == '\t'); n--)
		colon[n - 1] = '\0';
	*out = (struct head_line){ at, colon };
	return token(at) && visible(colon);
}

static bool once(const char **place, const struct head_line *line)
{
	if (*place)
		return false;
	*place = line->value;
	return true;
}

/* Notes what is asked for by name; false if one came twice. */
static bool note(struct head *head, const struct head_line *line, const char **length)
{
	if (is(line, "Host"))
		return once(&head->host, line);
	if (is(line, "Naru-App"))
		return once(&head->app, line);
	if (is(line, "Naru-User"))
		return once(&head->user, line);
	if (is(line, "Naru-Seat"))
		return once(&head->seat, line);
	if (is(line, "Origin"))
		return once(&head->origin, line);
	if (is(line, "Content-Length") || is(line, "Transfer-Encoding"))
		return once(length, line);
	if (is(line, "Upgrade"))
		head->websocket = strcasecmp(line->value, "websocket") == 0;
	return true;
}

static bool read_first(struct arena *arena, struct head *head)
{
	const char *blank = strchr(head->first, ' '), *last = strrchr(head->first, ' ');

	if (!blank || last == blank || blank[1] != '/' || !visible(head->first) || !starts_with(last, " HTTP/1."))
		return false;
	head->method = arena_copy(arena, head->first, (size_t)(blank - head->first));
	return token(head->method) && memchr(blank + 1, ' ', (size_t)(last - blank - 1)) == NULL;
}

bool head_read(struct arena *arena, struct bytes bytes, struct head *head)
{
	char *at = arena_copy(arena, bytes.at, bytes.n), *end;
	const char *length = NULL;

	*head = (struct head){ 0 };
	if (memchr(bytes.at, '\0', bytes.n))
		return false;
	for (; (end = strstr(at, "\r\n")) && end != at; at = end + 2) {
		*end = '\0';
		if (!head->first) {
			head->first = at;
			continue;
		}
		if (head->n == HEAD_LINES || !read_line(at, &head->lines[head->n]) || !note(head, &head->lines[head->n], &length))
			return false;
		head->n++;
	}
	return head->first && head->host && read_first(arena, head);
}

bool head_origin_ok(const struct head *head, const char *own)
{
	bool reads = same(head->method, "GET") || same(head->method, "HEAD");

	return !head->origin || (reads && !head->websocket) || same(head->origin, own);
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

/* Of one hop only, or of the portal only. */
static bool is_ours(const struct head_line *line)
{
	static const char *const names[] = { "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy", "Upgrade", "TE", "Trailer",
		"Expect", "Cookie" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (is(line, names[i]))
			return true;
	return strncasecmp(line->name, "Naru", 4) == 0;
}

/* One "name=value" of a Cookie header: not the portal's, and not one that the gate itself adds. */
static bool cookie_stays(const char *at, size_t n, const char *own)
{
	static const char portal[] = "__Host-naru";
	size_t own_n = strcspn(own, "=");

	if (n == 0 || (n >= strlen(portal) && strncasecmp(at, portal, strlen(portal)) == 0))
		return false;
	return !own_n || n <= own_n || strncmp(at, own, own_n) != 0 || at[own_n] != '=';
}

static void add_cookies(struct buf *out, const char *value, const char *own)
{
	for (size_t n; *value; value += n + (value[n] == ';')) {
		size_t length;

		value += strspn(value, " \t");
		n = length = strcspn(value, ";");
		while (length && (value[length - 1] == ' ' || value[length - 1] == '\t'))
			length--;
		if (!cookie_stays(value, length, own))
			continue;
		buf_text(out, out->n ? "; " : "");
		buf_add(out, value, length);
	}
}

static void write_cookies(struct buf *out, struct arena *arena, const struct head *head, const char *own)
{
	struct buf all;

	buf_in(&all, arena);
	for (size_t i = 0; i < head->n; i++)
		if (is(&head->lines[i], "Cookie"))
			add_cookies(&all, head->lines[i].value, own);
	if (*own) {
		buf_text(&all, all.n ? "; " : "");
		buf_text(&all, own);
	}
	if (all.n)
		buf_printf(out, "Cookie: %s\r\n", buf_cstr(&all));
}

struct bytes head_write(struct arena *arena, const struct head *head, const char *extra)
{
	static const char cookie[] = "Cookie: ";
	const char *own = extra && starts_with(extra, cookie) ? extra + strlen(cookie) : "";
	struct head_line added = { arena_copy(arena, extra ? extra : "", extra ? strcspn(extra, ":") : 0), "" };
	struct buf out;

	buf_in(&out, arena);
	buf_printf(&out, "%s\r\n", head->first);
	for (size_t i = 0; i < head->n; i++) {
		const struct head_line *line = &head->lines[i];

		if (is_ours(line) || is(line, added.name) || (extra && !*own && is(line, "Authorization")))
			continue;
		buf_printf(&out, "%s: %s\r\n", line->name, line->value);
	}
	write_cookies(&out, arena, head, own);
	if (extra && !*own)
		buf_printf(&out, "%s\r\n", extra);
	buf_text(&out, head->websocket ? "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n" : "Connection: close\r\n\r\n");
	return (struct bytes){ (const unsigned char *)buf_cstr(&out), out.n };
}
