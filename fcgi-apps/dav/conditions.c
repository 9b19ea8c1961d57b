/*
 * Conditional requests. If (RFC 4918, section 10.4): one of its lists must be true; a list is true when each of its tokens is that of a lock on the
 * resource and each of its ETags the resource's own. A token in it, true or not, counts as sent along.
 */
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "dav.h"
#include "locks.h"

#define CONDITIONS_MOST 100

struct one { int list; bool not; const char *tag, *token, *etag; };
struct conditions { struct one at[CONDITIONS_MOST]; size_t n; };

/* ---- reading ---- */

static bool broken(struct work *w)
{
	return work_refuse(w, 400, NULL);
}

/* What stands between s[0] and the byte `end`; *s then stands behind that. NULL: there is no such end. */
static const char *take(struct arena *a, const char **s, const char *end)
{
	size_t n = strcspn(*s + 1, end);
	const char *from = *s + 1;
	if (!from[n])
		return NULL;
	*s = from + n + 1;
	return arena_copy(a, from, n);
}

/* The inside of "( … )", from behind the bracket. */
static bool read_list(struct work *w, const char **s, const char *tag, int list)
{
	struct conditions *c = w->conditions;
	struct arena *a = w->r->ctx->arena;
	for (size_t before = c->n;;) {
		*s += strspn(*s, " \t");
		if (**s == ')')
			return (++*s, c->n > before) || broken(w);
		if (c->n == CONDITIONS_MOST)
			return broken(w);
		struct one *one = &c->at[c->n++];
		*one = (struct one){ .list = list, .tag = tag };
		if (strncasecmp(*s, "Not", 3) == 0) {
			one->not = true;
			*s += 3;
			*s += strspn(*s, " \t");
		}
		if (**s == '<')
			one->token = take(a, s, ">");
		else if (**s == '[')
			one->etag = take(a, s, "]");
		if (!one->token && !one->etag)
			return broken(w);
	}
}

bool conditions_read(struct work *w)
{
	const char *s = req_header(w->r, "HTTP_IF"), *tag = NULL;
	int list = 0;
	w->conditions = NEW(w->r->ctx->arena, struct conditions);
	if (!s)
		return true;
	for (s += strspn(s, " \t"); *s; s += strspn(s, " \t")) {
		if (*s == '<') {
			tag = take(w->r->ctx->arena, &s, ">");
			if (!tag)
				return broken(w);
		} else if (*s != '(' || (++s, !read_list(w, &s, tag, list++))) {
			return broken(w);
		}
	}
	return list > 0 || broken(w);
}

bool conditions_token(const struct work *w, const char *token)
{
	for (size_t i = 0; i < w->conditions->n; i++)
		if (same(w->conditions->at[i].token, token))
			return true;
	return false;
}

const char *conditions_first_token(const struct work *w)
{
	for (size_t i = 0; i < w->conditions->n; i++)
		if (w->conditions->at[i].token)
			return w->conditions->at[i].token;
	return NULL;
}

/* ---- If ---- */

static bool one_holds(struct work *w, const struct one *one, const struct spot *s, bool *holds)
{
	struct held held;
	*holds = false;
	if (one->etag) {
		*holds = s->there && s->place && same(one->etag, entry_etag(w->r->ctx->arena, &s->entry));
	} else if (s->store) {
		if (!locks_on(w->r->ctx, s, false, &held))
			return false;
		for (size_t i = 0; i < held.n; i++)
			*holds |= same(held.at[i].token, one->token);
	}
	*holds ^= one->not;
	return true;
}

/* An address of another site, or one that cannot be looked at, is nothing there. */
static void tagged(struct work *w, const char *tag, struct spot *s)
{
	int status;
	if (!spot_of_address(w->r, tag, s, &status) || status) {
		*s = (struct spot){ 0 };
		forget(w->r->ctx);
	}
}

static bool if_holds(struct work *w, bool *any)
{
	const struct conditions *c = w->conditions;
	struct spot of = w->at;
	const char *tag = NULL;
	*any = c->n == 0;
	for (size_t i = 0; i < c->n && !*any;) {
		int list = c->at[i].list;
		bool all = true, holds;
		if (c->at[i].tag && c->at[i].tag != tag)
			tagged(w, tag = c->at[i].tag, &of);
		for (; i < c->n && c->at[i].list == list; i++) {
			if (!one_holds(w, &c->at[i], &of, &holds))
				return false;
			all &= holds;
		}
		*any = all;
	}
	return true;
}

/* ---- If-Match and the like ---- */

bool etag_in(const char *list, const char *etag, bool weak)
{
	const char *bare = starts_with(etag, "W/") ? etag + 2 : etag;
	size_t n = strlen(bare);
	for (const char *s = list; *s;) {
		s += strspn(s, " \t,");
		bool is_weak = starts_with(s, "W/");
		s += is_weak ? 2 : 0;
		if (strncmp(s, bare, n) == 0 && strchr(" \t,", s[n]) && (weak || (!is_weak && bare == etag)))
			return true;
		s += *s == '"' ? 1 + strcspn(s + 1, "\"") : 0;
		s += strcspn(s, ",");
	}
	return false;
}

/* 0, 304 or 412. */
static int http_status(struct req *r, const struct spot *s)
{
	const char *match = req_header(r, "HTTP_IF_MATCH"), *none = req_header(r, "HTTP_IF_NONE_MATCH"), *etag = entry_etag(r->ctx->arena, &s->entry);
	const char *since = req_header(r, "HTTP_IF_MODIFIED_SINCE"), *until = req_header(r, "HTTP_IF_UNMODIFIED_SINCE");
	if (match && (!s->there || (!same(match, "*") && !etag_in(match, etag, false))))
		return 412;
	if (!match && until && s->there && curl_getdate(until, NULL) >= 0 && s->entry.modified > curl_getdate(until, NULL))
		return 412;
	if (none && s->there && (same(none, "*") || etag_in(none, etag, true)))
		return r->method == GET ? 304 : 412;
	if (!none && since && r->method == GET && s->there && s->entry.modified <= curl_getdate(since, NULL))
		return 304;
	return 0;
}

bool conditions_hold(struct work *w, const struct spot *s)
{
	bool any;
	if (!if_holds(w, &any))
		return false;
	if (!any)
		return work_refuse(w, 412, NULL);
	int status = http_status(w->r, s);
	return status ? work_refuse(w, status, NULL) : true;
}
