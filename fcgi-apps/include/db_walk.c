/* db_walk: the entries whose keys begin with a prefix, both ways. */
#include "db_private.h"

#include <stdlib.h>
#include <string.h>

struct db_walk {
	const struct db_read *read;
	MDB_cursor *cursor;       /* NULL: at the end */
	struct db_cursor *open;
	struct db_key prefix, from;
	bool descending, started, has_from;
	int error;
};

static int open_cursor(struct db_walk *walk)
{
	struct db_cursor *open = calloc(1, sizeof *open);
	if (!open)
		die("out of memory");
	int e = mdb_cursor_open(walk->read->txn, walk->read->dbi, &open->cursor);
	if (e != 0) {
		free(open);
		return e;
	}
	walk->open = open;
	walk->cursor = open->cursor;
	open->next = *walk->read->cursors;
	*walk->read->cursors = open;
	return 0;
}

struct db_walk *db_walk(struct ctx *ctx, const struct db_read *read, const struct db_key *prefix, const struct db_key *from, bool descending)
{
	struct db_walk *walk = NEW(ctx->arena, struct db_walk);
	walk->read = read;
	walk->prefix = *prefix;
	walk->descending = descending;
	if (from) {
		walk->from = *from;
		walk->has_from = true;
	}
	walk->error = open_cursor(walk);
	return walk;
}

/* The first key behind all that begin with the prefix. */
static bool successor(struct db_key *key)
{
	while (key->n > 0 && key->at[key->n - 1] == 0xff)
		key->n--;
	if (key->n == 0)
		return false;
	key->at[key->n - 1]++;
	return true;
}

static int start_descending(struct db_walk *walk, MDB_val *k, MDB_val *v)
{
	struct db_key at = walk->has_from ? walk->from : walk->prefix;
	if (!walk->has_from && !successor(&at))
		return mdb_cursor_get(walk->cursor, k, v, MDB_LAST);
	*k = (MDB_val){ at.n, at.at };
	int e = mdb_cursor_get(walk->cursor, k, v, MDB_SET_RANGE);
	if (e == MDB_NOTFOUND)
		return mdb_cursor_get(walk->cursor, k, v, MDB_LAST);
	bool exact = e == 0 && walk->has_from && k->mv_size == walk->from.n && memcmp(k->mv_data, walk->from.at, walk->from.n) == 0;
	return e != 0 || exact ? e : mdb_cursor_get(walk->cursor, k, v, MDB_PREV);
}

static int step(struct db_walk *walk, MDB_val *k, MDB_val *v)
{
	if (walk->started)
		return mdb_cursor_get(walk->cursor, k, v, walk->descending ? MDB_PREV : MDB_NEXT);
	walk->started = true;
	if (walk->descending)
		return start_descending(walk, k, v);
	struct db_key *at = walk->has_from ? &walk->from : &walk->prefix;
	*k = (MDB_val){ at->n, at->at };
	if (at->n == 0)
		return mdb_cursor_get(walk->cursor, k, v, MDB_FIRST);
	return mdb_cursor_get(walk->cursor, k, v, MDB_SET_RANGE);
}

/* At once, because each change of a transaction looks at all its open cursors. */
static void end(struct db_walk *walk)
{
	mdb_cursor_close(walk->cursor);
	walk->cursor = walk->open->cursor = NULL;
}

bool db_next(struct ctx *ctx, struct db_walk *walk, bool *more, struct db_key *key, struct bytes *value)
{
	MDB_val k, v;
	*more = false;
	if (walk->error != 0)
		return db_failed(ctx, walk->read->db->name, "walk", walk->error);
	if (!walk->cursor)
		return true;
	int e = step(walk, &k, &v);
	bool inside = e == 0 && k.mv_size >= walk->prefix.n && k.mv_size <= sizeof key->at
		&& memcmp(k.mv_data, walk->prefix.at, walk->prefix.n) == 0;
	if (!inside) {
		end(walk);
		return e == 0 || e == MDB_NOTFOUND || db_failed(ctx, walk->read->db->name, "walk", e);
	}
	memcpy(key->at, k.mv_data, k.mv_size);
	key->n = k.mv_size;
	if (value)
		*value = (struct bytes){ (unsigned char *)arena_copy(ctx->arena, v.mv_data, v.mv_size), v.mv_size };
	*more = true;
	return true;
}
