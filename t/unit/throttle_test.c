/*
 * Tries are slowed where they are made; the owner is never locked out.
 * flags: -Ifcgi-apps/account -It
 * link: fcgi-apps/account/throttle.c fcgi-apps/account/people.c fcgi-apps/account/sweep.c
 */
#include "account_site.h"
#include "tap.h"
#include "throttle.h"

struct try { struct throttle_who who; int64_t when, wait; };

static bool enter(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct try *t = arg;

	return throttle_enter(ctx, db, &t->who, t->when, &t->wait);
}

static bool passed(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct try *t = arg;

	return throttle_pass(ctx, db, &t->who, t->when, 1);
}

/* Seconds to wait; -1 on an error. */
static int64_t wrong(struct ctx *ctx, const char *user, const char *address, const char *device, int64_t when)
{
	struct try t = { throttle_who(ctx->arena, user, address, device), when, 0 };

	return db_change(ctx, accounts, enter, &t) ? t.wait : -1;
}

static bool right(struct ctx *ctx, const char *user, const char *address, const char *device, int64_t when)
{
	struct try t = { throttle_who(ctx->arena, user, address, device), when, 0 };

	return db_change(ctx, accounts, enter, &t) && t.wait == 0 && db_change(ctx, accounts, passed, &t);
}

static void test_pair(struct ctx *ctx)
{
	int64_t when = 1000000, most = 0;

	for (int i = 0; i < 5; i++)
		ok(wrong(ctx, "alice", "192.0.2.1", NULL, when) == 0, "try %d is free", i + 1);
	ok(wrong(ctx, "alice", "192.0.2.1", NULL, when) == 1, "then there is a delay");
	ok(wrong(ctx, "alice", "192.0.2.1", NULL, when) == 1, "which tries during it do not prolong");
	ok(wrong(ctx, "bob", "192.0.2.1", NULL, when) == 0, "another user at the same address is not slowed");
	for (int i = 0; i < 100; i++) {
		int64_t wait = wrong(ctx, "alice", "192.0.2.1", NULL, when);

		most = wait > most ? wait : most;
		when += wait ? wait : 1;
	}
	ok(most >= 59 && most <= 60, "it grows up to a minute");
	ok(wrong(ctx, "alice", "192.0.2.1", NULL, when - 3600) == 0, "a clock that is set back an hour does not keep anybody out for that hour");
	ok(wrong(ctx, "alice", "192.0.2.1", NULL, when - 3600) > 0, "but the tries are counted on");
	ok(wrong(ctx, "alice", "192.0.2.1", NULL, when + 61) == 0, "after which there is a try again");
	ok(wrong(ctx, "alice", "192.0.2.1", NULL, when + 8000) == 0 && wrong(ctx, "alice", "192.0.2.1", NULL, when + 8000) == 0, "an hour later all is forgotten");
}

static void test_owner(struct ctx *ctx)
{
	int64_t when = 2000000;

	ok(right(ctx, "carol", "192.0.2.10", "carols-device", when), "carol signs in");
	for (int i = 0; i < 100; i++)
		(void)wrong(ctx, text(ctx->arena, "guess%d", i), "192.0.2.10", NULL, when);
	ok(right(ctx, "carol", "192.0.2.10", NULL, when), "and again, though somebody at her address tries many names");
	for (int i = 0; i < 100; i++)
		(void)wrong(ctx, "carol", "192.0.2.66", NULL, when + i);
	ok(wrong(ctx, "carol", "192.0.2.66", NULL, when + 100) > 0, "an attacker is slowed");
	ok(right(ctx, "carol", "192.0.2.10", NULL, when + 100), "carol is not, at her usual address");
	for (int i = 0; i < 100; i++)
		(void)wrong(ctx, "carol", "192.0.2.10", NULL, when + 100 + i);
	ok(right(ctx, "carol", "192.0.2.10", "carols-device", when + 200), "nor with her device beside the attacker");
	ok(right(ctx, "carol", "198.51.100.7", "carols-device", when + 200), "nor with it elsewhere");
	ok(wrong(ctx, "bob", "192.0.2.10", "carols-device", when + 200) > 0, "the device says nothing about bob");
}

static void test_many_addresses(struct ctx *ctx)
{
	int64_t when = 3000000;
	char address[32];

	for (int i = 0; i < 30; i++) {
		snprintf(address, sizeof address, "203.0.113.%d", i);
		(void)wrong(ctx, "dave", address, NULL, when);
	}
	ok(wrong(ctx, "dave", "198.51.100.1", NULL, when) == 30, "when many try a name, a new address waits once");
	for (int i = 100; i < 200; i++) {
		snprintf(address, sizeof address, "203.0.113.%d", i);
		(void)wrong(ctx, "dave", address, NULL, when + 10);
	}
	ok(wrong(ctx, "dave", "198.51.100.1", NULL, when + 29) == 1, "and its turn stays its own");
	ok(right(ctx, "dave", "198.51.100.1", NULL, when + 30), "then dave signs in");
}

static void test_spray(struct ctx *ctx)
{
	int64_t when = 4000000, waited = 0;
	char user[32];

	for (int i = 0; i < 60; i++) {
		snprintf(user, sizeof user, "user%d", i);
		waited += wrong(ctx, user, "192.0.2.99", NULL, when);
	}
	ok(waited > 0, "one address that tries many names is slowed");
	ok(wrong(ctx, "user1", "192.0.2.98", NULL, when) == 0, "another address is not");
}

static void test_network(struct ctx *ctx)
{
	struct throttle_who a = throttle_who(ctx->arena, "alice", "2001:db8:1:2:3::1", NULL), b = throttle_who(ctx->arena, "alice", "2001:db8:1:2:ffff::9", NULL);
	struct throttle_who c = throttle_who(ctx->arena, "alice", "2001:db8:1:3::1", NULL), d = throttle_who(ctx->arena, "*)(uid=*", NULL, "");

	ok(same(a.address, b.address) && !same(a.address, c.address), "a /64 is one address");
	ok(same(d.user, "?") && same(d.address, "?") && !d.device, "what is no name, address or device");
}

int main(void)
{
	struct ctx ctx = site_start("");

	test_pair(&ctx);
	test_owner(&ctx);
	test_many_addresses(&ctx);
	test_spray(&ctx);
	test_network(&ctx);
	ok(throttle_sweep(&ctx), "old rows are swept");
	db_close(accounts);
	arena_free(ctx.arena);
	return done_testing();
}
