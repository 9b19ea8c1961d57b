/*
 * watch: one process an engine. It compares what the engine has with what the records want: an app that ended by itself is noted, one that no record
 * wants is removed, and how much each uses is kept. Records are read before the engine is asked, so what is in them must be on the engine.
 */
#include "deployer.h"

#include <string.h>

#include "cluster.h"

enum { LIST_MS = 20000, WAIT_S = 10, USAGE_S = 15, PAUSE_S = 3 };

struct watch { const char *name; struct db *db; struct arena *keep; const char *cursor; int64_t usage_at; bool started; };

/* ---- the engine itself ------------------------------------------------------------------------------------------ */

static void keep_health(struct ctx *ctx, struct watch *w, const struct cluster_health *h, const struct cluster_list *list, const struct error *error)
{
	struct db_key key = db_key('C', w->name);
	struct engine e = { 0 };
	bool found = false;
	unsigned can = 0;

	if (!keep_get(ctx, w->db, &key, &engine_record, &found, &e) || !cluster_can(ctx, w->name, &can))
		forget(ctx);
	e.name = w->name;
	e.can = can;
	if (h) {
		e.as_of = now();
		e.error = e.detail = NULL;
		e.error_since = 0;
		e.version = h->version;
		e.cpu_milli = h->cpu_milli;
		e.memory_mb = h->memory_mb;
		e.gpus = h->gpus;
		e.cpu_milli_used = e.memory_mb_used = 0;
		for (size_t i = 0; i < list->n; i++) {
			e.cpu_milli_used += list->at[i].used_cpu_milli > 0 ? list->at[i].used_cpu_milli : 0;
			e.memory_mb_used += list->at[i].used_memory_mb > 0 ? list->at[i].used_memory_mb : 0;
		}
	} else {
		e.error = error->message;
		e.detail = error->detail;
		e.error_since = e.error_since ? e.error_since : now();
	}
	if (!keep_set(ctx, w->db, &key, &engine_record, &e))
		forget(ctx);
}

/* ---- apps ----------------------------------------------------------------------------------------------------------- */

static const struct cluster_seen *find(const struct cluster_list *list, const char *id)
{
	for (size_t i = 0; i < list->n; i++)
		if (same(list->at[i].id, id))
			return &list->at[i];
	return NULL;
}

struct gone { const struct deployment *was; const struct cluster_seen *seen; };

static bool take_gone(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	const struct gone *gone = arg;
	const struct cluster_seen *seen = gone->seen;
	bool bad = !seen || seen->exit_code != 0 || seen->phase == CLUSTER_BROKEN;

	if (app->generation != gone->was->generation || !same(app->state, APP_RUNNING) || !same(app->wanted, "run"))
		return true;
	app->state = bad ? APP_FAILED : APP_STOPPED;
	app->ended = now();
	app->address = NULL;
	app->idle_ends = 0;
	app->exit_code = seen ? seen->exit_code : 0;
	app->detail = seen ? seen->detail : NULL;
	app->message = seen && !empty(seen->message) ? seen->message
		: !seen ? MSG("It is not on the engine any more: somebody removed it there, or the machine was started again. Start it again here.")
		: seen->out_of_memory ? MSG("It needed more memory than it was given. Delete it and create it with more.")
		: bad ? MSG("It ended by itself with an error. Its log may tell why.") : MSG("It ended by itself.");
	return keep_event(ctx, db, app, app->message, app->detail, bad);
}

struct used { const struct cluster_list *list; };

static bool take_usage(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct cluster_list *list = arg;

	for (size_t i = 0; i < list->n; i++) {
		const struct cluster_seen *seen = &list->at[i];
		struct deployment app;
		bool found = false;

		if (seen->used_memory_mb < 0 || seen->phase != CLUSTER_UP)
			continue;
		if (!app_by_id(ctx, db_as_read(db), seen->id, &found, &app))
			return false;
		if (!found || !same(app.state, APP_RUNNING) || app.generation != seen->generation)
			continue;
		app.used_cpu_milli = seen->used_cpu_milli > 0 ? seen->used_cpu_milli : 0;
		app.used_memory_mb = seen->used_memory_mb;
		app.used_at = now();
		if (!keep_put(ctx, db, &app))
			return false;
	}
	return true;
}

static void compare_record(struct ctx *ctx, struct watch *w, const struct deployment *a, const struct cluster_list *list)
{
	const struct cluster_seen *seen = find(list, a->id);
	struct gone gone = { a, seen };
	bool found;

	if (!same(a->engine, w->name) || !same(a->state, APP_RUNNING) || !same(a->wanted, "run"))
		return;
	if (seen && seen->generation == a->generation && (seen->phase == CLUSTER_UP || seen->phase == CLUSTER_STARTING || seen->phase == CLUSTER_WAITING))
		return;
	if (!keep_change(ctx, w->db, a->id, &found, take_gone, &gone))
		forget(ctx);
}

/* What no record wants. One that failed stays for its log, until it is started again or deleted. */
static void compare_seen(struct ctx *ctx, struct watch *w, const struct cluster_seen *seen)
{
	struct deployment a;
	bool found = false;

	if (!keep_read(ctx, w->db, seen->id, &found, &a)) {
		forget(ctx);
		return;
	}
	bool ended = seen->phase == CLUSTER_ENDED || seen->phase == CLUSTER_BROKEN;

	if (found && (app_holds(&a) || ended || !same(a.wanted, "run")) && same(a.engine, w->name))
		return;
	log_line(ctx, "removing %s of %s: no record wants it", seen->id, seen->user ? seen->user : "?");
	if (!cluster_stop(ctx, w->name, seen->user, seen->id, 1)) {
		log_line(ctx, "%s: %s (%s)", seen->id, ctx->error.message, ctx->error.detail ? ctx->error.detail : "");
		forget(ctx);
	}
}

/* ---- rounds ------------------------------------------------------------------------------------------------------------ */

static bool look(struct ctx *ctx, struct watch *w)
{
	struct app_list apps;
	struct cluster_list list;
	struct cluster_health health;

	if (!keep_all(ctx, w->db, &apps) || !cluster_list(ctx, w->name, &list))
		return false;
	for (size_t i = 0; i < apps.n; i++)
		compare_record(ctx, w, &apps.at[i], &list);
	for (size_t i = 0; i < list.n; i++)
		compare_seen(ctx, w, &list.at[i]);
	if (w->usage_at > now())
		return true;
	w->usage_at = now() + USAGE_S;
	if (!cluster_health(ctx, w->name, &health))
		return false;
	keep_health(ctx, w, &health, &list, NULL);
	return !list.n || db_change(ctx, w->db, take_usage, &list);
}

/* True: go on at once. */
static bool round_of(struct watch *w)
{
	struct step step;
	bool good, changed = false;

	step_begin(&step, w->name, LIST_MS);
	good = look(&step.ctx, w);
	if (good) {
		step.ctx.deadline = clock_ms() + (WAIT_S + 5) * 1000;
		good = cluster_wait(&step.ctx, w->name, WAIT_S, w->keep, &w->cursor, &changed);
		if (!good && step.ctx.error.kind == KIND_CONFLICT) {
			w->cursor = NULL;
			good = true;
		}
	}
	if (!good) {
		struct error error = step.ctx.error;

		step_log(&step);
		forget(&step.ctx);
		keep_health(&step.ctx, w, NULL, NULL, &error);
		w->usage_at = 0;
	}
	step_end(&step);
	return good;
}

int watch_main(const char *engine)
{
	struct step step;
	struct watch w = { .name = engine, .keep = arena_new(0) };

	step_begin(&step, engine, LIST_MS);
	if (!db_open(&step.ctx, "apps", DB_READ_WRITE, &w.db)) {
		step_log(&step);
		return 1;
	}
	step_end(&step);
	for (int n = 0; n < 3600; n++)
		if (!round_of(&w))
			return 1;
	return 0;
}
