/*
 * Tokens for slurmrestd, against one made by Python's hmac, and the pollers' files.
 * flags: -Ifcgi-apps/account -It
 * link: fcgi-apps/account/jwt.c fcgi-apps/account/people.c fcgi-apps/account/replace.c
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account_site.h"
#include "jwt.h"
#include "tap.h"

static const char key_text[] = "0123456789abcdef0123456789abcdef";

/* python3: hmac.new(b"0123456789abcdef0123456789abcdef", header.payload, sha256), header {"alg":"HS256","typ":"JWT"} */
static const char right[] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjE3MDAwMDAzMDAsImlhdCI6MTcwMDAwMDAwMCwic3VuIjoiYWxpY2UifQ.RmjblUzyNCvl2inEpovgtlSmlb4mSapLz0aM3DFfIo4";

static void write_key(const char *path, const char *what)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(what, f) < 0 || fclose(f) != 0)
		die("%s", path);
}

static void test_refused(struct ctx *ctx)
{
	const char *out;

	for (const char *const *bad = (const char *const[]){ "root", "slurm", "", "Alice", "a\"b", "alice\"}", "-x", "a b", NULL }; *bad; bad++) {
		ok(!jwt_sign(ctx, *bad, 300, &out), "no token for '%s'", *bad);
		forget(ctx);
	}
}

static void test_poller(struct ctx *ctx)
{
	char *path = conf_path(ctx->arena, "poller/demo.jwt");
	struct bytes file = { 0 };
	struct stat st = { 0 };

	ok(jwt_pollers(ctx), "the pollers' tokens are written");
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0640, "readable by the group alone");
	ok(file_read(ctx, path, 4096, &file) && file.n > 100, "there it is");
	ok(stat(conf_path(ctx->arena, "poller/pbs.jwt"), &st) != 0, "none for a cluster of another kind");
	ok(access(conf_path(ctx->arena, "poller/demo.jwt.new"), F_OK) != 0, "nothing is left beside it");
}

int main(void)
{
	struct ctx ctx = site_start("[cluster demo]\ndriver = slurm\n[cluster pbs]\ndriver = pbs\n");
	struct bytes key = { (const unsigned char *)key_text, sizeof key_text - 1 };
	const char *out = "";

	is(jwt_text(ctx.arena, key, "alice", 1700000000, 300), right, "a token that others make alike");
	ok(!jwt_sign(&ctx, "alice", 300, &out), "without a key no token");
	forget(&ctx);
	write_key(conf_path(ctx.arena, "keys/slurm-jwt.key"), key_text);
	ok(jwt_sign(&ctx, "alice", 300, &out) && strchr(out, '.'), "with it there is one");
	test_refused(&ctx);
	test_poller(&ctx);
	db_close(accounts);
	arena_free(ctx.arena);
	return done_testing();
}
