/*
 * filler accounts COUNT            people "many0"… into the accounts, without a password
 * filler portal COUNT MINE         records of jobs: COUNT of all of them, MINE of alice
 *
 * Fills the state of a site for the bench, as full as a large centre's. $NARU_CONF says where it is.
 */
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "db.h"
#define RECORD account
#include "record_def.h"
#define RECORD submission
#include "record_def.h"

enum { CHUNK = 5000 };

struct chunk { int64_t from, to, mine; };

static const char script[] = "#!/bin/bash\n#SBATCH --job-name=many\n#SBATCH --time=01:00:00\n#SBATCH --nodes=1\n\n./simulate --steps 1000\n";

static bool add_account(struct ctx *ctx, struct db_write *db, int64_t i)
{
	struct account a = {
		.user = text(ctx->arena, "many%lld", (long long)i), .name = "Many People", .mail = "many@example.org", .uid = 100000 + i, .gid = 30000,
		.groups = "30000", .source = "local", .contract_start = now() - 86400, .contract_end = now() + 86400, .created = now(),
	};
	struct db_key key = db_key('A', a.user);

	return db_put(ctx, db, &key, record_pack(ctx->arena, &account_record, &a));
}

static bool accounts(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct chunk *c = arg;

	for (int64_t i = c->from; i < c->to; i++)
		if (!add_account(ctx, db, i))
			return false;
	return true;
}

static bool add_submission(struct ctx *ctx, struct db_write *db, int64_t i, bool mine)
{
	struct submission s = {
		.id = text(ctx->arena, "bench%016lld", (long long)i), .user = mine ? "alice" : text(ctx->arena, "many%lld", (long long)(i % 100000)),
		.cluster = "demo", .template = "serial", .state = "accepted", .job_id = 10000000 + i, .created = now() - i, .answered = now() - i, .script = script,
	};
	struct db_key record = db_key2('B', s.user, s.id), job = db_key2('L', s.user, text(ctx->arena, "demo/%lld", (long long)s.job_id));

	return db_put(ctx, db, &record, record_pack(ctx->arena, &submission_record, &s)) &&
		db_put(ctx, db, &job, (struct bytes){ (const unsigned char *)s.id, strlen(s.id) });
}

static bool submissions(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct chunk *c = arg;

	for (int64_t i = c->from; i < c->to; i++)
		if (!add_submission(ctx, db, i, i < c->mine))
			return false;
	return true;
}

/* One transaction a chunk, so that neither memory nor the wait of other writers grows with the count. */
static bool fill(const char *env, int64_t count, int64_t mine, bool (*fn)(struct ctx *, struct db_write *, void *))
{
	struct ctx ctx = { .arena = arena_new(0) };
	struct db *db;
	bool found;

	if (!db_become(&ctx, env, &found) || !db_open(&ctx, env, DB_READ_WRITE, &db))
		return false;
	for (int64_t from = 0; from < count; from += CHUNK) {
		struct chunk c = { from, from + CHUNK < count ? from + CHUNK : count, mine };
		struct ctx part = { .arena = arena_new((size_t)1 << 30) };
		bool good = db_change(&part, db, fn, &c);

		if (!good)
			fprintf(stderr, "%s at %lld: %s\n", env, (long long)from, part.error.detail ? part.error.detail : part.error.message);
		arena_free(part.arena);
		if (!good)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	int64_t count, mine = 0;

	program = "filler";
	if (argc < 3 || !parse_int(argv[2], 0, INT32_MAX, &count) || (argc > 3 && !parse_int(argv[3], 0, INT32_MAX, &mine)))
		return 2;
	conf_start();
	if (same(argv[1], "accounts"))
		return fill("accounts", count, 0, accounts) ? 0 : 1;
	return fill("portal", count, mine, submissions) ? 0 : 1;
}
