#include "props.h"

#include <string.h>

#include "keep.h"

/* ---- of one resource ---- */

static struct db_key record_key(struct ctx *ctx, const struct spot *s, const char *path)
{
	return keep_key(ctx->arena, TABLE_PROPERTIES, s->root, path, NULL);
}

static bool get(struct ctx *ctx, const struct db_read *db, const struct spot *s, const char *path, struct dav_properties *out)
{
	struct db_key key = record_key(ctx, s, path);
	struct bytes value;
	bool found;
	*out = (struct dav_properties){ 0 };
	return db_get(ctx, db, &key, &found, &value) && (!found || record_unpack(ctx, &dav_properties_record, value, out));
}

struct look { const struct spot *place; const char *const *paths; size_t n; struct dav_properties *out; };

static bool any(struct ctx *ctx, const struct db_read *db, const struct spot *s, bool *is)
{
	struct db_key prefix = keep_place(ctx->arena, TABLE_PROPERTIES, s->root), key;
	struct bytes value;
	return db_next(ctx, db_walk(ctx, db, &prefix, NULL, false), is, &key, &value);
}

static bool look(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct look *l = arg;
	bool is;
	if (!any(ctx, db, l->place, &is))
		return false;
	for (size_t i = 0; i < l->n && is; i++)
		if (!get(ctx, db, l->place, l->paths[i], &l->out[i]))
			return false;
	return true;
}

bool props_of(struct ctx *ctx, const struct spot *place, const char *const *paths, size_t n, struct dav_properties *out)
{
	struct look l = { place, paths, n, out };
	memset(out, 0, n * sizeof *out);
	return !place->store || db_view(ctx, keep, look, &l);
}

const char *props_value(const struct dav_properties *p, const char *name)
{
	for (size_t i = 0; i < p->names.n && i < p->values.n; i++)
		if (same(p->names.at[i], name))
			return p->values.at[i];
	return NULL;
}

/* ---- changing them ---- */

struct change { const struct spot *on; const struct prop *at; size_t n; };

static size_t apply(struct prop *all, size_t n, const struct prop *one)
{
	size_t i = 0;
	while (i < n && !same(all[i].name, one->name))
		i++;
	if (one->value) {
		all[i] = *one;
		return i == n ? n + 1 : n;
	}
	if (i < n)
		all[i] = all[--n];
	return n;
}

static bool count(struct ctx *ctx, const struct db_read *db, const struct spot *s)
{
	struct db_key prefix = keep_place(ctx->arena, TABLE_PROPERTIES, s->root), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct bytes value;
	bool more = true;
	for (int n = 0; n < PROPS_PLACE_MOST; n++)
		if (!db_next(ctx, walk, &more, &key, &value) || !more)
			return ctx->error.kind == KIND_NONE;
	return fail(ctx, KIND_TOO_MANY, tr(ctx, "Too many files of this place have properties of their own. Nothing was changed."), "properties");
}

static bool save(struct ctx *ctx, struct db_write *db, const struct spot *on, const struct prop *all, size_t n)
{
	const char **names = NEW_ARRAY(ctx->arena, const char *, n + 1), **values = NEW_ARRAY(ctx->arena, const char *, n + 1);
	struct db_key key = record_key(ctx, on, on->path);
	size_t bytes = 0;
	for (size_t i = 0; i < n; i++) {
		names[i] = all[i].name;
		values[i] = all[i].value;
		bytes += strlen(names[i]) + strlen(values[i]);
	}
	if (!n)
		return db_del(ctx, db, &key);
	if (n > PROPS_MOST || bytes > PROPS_BYTES_MOST)
		return fail(ctx, KIND_TOO_LARGE, tr(ctx, "These are more properties than a file may have. Nothing was changed."), "%zu properties, %zu bytes", n, bytes);
	struct dav_properties p = { .path = on->path, .names = { names, n }, .values = { values, n } };
	return db_put(ctx, db, &key, record_pack(ctx->arena, &dav_properties_record, &p));
}

static bool change(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct change *c = arg;
	struct dav_properties before;
	if (!get(ctx, db_as_read(db), c->on, c->on->path, &before) || (!before.names.n && !count(ctx, db_as_read(db), c->on)))
		return false;
	size_t n = before.names.n < before.values.n ? before.names.n : before.values.n;
	struct prop *all = NEW_ARRAY(ctx->arena, struct prop, n + c->n + 1);
	for (size_t i = 0; i < n; i++)
		all[i] = (struct prop){ before.names.at[i], before.values.at[i] };
	for (size_t i = 0; i < c->n; i++)
		n = apply(all, n, &c->at[i]);
	return save(ctx, db, c->on, all, n);
}

bool props_change(struct ctx *ctx, const struct spot *on, const struct prop *at, size_t n)
{
	struct change c = { on, at, n };
	return db_change(ctx, keep, change, &c);
}

/* ---- whole trees, some records at a time: what is below a folder in the keys begins with the folder itself ---- */

enum { BATCH = 100 };

struct batch {
	const struct spot *from, *to;   /* to NULL: only to be deleted */
	bool move, end;
	struct db_key next;             /* where the next batch begins; n 0: at the beginning */
	struct db_key keys[BATCH];
	struct dav_properties at[BATCH];
	size_t n;
};

static bool collect(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct batch *b = arg;
	struct db_key prefix = keep_below(ctx->arena, TABLE_PROPERTIES, b->from->root, b->from->path), from = b->next;
	struct db_walk *walk = db_walk(ctx, db, &prefix, from.n ? &from : NULL, false);
	for (b->n = 0; b->n < BATCH;) {
		struct bytes value;
		bool more;
		if (!db_next(ctx, walk, &more, &b->next, &value))
			return false;
		if (!more) {
			b->end = true;
			return true;
		}
		if (from.n == b->next.n && memcmp(from.at, b->next.at, from.n) == 0)
			continue; /* the last of the batch before */
		if (!record_unpack(ctx, &dav_properties_record, value, &b->at[b->n]))
			return false;
		b->at[b->n].path = b->at[b->n].path ? b->at[b->n].path : "";
		b->keys[b->n] = b->next;
		b->n += path_within(b->at[b->n].path, b->from->path);
	}
	return true;
}

static bool put_one(struct ctx *ctx, struct db_write *db, struct batch *b, struct dav_properties *p)
{
	const char *rest = p->path + strlen(b->from->path);
	p->path = text(ctx->arena, "%s%s", b->to->path, rest);
	struct db_key key = record_key(ctx, b->to, p->path);
	return db_put(ctx, db, &key, record_pack(ctx->arena, &dav_properties_record, p));
}

static bool carry(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct batch *b = arg;
	for (size_t i = 0; i < b->n; i++)
		if ((b->to && !put_one(ctx, db, b, &b->at[i])) || (b->move && !db_del(ctx, db, &b->keys[i])))
			return false;
	return true;
}

static bool in_batches(struct ctx *ctx, struct batch *b)
{
	bool good = true;
	while (good && !b->end) {
		struct ctx part = { .arena = arena_new(0), .lang = ctx->lang, .tag = ctx->tag, .deadline = ctx->deadline };
		good = db_view(&part, keep, collect, b) && (!b->n || db_change(&part, keep, carry, b));
		if (!good)
			fail(ctx, part.error.kind, tr(ctx, "The properties could not be changed. Look at what was done, then try again."), "%s", part.error.detail ? part.error.detail : "properties");
		arena_free(part.arena);
	}
	return good;
}

static bool one_copy(struct ctx *ctx, const struct spot *from, const struct spot *to)
{
	struct dav_properties p;
	if (!props_of(ctx, from, &from->path, 1, &p) || !p.names.n)
		return ctx->error.kind == KIND_NONE;
	struct prop *all = NEW_ARRAY(ctx->arena, struct prop, p.names.n);
	for (size_t i = 0; i < p.names.n; i++)
		all[i] = (struct prop){ p.names.at[i], props_value(&p, p.names.at[i]) };
	return props_change(ctx, to, all, p.names.n);
}

bool props_forget(struct ctx *ctx, const struct spot *on)
{
	struct batch *b = NEW(ctx->arena, struct batch);
	*b = (struct batch){ .from = on, .move = true };
	return in_batches(ctx, b);
}

bool props_copy(struct ctx *ctx, const struct spot *from, const struct spot *to, bool deep, bool move)
{
	struct batch *b = NEW(ctx->arena, struct batch);
	*b = (struct batch){ .from = from, .to = to, .move = move };
	return props_forget(ctx, to) && (deep ? in_batches(ctx, b) : one_copy(ctx, from, to));
}
