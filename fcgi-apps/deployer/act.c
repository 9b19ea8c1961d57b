/*
 * act: brings one app to what is wanted, in a process of its own. Every step may be repeated: the next process begins again where this one was
 * killed. It ends with status 1 when the engine could not be asked, and is started again after a while.
 */
#include "deployer.h"

#include <poll.h>
#include <string.h>

#include "cluster.h"
#include "conf.h"
#include "person.h"
#include "store.h"

enum { RUN_MS = 60000, LOOK_MS = 10000, STOP_GRACE_S = 10, FIRST_WAIT_MS = 20, LONGEST_WAIT_MS = 500, PORT_MS = 20, LATE_MS = 20000,
	LATE_PORT_MS = 200, ADDRESS = 64 };

void step_begin(struct step *step, const char *tag, int deadline_ms)
{
	step->ctx = (struct ctx){ .arena = arena_new(0), .tag = tag, .deadline = clock_ms() + deadline_ms };
}

void step_end(struct step *step)
{
	arena_free(step->ctx.arena);
}

void step_log(struct step *step)
{
	log_line(&step->ctx, "%s (%s)", step->ctx.error.message ? step->ctx.error.message : "", step->ctx.error.detail ? step->ctx.error.detail : "no detail");
}

/* ---- changes of the record -------------------------------------------------------------------------------------- */

/* Only the generation that this process works for, and only while it is wanted, may be changed. */
struct news { int64_t generation; const char *state, *address, *message, *detail, *digest, *node; bool bad, fetched /* its time to start begins now */; int64_t exit_code; };

static bool take_news(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	const struct news *n = arg;

	if (app->generation != n->generation || !same(app->wanted, "run") || !app_holds(app))
		return true;
	if (n->fetched)
		app->asked = now();
	if (!empty(n->digest))
		app->digest = n->digest;
	if (!empty(n->node))
		app->node = n->node;
	if (same(app->state, n->state) && same(app->message, n->message) && same(app->detail, n->detail))
		return true;
	app->state = n->state;
	app->message = n->message;
	app->detail = n->detail;
	app->exit_code = n->exit_code;
	app->address = n->address;
	if (same(n->state, APP_RUNNING)) {
		app->ready = app->active_at = now();
		app->ends = app->ready + app->minutes * 60;
	}
	if (same(n->state, APP_FAILED) || same(n->state, APP_STOPPED))
		app->ended = now();
	return empty(n->message) || keep_event(ctx, db, app, n->message, n->detail, n->bad);
}

static void tell(struct ctx *ctx, struct db *db, const char *id, struct news news)
{
	bool found = false;

	if (!keep_change(ctx, db, id, &found, take_news, &news)) {
		log_line(ctx, "%s: not written: %s", id, ctx->error.detail ? ctx->error.detail : "");
		forget(ctx);
	}
}

/* ---- what the engine is to be given ---------------------------------------------------------------------------------- */

static void add_text(struct ctx *ctx, struct texts *list, const char *value)
{
	const char **more = NEW_ARRAY(ctx->arena, const char *, list->n + 1);

	for (size_t i = 0; i < list->n; i++)
		more[i] = list->at[i];
	more[list->n] = value;
	*list = (struct texts){ more, list->n + 1 };
}

static bool take_mounts(struct ctx *ctx, const struct deployment *a, struct cluster_app *out)
{
	struct cluster_mount *mounts = NEW_ARRAY(ctx->arena, struct cluster_mount, a->places.n + a->volumes.n + 1);
	const struct place *places;
	size_t n_places, n = 0;

	store_places(ctx->arena, a->user, &places, &n_places);
	for (size_t i = 0; i < a->places.n; i++)
		for (size_t k = 0; k < n_places; k++)
			if (same(places[k].name, a->places.at[i]))
				mounts[n++] = (struct cluster_mount){ .source = places[k].path, .target = places[k].path };
	if (n != a->places.n)
		return fail(ctx, KIND_INVALID, tr(ctx, "A folder that this app needs is not among the site's places any more."), NULL);
	if (n)
		out->home = out->folder = mounts[0].target;
	for (size_t i = 0; i < a->volumes.n; i++) {
		const char *colon = strchr(a->volumes.at[i], ':');

		if (colon)
			mounts[n++] = (struct cluster_mount){ .source = arena_copy(ctx->arena, a->volumes.at[i], (size_t)(colon - a->volumes.at[i])),
				.target = colon + 1, .volume = true };
	}
	out->mounts = mounts;
	out->n_mounts = n;
	return true;
}

static void take_environment(struct ctx *ctx, const struct deployment *a, const struct offer *o, struct cluster_app *out)
{
	out->environment = o->environment;
	add_text(ctx, &out->environment, text(ctx->arena, "HOME=%s", out->home ? out->home : "/tmp"));
	add_text(ctx, &out->environment, text(ctx->arena, "USER=%s", a->user));
	add_text(ctx, &out->environment, text(ctx->arena, "LOGNAME=%s", a->user));
	add_text(ctx, &out->environment, "LANG=C.UTF-8");
	add_text(ctx, &out->environment, text(ctx->arena, "TZ=%s", conf_get("site", "time-zone", "UTC")));
	add_text(ctx, &out->environment, text(ctx->arena, "NARU_APP=%s", a->id));
	if (o->kind == OFFER_WEB)
		add_text(ctx, &out->environment, text(ctx->arena, "NARU_ADDRESS=%s", app_address(ctx->arena, a->id)));
}

/* The gateway gives each app a host of its own, so it is served under / always. */
static void take_base(struct ctx *ctx, const struct offer *o, struct cluster_app *out)
{
	static const char base[] = "/";
	const char *at;

	if (o->base == OFFER_ENV)
		add_text(ctx, &out->environment, text(ctx->arena, "%s=%s", o->base_name, base));
	if (o->base == OFFER_FILE) {
		out->base_file = o->base_name;
		out->base = base;
	}
	if (o->base == OFFER_ARGUMENT && (at = strstr(o->base_name, "%s")))
		add_text(ctx, &out->command, text(ctx->arena, "%.*s%s%s", (int)(at - o->base_name), o->base_name, base, at + 2));
}

static bool take_user(struct ctx *ctx, const struct deployment *a, struct cluster_user *out)
{
	struct person who;

	if (!person_from(a->uid, a->gid, a->groups, conf_int("store", "lowest-uid", 1000), &who))
		return fail(ctx, KIND_INVALID, tr(ctx, "Your account may not run apps."), "uid %lld gid %lld", (long long)a->uid, (long long)a->gid);
	int64_t *groups = NEW_ARRAY(ctx->arena, int64_t, who.n + 1);

	for (size_t i = 0; i < who.n; i++)
		groups[i] = who.groups[i];
	*out = (struct cluster_user){ .user = a->user, .uid = who.uid, .gid = who.gid, .groups = groups, .n_groups = who.n };
	return true;
}

bool act_app(struct ctx *ctx, const struct deployment *a, const struct offer *o, struct cluster_app *out)
{
	*out = (struct cluster_app){ .id = a->id, .name = a->name, .offer = a->offer, .generation = a->generation, .image = a->image,
		.command = o->command, .tmpfs = o->tmpfs, .cpu_milli = a->cpu_milli, .memory_mb = a->memory_mb, .gpus = a->gpus, .port = o->port,
		.ends = now() + o->hours.most * 3600 + DEADLINE_SPARE_S };
	if (!take_user(ctx, a, &out->who) || !take_mounts(ctx, a, out))
		return false;
	/* podman looks groups up in the image's /etc/group, also numbers: an image of somebody's own could turn one into another. */
	if (o->any_image)
		out->who.n_groups = 0;
	take_environment(ctx, a, o, out);
	take_base(ctx, o, out);
	if (o->secret == OFFER_ENV)
		out->secret_env = o->secret_name;
	if (o->secret == OFFER_FILE)
		out->secret_file = o->secret_name;
	return o->secret == OFFER_NONE || app_secret(ctx, a, &out->secret);
}

/* ---- starting ------------------------------------------------------------------------------------------------------------ */

static bool put_on_engine(struct ctx *ctx, const struct deployment *a, const struct offer *o)
{
	struct cluster_app app;
	struct app_quota most = app_quota_most(a->engine);
	struct cluster_limits limits = { .cpu_milli = most.cpu_milli, .memory_mb = most.memory_mb, .gpus = most.gpus, .apps = most.apps,
		.storage_mb = most.storage_mb };

	return act_app(ctx, a, o, &app) && cluster_prepare(ctx, a->engine, &app.who, &limits) && cluster_run(ctx, a->engine, &app);
}

/* What the engine will never do is the app's failure; what it cannot do now is tried again. */
static int not_started(struct ctx *ctx, struct db *db, const struct deployment *a)
{
	struct error error = ctx->error;

	log_line(ctx, "%s: %s (%s)", a->id, error.message, error.detail ? error.detail : "no detail");
	forget(ctx);
	if (error.kind != KIND_INVALID && error.kind != KIND_NOT_FOUND && error.kind != KIND_FORBIDDEN) {
		tell(ctx, db, a->id, (struct news){ .generation = a->generation, .state = APP_WAITING, .message = error.message, .bad = true });
		return 1;
	}
	if (!cluster_stop(ctx, a->engine, a->user, a->id, 0))
		forget(ctx);
	tell(ctx, db, a->id, (struct news){ .generation = a->generation, .state = APP_FAILED, .message = error.message, .detail = error.detail, .bad = true });
	return 0;
}

static bool still_wanted(struct ctx *ctx, struct db *db, const struct deployment *a)
{
	struct deployment current;
	bool found = false;

	if (!keep_read(ctx, db, a->id, &found, &current)) {
		forget(ctx);
		return true;
	}
	return found && same(current.wanted, "run") && current.generation == a->generation && app_holds(&current);
}

/* ---- its image ------------------------------------------------------------------------------------------------------------ */

/* What takes longer than all else: it has its own limit, and ends at once when the app is no longer wanted. */
struct fetching { struct db *db; struct deployment *app; bool begun; };

static void say_image(const struct fetching *f, const char *message, bool fetched)
{
	struct step step;

	step_begin(&step, f->app->id, LOOK_MS);
	tell(&step.ctx, f->db, f->app->id, (struct news){ .generation = f->app->generation, .state = APP_WAITING, .message = message, .fetched = fetched });
	step_end(&step);
}

static void fetch_begins(void *arg)
{
	struct fetching *f = arg;

	f->begun = true;
	say_image(f, MSG("The image is being fetched. That is done once and may take minutes."), false);
}

static bool fetch_wanted(void *arg)
{
	const struct fetching *f = arg;
	struct step step;
	bool wanted;

	step_begin(&step, f->app->id, LOOK_MS);
	wanted = still_wanted(&step.ctx, f->db, f->app);
	step_end(&step);
	return wanted;
}

static bool fetch_image(struct ctx *ctx, struct db *db, struct deployment *a)
{
	struct fetching f = { db, a, false };
	struct cluster_fetch fetch = { fetch_begins, fetch_wanted, &f };
	bool good;

	ctx->deadline = 0;
	good = cluster_fetch(ctx, a->engine, a->image, &fetch);
	ctx->deadline = clock_ms() + RUN_MS;
	if (good && f.begun) {
		a->asked = now();
		say_image(&f, MSG("The image is there."), true);
	}
	return good;
}

/* ---- until it answers ------------------------------------------------------------------------------------------------------ */

static void ended_early(struct ctx *ctx, struct db *db, const struct deployment *a, const struct cluster_seen *seen)
{
	const char *message = !empty(seen->message) ? seen->message : seen->out_of_memory ? MSG("It needed more memory than it was given.")
		: MSG("It ended by itself before it answered. Its log may tell why.");

	tell(ctx, db, a->id, (struct news){ .generation = a->generation, .state = APP_FAILED, .message = message, .detail = seen->detail, .bad = true,
		.exit_code = seen->exit_code });
}

/* One look; *done when there is nothing more to wait for. `address`: where it will answer, "" as long as that is not known. */
static bool follow(struct ctx *ctx, struct db *db, const struct deployment *a, const struct offer *o, char address[ADDRESS], bool *done)
{
	struct cluster_seen seen;
	struct news news = { .generation = a->generation, .state = APP_WAITING };

	if (!cluster_look(ctx, a->engine, a->user, a->id, &seen))
		return false;
	news.message = seen.message;
	news.detail = seen.detail;
	news.digest = seen.digest;
	news.node = seen.node;
	if (seen.phase == CLUSTER_ENDED || seen.phase == CLUSTER_BROKEN) {
		ended_early(ctx, db, a, &seen);
		return *done = true;
	}
	if (seen.phase == CLUSTER_ABSENT)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The engine has lost it; it is asked for again."), NULL);
	if (seen.phase == CLUSTER_STARTING || seen.phase == CLUSTER_UP)
		news.state = APP_STARTING;
	address[0] = '\0';
	if (seen.phase == CLUSTER_UP && !empty(seen.address) && strlen(seen.address) < ADDRESS && cluster_address_ok(a->engine, seen.address))
		memcpy(address, seen.address, strlen(seen.address) + 1);
	if (*address && ready_probe(ctx, o, a, seen.address)) {
		news.state = APP_RUNNING;
		news.address = seen.address;
		news.message = MSG("It answers.");
		news.detail = NULL;
		*done = true;
	}
	tell(ctx, db, a->id, news);
	return true;
}

/* How it is waited for: looks at the engine become seldom, its port is tried all the time, and when that has opened looks are frequent again. */
struct patience { int64_t since; int wait; char address[ADDRESS]; bool open; };

static void wait_a_little(struct patience *p)
{
	int64_t end = clock_ms() + p->wait;

	p->wait = p->wait * 3 / 2 > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : p->wait * 3 / 2;
	while (clock_ms() < end) {
		int64_t left = end - clock_ms(), most = p->open || !*p->address ? left : clock_ms() - p->since > LATE_MS ? LATE_PORT_MS : PORT_MS;

		poll(NULL, 0, (int)(left < most ? left : most));
		if (p->open || !*p->address || !ready_open(p->address))
			continue;
		p->open = true;
		p->wait = FIRST_WAIT_MS;
		return;
	}
}

/* Until it answers, fails or is no longer wanted. */
static int wait_until_ready(struct db *db, const struct deployment *a, const struct offer *o)
{
	int64_t last = a->asked + conf_int("apps", "start-minutes", START_MINUTES) * 60;
	struct patience patience = { .since = clock_ms(), .wait = FIRST_WAIT_MS };

	for (;;) {
		struct step step;
		bool done = false, good;

		step_begin(&step, a->id, LOOK_MS);
		good = follow(&step.ctx, db, a, o, patience.address, &done);
		if (!good)
			step_log(&step);
		if (good && !done && now() > last) {
			tell(&step.ctx, db, a->id, (struct news){ .generation = a->generation, .state = APP_FAILED, .bad = true,
				.message = MSG("It did not answer in time and was given up. Its log may tell why.") });
			done = true;
		}
		done = done || !still_wanted(&step.ctx, db, a);
		step_end(&step);
		if (!good || done)
			return !good;
		wait_a_little(&patience);
	}
}

static int run(struct ctx *ctx, struct db *db, struct deployment *a)
{
	struct offers offers;
	const struct offer *o = offers_read(ctx, db, &offers) ? offer_find(&offers, a->offer) : NULL;

	if (!o) {
		forget(ctx);
		tell(ctx, db, a->id, (struct news){ .generation = a->generation, .state = APP_FAILED, .bad = true,
			.message = MSG("This kind of app is not in the catalogue any more.") });
		return 0;
	}
	if (!fetch_image(ctx, db, a)) {
		struct fetching f = { db, a, false };

		return fetch_wanted(&f) ? not_started(ctx, db, a) : 0;
	}
	if (!put_on_engine(ctx, a, o))
		return not_started(ctx, db, a);
	return wait_until_ready(db, a, o);
}

/* ---- stopping --------------------------------------------------------------------------------------------------------------- */

static bool take_end(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	const struct deployment *was = arg;

	if (app->generation != was->generation || same(app->wanted, "run"))
		return true;
	app->state = APP_STOPPED;
	app->ended = now();
	app->address = NULL;
	app->idle_ends = app->used_cpu_milli = app->used_memory_mb = 0;
	return keep_event(ctx, db, app, MSG("Stopped; its resources are free again."), NULL, false);
}

static bool take_away(struct ctx *ctx, struct db_write *db, void *arg)
{
	return keep_remove(ctx, db, arg);
}

static int stop(struct ctx *ctx, struct db *db, struct deployment *a)
{
	bool found;

	if (!cluster_stop(ctx, a->engine, a->user, a->id, STOP_GRACE_S)) {
		log_line(ctx, "%s: %s (%s)", a->id, ctx->error.message, ctx->error.detail ? ctx->error.detail : "");
		return 1;
	}
	if (same(a->wanted, "gone"))
		return !db_change(ctx, db, take_away, a);
	return !keep_change(ctx, db, a->id, &found, take_end, a);
}

int act_main(const char *id)
{
	struct ctx ctx = { .arena = arena_new(0), .tag = id, .deadline = clock_ms() + RUN_MS };
	struct deployment app;
	struct db *db;
	bool found = false;

	if (!db_open(&ctx, "apps", DB_READ_WRITE, &db) || !keep_read(&ctx, db, id, &found, &app)) {
		log_line(&ctx, "%s (%s)", ctx.error.message, ctx.error.detail ? ctx.error.detail : "");
		return 1;
	}
	if (!found)
		return 0;
	if (!same(app.wanted, "run"))
		return stop(&ctx, db, &app);
	return same(app.state, APP_RUNNING) || !app_holds(&app) ? 0 : run(&ctx, db, &app);
}
