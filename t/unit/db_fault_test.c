/*
 * The database when the disk does not do as it should: full, broken, or the writer killed. Nothing acknowledged is lost, nothing half-written
 * stays, and it works again when the disk does.
 *
 * The program's own pwrite() and fdatasync() take the place of the system's, also for LMDB, and fail when they are told to.
 */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "db.h"
#include "state_site.h"
#include "tap.h"

enum fault { NOTHING, DISK_FULL, DISK_FILLS, META_BROKEN, DATA_BROKEN, SYNC_BROKEN };
static enum fault fault;
static int faults, spared; /* how often it failed; how many writes go well before */

/* A meta page is written in part, everything else in whole pages. */
static bool fails(size_t n)
{
	bool meant = fault == DISK_FULL || (fault == META_BROKEN && n < 4096) || (fault == DATA_BROKEN && n >= 4096);

	if (!meant || spared-- > 0)
		return false;
	faults++;
	errno = fault == DISK_FULL ? ENOSPC : EIO;
	return true;
}

/* What a disk that becomes full still takes. */
static size_t taken(size_t n)
{
	if (fault != DISK_FILLS || spared-- > 0)
		return n;
	faults++;
	return n / 2;
}

#pragma GCC diagnostic ignored "-Wredundant-decls"
ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
	return fails(n) ? -1 : (ssize_t)syscall(SYS_pwrite64, fd, data, taken(n), at);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off_t at)
{
	return pwrite(fd, data, n, at);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
	if (fails(8192))
		return -1;
	if (fault == DISK_FILLS && spared-- <= 0) {
		faults++;
		return (ssize_t)syscall(SYS_write, fd, parts[0].iov_base, parts[0].iov_len / 2);
	}
	return (ssize_t)syscall(SYS_writev, fd, parts, n);
}

int fdatasync(int fd)
{
	if (fault == SYNC_BROKEN && spared-- <= 0) {
		faults++;
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

static struct db *db;
struct write { const char *name; size_t size; };

static bool put(struct ctx *ctx, struct db_write *write, void *arg)
{
	const struct write *w = arg;
	struct db_key key = db_key('k', w->name);

	return db_put(ctx, write, &key, (struct bytes){ arena_alloc(ctx->arena, w->size), w->size });
}

static bool store(struct ctx *ctx, const char *name, size_t size)
{
	struct write w = { name, size };

	return db_change(ctx, db, put, &w);
}

static bool find(struct ctx *ctx, const struct db_read *read, void *arg)
{
	struct db_key key = db_key('k', arg);
	bool found;

	return db_get(ctx, read, &key, &found, NULL) && (found || fail(ctx, KIND_NOT_FOUND, "none", NULL));
}

static bool there(struct ctx *ctx, const char *name)
{
	union { const char *in; void *out; } key = { .in = name };
	bool found = db_view(ctx, db, find, key.out);

	forget(ctx);
	return found;
}

/* ---- a disk that is full or broken ---- */

static const struct { const char *name; enum fault fault; const char *says; } disks[] = {
	{ "full", DISK_FULL, "disk is full" }, { "becoming full", DISK_FILLS, "does not answer" }, { "broken for data", DATA_BROKEN, "does not answer" },
	{ "broken for the meta page", META_BROKEN, "does not answer" }, { "broken for syncing", SYNC_BROKEN, "does not answer" },
};

static void test_disks(struct ctx *ctx)
{
	for (size_t i = 0; i < COUNT(disks); i++) {
		const char *kept = text(ctx->arena, "kept %zu", i), *lost = text(ctx->arena, "lost %zu", i), *after = text(ctx->arena, "after %zu", i);
		ok(store(ctx, kept, 100), "disk %s: before", disks[i].name);
		faults = 0;
		fault = disks[i].fault;
		for (int again = 0; again < 3; again++) {
			bool stored = store(ctx, lost, 20000);
			ok(!stored && ctx->error.kind == KIND_UNAVAILABLE && strstr(ctx->error.message, disks[i].says), "disk %s: an error for the user", disks[i].name);
			forget(ctx);
		}
		ok(faults >= 3, "disk %s: LMDB met it %d times", disks[i].name, faults);
		ok(there(ctx, kept), "disk %s: reading works meanwhile", disks[i].name);
		fault = NOTHING;
		ok(store(ctx, after, 100), "disk %s: works again afterwards", disks[i].name);
		ok(there(ctx, kept) && there(ctx, after) && !there(ctx, lost), "disk %s: nothing lost, nothing half-written", disks[i].name);
	}
}

/* The n-th write of a change goes wrong, once: whatever it was, the next change works and the first has happened wholly or not at all. */
static void test_nth_write(struct ctx *ctx)
{
	for (enum fault kind = DISK_FULL; kind <= SYNC_BROKEN; kind++)
		for (int n = 0; n < 6; n++) {
			const char *name = text(ctx->arena, "nth %d %d", kind, n);
			faults = 0;
			spared = n;
			fault = kind;
			bool stored = store(ctx, name, 30000);
			fault = NOTHING;
			spared = 0;
			ok(stored == (faults == 0) && (stored || ctx->error.kind == KIND_UNAVAILABLE), "fault %d at write %d: %s", kind, n, stored ? "not met" : "refused");
			forget(ctx);
			ok(store(ctx, text(ctx->arena, "%s after", name), 100) && there(ctx, name) == stored, "then it works, and nothing is half there");
		}
}

/* An environment that has to be opened anew waits for the reader that still uses it. */
static bool break_while_reading(struct ctx *ctx, const struct db_read *read, void *arg)
{
	struct ctx inner = { .arena = ctx->arena };

	fault = META_BROKEN;
	ok(!store(&inner, "while reading", 100), "the meta page breaks while somebody reads");
	forget(&inner);
	fault = NOTHING;
	ok(!store(&inner, "while reading", 100) && inner.error.kind == KIND_UNAVAILABLE, "no writing as long as that one reads");
	return find(ctx, read, arg);
}

static void test_reader(struct ctx *ctx)
{
	char name[] = "kept 0";

	ok(db_view(ctx, db, break_while_reading, name), "the reader goes on");
	ok(store(ctx, "afterwards", 100) && there(ctx, "afterwards") && !there(ctx, "while reading"), "then it works again");
}

/* ---- a map that is full ---- */

static void test_map_full(struct ctx *ctx)
{
	int stored = 0;

	while (stored < 100 && store(ctx, text(ctx->arena, "big %d", stored), 100000))
		stored++;
	ok(stored > 5 && stored < 100 && ctx->error.kind == KIND_UNAVAILABLE && strstr(ctx->error.message, "disk is full"), "full after %d values", stored);
	forget(ctx);
	for (int i = 0; i < 20; i++) {
		ok(!store(ctx, "one more", 300000), "still full");
		forget(ctx);
	}
	ok(there(ctx, "big 0") && there(ctx, text(ctx->arena, "big %d", stored - 1)) && !there(ctx, "one more"), "all that was acknowledged is there");
	ok(store(ctx, "big 0", 10) && store(ctx, "big 1", 10) && store(ctx, "big 0", 20), "what makes room still works");
	ok(store(ctx, "one more", 50000), "and then there is room");
}

/* ---- writers that are killed ---- */

static bool count_up(struct ctx *ctx, struct db_write *write, void *arg)
{
	int64_t *number = arg;
	struct db_key a = db_key('c', "a"), b = db_key('c', "b");
	struct bytes value;
	bool found;

	if (!db_get(ctx, db_as_read(write), &a, &found, &value))
		return false;
	*number = 0;
	if (found)
		memcpy(number, value.at, sizeof *number);
	++*number;
	value = (struct bytes){ (const unsigned char *)number, sizeof *number };
	return db_put(ctx, write, &a, value) && db_put(ctx, write, &b, value);
}

static void write_until_killed(int acknowledge)
{
	struct ctx ctx = { .arena = arena_new(0) };
	struct db *own;
	int64_t number;

	if (!db_open(&ctx, "killed", DB_READ_WRITE, &own))
		_exit(1);
	while (db_change(&ctx, own, count_up, &number) && write(acknowledge, &number, sizeof number) == sizeof number)
		arena_reset(ctx.arena);
	_exit(2);
}

/* The last number that a writer acknowledged before it was killed; -1: none. */
static int64_t killed_writer(unsigned microseconds)
{
	int ends[2];
	int64_t number, last = -1;

	if (pipe(ends) != 0)
		die("pipe");
	pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		write_until_killed(ends[1]);
	}
	close(ends[1]);
	usleep(microseconds);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	while (read(ends[0], &number, sizeof number) == sizeof number)
		last = number;
	close(ends[0]);
	return last;
}

struct both { int64_t a, b; };

static bool read_both(struct ctx *ctx, const struct db_read *read, void *arg)
{
	struct both *both = arg;
	struct db_key a = db_key('c', "a"), b = db_key('c', "b");
	struct bytes value_a, value_b;
	bool found_a, found_b;

	if (!db_get(ctx, read, &a, &found_a, &value_a) || !db_get(ctx, read, &b, &found_b, &value_b) || found_a != found_b)
		return false;
	if (found_a) {
		memcpy(&both->a, value_a.at, sizeof both->a);
		memcpy(&both->b, value_b.at, sizeof both->b);
	}
	return true;
}

static void test_killed(struct ctx *ctx)
{
	int64_t lost = 0, torn = 0, acknowledged = 0;

	for (int round = 0; round < 40; round++) {
		int64_t last = killed_writer(3000 + (unsigned)round * 700);
		struct both both = { 0 };
		struct db *own;
		if (!db_open(ctx, "killed", DB_READ_WRITE, &own) || !db_view(ctx, own, read_both, &both))
			die("round %d: %s", round, ctx->error.detail);
		/* Closed, because the next writer is a fork of this process. */
		db_close(own);
		lost += last > both.a;
		torn += both.a != both.b;
		acknowledged = last > acknowledged ? last : acknowledged;
	}
	ok(acknowledged > 40, "%lld commits were acknowledged", (long long)acknowledged);
	is_int(lost, 0, "none of them is lost");
	is_int(torn, 0, "none is there in part");
}

int main(void)
{
	struct ctx ctx = state_start((const char *const[]){ "db", "db/faults", "db/small", "db/killed", NULL }, "map-mib = 2\n");

	test_killed(&ctx);
	if (!db_open(&ctx, "faults", DB_READ_WRITE, &db))
		die("%s", ctx.error.detail);
	test_disks(&ctx);
	test_nth_write(&ctx);
	test_reader(&ctx);
	db_close(db);
	if (!db_open(&ctx, "small", DB_READ_WRITE, &db))
		die("%s", ctx.error.detail);
	test_map_full(&ctx);
	db_close(db);
	arena_free(ctx.arena);
	return done_testing();
}
