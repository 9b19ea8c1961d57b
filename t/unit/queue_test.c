/*
 * The queue of transfers: whose turn it is, what waits for its time, and how long a look takes when a hundred thousand are there.
 * flags: -iquote fcgi-apps/mover
 * link: fcgi-apps/mover/queue.c fcgi-apps/mover/keep.c
 */
#include "moving.h"
#include "state_site.h"
#include "tap.h"

enum { MANY = 100000 };

static struct db *db;
static const char *running = "";  /* of this user one runs */

bool child_runs(const char *id)
{
	(void)id;
	return false;
}

static struct load load(const struct transfer *t)
{
	return (struct load){ .of_user = same(t->user, running) };
}

static struct transfer one(struct arena *arena, const char *user, int64_t number, const char *state)
{
	return (struct transfer){ .id = text(arena, "%018lld", (long long)number), .user = user, .state = state, .from_place = "home", .to_place = "scratch", .from_path = "a",
		.to_path = "b", .verb = "copy", .created = now(), .from_errand = "errand:x", .to_errand = "errand:y" };
}

struct some { const char *user, *state; int64_t from, n, next_try; };

static bool add(struct ctx *ctx, struct db_write *w, void *arg)
{
	const struct some *s = arg;

	for (int64_t i = 0; i < s->n; i++) {
		struct transfer t = one(ctx->arena, s->user, s->from + i, s->state);

		t.next_try = s->next_try;
		if (!keep_put(ctx, w, NULL, &t))
			return false;
	}
	return true;
}

static void put(struct ctx *ctx, struct some s)
{
	if (!db_change(ctx, db, add, &s))
		die("%s", ctx->error.detail);
	arena_reset(ctx->arena);
}

static int64_t number(const char *id)
{
	int64_t n = -1;

	return parse_int(id, 0, INT64_MAX, &n) ? n : -1;
}

/* The user and number whose turn is next; "" for nobody. */
static const char *next(struct ctx *ctx, const char *last)
{
	struct transfer t;
	bool found = false;

	if (!queue_next(ctx, db, last, load, &found, &t))
		die("%s", ctx->error.detail);
	return found ? text(ctx->arena, "%s %lld", t.user, (long long)number(t.id)) : "";
}

static void turns(struct ctx *ctx)
{
	is(next(ctx, ""), "", "nothing is queued");
	put(ctx, (struct some){ "bob", TRANSFER_QUEUED, 7, 2, 0 });
	put(ctx, (struct some){ "al", TRANSFER_QUEUED, 9, 1, 0 });
	put(ctx, (struct some){ "alice", TRANSFER_QUEUED, 3, 2, 0 });
	is(next(ctx, ""), "al 9", "the first user's oldest");
	is(next(ctx, "al"), "alice 3", "then the next user's, whose name begins the same");
	is(next(ctx, "alice"), "bob 7", "and the next");
	is(next(ctx, "bob"), "al 9", "and the first again");
	is(next(ctx, "zoe"), "al 9", "behind the last comes the first");
	running = "alice";
	is(next(ctx, "al"), "bob 7", "who has enough is left out");
	running = "";
}

static void times(struct ctx *ctx)
{
	int64_t due = 0;
	struct transfer t;
	bool found;

	put(ctx, (struct some){ "carol", TRANSFER_WAITING, 20, 1, now() - 1 });
	put(ctx, (struct some){ "carol", TRANSFER_WAITING, 21, 1, now() + 500 });
	ok(queue_due(ctx, db, &due) && due > now() + 400, "when the next is due is known");
	ok(keep_read(ctx, db, text(ctx->arena, "%018d", 20), &found, &t) && found && same(t.state, TRANSFER_QUEUED), "what was due is queued");
	ok(keep_read(ctx, db, text(ctx->arena, "%018d", 21), &found, &t) && found && same(t.state, TRANSFER_WAITING), "the other waits");
	put(ctx, (struct some){ "carol", TRANSFER_RUNNING, 22, 1, 0 });
	ok(queue_recover(ctx, db) && keep_read(ctx, db, text(ctx->arena, "%018d", 22), &found, &t) && same(t.state, TRANSFER_QUEUED), "what ran when the daemon ended is queued");
}

/* Milliseconds for the best of three. */
static int64_t look(struct ctx *ctx, const struct transfer_query *q)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < 3; i++) {
		struct transfer_list list;
		int64_t before = clock_ms();

		if (!transfer_list(ctx, db, q, &list) || list.n != q->limit)
			return INT64_MAX;
		best = clock_ms() - before < best ? clock_ms() - before : best;
	}
	return best;
}

static void many(struct ctx *ctx)
{
	for (int64_t i = 0; i < MANY; i += 10000)
		put(ctx, (struct some){ "erin", TRANSFER_QUEUED, 1000 + i, 10000, 0 });
	int64_t before = clock_ms();

	is(next(ctx, "carol"), "erin 1000", "the next of a hundred thousand");
	int64_t took = clock_ms() - before;

	ok(took < 50, "is found in %lld ms", (long long)took);
	took = look(ctx, &(struct transfer_query){ .user = "erin", .state = TRANSFER_QUEUED, .limit = 50 });
	ok(took < 20, "a page of a state in %lld ms", (long long)took);
	took = look(ctx, &(struct transfer_query){ .user = "erin", .limit = 50 });
	ok(took < 20, "of all in %lld ms", (long long)took);
	took = look(ctx, &(struct transfer_query){ .limit = 50 });
	ok(took < 20, "of everybody's in %lld ms", (long long)took);
}

static void pages(struct ctx *ctx)
{
	struct transfer_query q = { .user = "erin", .limit = 150 };
	struct transfer_list list = { 0 };
	int64_t n = 0, wrong = 0, want = 1000 + MANY - 1;

	do {
		if (!transfer_list(ctx, db, &q, &list))
			die("%s", ctx->error.detail);
		for (size_t i = 0; i < list.n; i++, n++)
			wrong += number(list.at[i].id) != want--;
		q.after = list.next ? text(ctx->arena, "%s", list.next) : NULL;
	} while (q.after && n < 2000);
	ok(n >= 2000 && !wrong, "pages go on where the one before ended, newest first");
	q = (struct transfer_query){ .user = "al", .limit = 10 };
	ok(transfer_list(ctx, db, &q, &list) && list.n == 1 && !list.next && !list.at[0].from_errand, "nobody sees another's, or an errand");
	int64_t count = 0;

	ok(transfer_count(ctx, db, "erin", TRANSFER_QUEUED, 500, &count) && count == 500, "counting ends at the most");
}

static bool put_files(struct ctx *ctx, struct db_write *w, void *arg)
{
	(void)arg;
	for (int64_t i = 1; i <= 300; i++) {
		struct transfer_file f = { .kind = 'f', .path = "x", .state = i % 100 == 0 ? FILE_FAILED : FILE_DONE };

		if (!keep_file(ctx, w, "000000000000000009", i, "", &f))
			return false;
	}
	return keep_file(ctx, w, "000000000000000009", 100, FILE_FAILED, &(struct transfer_file){ .kind = 'f', .path = "x", .state = FILE_DONE });
}

static bool remove_it(struct ctx *ctx, struct db_write *w, void *arg)
{
	struct transfer t = one(ctx->arena, "al", 9, TRANSFER_QUEUED);

	(void)arg;
	return keep_remove(ctx, w, &t);
}

static void files(struct ctx *ctx)
{
	struct file_query q = { .id = "000000000000000009", .state = FILE_FAILED, .limit = 10 };
	struct transfer_file_list list;
	bool left = true;

	ok(db_change(ctx, db, put_files, NULL), "three hundred files");
	ok(transfer_files(ctx, db, &q, &list) && list.n == 2 && list.numbers[0] == 200 && list.numbers[1] == 300 && !list.next, "those that failed, less one that did not in the end");
	q = (struct file_query){ .id = q.id, .after = 290, .limit = 4 };
	ok(transfer_files(ctx, db, &q, &list) && list.n == 4 && list.numbers[0] == 291 && list.next == 294, "a page of all");
	ok(db_change(ctx, db, remove_it, NULL), "the transfer is removed");
	for (int i = 0; i < 5 && left; i++)
		if (!keep_sweep(ctx, db, &left))
			die("%s", ctx->error.detail);
	q = (struct file_query){ .id = q.id, .limit = 4 };
	ok(!left && transfer_files(ctx, db, &q, &list) && list.n == 0, "its files, too");
}

int main(void)
{
	static const char *const folders[] = { "db", "db/transfers", NULL };
	struct ctx ctx = state_start(folders, "[mover]\nrunning-per-user = 1\n");

	if (!db_open(&ctx, "transfers", DB_READ_WRITE, &db))
		die("%s", ctx.error.detail);
	turns(&ctx);
	times(&ctx);
	many(&ctx);
	pages(&ctx);
	files(&ctx);
	db_close(db);
	arena_free(ctx.arena);
	return done_testing();
}
