/* store_find() and store_quota(): asking a connector, or walking with lists where the connector cannot search. */
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "store/client.h"
#include "store/terms.h"
#include "store/walk.h"

#define WALK_MOST 8000
#define BEHIND_MS 2500 /* for the answer, after the walk */

/* ---- asking ---- */

static bool ask(struct ctx *c, struct store *s, const struct store_find *q, int64_t limit, enum wire_type *type, struct wire **in)
{
	const struct store_terms *t = &q->terms;
	struct wire *w = client_begin(c, WIRE_FIND, q->walk_ms + BEHIND_MS);
	wire_put_text(w, q->path);
	wire_put_text(w, t->name);
	wire_put_int(w, t->kind);
	wire_put_int(w, t->at_least);
	wire_put_int(w, t->at_most);
	wire_put_int(w, t->since);
	wire_put_int(w, t->before);
	wire_put_int(w, t->dots);
	wire_put_int(w, q->walk_ms);
	wire_put_int(w, limit);
	wire_put_text(w, q->cookie);
	return client_call(c, s, false, type, in, NULL);
}

static bool take_hits(struct arena *a, struct wire *in, struct store_hit *at, int64_t limit, size_t *n)
{
	int64_t count = wire_int(in);
	if (count < 1 || count > limit - (int64_t)*n)
		return false;
	for (int64_t i = 0; i < count && !in->bad; i++) {
		const char *folder = wire_text(in);
		if (!wire_path_good(folder))
			return false;
		at[*n].folder = arena_copy(a, folder, strlen(folder));
		store_take_entry(a, in, &at[(*n)++].entry);
	}
	return wire_end(in);
}

static bool asked(struct ctx *c, struct store *s, const struct store_find *q, int64_t limit, struct store_hits *out)
{
	enum wire_type type;
	struct wire *in;
	struct store_hit *at = NEW_ARRAY(c->arena, struct store_hit, limit);
	*out = (struct store_hits){ .at = at };
	bool ok = ask(c, s, q, limit, &type, &in);
	while (ok && type == WIRE_ENTRIES)
		ok = take_hits(c->arena, in, at, limit, &out->n) ? client_more(c, s, &type, &in) : client_nonsense(c, s, "hits");
	if (!ok)
		return false;
	const char *next = wire_text(in);
	out->looked = wire_int(in);
	out->unread = wire_int(in);
	if (!wire_end(in) || !walk_cookie_good(next))
		return client_nonsense(c, s, "cookie");
	out->next = *next ? arena_copy(c->arena, next, strlen(next)) : NULL;
	return true;
}

bool store_find(struct ctx *c, struct store *s, const struct store_find *q, struct store_hits *out)
{
	struct store_find to = *q;
	int64_t limit = q->limit < 1 ? 100 : q->limit > WIRE_HITS_MOST ? WIRE_HITS_MOST : q->limit;
	to.walk_ms = q->walk_ms < 1 ? 1 : q->walk_ms > WALK_MOST ? WALK_MOST : q->walk_ms;
	to.limit = limit;
	if (q->cookie && !walk_cookie_good(q->cookie))
		return walk_cookie_bad(c);
	if (!q->path || !wire_path_good(q->path))
		return client_fail(c, WIRE_E_PATH, "search");
	return store_can(s) & STORE_CAN_FIND ? asked(c, s, &to, limit, out) : walk_find(c, s, &to, out);
}

/* ---- quota ---- */

bool store_quota(struct ctx *c, struct store *s, struct store_quota *out)
{
	enum wire_type type;
	struct wire *in;
	client_begin(c, WIRE_QUOTA, BEHIND_MS);
	if (!client_call(c, s, false, &type, &in, NULL))
		return false;
	int64_t of = wire_int(in);
	*out = (struct store_quota){ .of = (enum store_quota_of)of };
	out->used = wire_int(in);
	out->limit = wire_int(in);
	out->files = wire_int(in);
	out->files_limit = wire_int(in);
	out->grace = wire_int(in);
	bool good = type == WIRE_OK && wire_end(in) && of >= STORE_QUOTA_NONE && of <= STORE_QUOTA_FOLDER && out->limit >= 0 && out->files_limit >= 0;
	return good ? true : client_nonsense(c, s, "quota");
}
