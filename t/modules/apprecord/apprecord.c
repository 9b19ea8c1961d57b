/*
 * apprecord: writes into the environment "apps" of a site what the deployer would, for tests of what reads it. The deployer must be down.
 *
 *   apprecord app ID USER OFFER ENGINE STATE ADDRESS GENERATION
 *   apprecord set ID USER NAME NUMBER       used_at, used_cpu_milli, active_at, ends or idle_ends of the app
 *   apprecord share ID WITH UNTIL
 *   apprecord drop ID USER
 *   apprecord secret ID         prints the app's secret
 */
#include <stdio.h>
#include <sys/stat.h>

#include "apps.h"
#include "conf.h"

struct words { char **at; int n; };

static int64_t number(const char *value)
{
	int64_t out = 0;

	return parse_int(value, INT64_MIN, INT64_MAX, &out) ? out : 0;
}

static bool put_app(struct ctx *ctx, struct db_write *db, char **w)
{
	struct deployment app = { .id = w[0], .user = w[1], .uid = 20001, .gid = 30000, .name = "Test", .offer = w[2], .engine = w[3], .state = w[4],
		.wanted = same(w[4], APP_STOPPED) || same(w[4], APP_FAILED) || same(w[4], APP_STOPPING) ? "stop" : "run", .address = w[5], .generation = number(w[6]), .created = now(), .asked = now(), .ready = now(),
		.ends = now() + 3600, .nonce = "nonce", .image = "localhost/naru-jupyter:12" };
	struct db_key key = db_key2('A', w[1], w[0]), index = db_key('I', w[0]);

	return db_put(ctx, db, &key, record_pack(ctx->arena, &deployment_record, &app)) &&
		db_put(ctx, db, &index, (struct bytes){ (const unsigned char *)w[1], strlen(w[1]) });
}

static bool set(struct ctx *ctx, struct db_write *db, char **w)
{
	struct deployment app;
	bool found = false;
	const struct { const char *name; int64_t *at; } fields[] = { { "used_at", &app.used_at }, { "used_cpu_milli", &app.used_cpu_milli }, { "active_at", &app.active_at }, { "ends", &app.ends },
		{ "idle_ends", &app.idle_ends }, { "gpus", &app.gpus } };
	struct db_key key = db_key2('A', w[1], w[0]);

	if (!app_by_id(ctx, db_as_read(db), w[0], &found, &app) || !found)
		return fail(ctx, KIND_NOT_FOUND, "which app?", NULL);
	for (size_t i = 0; i < COUNT(fields); i++)
		if (same(fields[i].name, w[2]))
			*fields[i].at = number(w[3]);
	return db_put(ctx, db, &key, record_pack(ctx->arena, &deployment_record, &app));
}

static bool put_share(struct ctx *ctx, struct db_write *db, char **w)
{
	struct app_share share = { .until = number(w[2]) };
	struct db_key key = db_key2('S', w[0], w[1]);

	return db_put(ctx, db, &key, record_pack(ctx->arena, &app_share_record, &share));
}

static bool drop(struct ctx *ctx, struct db_write *db, char **w)
{
	struct db_key key = db_key2('A', w[1], w[0]), index = db_key('I', w[0]);

	return db_del(ctx, db, &key) && db_del(ctx, db, &index);
}

static bool change(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct words *w = arg;

	if (same(w->at[0], "app") && w->n == 8)
		return put_app(ctx, db, w->at + 1);
	if (same(w->at[0], "set") && w->n == 5)
		return set(ctx, db, w->at + 1);
	if (same(w->at[0], "share") && w->n == 4)
		return put_share(ctx, db, w->at + 1);
	return same(w->at[0], "drop") && w->n == 3 ? drop(ctx, db, w->at + 1) : fail(ctx, KIND_BAD_REQUEST, "what?", NULL);
}

int main(int argc, char **argv)
{
	struct ctx ctx = { .arena = arena_new(0) };
	struct words words = { argv + 1, argc - 1 };
	const char *secret;
	struct db *db;
	bool found;

	program = "apprecord";
	umask(0007);
	conf_start();
	if (argc == 3 && same(argv[1], "secret")) {
		if (!app_secret(&ctx, &(struct deployment){ .id = argv[2], .nonce = "nonce" }, &secret))
			die("%s", ctx.error.detail);
		printf("%s\n", secret);
		arena_free(ctx.arena);
		return 0;
	}
	if (argc < 2 || !db_become(&ctx, "apps", &found) || !db_open(&ctx, "apps", DB_READ_WRITE, &db) || !db_change(&ctx, db, change, &words))
		die("%s (%s)", ctx.error.message ? ctx.error.message : "usage: see apprecord.c", ctx.error.detail ? ctx.error.detail : "");
	db_close(db);
	arena_free(ctx.arena);
	return 0;
}
