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

static bool verify(struct ctx *ctx, const struct db_read *read, void *arg)
{
	int64_t *count = arg;
	struct bytes before = {0}, value;
	struct db_key prefix = db_key2(ENTRIES, "", ""), key;
	struct db_walk *walk = db_walk(ctx, read, &prefix, NULL, false);
	bool more;
	for (;;) {
		struct audit_entry entry;
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		if (!record_unpack(ctx, &audit_entry_record, value, &entry))
			return false;
		struct bytes hash = chain(ctx->arena, before, &entry);
		if (db_key_number(&key) != *count + 1 || entry.hash.n != HASH || memcmp(hash.at, entry.hash.at, HASH) != 0)
			return fail(ctx, KIND_CONFLICT, say(ctx, "The audit list is broken at entry %lld.", (long long)(*count + 1)), "audit chain broken");
		before = entry.hash;
		++*count;
	}
}

bool audit_verify(struct ctx *ctx, int64_t *count)
{
	struct db *db = audit_db(ctx);
	*count = 0;
	return db && db_view(ctx, db, verify, count);
}
