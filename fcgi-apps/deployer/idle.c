/*
 * idle: whether apps are in use, asked of the apps themselves: a notebook's kernels and its last activity, or the CPU and GPUs it uses. A browser that is open
 * proves nothing. What an app answers is as its owner likes it, also very slowly: each is asked by a process of its own, which is killed when it takes
 * too long, and several at a time.
 */
#include "deployer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cluster.h"
#include "conf.h"

enum { ASK_MS = 3000, KILL_MS = 8000, AT_ONCE = 16, LOOK_MS = 20, NOTICE_MINUTES = 30, BUSY_MILLI = 20, BUSY_GPU = 3 /* percent */ };

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

/* The latest activity of a notebook server: now if a kernel computes, and if it does not say so in words that can be understood. */
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
	latest = at > latest ? at : latest;
	return latest ? latest : now();
}

static int64_t active(struct ctx *ctx, const struct offer *o, const struct deployment *a, int64_t gpu_percent)
{
	if (gpu_percent == GPUS_UNKNOWN || gpu_percent >= BUSY_GPU)
		return now();
	if (a->used_cpu_milli >= BUSY_MILLI || a->used_at == 0)
		return now();
	return o->idle == IDLE_JUPYTER ? jupyter_active(ctx, o, a) : a->active_at;
}

struct found { int64_t active_at, idle_s; };

static bool take_active(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	const struct found *f = arg;

	if (!same(app->state, APP_RUNNING) || !same(app->wanted, "run"))
		return true;
	if (f->active_at > app->active_at)
		app->active_at = f->active_at;
	bool idle = app->active_at + f->idle_s <= now();

	if (idle == (app->idle_ends != 0))
		return true;
	app->idle_ends = idle ? now() + 60 * conf_int("apps", "idle-notice-minutes", NOTICE_MINUTES) : 0;
	app->warned = idle ? app->warned | WARNED_IDLE : app->warned & ~(int64_t)WARNED_IDLE;
	app->mailed &= ~(int64_t)WARNED_IDLE;
	return keep_event(ctx, db, app, idle ? MSG("Nobody seems to use it; it is stopped soon unless you say that it is in use.") : MSG("It is in use again."), NULL, false);
}

/* What can be idle at all. */
static const struct offer *judged_by(const struct offers *offers, const struct deployment *a)
{
	const struct offer *o = same(a->state, APP_RUNNING) && same(a->wanted, "run") ? offer_find(offers, a->offer) : NULL;

	return o && o->idle != IDLE_NEVER && o->idle_minutes > 0 ? o : NULL;
}

/* ---- one app ---------------------------------------------------------------------------------------------------------- */

static int failed(struct ctx *ctx)
{
	log_line(ctx, "%s (%s)", ctx->error.message, ctx->error.detail ? ctx->error.detail : "");
	return 1;
}

int idle_one_main(const char *id, int64_t gpu_percent)
{
	struct ctx ctx = { .arena = arena_new(0), .tag = id };
	struct db *db;
	struct deployment app;
	struct offers offers;
	bool found = false;

	if (!db_open(&ctx, "apps", DB_READ_WRITE, &db) || !keep_read(&ctx, db, id, &found, &app) || !offers_read(&ctx, db, &offers))
		return failed(&ctx);
	const struct offer *o = found ? judged_by(&offers, &app) : NULL;

	if (!o)
		return 0;
	ctx.deadline = clock_ms() + ASK_MS;
	struct found f = { active(&ctx, o, &app, gpu_percent), o->idle_minutes * 60 };

	ctx.deadline = 0;
	return keep_change(&ctx, db, id, &found, take_active, &f) ? 0 : failed(&ctx);
}

/* ---- all of them -------------------------------------------------------------------------------------------------------- */

struct asking { pid_t pid; int64_t until; };

__attribute__((noreturn)) static void become(struct ctx *ctx, const char *id, int64_t gpu_percent, pid_t parent)
{
	const char *const argv[] = { "naru-deployer", "idle", id, text(ctx->arena, "%lld", (long long)gpu_percent), NULL };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* Who has ended leaves their place; who takes too long is ended. */
static void collect(struct asking *all)
{
	for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;)
		for (size_t i = 0; i < AT_ONCE; i++)
			if (all[i].pid == pid)
				all[i].pid = 0;
	for (size_t i = 0; i < AT_ONCE; i++)
		if (all[i].pid && all[i].until <= clock_ms())
			kill(all[i].pid, SIGKILL);
}

/* Waits for a place; NULL: all are empty (asked for with `last`). */
static struct asking *place(struct asking *all, bool last)
{
	for (;; poll(NULL, 0, LOOK_MS)) {
		size_t busy = 0;

		collect(all);
		for (size_t i = 0; i < AT_ONCE; i++) {
			busy += all[i].pid != 0;
			if (!last && !all[i].pid)
				return &all[i];
		}
		if (!busy)
			return NULL;
	}
}

/* How busy the GPUs are on each engine; one that cannot be asked is asked again next time. */
static struct gpus *ask_gpus(struct ctx *ctx, struct texts engines)
{
	struct gpus *all = NEW_ARRAY(ctx->arena, struct gpus, engines.n + 1);

	for (size_t i = 0; i < engines.n; i++)
		if (!gpus_read(ctx, engines.at[i], &all[i])) {
			failed(ctx);
			forget(ctx);
		}
	ctx->deadline = 0;
	return all;
}

static int64_t busy_gpu(const struct gpus *all, size_t n, const struct deployment *a)
{
	for (size_t i = 0; i < n; i++)
		if (same(all[i].engine, a->engine))
			return gpus_of(&all[i], a);
	return GPUS_NONE;
}

int idle_main(void)
{
	struct ctx ctx = { .arena = arena_new(0), .tag = "idle" };
	struct asking all[AT_ONCE] = { 0 };
	struct db *db;
	struct app_list apps;
	struct offers offers;
	pid_t self = getpid();

	if (!db_open(&ctx, "apps", DB_READ_ONLY, &db) || !keep_all(&ctx, db, &apps) || !offers_read(&ctx, db, &offers))
		return failed(&ctx);
	db_close(db);
	struct texts engines = cluster_engines();
	const struct gpus *gpus = ask_gpus(&ctx, engines);

	for (size_t i = 0; i < apps.n; i++) {
		if (!judged_by(&offers, &apps.at[i]))
			continue;
		struct asking *one = place(all, false);
		pid_t pid = fork();

		if (pid == 0)
			become(&ctx, apps.at[i].id, busy_gpu(gpus, engines.n, &apps.at[i]), self);
		if (pid < 0)
			log_line(&ctx, "fork: %s", strerror(errno));
		else
			*one = (struct asking){ pid, clock_ms() + KILL_MS };
	}
	place(all, true);
	return 0;
}
