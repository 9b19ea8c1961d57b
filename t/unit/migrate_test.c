/*
 * Migrations: in order, once, each whole or not at all, after a copy; an old module that goes on working beside the new shape.
 *
 * The boats of the old schema keep their harbour in the name, "Barge@Mapo"; the new one has a field for it.
 * flags: -It/records
 */
#include <sys/wait.h>

#include "migrate.h"
#include "state_site.h"
#include "tap.h"

#define RECORD old_boat
#include "record_def.h"
#define RECORD new_boat
#include "record_def.h"

enum { BOATS = 'B' };

static struct db *db;

static bool put_old(struct ctx *ctx, struct db_write *write, void *arg)
{
	struct old_boat boat = { .name = arg, .seats = 9, .afloat = true };
	struct db_key key = db_key(BOATS, arg);

	return db_put(ctx, write, &key, record_pack(ctx->arena, &old_boat_record, &boat));
}

/* As a module of the old version works: reads with its own schema, changes, writes. */
static bool old_module_adds_a_seat(struct ctx *ctx, struct db_write *write, void *arg)
{
	struct db_key key = db_key(BOATS, arg);
	struct old_boat boat;
	struct bytes value;
	bool found;

	if (!db_get(ctx, db_as_read(write), &key, &found, &value) || !found || !record_unpack(ctx, &old_boat_record, value, &boat))
		return false;
	boat.seats++;
	return db_put(ctx, write, &key, record_pack(ctx->arena, &old_boat_record, &boat));
}

struct sought { const char *key; struct new_boat boat; };

static bool get_new(struct ctx *ctx, const struct db_read *read, void *arg)
{
	struct sought *s = arg;
	struct db_key key = db_key(BOATS, s->key);
	struct bytes value;
	bool found;

	return db_get(ctx, read, &key, &found, &value) && (found || fail(ctx, KIND_NOT_FOUND, "none", NULL)) && record_unpack(ctx, &new_boat_record, value, &s->boat);
}

static struct new_boat boat_of(struct ctx *ctx, const char *key)
{
	struct sought s = { .key = key };

	if (!db_view(ctx, db, get_new, &s))
		diag("%s: %s", key, ctx->error.message);
	forget(ctx);
	return s.boat;
}

/* Leaves alone what has a harbour already. */
static bool move_harbour(struct ctx *ctx, struct db_write *write, void *arg)
{
	struct db_key prefix = db_key(BOATS, ""), key;
	struct db_walk *walk = db_walk(ctx, db_as_read(write), &prefix, NULL, false);
	struct bytes value;
	bool more;

	while (db_next(ctx, walk, &more, &key, &value) && more) {
		struct new_boat boat;
		if (!record_unpack(ctx, &new_boat_record, value, &boat))
			return false;
		const char *at = boat.name ? strchr(boat.name, '@') : NULL;
		if (at && !boat.harbour) {
			boat.harbour = at + 1;
			boat.name = arena_copy(ctx->arena, boat.name, (size_t)(at - boat.name));
		}
		if (!db_put(ctx, write, &key, record_pack(ctx->arena, &new_boat_record, &boat)))
			return false;
	}
	++*(int *)arg;
	return ctx->error.kind == KIND_NONE;
}

static bool half_then_fail(struct ctx *ctx, struct db_write *write, void *arg)
{
	char name[] = "half done";

	return !*(bool *)arg || (put_old(ctx, write, name) && fail(ctx, KIND_CONFLICT, "not now", NULL));
}

static int runs;
static bool failing = true;
static const struct migration table[] = {
	{ 1, "boats", "harbours are a field", move_harbour, &runs },
	{ 2, "elsewhere", "not for this one", move_harbour, &runs },
	{ 3, "boats", "fails at first", half_then_fail, &failing },
	{ 0 },
};

static int64_t version(struct ctx *ctx)
{
	int64_t v = -1;

	return migrate_version(ctx, db, &v) ? v : -1;
}

static void test_run(struct ctx *ctx)
{
	char barge[] = "Barge@Mapo", raft[] = "Raft";
	const char *backup = text(ctx->arena, "%s/backup", state_dir);

	ok(db_change(ctx, db, put_old, barge) && db_change(ctx, db, put_old, raft), "two boats of the old schema");
	is_int(version(ctx), 0, "no migration yet");
	is_int(migrate_pending(table, "boats", 0), 2, "two wait");
	is_int(migrate_pending(table, "elsewhere", 0), 1, "one for another environment");
	ok(!migrate_run(ctx, db, "boats", table, backup) && ctx->error.kind == KIND_CONFLICT, "the second one fails");
	forget(ctx);
	is_int(version(ctx), 1, "the first one has happened");
	is(boat_of(ctx, "Barge@Mapo").harbour, "Mapo", "the harbour is a field");
	is(boat_of(ctx, "Barge@Mapo").name, "Barge", "and no longer in the name");
	is(boat_of(ctx, "half done").name, NULL, "nothing of the failed one stays");
}

static void test_again(struct ctx *ctx)
{
	char barge[] = "Barge@Mapo";

	ok(db_change(ctx, db, old_module_adds_a_seat, barge), "an old module changes a boat of the new shape");
	is_int(boat_of(ctx, barge).seats, 10, "its change is there");
	is(boat_of(ctx, barge).harbour, "Mapo", "and what it does not know is still there");
	failing = false;
	ok(migrate_run(ctx, db, "boats", table, NULL), "the second run goes on where the first one stopped");
	is_int(version(ctx), 3, "all have happened");
	is_int(runs, 1, "each once");
	is_int(migrate_pending(table, "boats", version(ctx)), 0, "none waits");
	ok(migrate_run(ctx, db, "boats", table, "/nowhere"), "again: nothing to do, no copy");
}

/* The copy is a database as it was before. */
static int read_copy(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		struct ctx ctx = { .arena = arena_new(0) };
		struct sought s = { .key = "Barge@Mapo" };
		struct db *copy;
		char path[256];
		snprintf(path, sizeof path, "%s/db/copy", state_dir);
		if (rename(text(ctx.arena, "%s/backup", state_dir), path) != 0)
			_exit(1);
		_exit(db_open(&ctx, "copy", DB_READ_WRITE, &copy) && db_view(&ctx, copy, get_new, &s) && same(s.boat.name, "Barge@Mapo") && !s.boat.harbour ? 0 : 2);
	}
	waitpid(child, &status, 0);
	return status;
}

static void test_tables(struct ctx *ctx)
{
	static const struct migration bad[][3] = {
		{ { 2, "a", "x", move_harbour, NULL }, { 1, "a", "x", move_harbour, NULL }, { 0 } },
		{ { 1, "a", "x", move_harbour, NULL }, { 1, "b", "x", move_harbour, NULL }, { 0 } },
		{ { 1, "", "x", move_harbour, NULL }, { 0 } },
		{ { 1, "a", "x", NULL, NULL }, { 0 } },
	};

	ok(migrate_table_good(ctx, table), "a good table");
	for (size_t i = 0; i < COUNT(bad); i++) {
		ok(!migrate_table_good(ctx, bad[i]), "wrong table %zu", i);
		forget(ctx);
	}
}

int main(void)
{
	struct ctx ctx = state_start((const char *const[]){ "db", "db/boats", "backup", NULL }, "");

	if (!db_open(&ctx, "boats", DB_READ_WRITE, &db))
		die("%s", ctx.error.detail);
	test_tables(&ctx);
	test_run(&ctx);
	test_again(&ctx);
	db_close(db);
	is_int(read_copy(), 0, "the copy has the old shape");
	arena_free(ctx.arena);
	return done_testing();
}
