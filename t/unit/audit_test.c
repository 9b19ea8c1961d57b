/* The audit list: what was written is there in one order, and any later change of an entry is found. */
#include <sys/wait.h>

#include "audit.h"
#include "db.h"
#include "state_site.h"
#include "tap.h"

#define RECORD audit_entry
#include "record_def.h"

enum { WRITERS = 4, EACH = 50, ALL = WRITERS * EACH };

static struct db *db;

struct edit { int64_t number; const char *user; bool remove; };

static bool change_entry(struct ctx *ctx, struct db_write *write, void *arg)
{
	const struct edit *edit = arg;
	struct db_key key = db_key_int('a', "", edit->number);
	struct audit_entry entry;
	struct bytes value;
	bool found;

	if (edit->remove)
		return db_del(ctx, write, &key);
	if (!db_get(ctx, db_as_read(write), &key, &found, &value) || !found || !record_unpack(ctx, &audit_entry_record, value, &entry))
		return false;
	entry.user = edit->user;
	return db_put(ctx, write, &key, record_pack(ctx->arena, &audit_entry_record, &entry));
}

/* Several processes write at once, as modules do. */
static void write_all(void)
{
	for (int w = 0; w < WRITERS; w++)
		if (fork() == 0) {
			struct ctx ctx = { .arena = arena_new(0) };
			for (int i = 0; i < EACH; i++)
				if (!audit(&ctx, "alice", "job.submit", text(ctx.arena, "demo/%d-%d", w, i), i % 2 ? "detail" : NULL))
					_exit(1);
			_exit(0);
		}
	int status = 0, bad = 0;
	for (int w = 0; w < WRITERS; w++)
		bad += wait(&status) < 0 || status != 0;
	is_int(bad, 0, "%d processes wrote", WRITERS);
}

static void broken_at(struct ctx *ctx, struct edit edit, int64_t at, const char *name)
{
	int64_t count;

	ok(db_change(ctx, db, change_entry, &edit), "change entry %lld", (long long)edit.number);
	ok(!audit_verify(ctx, &count) && ctx->error.kind == KIND_CONFLICT, "%s", name);
	is_int(count, at - 1, "entries before it are good");
	ok(strstr(ctx->error.message, text(ctx->arena, " %lld.", (long long)at)) != NULL, "the message says which: %s", ctx->error.message);
	forget(ctx);
}

int main(void)
{
	struct ctx ctx = state_start((const char *const[]){ "db", "db/audit", NULL }, "");
	int64_t count = -1;

	write_all();
	ok(audit_verify(&ctx, &count), "the chain is whole");
	is_int(count, ALL, "with all entries");
	if (!db_open(&ctx, "audit", DB_READ_WRITE, &db))
		die("%s", ctx.error.detail);
	broken_at(&ctx, (struct edit){ .number = 70, .user = "mallory" }, 70, "a changed entry");
	ok(db_change(&ctx, db, change_entry, &(struct edit){ .number = 70, .user = "alice" }) && audit_verify(&ctx, &count), "whole again as it was");
	broken_at(&ctx, (struct edit){ .number = 50, .remove = true }, 50, "a removed entry");
	db_close(db);
	arena_free(ctx.arena);
	return done_testing();
}
