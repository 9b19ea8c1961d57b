/*
 * Where an app goes when its user has not chosen, and what is said when the quota has no place for it.
 *
 * link: fcgi-apps/deployer/room.c fcgi-apps/deployer/keep.c
 * flags: -iquote fcgi-apps/deployer
 */
#include "deployer.h"
#include "state_site.h"
#include "tap.h"

static const char settings[] = "[apps]\nquota-cpu = 4\nquota-memory = 8192\n"
	"[engine small]\ndriver = podman\nnetworks = 10.1.0.0/16\nquota-memory = 4096\n"
	"[engine large]\ndriver = kubernetes\nserver = https://127.0.0.1:1\nca = /x\ntoken-file = /x\nnetworks = 10.2.0.0/16\nquota-gpus = 3\nquota-apps = 2\n"
	"[engine fast]\ndriver = kubernetes\nserver = https://127.0.0.1:1\nca = /x\ntoken-file = /x\nnetworks = 10.3.0.0/16\nquota-gpus = 1\n";

static struct db *db;
static int made;

static bool put_app(struct ctx *ctx, struct db_write *write, void *arg)
{
	return keep_put(ctx, write, arg);
}

/* An app of somebody's that takes so much of an engine; its id. */
static const char *taken(struct ctx *ctx, const char *user, const char *engine, int64_t cpu, int64_t memory, int64_t gpus)
{
	struct deployment a = { .id = text(ctx->arena, "appaaaaaa%c", 'a' + made++), .user = user, .engine = engine, .cpu_milli = cpu, .memory_mb = memory, .gpus = gpus,
		.state = APP_RUNNING, .wanted = "run", .generation = 1 };

	if (!db_change(ctx, db, put_app, &a))
		die("%s", ctx->error.detail);
	return a.id;
}

static bool end_app(struct ctx *ctx, struct db_write *write, struct deployment *a, void *arg)
{
	(void)ctx;
	(void)write;
	a->state = arg;
	return true;
}

static char failed[] = APP_FAILED, stopped[] = APP_STOPPED;

static void ended(struct ctx *ctx, const char *id, char *state)
{
	bool found;

	if (!keep_change(ctx, db, id, &found, end_app, state) || !found)
		die("%s", id);
}

/* What the last look at an engine told. */
static void seen(struct ctx *ctx, const char *name, int64_t cpu, int64_t memory, int64_t gpus, const char *error)
{
	struct engine e = { .name = name, .as_of = now(), .cpu_milli = cpu, .memory_mb = memory, .gpus = gpus, .error = error };
	struct db_key key = db_key('C', name);

	if (!keep_set(ctx, db, &key, &engine_record, &e))
		die("%s", ctx->error.detail);
}

static const char *chosen(struct ctx *ctx, const struct offer *o, int64_t cpu, int64_t memory, int64_t gpus)
{
	struct deployment a = { .user = "alice", .cpu_milli = cpu, .memory_mb = memory, .gpus = gpus };

	return room_choose(ctx, db, o, &a) ? a.engine : ctx->error.message;
}

struct fits { struct deployment app; const char *field; };

static bool look(struct ctx *ctx, const struct db_read *read, void *arg)
{
	struct fits *fits = arg;

	return room_fits(ctx, read, &fits->app, &fits->field);
}

/* "field: message", or "fits". */
static const char *told(struct ctx *ctx, const char *engine, int64_t cpu, int64_t memory, int64_t gpus)
{
	struct fits fits = { { .user = "alice", .engine = engine, .cpu_milli = cpu, .memory_mb = memory, .gpus = gpus }, NULL };
	const char *out = db_view(ctx, db, look, &fits) ? "fits" : text(ctx->arena, "%s: %s", fits.field ? fits.field : "-", ctx->error.message);

	forget(ctx);
	return out;
}

static void test_room(struct ctx *ctx, const struct offer *any, const struct offer *one)
{
	is(chosen(ctx, any, 1000, 1024, 0), "small", "engines that nobody has seen yet: the first");
	seen(ctx, "small", 4000, 8192, 0, NULL);
	is(chosen(ctx, any, 1000, 1024, 0), "small", "one that has room goes before those");
	seen(ctx, "large", 40000, 81920, 4, NULL);
	seen(ctx, "fast", 8000, 16384, 4, NULL);
	is(chosen(ctx, any, 1000, 1024, 0), "large", "the one with most room");
	is(chosen(ctx, one, 1000, 1024, 0), "small", "of those that the offer names");
	const char *a = taken(ctx, "bob", "large", 35000, 1024, 0);

	is(chosen(ctx, any, 1000, 1024, 0), "fast", "what others have reserved there is no room, whether they use it or not");
	const char *b = taken(ctx, "bob", "fast", 1000, 15500, 0), *c = taken(ctx, "bob", "large", 0, 80896, 0);

	is(chosen(ctx, any, 1000, 1024, 0), "small", "full of memory: another one");
	ended(ctx, a, failed);
	ended(ctx, c, stopped);
	is(chosen(ctx, any, 1000, 1024, 0), "large", "what has ended has given its room back");
	seen(ctx, "large", 40000, 81920, 4, "It does not answer.");
	is(chosen(ctx, any, 1000, 1024, 0), "small", "one that does not answer comes last");
	is(chosen(ctx, any, 3500, 1024, 0), "small", "but as much as it has fits");
	taken(ctx, "bob", "small", 4000, 0, 0);
	is(chosen(ctx, any, 1000, 1024, 0), "fast", "all full: the least full one, where the app waits");
	ended(ctx, b, stopped);
	seen(ctx, "large", 40000, 81920, 4, NULL);
}

static void test_quota(struct ctx *ctx, const struct offer *any)
{
	const char *a = taken(ctx, "alice", "large", 100, 64, 0), *b = taken(ctx, "alice", "large", 100, 64, 0);

	is(told(ctx, "large", 1000, 1024, 0), "-: You may have 2 apps at a time here and have 2. Stop or delete one first.", "her quota is used up on the largest");
	is(chosen(ctx, any, 1000, 1024, 0), "fast", "so it goes where she has some");
	ended(ctx, a, failed);
	is(chosen(ctx, any, 1000, 1024, 0), "large", "one that failed has given its place back");
	ended(ctx, b, stopped);
	is(chosen(ctx, any, 5000, 1024, 0), "large", "more than she may have anywhere: the best");
	is(told(ctx, "large", 5000, 1024, 0), "cpu: Your quota has 4 cores left; you asked for 5.", "and the reason is that one's");
	const char *c = taken(ctx, "alice", "small", 3000, 64, 0);

	is(told(ctx, "small", 2000, 64, 0), "cpu: Your quota has 1 core left; you asked for 2.", "one core is one core");
	ended(ctx, c, stopped);
	is(told(ctx, "large", 4000, 9000, 0), "memory: Your quota has 8192 MiB of memory left; you asked for 9000.", "memory");
	is(chosen(ctx, any, 1000, 5000, 0), "large", "too much for the first, but not for another");
	ok(!ctx->error.kind, "choosing leaves no error");
}

static void test_gpus(struct ctx *ctx, const struct offer *any, const struct offer *one)
{
	is(chosen(ctx, one, 1000, 1024, 1), "No cluster of this site can run this.", "no engine of the offer has GPUs");
	forget(ctx);
	is(chosen(ctx, any, 1000, 1024, 2), "large", "GPUs: where she may have two");
	is(told(ctx, "fast", 1000, 1024, 2), "gpus: Your quota has 1 GPU left; you asked for 2.", "one is left");
	taken(ctx, "alice", "large", 100, 64, 1);
	is(told(ctx, "large", 1000, 1024, 3), "gpus: Your quota has 2 GPUs left; you asked for 3.", "two are left");
	is(told(ctx, "large", 1000, 1024, 2), "fits", "and can be had");
	ctx->lang = LANG_KO;
	is(told(ctx, "fast", 1000, 1024, 2), "gpus: 할당량에 GPU가 1개 남았는데 2개를 요청하셨습니다.", "in Korean");
	ctx->lang = LANG_EN;
	taken(ctx, "bob", "large", 100, 64, 3);
	is(chosen(ctx, any, 1000, 1024, 1), "fast", "all GPUs are taken: another engine");
}

int main(void)
{
	struct ctx ctx = state_start((const char *const[]){ "db", "db/apps", NULL }, settings);
	static const char *const small[] = { "small" };
	struct offer any = { .name = "any" }, one = { .name = "one", .engines = { small, 1 } };

	if (!db_open(&ctx, "apps", DB_READ_WRITE, &db))
		die("%s", ctx.error.detail);
	test_room(&ctx, &any, &one);
	test_quota(&ctx, &any);
	test_gpus(&ctx, &any, &one);
	db_close(db);
	arena_free(ctx.arena);
	return done_testing();
}
