#include "sweep.h"

enum { BATCH = 500 };

struct batch {
	const struct sweep *sweep;
	struct db_key *from;         /* where the next walk begins */
	struct db_key *keys;
	size_t n;
	bool end;                    /* of the table */
};

static bool collect(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct batch *b = arg;
	struct db_key prefix = db_key(b->sweep->table, ""), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, b->from->n ? b->from : NULL, false);

	for (b->n = 0; b->n < BATCH;) {
		struct bytes value;
		bool more, is = false;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more) {
			b->end = true;
			return true;
		}
		*b->from = key;
		if (!b->sweep->dead(ctx, value, &is))
			return false;
		if (is)
			b->keys[b->n++] = key;
	}
	return true;
}

/* Looks again: what was dead a moment ago may have been used since. */
static bool delete_one(struct ctx *ctx, struct db_write *db, const struct sweep *s, const struct db_key *key)
{
	struct bytes value;
	bool found, is = false;

	if (!db_get(ctx, db_as_read(db), key, &found, &value))
		return false;
	if (!found)
		return true;
	if (!s->dead(ctx, value, &is))
		return false;
	if (!is)
		return true;
	return s->bury ? s->bury(ctx, db, key) : db_del(ctx, db, key);
}

static bool delete_all(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct batch *b = arg;

	for (size_t i = 0; i < b->n; i++)
		if (!delete_one(ctx, db, b->sweep, &b->keys[i]))
			return false;
	return true;
}

bool sweep(struct ctx *ctx, const struct sweep *s)
{
	struct batch b = { .sweep = s, .from = NEW(ctx->arena, struct db_key), .keys = NEW_ARRAY(ctx->arena, struct db_key, BATCH) };

	while (!b.end) {
		if (!db_view(ctx, accounts, collect, &b))
			return false;
		if (b.n > 0 && !db_change(ctx, accounts, delete_all, &b))
			return false;
	}
	return true;
}
