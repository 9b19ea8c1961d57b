/* The database: keys that sort, walks both ways, transactions that happen or do not, other processes, modes of files. */
#include <errno.h>
#include <sys/wait.h>

#include "db.h"
#include "state_site.h"
#include "tap.h"

static struct db *db;

static struct bytes bytes_of(const char *s)
{
	return (struct bytes){ (const unsigned char *)s, strlen(s) };
}

/* ---- keys ---- */

static int order(struct db_key a, struct db_key b)
{
	int first = memcmp(a.at, b.at, a.n < b.n ? a.n : b.n);

	return first ? first : a.n < b.n ? -1 : a.n > b.n;
}

static void test_keys(struct ctx *ctx)
{
	static const int64_t sorted[] = { INT64_MIN, -1796000000, -256, -1, 0, 1, 255, 256, 1796000000, INT64_MAX };
	struct db_key key = db_key2('t', "alice", "x y");

	for (size_t i = 0; i < COUNT(sorted); i++) {
		struct db_key at = db_key_int('t', "a", sorted[i]);
		ok(db_key_number(&at) == sorted[i], "%lld and back", (long long)sorted[i]);
		if (i > 0)
			ok(order(db_key_int('t', "a", sorted[i - 1]), at) < 0, "sorts behind the one before");
	}
	ok(order(db_key2('t', "alic", "z"), db_key2('t', "alice", "")) < 0, "a shorter first text comes first, whatever follows");
	ok(order(db_key('a', "z"), db_key('b', "")) < 0, "tables do not mix");
	is(db_key_tail(&key, ctx->arena), "x y", "the tail");
	key = db_key('t', "alice");
	is(db_key_tail(&key, ctx->arena), "", "no tail");
	key = db_key('t', NULL);
	is_int(key.n, 1, "a table alone");
}

/* ---- single values ---- */

static bool fill(struct ctx *ctx, struct db_write *write, void *arg)
{
	static const char *const users[] = { "alic", "alice", "alice2", "bob" };
	bool added, found;
	struct bytes value;
	(void)arg;

	for (size_t u = 0; u < COUNT(users); u++)
		for (int i = -5; i < 5; i++) {
			struct db_key key = db_key_int('w', users[u], i * 100);
			if (!db_put(ctx, write, &key, bytes_of(text(ctx->arena, "%s %d", users[u], i * 100))))
				return false;
		}
	struct db_key one = db_key('k', "one"), none = db_key('k', "none"), empty_one = db_key('k', "empty"), last = db_key('\xff', "\xff\xff");
	ok(db_add(ctx, write, &one, bytes_of("1"), &added) && added, "added");
	ok(db_add(ctx, write, &one, bytes_of("2"), &added) && !added, "not twice");
	ok(db_get(ctx, db_as_read(write), &one, &found, &value) && found && value.n == 1 && *value.at == '1', "the first one stays");
	ok(db_put(ctx, write, &one, bytes_of("three")), "put replaces");
	ok(db_del(ctx, write, &none), "removing what is not there is fine");
	ok(db_put(ctx, write, &empty_one, (struct bytes){0}), "an empty value");
	return db_put(ctx, write, &last, bytes_of("end"));
}

static bool look(struct ctx *ctx, const struct db_read *read, void *arg)
{
	struct db_key one = db_key('k', "one"), none = db_key('k', "none"), empty_one = db_key('k', "empty");
	struct bytes value = {0};
	bool found;
	(void)arg;

	ok(db_get(ctx, read, &one, &found, &value) && found && value.n == 5 && memcmp(value.at, "three", 6) == 0, "read back, with a NUL behind it");
	ok(db_get(ctx, read, &one, &found, NULL) && found, "only whether it is there");
	ok(db_get(ctx, read, &none, &found, &value) && !found, "or not");
	ok(db_get(ctx, read, &empty_one, &found, &value) && found && value.n == 0, "empty is there");
	return true;
}

/* ---- walks ---- */

struct walk_case { const char *name; struct db_key prefix, from; bool has_from, down; const char *first, *last; int n; };

static bool walk_cases(struct ctx *ctx, const struct db_read *read, void *arg)
{
	const struct db_key all = db_key2('w', "alice", ""), table = db_key('w', ""), none = db_key2('w', "carol", ""), end = db_key('\xff', "");
	const struct walk_case cases[] = {
		{ "up", all, all, false, false, "alice -500", "alice 400", 10 },
		{ "down", all, all, false, true, "alice 400", "alice -500", 10 },
		{ "up from one", all, db_key_int('w', "alice", 200), true, false, "alice 200", "alice 400", 3 },
		{ "down from one", all, db_key_int('w', "alice", 200), true, true, "alice 200", "alice -500", 8 },
		{ "up from between", all, db_key_int('w', "alice", 150), true, false, "alice 200", "alice 400", 3 },
		{ "down from between", all, db_key_int('w', "alice", 150), true, true, "alice 100", "alice -500", 7 },
		{ "down from behind all", all, db_key_int('w', "alice", 9999), true, true, "alice 400", "alice -500", 10 },
		{ "up from behind all", all, db_key_int('w', "alice", 9999), true, false, NULL, NULL, 0 },
		{ "down from before all", all, db_key_int('w', "alice", -9999), true, true, NULL, NULL, 0 },
		{ "the whole table up", table, table, false, false, "alic -500", "bob 400", 40 },
		{ "the whole table down", table, table, false, true, "bob 400", "alic -500", 40 },
		{ "nothing up", none, none, false, false, NULL, NULL, 0 },
		{ "nothing down", none, none, false, true, NULL, NULL, 0 },
		{ "the last table up", end, end, false, false, "end", "end", 1 },
		{ "the last table down", end, end, false, true, "end", "end", 1 },
	};
	(void)arg;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct walk_case *c = &cases[i];
		struct db_walk *walk = db_walk(ctx, read, &c->prefix, c->has_from ? &c->from : NULL, c->down);
		const char *first = NULL, *last = NULL;
		struct db_key key;
		struct bytes value;
		bool more;
		int n = 0;
		while (db_next(ctx, walk, &more, &key, &value) && more) {
			last = (const char *)value.at;
			first = first ? first : last;
			n++;
		}
		ok(n == c->n && same(first, c->first) && same(last, c->last), "walk: %s: %d from %s to %s", c->name, n, first ? first : "-", last ? last : "-");
		ok(db_next(ctx, walk, &more, &key, &value) && !more, "and stays at its end");
	}
	return true;
}

/* ---- transactions ---- */

static bool put_then_fail(struct ctx *ctx, struct db_write *write, void *arg)
{
	struct db_key key = db_key('k', "undone");

	return db_put(ctx, write, &key, bytes_of("x")) && (arg ? fail(ctx, KIND_CONFLICT, "no", NULL) : false);
}

static bool is_there(struct ctx *ctx, const struct db_read *read, void *arg)
{
	struct db_key key = db_key('k', arg);
	bool found;

	return db_get(ctx, read, &key, &found, NULL) && (found || fail(ctx, KIND_NOT_FOUND, "none", NULL));
}

static bool there(struct ctx *ctx, const char *name)
{
	union { const char *in; void *out; } key = { .in = name };
	bool found = db_view(ctx, db, is_there, key.out);

	forget(ctx);
	return found;
}

static void test_undone(struct ctx *ctx)
{
	ok(!db_change(ctx, db, put_then_fail, ctx) && ctx->error.kind == KIND_CONFLICT, "a change that fails says why");
	forget(ctx);
	ok(!db_change(ctx, db, put_then_fail, NULL) && ctx->error.kind == KIND_INTERNAL, "or is an error of ours");
	forget(ctx);
	ok(!there(ctx, "undone"), "and nothing has happened");
}

static bool put_name(struct ctx *ctx, struct db_write *write, void *arg)
{
	struct db_key key = db_key('k', arg);

	return db_put(ctx, write, &key, bytes_of("x"));
}

/* In another program, as another module is: it has opened nothing before. */
static int in_child(bool (*fn)(struct ctx *))
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		struct ctx ctx = { .arena = arena_new(0) };
		_exit(fn(&ctx) ? 0 : 1);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool child_writes(struct ctx *ctx)
{
	char name[] = "of another process";
	struct db *own;

	return db_open(ctx, "shared", DB_READ_WRITE, &own) && db_change(ctx, own, put_name, name);
}

static bool child_reads(struct ctx *ctx)
{
	char name[] = "of another process";
	struct db *own;

	return db_open(ctx, "shared", DB_READ_ONLY, &own) && db_view(ctx, own, is_there, name);
}

static bool child_writes_read_only(struct ctx *ctx)
{
	char name[] = "never";
	struct db *own;

	return db_open(ctx, "shared", DB_READ_ONLY, &own) && (!freopen("/dev/null", "w", stderr) || db_change(ctx, own, put_name, name));
}

static unsigned mode_of(const char *below)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", state_dir, below);
	return stat(path, &st) == 0 ? (unsigned)st.st_mode & 07777 : 0;
}

/* The user nobody, who is in the group of the folder and not its owner. */
static bool child_reads_as_other(struct ctx *ctx)
{
	char name[] = "of another process";
	struct db *own;

	if (setgid(65534) != 0 || setuid(65534) != 0)
		return false;
	bool good = db_open(ctx, "readable", DB_READ_ONLY, &own) && db_view(ctx, own, is_there, name);
	return good && access(text(ctx->arena, "%s/db/readable/data.mdb", state_dir), W_OK) != 0;
}

static bool child_makes_readable(struct ctx *ctx)
{
	char name[] = "of another process";
	struct db *own;

	return db_open(ctx, "readable", DB_READ_WRITE, &own) && db_change(ctx, own, put_name, name);
}

static void test_modes(struct ctx *ctx)
{
	char path[256];

	state_folder("db/readable", 02750);
	snprintf(path, sizeof path, "%s/db/readable", state_dir);
	if (chmod(state_dir, 0711) != 0 || chmod(text(ctx->arena, "%s/db", state_dir), 0711) != 0)
		die("chmod");
	if (geteuid() == 0 && (chown(path, 0, 65534) != 0 || chmod(path, 02750) != 0))
		die("chown");
	is_int(in_child(child_makes_readable), 0, "a writer whose group only reads");
	is_int(mode_of("db/readable/data.mdb"), 0640, "data: the group reads");
	is_int(mode_of("db/readable/lock.mdb"), 0660, "lock: the group writes, as readers must");
	if (geteuid() == 0)
		is_int(in_child(child_reads_as_other), 0, "and one of the group can read");
	state_folder("db/both", 02770);
	struct db *both;
	ok(db_open(ctx, "both", DB_READ_WRITE, &both), "a folder that the group writes");
	is_int(mode_of("db/both/data.mdb"), 0660, "data: the group writes");
	db_close(both);
}

/* Before this process opens it: an environment must not go through a fork. */
static void test_processes(struct ctx *ctx)
{
	struct db *again;

	ok(!db_open(ctx, "shared", DB_READ_ONLY, &again) && ctx->error.kind == KIND_UNAVAILABLE, "reading what is not there yet: %s", ctx->error.message);
	forget(ctx);
	is_int(in_child(child_writes), 0, "another process makes a table");
	is_int(in_child(child_reads), 0, "and a third reads it");
	is_int(in_child(child_writes_read_only), 70, "one that reads only cannot write");
	ok(db_open(ctx, "shared", DB_READ_WRITE, &db) && db_open(ctx, "shared", DB_READ_WRITE, &again) && db == again, "opened twice, it is the same");
	ok(there(ctx, "of another process"), "its table is here at once");
}

struct race { int to_child[2], to_parent[2]; };

static bool child_waits(struct race *race)
{
	struct ctx ctx = { .arena = arena_new(0) };
	char name[] = "while open", c;
	struct db *own;

	return db_open(&ctx, "shared", DB_READ_WRITE, &own) && read(race->to_child[0], &c, 1) == 1 && db_change(&ctx, own, put_name, name) &&
		write(race->to_parent[1], "x", 1) == 1;
}

/* Both have it open; what one commits the other sees in its next transaction. */
static void test_while_open(struct ctx *ctx)
{
	struct race race;
	char c;

	if (pipe(race.to_child) != 0 || pipe(race.to_parent) != 0)
		die("pipe");
	db_close(db);
	pid_t child = fork();
	if (child == 0)
		_exit(child_waits(&race) ? 0 : 1);
	ok(db_open(ctx, "shared", DB_READ_WRITE, &db) && !there(ctx, "while open"), "open in two processes");
	ok(write(race.to_child[1], "x", 1) == 1 && read(race.to_parent[0], &c, 1) == 1, "the other one commits");
	ok(there(ctx, "while open"), "seen in the next transaction");
	waitpid(child, NULL, 0);
}

int main(void)
{
	struct ctx ctx = state_start((const char *const[]){ "db", "db/shared", NULL }, "");

	test_keys(&ctx);
	test_processes(&ctx);
	ok(db_change(&ctx, db, fill, NULL), "fill");
	ok(db_view(&ctx, db, look, NULL), "look");
	ok(db_view(&ctx, db, walk_cases, NULL), "walk");
	test_undone(&ctx);
	test_while_open(&ctx);
	test_modes(&ctx);
	db_check_readers(db);
	db_close(db);
	db_close(NULL);
	arena_free(ctx.arena);
	return done_testing();
}
