/* What is worked out once: found again under its key and version only; the version of a database counts its changes. */
#include "db.h"
#include "memo.h"
#include "state_site.h"
#include "tap.h"

static struct bytes of(const char *s)
{
	return (struct bytes){ (const unsigned char *)s, strlen(s) };
}

static bool kept(const struct memo *memo, const char *key, int64_t version, const char *value)
{
	struct bytes got = memo_get(memo, key, version);

	return value ? got.at && got.n == strlen(value) && memcmp(got.at, value, got.n) == 0 : !got.at;
}

static void test_memo(struct ctx *ctx)
{
	static struct memo memo;
	char *much = arena_alloc(ctx->arena, MEMO_MOST + 2);

	ok(kept(&memo, "a", 1, NULL), "nothing at first");
	memo_put(&memo, "a", 1, of("one"));
	ok(kept(&memo, "a", 1, "one"), "found again");
	ok(kept(&memo, "a", 2, NULL), "not of another version");
	ok(kept(&memo, "b", 1, NULL), "not under another key");
	memo_put(&memo, "a", 2, of(""));
	ok(kept(&memo, "a", 2, "") && kept(&memo, "a", 1, NULL), "an empty value is one, and the newer takes the place");
	memset(much, 'x', MEMO_MOST + 1);
	memo_put(&memo, "much", 1, of(much));
	ok(kept(&memo, "much", 1, NULL), "what is too much is not kept");
	for (int i = 0; i < 1000; i++)
		memo_put(&memo, text(ctx->arena, "key %d", i), 1, of(text(ctx->arena, "value %d", i)));
	bool all = true;
	int found = 0;

	for (int i = 0; i < 1000; i++) {
		bool is = kept(&memo, text(ctx->arena, "key %d", i), 1, text(ctx->arena, "value %d", i));

		found += is;
		all = all && (is || kept(&memo, text(ctx->arena, "key %d", i), 1, NULL));
	}
	ok(all && found > 64 && found <= MEMO_PLACES, "a thousand keys: each has its own value or none (%d)", found);
}

static bool put(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct db_key key = db_key('x', arg);

	return db_put(ctx, db, &key, of("value"));
}

static void test_version(struct ctx *ctx)
{
	struct db *db;
	static char a[] = "a", b[] = "b";

	ok(db_open(ctx, "portal", DB_READ_WRITE, &db) && db_change(ctx, db, put, a), "a database");
	int64_t before = db_version(db);

	ok(before >= 0 && db_version(db) == before, "has a version while nothing changes");
	ok(db_change(ctx, db, put, b) && db_version(db) > before, "and a higher one afterwards");
	db_close(db);
}

int main(void)
{
	struct ctx ctx = state_start((const char *const[]){ "db", "db/portal", NULL }, "");

	test_memo(&ctx);
	test_version(&ctx);
	arena_free(ctx.arena);
	return done_testing();
}
