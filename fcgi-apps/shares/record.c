#include <sodium.h>
#include <string.h>

#include "shares.h"

struct db *shares_db;

#define WALK_MOST 10000 /* read at once */

static struct db_key key_of(const struct share *s)
{
	return db_key2('S', s->owner, s->id);
}

bool share_runs(const struct share *s)
{
	return !s->ended && s->ends > now();
}

const char *share_hash(struct arena *a, const char *secret)
{
	unsigned char hash[32];
	crypto_generichash(hash, sizeof hash, (const unsigned char *)secret, strlen(secret), NULL, 0);
	return base64url(a, hash, sizeof hash);
}

bool share_of(struct ctx *c, const struct db_read *d, const char *owner, const char *id, bool *found, struct share *out)
{
	struct db_key key = db_key2('S', owner, id);
	struct bytes value;
	*found = false;
	if (strlen(owner) + strlen(id) > 300)
		return true;
	return db_get(c, d, &key, found, &value) && (!*found || record_unpack(c, &share_record, value, out));
}

bool share_put(struct ctx *c, struct db_write *d, const struct share *s)
{
	struct db_key key = key_of(s);
	return db_put(c, d, &key, record_pack(c->arena, &share_record, s));
}

static const char *full_id(struct arena *a, const struct share *s)
{
	return text(a, "%s %s", s->owner, s->id);
}

/* When the ticker has to look at it next. */
static int64_t due(const struct share *s)
{
	if (same(s->state, "over"))
		return s->ended + SHARE_KEPT_S;
	return same(s->state, "on") ? s->ends : s->tried;
}

static struct db_key due_key(struct arena *a, const struct share *s)
{
	return db_key2('D', text(a, "%012lld", (long long)due(s)), full_id(a, s));
}

static bool put_due(struct ctx *c, struct db_write *d, const struct share *s)
{
	const char *whose = full_id(c->arena, s);
	struct db_key key = due_key(c->arena, s);
	return db_put(c, d, &key, (struct bytes){ (const unsigned char *)whose, strlen(whose) });
}

bool share_add(struct ctx *c, struct db_write *d, const struct share *s)
{
	const char *whose = full_id(c->arena, s);
	struct db_key hash = db_key('H', empty(s->token) ? "" : s->token), with = db_key2('W', empty(s->target) ? "" : s->target, whose);
	struct bytes id = { (const unsigned char *)whose, strlen(whose) };
	return share_put(c, d, s) && put_due(c, d, s) && (empty(s->token) || db_put(c, d, &hash, id)) && (empty(s->target) || db_put(c, d, &with, id));
}

/* ---- finding ---- */

static bool by_full_id(struct ctx *c, const struct db_read *d, struct bytes id, bool *found, struct share *out)
{
	const char *whose = arena_copy(c->arena, id.at, id.n), *space = strchr(whose, ' ');
	*found = false;
	return !space || share_of(c, d, arena_copy(c->arena, whose, (size_t)(space - whose)), space + 1, found, out);
}

struct by_token { const char *hash; bool found; struct share *out; };

static bool look_token(struct ctx *c, const struct db_read *d, void *arg)
{
	struct by_token *b = arg;
	struct db_key key = db_key('H', b->hash);
	struct bytes id;
	bool known;
	return db_get(c, d, &key, &known, &id) && (!known || by_full_id(c, d, id, &b->found, b->out));
}

bool share_by_token(struct ctx *c, const char *token, bool *found, struct share *out)
{
	struct by_token b = { .hash = share_hash(c->arena, token), .out = out };
	bool done = db_view(c, shares_db, look_token, &b);
	*found = done && b.found && same(out->token, b.hash);
	return done;
}

/* ---- lists ---- */

struct all { const char *owner, *target; struct share *at; size_t n, most; };

static bool walk_shares(struct ctx *c, const struct db_read *d, void *arg)
{
	struct all *all = arg;
	struct db_key prefix = all->target ? db_key2('W', all->target, "") : db_key2('S', all->owner, ""), key;
	struct db_walk *walk = db_walk(c, d, &prefix, NULL, false);
	struct bytes value;
	for (bool more = true; all->n < WALK_MOST;) {
		bool found = true;
		if (!db_next(c, walk, &more, &key, &value))
			return false;
		if (!more)
			break;
		if (!(all->target ? by_full_id(c, d, value, &found, &all->at[all->n]) : record_unpack(c, &share_record, value, &all->at[all->n])))
			return false;
		all->n += found;
	}
	return true;
}

static bool walk_due(struct ctx *c, const struct db_read *d, void *arg)
{
	struct all *all = arg;
	struct db_key prefix = db_key('D', ""), last = db_key('D', text(c->arena, "%012lld", (long long)now())), key;
	struct db_walk *walk = db_walk(c, d, &prefix, NULL, false);
	struct bytes id;
	for (bool more = true; all->n < all->most;) {
		bool found;
		if (!db_next(c, walk, &more, &key, &id))
			return false;
		if (!more || memcmp(key.at, last.at, last.n) > 0)
			break;
		if (!by_full_id(c, d, id, &found, &all->at[all->n]))
			return false;
		all->n += found;
	}
	return true;
}

bool shares_due(struct ctx *c, struct share **out, size_t *n)
{
	enum { AT_ONCE = 200 };
	struct all all = { .at = NEW_ARRAY(c->arena, struct share, AT_ONCE), .most = AT_ONCE };
	bool done = db_view(c, shares_db, walk_due, &all);
	*out = all.at;
	*n = all.n;
	return done;
}

static int newer(const void *a, const void *b)
{
	const struct share *x = a, *y = b;
	return x->created < y->created ? 1 : x->created > y->created ? -1 : strcmp(x->id, y->id);
}

bool shares_of(struct ctx *c, const char *owner, const struct share **out, size_t *n)
{
	struct all all = { .owner = owner, .at = NEW_ARRAY(c->arena, struct share, WALK_MOST) };
	if (!db_view(c, shares_db, walk_shares, &all))
		return false;
	qsort(all.at, all.n, sizeof *all.at, newer);
	*out = all.at;
	*n = all.n;
	return true;
}

bool shares_with(struct ctx *c, const char *target, struct share **out, size_t *n)
{
	struct all all = { .target = target, .at = NEW_ARRAY(c->arena, struct share, WALK_MOST) };
	if (!db_view(c, shares_db, walk_shares, &all))
		return false;
	*out = all.at;
	*n = all.n;
	return true;
}

/* ---- changing ---- */

struct edit { const char *owner, *id; share_edit *fn; void *arg; struct share *after; };

static bool edit(struct ctx *c, struct db_write *d, void *arg)
{
	struct edit *e = arg;
	bool found;
	if (!share_of(c, db_as_read(d), e->owner, e->id, &found, e->after))
		return false;
	if (!found)
		return fail(c, KIND_NOT_FOUND, tr(c, "There is no such share."), "share");
	struct db_key before = due_key(c->arena, e->after);
	return e->fn(c, e->after, e->arg) && db_del(c, d, &before) && put_due(c, d, e->after) && share_put(c, d, e->after);
}

bool share_drop(struct ctx *c, struct db_write *d, const struct share *s)
{
	struct db_key key = key_of(s), when = due_key(c->arena, s), hash = db_key('H', s->token ? s->token : ""), with = db_key2('W', s->target ? s->target : "", full_id(c->arena, s));
	return db_del(c, d, &key) && db_del(c, d, &when) && (empty(s->token) || db_del(c, d, &hash)) && (empty(s->target) || db_del(c, d, &with));
}

/* Not app_change(): a download is counted by a GET, and the ticker has no request. */
bool share_change(struct ctx *c, const char *owner, const char *id, share_edit *fn, void *arg, struct share *after)
{
	struct edit e = { owner, id, fn, arg, after };
	return db_change(c, shares_db, edit, &e);
}
