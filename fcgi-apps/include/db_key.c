/* db_key: keys, and single values. */
#include "db_private.h"

#include <string.h>

static void add(struct db_key *key, const char *s)
{
	size_t n = strlen(s), room = sizeof key->at - key->n;
	if (n > room)
		die("a key of more than %zu bytes", sizeof key->at);
	memcpy(key->at + key->n, s, n);
	key->n += n;
}

static void add_byte(struct db_key *key, unsigned char c)
{
	if (key->n == sizeof key->at)
		die("a key of more than %zu bytes", sizeof key->at);
	key->at[key->n++] = c;
}

struct db_key db_key(char table, const char *s)
{
	struct db_key key;
	key.n = 0;
	add_byte(&key, (unsigned char)table);
	add(&key, s ? s : "");
	return key;
}

struct db_key db_key2(char table, const char *a, const char *b)
{
	struct db_key key = db_key(table, a);
	add_byte(&key, 0);
	add(&key, b ? b : "");
	return key;
}

struct db_key db_key_int(char table, const char *a, int64_t number)
{
	struct db_key key = db_key(table, a);
	/* Flipping the sign bit makes negative numbers sort before the others. */
	uint64_t bits = (uint64_t)number ^ (UINT64_C(1) << 63);
	add_byte(&key, 0);
	for (int shift = 56; shift >= 0; shift -= 8)
		add_byte(&key, (unsigned char)(bits >> shift));
	return key;
}

static size_t behind_nul(const struct db_key *key)
{
	for (size_t i = 1; i < key->n; i++)
		if (key->at[i] == 0)
			return i + 1;
	return key->n;
}

const char *db_key_tail(const struct db_key *key, struct arena *arena)
{
	size_t at = behind_nul(key);
	return arena_copy(arena, key->at + at, key->n - at);
}

int64_t db_key_number(const struct db_key *key)
{
	size_t at = behind_nul(key);
	uint64_t bits = 0;
	for (size_t i = at; i < key->n && i < at + 8; i++)
		bits = bits << 8 | key->at[i];
	return (int64_t)(bits ^ (UINT64_C(1) << 63));
}

static MDB_val key_value(const struct db_key *key)
{
	/* LMDB's type has no const; it does not write through a key. */
	union { const unsigned char *in; void *out; } at = { .in = key->at };
	return (MDB_val){ key->n, at.out };
}

static MDB_val bytes_value(struct bytes bytes)
{
	union { const unsigned char *in; void *out; } at = { .in = bytes.at };
	return (MDB_val){ bytes.n, at.out };
}

bool db_get(struct ctx *ctx, const struct db_read *read, const struct db_key *key, bool *found, struct bytes *out)
{
	MDB_val k = key_value(key), v;
	int e = mdb_get(read->txn, read->dbi, &k, &v);
	*found = e == 0;
	if (e != 0 && e != MDB_NOTFOUND)
		return db_failed(ctx, read->db->name, "get", e);
	if (e == 0 && out)
		*out = (struct bytes){ (unsigned char *)arena_copy(ctx->arena, v.mv_data, v.mv_size), v.mv_size };
	return true;
}

bool db_put(struct ctx *ctx, struct db_write *write, const struct db_key *key, struct bytes value)
{
	MDB_val k = key_value(key), v = bytes_value(value);
	int e = mdb_put(write->read.txn, write->read.dbi, &k, &v, 0);
	return e == 0 || db_failed(ctx, write->read.db->name, "put", e);
}

bool db_add(struct ctx *ctx, struct db_write *write, const struct db_key *key, struct bytes value, bool *added)
{
	MDB_val k = key_value(key), v = bytes_value(value);
	int e = mdb_put(write->read.txn, write->read.dbi, &k, &v, MDB_NOOVERWRITE);
	*added = e == 0;
	return e == 0 || e == MDB_KEYEXIST || db_failed(ctx, write->read.db->name, "add", e);
}

bool db_del(struct ctx *ctx, struct db_write *write, const struct db_key *key)
{
	MDB_val k = key_value(key);
	int e = mdb_del(write->read.txn, write->read.dbi, &k, NULL);
	return e == 0 || e == MDB_NOTFOUND || db_failed(ctx, write->read.db->name, "del", e);
}
