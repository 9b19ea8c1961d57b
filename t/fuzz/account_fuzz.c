/*
 * What account reads from outside: addresses to go to, names, codes, scopes, groups, times of a directory.
 * flags: -Ifcgi-apps/account
 * link: fcgi-apps/account/local.c fcgi-apps/account/people.c fcgi-apps/account/otp.c fcgi-apps/account/token.c fcgi-apps/account/sweep.c fcgi-apps/account/throttle.c fcgi-apps/account/ldap_values.c
 */
#include <string.h>

#include "ldap_values.h"
#include "local.h"
#include "otp.h"
#include "throttle.h"
#include "token.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void check_path(const char *path)
{
	const char *out = local_path(path);

	if (out[0] != '/' || out[1] == '/' || strpbrk(out, "\\\r\n\t "))
		die("a path that leads away");
}

static void check_code(struct arena *arena, const char *code)
{
	struct account a = { .user = "alice", .otp_secret = { (const unsigned char *)"12345678901234567890", 20 } };
	struct texts codes;

	otp_recovery(arena, &a, &codes);
	if (otp_use(arena, &a, code, 1111111111) && a.recovery.n == 10 && a.otp_counter == 0)
		die("a code that was taken and not marked");
}

static void check_groups(struct arena *arena, const char *list)
{
	const char *out = groups_clean(arena, 30000, list);

	if (!starts_with(out, "30000") || strspn(out, "0123456789,") != strlen(out))
		die("groups that are none");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *arena = arena_new(0);
	struct ctx ctx = { .arena = arena };
	const char *s = arena_copy(arena, data, n);
	struct throttle_who who = throttle_who(arena, s, s, s);

	check_path(s);
	check_code(arena, s);
	check_groups(arena, s);
	if (!user_name_ok(who.user) && !same(who.user, "?"))
		die("a name that is none");
	(void)token_scope_ok(s);
	(void)ldap_time(s);
	(void)ldap_escape(&ctx, s);
	arena_free(arena);
	return 0;
}
