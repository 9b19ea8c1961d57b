/* idle: whether apps are in use, asked of the apps themselves: a notebook's kernels and its last activity, or the CPU it uses. A browser that is open proves nothing. */
#include "deployer.h"

#include <time.h>

#include <json-c/json.h>

#include "conf.h"

enum { ASK_MS = 3000, NOTICE_MINUTES = 30, BUSY_MILLI = 20 };

static int64_t parse_time(const char *at)
{
	struct tm tm = { 0 };

	return at && strptime(at, "%Y-%m-%dT%H:%M:%S", &tm) ? timegm(&tm) : 0;
}

static const char *member(struct json_object *o, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(o, name, &value) ? json_object_get_string(value) : NULL;
}

static void free_object(void *object)
{
	json_object_put(object);
}

/* The latest activity of a notebook server: now if a kernel computes. */
static int64_t jupyter_active(struct ctx *ctx, const struct offer *o, const struct deployment *a)
{
	struct bytes body;
	int64_t latest = 0;

	if (!ready_get(ctx, o, a, "/api/kernels", &body)) {
		forget(ctx);
		return now();
	}
	struct json_object *list = json_tokener_parse((const char *)body.at);

	arena_defer(ctx->arena, free_object, list);
	for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++) {
		struct json_object *kernel = json_object_array_get_idx(list, i);
		int64_t at = parse_time(member(kernel, "last_activity"));

		if (same(member(kernel, "execution_state"), "busy"))
			return now();
		latest = at > latest ? at : latest;
	}
	if (!ready_get(ctx, o, a, "/api/status", &body)) {
		forget(ctx);
		return now();
	}
	struct json_object *status = json_tokener_parse((const char *)body.at);
	int64_t at = parse_time(member(status, "last_activity"));

	arena_defer(ctx->arena, free_object, status);
	return at > latest ? at : latest;
}

static int64_t active(struct ctx *ctx, const struct offer *o, const struct deployment *a)
{
	if (a->used_cpu_milli >= BUSY_MILLI || a->used_at == 0)
		return now();
	return o->idle == IDLE_JUPYTER ? jupyter_active(ctx, o, a) : a->active_at;
}

struct found { int64_t active_at, idle_s; };

static bool take_active(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	const struct found *f = arg;

	if (!same(app->state, APP_RUNNING))
		return true;
	if (f->active_at > app->active_at)
		app->active_at = f->active_at;
	bool idle = app->active_at + f->idle_s <= now();

	if (idle == (app->idle_ends != 0))
		return true;
	app->idle_ends = idle ? now() + 60 * conf_int("apps", "idle-notice-minutes", NOTICE_MINUTES) : 0;
	app->warned = 0;
	return keep_event(ctx, db, app, idle ? MSG("Nobody seems to use it; it is stopped soon unless you say that it is in use.") : MSG("It is in use again."), NULL, false);
}

static void look(struct ctx *ctx, struct db *db, const struct offers *offers, const struct deployment *a)
{
	const struct offer *o = offer_find(offers, a->offer);
	bool found;

	if (!o || o->idle == IDLE_NEVER || o->idle_minutes <= 0 || !same(a->state, APP_RUNNING))
		return;
	ctx->deadline = clock_ms() + ASK_MS;
	struct found f = { active(ctx, o, a), o->idle_minutes * 60 };

	if (!keep_change(ctx, db, a->id, &found, take_active, &f))
		forget(ctx);
}

int idle_main(void)
{
	struct ctx ctx = { .arena = arena_new(0), .tag = "idle" };
	struct db *db;
	struct app_list apps;
	struct offers offers;

	if (!db_open(&ctx, "apps", DB_READ_WRITE, &db) || !keep_all(&ctx, db, &apps) || !offers_read(&ctx, db, &offers)) {
		log_line(&ctx, "%s (%s)", ctx.error.message, ctx.error.detail ? ctx.error.detail : "");
		return 1;
	}
	for (size_t i = 0; i < apps.n; i++)
		look(&ctx, db, &offers, &apps.at[i]);
	return 0;
}
