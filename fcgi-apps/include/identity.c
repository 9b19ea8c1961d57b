/* identity: who is asking, from the NARU_* parameters that only nginx can have set. */
#include "identity.h"

#include <string.h>
#include <strings.h>

static bool refuse(struct req *r, const char *why)
{
	return fail(r->ctx, KIND_FORBIDDEN, tr(r->ctx, "Who you are could not be established, so nothing was done. Please sign in again."), "identity: %s", why);
}

/* nginx sends each once. A doubled one means that somebody else had a hand in it. */
static bool once_each(struct req *r)
{
	char *const *env = r->state->wire->env;
	for (size_t i = 0; env[i]; i++) {
		size_t n = strcspn(env[i], "=") + 1;
		if (!starts_with(env[i], "NARU_"))
			continue;
		for (size_t k = i + 1; env[k]; k++)
			if (strncmp(env[i], env[k], n) == 0)
				return refuse(r, "doubled parameter");
	}
	return true;
}

static const char *value(struct req *r, const char *name)
{
	const char *v = env_get(r->state->wire, name);
	return empty(v) ? NULL : v;
}

static bool role_of(const char *word, enum role *role)
{
	static const struct { const char *word; enum role role; } roles[] = {
		{ "expired", ROLE_EXPIRED }, { "user", ROLE_USER }, { "admin", ROLE_ADMIN },
	};
	for (size_t i = 0; i < COUNT(roles); i++)
		if (same(word, roles[i].word)) {
			*role = roles[i].role;
			return true;
		}
	return false;
}

static bool contract(struct identity *who, const char *span)
{
	const char *dash = span ? strchr(span, '-') : NULL;
	char start[32] = "0";
	if (!span)
		return true;
	if (dash && (size_t)(dash - span) < sizeof start) {
		memcpy(start, span, (size_t)(dash - span));
		start[dash - span] = '\0';
	}
	return parse_int(start, 0, INT64_MAX, &who->contract_start) && parse_int(dash ? dash + 1 : span, 0, INT64_MAX, &who->contract_end);
}

/* It becomes part of paths, keys and log lines. */
static bool user_name_valid(const char *name)
{
	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		if (*p <= 0x20 || *p >= 0x7f || strchr("/\\:;\"'<>%", *p))
			return false;
	return *name != '.' && *name != '-' && strlen(name) <= 255;
}

static bool read_user(struct req *r)
{
	struct identity *who = &r->who;
	const char *name = value(r, "NARU_NAME");
	who->user = value(r, "NARU_USER");
	if (!who->user)
		return refuse(r, "no user");
	if (!user_name_valid(who->user))
		return refuse(r, "user name");
	who->name = name ? percent_decode(r->ctx->arena, name, strlen(name), false) : NULL;
	if (!who->name || !utf8_valid(who->name, strlen(who->name)))
		who->name = who->user;
	/* Nobody below 1000 and no uid 0 ever, whatever account may say. */
	if (!parse_int(value(r, "NARU_UID"), 1000, UINT32_MAX - 2, &who->uid) || !parse_int(value(r, "NARU_GID"), 1, UINT32_MAX - 2, &who->gid))
		return refuse(r, "uid or gid");
	if (!role_of(value(r, "NARU_ROLE"), &who->role))
		return refuse(r, "role");
	if (!contract(who, value(r, "NARU_CONTRACT")))
		return refuse(r, "contract");
	who->groups = value(r, "NARU_GROUPS");
	who->session = value(r, "NARU_SESSION");
	who->csrf = value(r, "NARU_CSRF");
	who->by_token = same(value(r, "NARU_VIA"), "token");
	const char *scope = value(r, "NARU_SCOPE");
	who->scope = scope ? percent_decode(r->ctx->arena, scope, strlen(scope), false) : NULL;
	who->proof = value(r, "NARU_PROOF");
	who->errand = value(r, "NARU_ERRAND");
	who->ticket = value(r, "NARU_TICKET");
	who->token = value(r, "NARU_TOKEN");
	return who->by_token || who->csrf ? true : refuse(r, "no form secret");
}

bool identity_read(struct req *r)
{
	const char *known = env_get(r->state->wire, "NARU_IDENTITY");
	if (!once_each(r))
		return false;
	if (same(known, "0"))
		return value(r, "NARU_USER") ? refuse(r, "a user without identity") : true;
	return same(known, "1") ? read_user(r) : refuse(r, "missing");
}

/* Thousandths of the weight behind "ko" or "en-GB"; 1000 if none is given. */
static int weight(const char *entry, size_t n)
{
	const char *q = memmem(entry, n, "q=", 2);
	int value = 0;
	if (!q)
		return 1000;
	q += 2;
	for (int unit = 1000; unit > 0 && q < entry + n; q++) {
		if (*q == '.')
			continue;
		if (*q < '0' || *q > '9')
			break;
		value += (*q - '0') * unit;
		unit /= 10;
	}
	return value;
}

/* The heaviest entry of ours; the first among equals (RFC 9110, section 12.5.4). */
static enum lang accepted(const char *header)
{
	enum lang best = LANG_EN;
	int best_weight = 0;
	for (const char *p = header ? header : ""; *p; p += *p == ',') {
		p += strspn(p, " \t");
		size_t n = strcspn(p, ",");
		bool ends = n == 2 || (n > 2 && strchr("-; \t", p[2]));
		enum lang lang = strncasecmp(p, "ko", 2) == 0 ? LANG_KO : LANG_EN;
		if (ends && (lang == LANG_KO || strncasecmp(p, "en", 2) == 0) && weight(p, n) > best_weight) {
			best_weight = weight(p, n);
			best = lang;
		}
		p += n;
	}
	return best;
}

enum lang identity_lang(struct req *r)
{
	enum lang lang = accepted(env_get(r->state->wire, "HTTP_ACCEPT_LANGUAGE"));
	const char *cookie = req_cookie(r, "__Host-naru-lang"), *own = value(r, "NARU_LANG");
	if (own && lang_parse(own, &lang))
		return lang;
	lang_parse(cookie, &lang);
	return lang;
}
