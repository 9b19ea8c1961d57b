/*
 * Sessions: found by the hash of their id, dead after idle and absolute times, ended one by one and all together.
 * flags: -Ifcgi-apps/account -It
 * link: fcgi-apps/account/session.c fcgi-apps/account/people.c fcgi-apps/account/sweep.c
 */
#include "account_site.h"
#include "session.h"
#include "tap.h"

struct step { struct session s; const char *id, *tag, *keep; bool found, half; int64_t count; struct session_rows rows; };

static bool begin(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct step *t = arg;

	return session_begin(ctx, db, &t->s, &t->id);
}

static bool find(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct step *t = arg;

	return session_find(ctx, db, t->id, t->half, &t->found, &t->s);
}

static bool save(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct step *t = arg;

	return session_save(ctx, db, t->id, &t->s);
}

static bool end(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct step *t = arg;

	return session_end(ctx, db, t->id);
}

static bool end_tag(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct step *t = arg;

	return session_end_tag(ctx, db, "alice", t->tag, &t->found);
}

static bool end_others(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct step *t = arg;

	return session_end_others(ctx, db, "alice", t->keep, &t->count);
}

static bool rows(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct step *t = arg;

	return session_rows(ctx, db, "alice", &t->rows);
}

static struct step made(struct ctx *ctx, const char *user, bool half)
{
	struct step t = { .s = { .user = user, .address = "192.0.2.1", .half = half }, .half = half };

	if (!db_change(ctx, accounts, begin, &t))
		die("begin: %s", ctx->error.detail);
	return t;
}

static bool alive(struct ctx *ctx, const struct step *t, bool half)
{
	struct step look = { .id = t->id, .half = half };

	return db_view(ctx, accounts, find, &look) && look.found;
}

static void test_times(void)
{
	struct session s = { .created = 100000, .seen = 100000 };

	ok(session_live(&s, 100000 + 3599), "alive before the idle time");
	ok(!session_live(&s, 100000 + 3601), "dead after it");
	s.seen = 100000 + 43100;
	ok(session_live(&s, 100000 + 43199), "alive before 12 hours");
	ok(!session_live(&s, 100000 + 43201), "dead after them, however busy");
	ok(session_live(&s, 50), "a clock that was set back ends nothing");
	s = (struct session){ .created = 100000 + 8 * 86400, .seen = 100000 + 8 * 86400 };
	ok(!session_live(&s, 100000), "but what began in a far future is over");
	s = (struct session){ .created = 100000, .half = true };
	ok(session_live(&s, 100299) && !session_live(&s, 100301), "a half one has five minutes");
	s.tries = 5;
	ok(!session_live(&s, 100001), "and five tries");
}

static void test_one(struct ctx *ctx)
{
	struct step t = made(ctx, "alice", false), again = made(ctx, "alice", false);
	struct step none = { .id = "x" };

	ok(strlen(t.id) >= 43 && !same(t.id, again.id), "256 bits, new each time");
	ok(strlen(t.s.csrf) >= 22 && !same(t.s.csrf, again.s.csrf), "with a secret for forms");
	ok(alive(ctx, &t, false), "found by its id");
	ok(!alive(ctx, &t, true), "a whole one is no half one");
	ok(!alive(ctx, &none, false) && !alive(ctx, &(struct step){ .id = "" }, false) && !alive(ctx, &(struct step){ 0 }, false), "nonsense finds nothing");
	none.id = secret_hash(ctx->arena, t.id);
	ok(!alive(ctx, &none, false), "nor does the stored hash");
	ok(db_change(ctx, accounts, end, &t) && !alive(ctx, &t, false) && alive(ctx, &again, false), "ended alone");
	session_touch(ctx, t.id, &(struct session){ .seen = 1, .tag = "x" });
	ok(!alive(ctx, &t, false), "a late note of use does not bring it back");
	ok(db_change(ctx, accounts, end, &again), "clean up");
}

static void test_many(struct ctx *ctx)
{
	struct step a = made(ctx, "alice", false), b = made(ctx, "alice", false), c = made(ctx, "alice", false), d = made(ctx, "alic", false), h = made(ctx, "alice", true);
	struct step t = { .tag = b.s.tag };

	ok(db_view(ctx, accounts, rows, &t) && t.rows.n == 3, "three whole ones of this user alone");
	ok(db_change(ctx, accounts, end_tag, &t) && t.found && !alive(ctx, &b, false), "one ends by its tag");
	t.tag = d.s.tag;
	ok(db_change(ctx, accounts, end_tag, &t) && !t.found && alive(ctx, &d, false), "another's does not");
	t.keep = a.s.tag;
	ok(db_change(ctx, accounts, end_others, &t) && alive(ctx, &a, false) && !alive(ctx, &c, false) && !alive(ctx, &h, true), "all others end");
	ok(alive(ctx, &d, false), "but no other user's");
}

static void test_sweep(struct ctx *ctx)
{
	struct step old = made(ctx, "alice", false), fresh = made(ctx, "alice", false);
	struct step t = { 0 };

	old.s.seen -= 7200;
	ok(db_change(ctx, accounts, save, &old) && !alive(ctx, &old, false), "idle too long");
	ok(session_sweep(ctx) && alive(ctx, &fresh, false), "the sweep leaves the living");
	old.s.seen += 7200;
	ok(db_change(ctx, accounts, end_others, &t), "and all can end");
}

int main(void)
{
	struct ctx ctx = site_start("[account]\nidle-minutes = 60\nabsolute-hours = 12\n");

	test_times();
	test_one(&ctx);
	test_many(&ctx);
	test_sweep(&ctx);
	db_close(accounts);
	arena_free(ctx.arena);
	return done_testing();
}
