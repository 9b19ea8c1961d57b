/* audit: entries by a running number in table 'a'. One transaction an entry, so the chain has one order. */
#include "audit.h"
#include "db.h"

#include <string.h>

#include <sodium.h>

#define RECORD audit_entry
#include "record_def.h"

enum { ENTRIES = 'a', HASH = 32 };

static struct db *audit_db(struct ctx *ctx)
{
	static struct db *db;
	if (!db && !db_open(ctx, "audit", DB_READ_WRITE, &db))
		return NULL;
	return db;
}

/* The hash covers the hash before and the entry without its own. */
static struct bytes chain(struct arena *arena, struct bytes before, const struct audit_entry *entry)
{
	struct audit_entry bare = *entry;
	unsigned char *out = arena_alloc(arena, HASH);
	crypto_generichash_state state;
	bare.hash = (struct bytes){0};
	struct bytes packed = record_pack(arena, &audit_entry_record, &bare);
	crypto_generichash_init(&state, NULL, 0, HASH);
	crypto_generichash_update(&state, before.at, before.n);
	crypto_generichash_update(&state, packed.at, packed.n);
	crypto_generichash_final(&state, out, HASH);
	return (struct bytes){ out, HASH };
}

static bool last_entry(struct ctx *ctx, const struct db_read *read, int64_t *number, struct bytes *hash)
{
	struct db_key prefix = db_key2(ENTRIES, "", ""), key;
	struct db_walk *walk = db_walk(ctx, read, &prefix, NULL, true);
	struct bytes value;
	bool more;
	*number = 0;
	*hash = (struct bytes){0};
	if (!db_next(ctx, walk, &more, &key, &value))
		return false;
	if (!more)
		return true;
	struct audit_entry last;
	if (!record_unpack(ctx, &audit_entry_record, value, &last))
		return false;
	*number = db_key_number(&key);
	*hash = last.hash;
	return true;
}

static bool append(struct ctx *ctx, struct db_write *write, void *arg)
{
	struct audit_entry *entry = arg;
	int64_t number;
	struct bytes before;
	if (!last_entry(ctx, db_as_read(write), &number, &before))
		return false;
	entry->hash = chain(ctx->arena, before, entry);
	struct db_key key = db_key_int(ENTRIES, "", number + 1);
	return db_put(ctx, write, &key, record_pack(ctx->arena, &audit_entry_record, entry));
}

bool audit(struct ctx *ctx, const char *user, const char *what, const char *object, const char *detail)
{
	struct audit_entry entry = { .when = now(), .user = user, .what = what, .object = object, .detail = detail, .program = program };
	struct db *db = audit_db(ctx);
	return db && db_change(ctx, db, append, &entry);
}

struct check { int64_t count; unsigned char hash[HASH]; size_t n; };

/* One entry against the hash before it. */
static bool verify_entry(struct ctx *ctx, const struct db_key *key, struct bytes value, struct check *check)
{
	struct audit_entry entry;
	if (!record_unpack(ctx, &audit_entry_record, value, &entry))
		return false;
	struct bytes hash = chain(ctx->arena, (struct bytes){ check->hash, check->n }, &entry);
	if (db_key_number(key) != check->count + 1 || entry.hash.n != HASH || memcmp(hash.at, entry.hash.at, HASH) != 0)
		return false;
	memcpy(check->hash, hash.at, HASH);
	check->n = HASH;
	check->count++;
	return true;
}

/* Entries are read into an arena of their own that is emptied after each: the list may be larger than memory. */
static bool verify(struct ctx *ctx, const struct db_read *read, void *arg)
{
	struct check *check = arg;
	struct db_key prefix = db_key2(ENTRIES, "", ""), key;
	struct db_walk *walk = db_walk(ctx, read, &prefix, NULL, false);
	struct ctx one = { .arena = arena_new(0), .lang = ctx->lang };
	struct bytes value;
	bool more = false, good;
	while ((good = db_next(&one, walk, &more, &key, &value)) && more && (good = verify_entry(&one, &key, value, check)))
		arena_reset(one.arena);
	if (!good && !more)
		fail(ctx, one.error.kind, tr(ctx, "The audit list cannot be read."), "%s", one.error.detail ? one.error.detail : "walk");
	else if (!good)
		fail(ctx, KIND_CONFLICT, say(ctx, "The audit list is broken at entry %lld.", (long long)(check->count + 1)), "audit chain broken at %lld", (long long)(check->count + 1));
	arena_free(one.arena);
	return good;
}

bool audit_verify(struct ctx *ctx, int64_t *count)
{
	struct db *db = audit_db(ctx);
	struct check check = {0};
	bool good = db && db_view(ctx, db, verify, &check);
	*count = check.count;
	return good;
}
