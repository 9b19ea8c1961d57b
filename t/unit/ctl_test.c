/*
 * naru-ctl's dump: every entry once, as JSON that another parser reads, without secrets; and root that gives its rights up.
 * flags: -Ifcgi-apps/ctl
 * link: fcgi-apps/ctl/dump.c fcgi-apps/ctl/tables.c fcgi-apps/ctl/record_json.c
 */
#include <json.h>
#include <sys/wait.h>

#include "audit.h"
#include "ctl.h"
#include "state_site.h"
#include "tap.h"

#define RECORD account
#include "record_def.h"

enum { USERS = 1203 };

static struct bytes bytes_of(const char *s)
{
	return (struct bytes){ (const unsigned char *)s, strlen(s) };
}

static bool fill(struct ctx *ctx, struct db_write *write, void *arg)
{
	const char *recovery[] = { "recovery-secret" };
	struct db_key index = db_key2('s', "alice", "tag1"), strange = db_key('~', "?"), low = db_key(1, "schema"), bad = db_key('A', "zz-broken");
	(void)arg;

	for (int i = 0; i < USERS; i++) {
		struct account a = { .user = text(ctx->arena, "user%04d", i), .name = "김 \"나루\"\n", .uid = 20000 + i, .admin = i == 7,
			.password = "password-secret", .otp_secret = bytes_of("otp-secret"), .recovery = { recovery, 1 } };
		struct db_key key = db_key('A', a.user);
		if (!db_put(ctx, write, &key, record_pack(ctx->arena, &account_record, &a)))
			return false;
	}
	return db_put(ctx, write, &index, bytes_of("hash")) && db_put(ctx, write, &strange, bytes_of("xyz")) && db_put(ctx, write, &low, bytes_of("x")) &&
		db_put(ctx, write, &bad, bytes_of("\x01\x7f"));
}

static struct texts dumped(struct ctx *ctx, const char *env)
{
	FILE *out = tmpfile();
	struct buf all = { 0 };
	char piece[4096];
	size_t n;

	buf_in(&all, ctx->arena);
	if (!out || !ok(dump(ctx, env, out), "dump of %s", env))
		die("%s", ctx->error.detail ? ctx->error.detail : "tmpfile");
	rewind(out);
	while ((n = fread(piece, 1, sizeof piece, out)) > 0)
		buf_add(&all, piece, n);
	fclose(out);
	return split(ctx->arena, buf_cstr(&all), '\n');
}

static bool has(struct texts lines, const char *part)
{
	for (size_t i = 0; i < lines.n; i++)
		if (strstr(lines.at[i], part))
			return true;
	return false;
}

static void test_accounts(struct ctx *ctx)
{
	struct texts lines = dumped(ctx, "accounts");
	size_t broken = 0;

	is_int(lines.n - 1, USERS + 4, "every entry once, over several batches");
	for (size_t i = 0; i + 1 < lines.n; i++) {
		struct json_object *read = json_tokener_parse(lines.at[i]);
		broken += !read || !json_object_is_type(read, json_type_object);
		json_object_put(read);
	}
	is_int(broken, 0, "each line is an object");
	ok(has(lines, "{\"table\":\"A\",\"key\":[\"user0007\"],\"record\":\"account\",\"value\":{\"user\":\"user0007\",\"name\":\"김 \\\"나루\\\"\\n\""), "a record by its fields");
	ok(has(lines, "\"uid\":20007") && has(lines, "\"admin\":true"), "numbers and flags");
	ok(!has(lines, "secret\"") && !has(lines, "otp_secret") && !has(lines, hex(ctx->arena, "otp-secret", 10)), "no secrets, not even their names");
	ok(has(lines, "{\"table\":\"s\",\"key\":[\"alice\",\"tag1\"],\"bytes\":4}"), "an index");
	ok(has(lines, "{\"table\":\"~\",\"key\":[\"3f\"],\"bytes\":3}"), "a table that is not known");
	ok(has(lines, "{\"table\":\"\\\\1\",\"key\":["), "a table without a letter");
	ok(has(lines, "[\"zz-broken\"],\"malformed\":2}"), "what cannot be read is said and hides nothing");
}

static void test_audit(struct ctx *ctx)
{
	ok(audit(ctx, "alice", "job.submit", "demo/1", NULL) && audit(ctx, "bob", "job.cancel", "demo/2", NULL), "two entries");
	struct texts lines = dumped(ctx, "audit");
	is_int(lines.n - 1, 2, "two lines");
	ok(starts_with(lines.at[0], "{\"table\":\"a\",\"key\":[\"\",1],\"record\":\"audit_entry\"") && strstr(lines.at[1], "\"key\":[\"\",2]"), "with their numbers");
}

static int become_in_child(struct ctx *ctx, const char *name, uid_t uid)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		bool found;
		_exit(db_become(ctx, name, &found) && found && geteuid() == uid && getuid() == uid && setuid(0) != 0 ? 0 : 1);
	}
	waitpid(child, &status, 0);
	return status;
}

static void test_become(struct ctx *ctx)
{
	static const char *const wrong[] = { "", "../accounts", "a/b", "Accounts", "." };
	const char *owned = text(ctx->arena, "%s/db/audit", state_dir);
	bool found;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		ok(!db_become(ctx, wrong[i], &found) && !found, "no database: \"%s\"", wrong[i]);
		forget(ctx);
	}
	ok(db_become(ctx, "none", &found) && !found, "one that is not there");
	if (geteuid() != 0) {
		skip("only root gives rights up", 2);
		return;
	}
	if (chmod(state_dir, 0711) != 0 || chmod(text(ctx->arena, "%s/db", state_dir), 0711) != 0)
		die("chmod");
	is_int(become_in_child(ctx, "accounts", 65534), 1 << 8, "nobody cannot look into what is root's alone");
	if (chown(owned, 20001, 30000) != 0)
		die("chown");
	is_int(become_in_child(ctx, "audit", 20001), 0, "root becomes the owner for ever");
}

int main(void)
{
	struct ctx ctx = state_start((const char *const[]){ "db", "db/accounts", "db/audit", NULL }, "");
	struct db *db;

	if (!db_open(&ctx, "accounts", DB_READ_WRITE, &db) || !db_change(&ctx, db, fill, NULL))
		die("%s", ctx.error.detail);
	test_accounts(&ctx);
	test_audit(&ctx);
	db_close(db);
	test_become(&ctx);
	arena_free(ctx.arena);
	return done_testing();
}
