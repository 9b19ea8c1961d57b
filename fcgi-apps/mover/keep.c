/* keep: the records. Every change reads inside its own transaction. */
#include "moving.h"

#include <string.h>

static struct db_key state_key(struct ctx *ctx, const struct transfer *t)
{
	return db_key2('S', text(ctx->arena, "%s %s", t->state, t->user), t->id);
}

static struct db_key wait_key(const struct transfer *t)
{
	struct db_key key = db_key_int('W', "", t->next_try);
	size_t n = strlen(t->id);

	memcpy(key.at + key.n, t->id, n);
	key.n += n;
	return key;
}

static bool waits(const struct transfer *t)
{
	return same(t->state, TRANSFER_WAITING);
}

static const struct bytes nothing;

static bool drop_indexes(struct ctx *ctx, struct db_write *db, const struct transfer *t)
{
	struct db_key state = state_key(ctx, t), wait = wait_key(t);

	return db_del(ctx, db, &state) && (!waits(t) || db_del(ctx, db, &wait));
}

bool keep_put(struct ctx *ctx, struct db_write *db, const struct transfer *before, const struct transfer *t)
{
	struct db_key key = db_key('T', t->id), own = db_key2('U', t->user, t->id), state = state_key(ctx, t), wait = wait_key(t);
	bool moved = !before || !same(before->state, t->state) || before->next_try != t->next_try;

	if (before && moved && !drop_indexes(ctx, db, before))
		return false;
	if (moved && !(db_put(ctx, db, &state, nothing) && (!waits(t) || db_put(ctx, db, &wait, nothing))))
		return false;
	return (before || db_put(ctx, db, &own, nothing)) && db_put(ctx, db, &key, record_pack(ctx->arena, &transfer_record, t));
}

struct change { const char *id; bool found; keep_fn *fn; void *arg; struct transfer *out; };

static bool change_it(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct change *c = arg;
	struct transfer before, t;

	if (!transfer_get(ctx, db_as_read(db), c->id, &c->found, &before))
		return false;
	t = before;
	return !c->found || (c->fn(ctx, db, &t, c->arg) && keep_put(ctx, db, &before, &t));
}

bool keep_change(struct ctx *ctx, struct db *db, const char *id, bool *found, keep_fn *fn, void *arg)
{
	struct change c = { .id = id, .fn = fn, .arg = arg };
	bool good = db_change(ctx, db, change_it, &c);

	*found = c.found;
	return good;
}

static bool read_it(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct change *c = arg;

	return transfer_get(ctx, db, c->id, &c->found, c->out);
}

bool keep_read(struct ctx *ctx, struct db *db, const char *id, bool *found, struct transfer *out)
{
	struct change c = { .id = id, .out = out };
	bool good = db_view(ctx, db, read_it, &c);

	*found = c.found;
	return good;
}

/* ---- files ---------------------------------------------------------------------------------------------------- */

static bool indexed(const char *state)
{
	return same(state, FILE_SKIPPED) || same(state, FILE_FAILED);
}

static struct db_key result_key(struct ctx *ctx, const char *id, const char *state, int64_t number)
{
	return db_key_int('R', text(ctx->arena, "%s %s", id, state), number);
}

bool keep_file(struct ctx *ctx, struct db_write *db, const char *id, int64_t number, const char *before, const struct transfer_file *f)
{
	struct db_key key = db_key_int('F', id, number);

	if (indexed(before) && !same(before, f->state)) {
		struct db_key old = result_key(ctx, id, before, number);

		if (!db_del(ctx, db, &old))
			return false;
	}
	if (indexed(f->state) && !same(before, f->state)) {
		struct db_key new = result_key(ctx, id, f->state, number);

		if (!db_put(ctx, db, &new, nothing))
			return false;
	}
	return db_put(ctx, db, &key, record_pack(ctx->arena, &transfer_file_record, f));
}

/* Keys are gathered first: a walk must not see its entries go. */
static bool drop_some(struct ctx *ctx, struct db_write *db, const struct db_key *prefix, int *most)
{
	struct db_key *keys = NEW_ARRAY(ctx->arena, struct db_key, *most + 1);
	struct db_walk *walk = db_walk(ctx, db_as_read(db), prefix, NULL, false);
	int n = 0;

	for (bool more = true; n < *most; n++) {
		struct bytes value;

		if (!db_next(ctx, walk, &more, &keys[n], &value))
			return false;
		if (!more)
			break;
	}
	for (int i = 0; i < n; i++)
		if (!db_del(ctx, db, &keys[i]))
			return false;
	*most -= n;
	return true;
}

bool keep_empty(struct ctx *ctx, struct db_write *db, const char *id, int most, bool *left)
{
	const struct db_key prefixes[] = {
		db_key2('R', text(ctx->arena, "%s %s", id, FILE_SKIPPED), ""), db_key2('R', text(ctx->arena, "%s %s", id, FILE_FAILED), ""), db_key2('F', id, ""),
	};

	for (size_t i = 0; i < COUNT(prefixes) && most > 0; i++)
		if (!drop_some(ctx, db, &prefixes[i], &most))
			return false;
	*left = most == 0;
	return true;
}

/* ---- the end of a transfer ------------------------------------------------------------------------------------ */

bool keep_remove(struct ctx *ctx, struct db_write *db, const struct transfer *t)
{
	struct db_key key = db_key('T', t->id), own = db_key2('U', t->user, t->id), once = db_key2('K', t->user, t->key ? t->key : ""), gone = db_key('G', t->id);

	return drop_indexes(ctx, db, t) && db_del(ctx, db, &key) && db_del(ctx, db, &own) && db_del(ctx, db, &once) && db_put(ctx, db, &gone, nothing);
}

enum { SWEEP = 2000 };

static bool sweep(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct db_key prefix = db_key('G', ""), key;
	struct db_walk *walk = db_walk(ctx, db_as_read(db), &prefix, NULL, false);
	struct bytes value;
	bool more = false, *left = arg;

	if (!db_next(ctx, walk, &more, &key, &value) || !more)
		return !ctx->error.kind;
	if (!keep_empty(ctx, db, arena_copy(ctx->arena, key.at + 1, key.n - 1), SWEEP, left) || (!*left && !db_del(ctx, db, &key)))
		return false;
	*left = true;
	return true;
}

bool keep_sweep(struct ctx *ctx, struct db *db, bool *left)
{
	*left = false;
	return db_change(ctx, db, sweep, left);
}
