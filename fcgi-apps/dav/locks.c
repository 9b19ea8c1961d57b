#include "locks.h"

#include <string.h>

#include "keep.h"

/* ---- looking ---- */

struct search { const struct spot *on; bool below; struct held *found; size_t room; };

static void add(struct arena *a, struct search *s, const struct dav_lock *l)
{
	struct held *h = s->found;
	if (h->n == s->room) {
		struct dav_lock *more = NEW_ARRAY(a, struct dav_lock, s->room ? 2 * s->room : 8);
		if (h->n)
			memcpy(more, h->at, h->n * sizeof *more);
		h->at = more;
		s->room = s->room ? 2 * s->room : 8;
	}
	h->at[h->n++] = *l;
}

/* Those under a prefix that are on `path`, or below it. */
static bool collect(struct ctx *ctx, const struct db_read *db, struct search *s, const struct db_key *prefix, const char *path, bool deep_only)
{
	struct db_walk *walk = db_walk(ctx, db, prefix, NULL, false);
	for (;;) {
		struct db_key key;
		struct bytes value;
		struct dav_lock l;
		bool more;
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		if (!record_unpack(ctx, &dav_lock_record, value, &l))
			return false;
		l.path = l.path ? l.path : "";
		if (l.until > now() && path_within(l.path, path) && (!deep_only || l.deep))
			add(ctx->arena, s, &l);
	}
}

static bool any(struct ctx *ctx, const struct db_read *db, const char *root, bool *is)
{
	struct db_key prefix = keep_place(ctx->arena, TABLE_LOCK, root), key;
	struct bytes value;
	return db_next(ctx, db_walk(ctx, db, &prefix, NULL, false), is, &key, &value);
}

static bool search(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct search *s = arg;
	const char *path = s->on->path, *root = s->on->root;
	bool is;
	if (!any(ctx, db, root, &is) || !is)
		return ctx->error.kind == KIND_NONE;
	struct db_key key = keep_prefix(ctx->arena, TABLE_LOCK, root, path);
	if (!collect(ctx, db, s, &key, path, false))
		return false;
	for (const char *up = path; *up;) {
		up = path_folder(ctx->arena, up);
		key = keep_prefix(ctx->arena, TABLE_LOCK, root, up);
		if (!collect(ctx, db, s, &key, up, true))
			return false;
	}
	key = keep_below(ctx->arena, TABLE_LOCK, root, path);
	size_t kept = s->found->n, i = kept;
	if (!s->below)
		return true;
	if (!collect(ctx, db, s, &key, path, false))
		return false;
	for (; i < s->found->n; i++) /* without those on the path itself, which are there already */
		if (!same(s->found->at[i].path, path))
			s->found->at[kept++] = s->found->at[i];
	s->found->n = kept;
	return true;
}

bool locks_on(struct ctx *ctx, const struct spot *on, bool below, struct held *out)
{
	struct search s = { .on = on, .below = below, .found = out };
	*out = (struct held){ 0 };
	return !on->store || db_view(ctx, keep, search, &s);
}

/* ---- taking and giving back ---- */

struct change { const struct spot *on; struct dav_lock *lock; const char *user, *token; int64_t seconds; struct dav_lock *other; bool found, mine; };

static bool put(struct ctx *ctx, struct db_write *db, const struct spot *on, const struct dav_lock *l)
{
	struct db_key key = keep_key(ctx->arena, TABLE_LOCK, on->root, l->path, l->token);
	return db_put(ctx, db, &key, record_pack(ctx->arena, &dav_lock_record, l));
}

static bool few(struct ctx *ctx, const struct db_read *db, const struct spot *on, const char *user)
{
	struct held all = { 0 };
	struct search s = { .on = on, .found = &all };
	struct db_key key = keep_place(ctx->arena, TABLE_LOCK, on->root);
	size_t n = 0;
	if (!collect(ctx, db, &s, &key, "", false))
		return false;
	for (size_t i = 0; i < all.n; i++)
		n += same(all.at[i].user, user);
	return n < LOCKS_MOST || fail(ctx, KIND_TOO_MANY, tr(ctx, "You have too many locks here. Close some files, then try again."), "locks");
}

static bool take(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct change *c = arg;
	struct held held = { 0 };
	struct search s = { .on = c->on, .below = c->lock->deep, .found = &held };
	if (!search(ctx, db_as_read(db), &s))
		return false;
	for (size_t i = 0; i < held.n; i++)
		if (!held.at[i].shared || !c->lock->shared) {
			*c->other = held.at[i];
			return true;
		}
	return few(ctx, db_as_read(db), c->on, c->lock->user) && put(ctx, db, c->on, c->lock);
}

bool locks_take(struct ctx *ctx, const struct spot *on, const struct dav_lock *lock, struct dav_lock *other)
{
	struct dav_lock copy = *lock;
	struct change c = { .on = on, .lock = &copy, .other = other };
	*other = (struct dav_lock){ 0 };
	return db_change(ctx, keep, take, &c);
}

/* The lock of that token among those in force for the resource. */
static bool find(struct ctx *ctx, const struct db_read *db, struct change *c)
{
	struct held held = { 0 };
	struct search s = { .on = c->on, .found = &held };
	if (!search(ctx, db, &s))
		return false;
	for (size_t i = 0; i < held.n; i++)
		if (same(held.at[i].token, c->token)) {
			c->found = true;
			c->mine = same(held.at[i].user, c->user);
			*c->lock = held.at[i];
		}
	return true;
}

static bool refresh(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct change *c = arg;
	if (!find(ctx, db_as_read(db), c) || !c->found || !c->mine)
		return ctx->error.kind == KIND_NONE;
	c->lock->seconds = c->seconds ? c->seconds : c->lock->seconds;
	c->lock->until = now() + c->lock->seconds;
	return put(ctx, db, c->on, c->lock);
}

bool locks_refresh(struct ctx *ctx, const struct spot *on, const char *user, const char *token, int64_t seconds, bool *found, struct dav_lock *lock)
{
	struct change c = { .on = on, .lock = lock, .user = user, .token = token, .seconds = seconds };
	bool good = db_change(ctx, keep, refresh, &c);
	*found = c.found && c.mine;
	return good;
}

static bool drop(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct change *c = arg;
	if (!find(ctx, db_as_read(db), c) || !c->found || !c->mine)
		return ctx->error.kind == KIND_NONE;
	struct db_key key = keep_key(ctx->arena, TABLE_LOCK, c->on->root, c->lock->path, c->token);
	return db_del(ctx, db, &key);
}

bool locks_drop(struct ctx *ctx, const struct spot *on, const char *user, const char *token, bool *found, bool *mine)
{
	struct dav_lock lock;
	struct change c = { .on = on, .lock = &lock, .user = user, .token = token };
	bool good = db_change(ctx, keep, drop, &c);
	*found = c.found;
	*mine = c.mine;
	return good;
}

static bool delete_all(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct search *s = arg;
	for (size_t i = 0; i < s->found->n; i++) {
		const struct dav_lock *l = &s->found->at[i];
		struct db_key key = keep_key(ctx->arena, TABLE_LOCK, s->on->root, l->path, l->token);
		if (path_within(l->path, s->on->path) && !db_del(ctx, db, &key))
			return false;
	}
	return true;
}

bool locks_forget(struct ctx *ctx, const struct spot *on)
{
	struct held held;
	struct search s = { .on = on, .found = &held };
	if (!locks_on(ctx, on, true, &held))
		return false;
	return !held.n || db_change(ctx, keep, delete_all, &s);
}

/* ---- the end of time ---- */

enum { SWEEP_MOST = 500 };
struct dead { struct db_key at[SWEEP_MOST]; size_t n; };

static bool find_dead(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct dead *d = arg;
	struct db_key prefix = db_key(TABLE_LOCK, ""), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	for (bool more = true; d->n < SWEEP_MOST;) {
		struct bytes value;
		struct dav_lock l;
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		if (!record_unpack(ctx, &dav_lock_record, value, &l))
			return false;
		if (l.until <= now())
			d->at[d->n++] = key;
	}
	return true;
}

static bool bury(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct dead *d = arg;
	for (size_t i = 0; i < d->n; i++)
		if (!db_del(ctx, db, &d->at[i]))
			return false;
	return true;
}

/* One that has ended is never refreshed, and one that is taken anew has another token, so its key is another. */
bool locks_sweep(struct ctx *ctx)
{
	struct dead *d = NEW(ctx->arena, struct dead);
	return db_view(ctx, keep, find_dead, d) && (!d->n || db_change(ctx, keep, bury, d));
}

/* ---- asking ---- */

static bool let(struct work *w, const struct spot *s, bool below)
{
	struct held held;
	if (!locks_on(w->r->ctx, s, below, &held))
		return false;
	for (size_t i = 0; i < held.n; i++) {
		const struct dav_lock *l = &held.at[i];
		bool other = false;
		for (size_t k = 0; l->shared && k < held.n; k++) /* one of several shared ones on the same thing is enough */
			other |= held.at[k].shared && same(held.at[k].path, l->path) && same(held.at[k].user, w->r->who.user) && conditions_token(w, held.at[k].token);
		if (other || (same(l->user, w->r->who.user) && conditions_token(w, l->token)))
			continue;
		w->href = spot_href(w->r->ctx->arena, s->place, l->path, false);
		return work_refuse(w, 423, "lock-token-submitted");
	}
	return true;
}

bool locks_let(struct work *w, const struct spot *s, unsigned touch)
{
	struct spot folder = *s;
	if (touch & (TOUCH_IT | TOUCH_BELOW) && !let(w, s, touch & TOUCH_BELOW))
		return false;
	if (!(touch & TOUCH_NAME) || !*s->path)
		return true;
	folder.path = path_folder(w->r->ctx->arena, s->path);
	return let(w, &folder, false);
}

void put_lock(struct buf *b, const struct spot *s, const struct dav_lock *l)
{
	int64_t left = l->until - now();
	buf_printf(b, "<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:%s/></D:lockscope><D:depth>%s</D:depth>",
		l->shared ? "shared" : "exclusive", l->deep ? "infinity" : "0");
	buf_text(b, l->owner ? l->owner : "");
	buf_printf(b, "<D:timeout>Second-%lld</D:timeout><D:locktoken><D:href>%s</D:href></D:locktoken><D:lockroot><D:href>", (long long)(left > 0 ? left : 0), l->token);
	put_xml(b, spot_href(b->arena, s->place, l->path, false));
	buf_text(b, "</D:href></D:lockroot></D:activelock>");
}
