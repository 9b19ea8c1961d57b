/*
 * Local passwords: right, wrong, unknown, and all of these in the same time.
 * flags: -Ifcgi-apps/account -It
 * link: fcgi-apps/account/identity.c fcgi-apps/account/identity_local.c fcgi-apps/account/identity_ldap.c fcgi-apps/account/ldap_values.c fcgi-apps/account/ldap_watch.c fcgi-apps/account/people.c
 */
#include <time.h>

#include "account_site.h"
#include "identity_driver.h"
#include "ldap_values.h"
#include "tap.h"

static bool try(struct ctx *ctx, const char *user, const char *password)
{
	struct person p = { 0 };
	bool right = true;

	return identity()->check(ctx, user, password, &right, &p) && right;
}

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The shortest of some runs: what the work itself takes. */
static double seconds(struct ctx *ctx, const char *user, const char *password)
{
	double best = 100;

	for (int i = 0; i < 4; i++) {
		double begun = cpu();

		(void)try(ctx, user, password);
		best = cpu() - begun < best ? cpu() - begun : best;
	}
	return best;
}

static void test_time(struct ctx *ctx)
{
	double known = seconds(ctx, "alice", "wrong"), unknown = seconds(ctx, "nobody-here", "wrong");
	double without = seconds(ctx, "carol", "wrong"), nonsense = seconds(ctx, "*)(uid=*", "wrong");

	ok(unknown > known * 0.7 && unknown < known * 1.4, "unknown takes as long as known (%.1f, %.1f ms)", unknown * 1e3, known * 1e3);
	ok(without > known * 0.7 && without < known * 1.4, "an account without a password too");
	ok(nonsense > known * 0.7 && nonsense < known * 1.4, "what cannot be a name too");
}

static void test_clean(struct ctx *ctx)
{
	is(groups_clean(ctx->arena, 30000, "30001,30000,0,42,-1,x,,30001,30002"), "30000,30001,30002", "groups: numbers, no system groups, no doubles, the main one first");
	is(groups_clean(ctx->arena, 30000, NULL), "30000", "no groups but the main one");
	ok(!uid_ok(0) && !uid_ok(999) && !uid_ok(65534) && !uid_ok(-1) && !uid_ok(INT64_C(4294967295)) && uid_ok(20001), "no system uids");
	ok(!gid_ok(0) && !gid_ok(42) && gid_ok(30000), "no system groups");
	ok(user_name_ok("alice") && user_name_ok("_x-1.b") && !user_name_ok("Alice") && !user_name_ok("") && !user_name_ok(NULL) && !user_name_ok("1a") &&
		!user_name_ok("a b") && !user_name_ok("a/b") && !user_name_ok("abcdefghijklmnopqrstuvwxyz1234567"), "user names");
}

static void test_role(void)
{
	struct account a = { .admin = true, .contract_start = 100, .contract_end = 200 };

	ok(account_role(&a, 99) == ROLE_EXPIRED && account_role(&a, 100) == ROLE_ADMIN && account_role(&a, 199) == ROLE_ADMIN && account_role(&a, 200) == ROLE_EXPIRED,
		"a contract begins and ends, for admins too");
	a = (struct account){ 0 };
	ok(account_role(&a, 5) == ROLE_USER, "no dates: no end");
}

static void test_ldap_values(struct ctx *ctx)
{
	is(ldap_escape(ctx, "*)(uid=*\\"), "\\2A\\29\\28uid=\\2A\\5C", "a filter's signs are escaped");
	ok(ldap_time("20000") == INT64_C(20000) * 86400, "days since 1970");
	ok(ldap_time("20270228235959Z") == 1803859199, "generalized time");
	ok(ldap_time("20270228") == 1803772800 && ldap_time("") == 0 && ldap_time("soon") == 0 && ldap_time(NULL) == 0, "a day; and nonsense");
}

int main(void)
{
	struct ctx ctx = site_start("[account]\nidentity = local\n");
	struct account alice = { .user = "alice", .uid = 20001, .gid = 30000, .groups = "30000" }, carol = { .user = "carol", .uid = 20003, .gid = 30000 };

	ok(password_hash(&ctx, "alice-ferry", &alice.password) && starts_with(alice.password, "$argon2id$v=19$m=65536,t=2,p=1$"), "argon2id, 64 MiB, 2 passes");
	ok(db_change(&ctx, accounts, site_put, &alice) && db_change(&ctx, accounts, site_put, &carol), "two accounts");
	ok(try(&ctx, "alice", "alice-ferry"), "the right password");
	ok(!try(&ctx, "alice", "alice-ferr") && !try(&ctx, "alice", "") && !try(&ctx, "bob", "alice-ferry") && !try(&ctx, "ALICE", "alice-ferry"), "nothing else");
	ok(!try(&ctx, "carol", "") && !try(&ctx, "carol", "x"), "no password is set: none is right");
	ok(!password_right(NULL, "") && !password_right("", "") && !password_right("garbage", "x"), "hashes that are none");
	test_time(&ctx);
	test_clean(&ctx);
	test_role();
	test_ldap_values(&ctx);
	db_close(accounts);
	arena_free(ctx.arena);
	return done_testing();
}
