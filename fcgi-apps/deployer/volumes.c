/*
 * volumes: storage of the engine's own that outlives apps. A volume is recorded first ("making", "resizing", "removing") and brought about by a
 * process of its own, as an app is: whatever a record wants is begun again until a process has lived to write down how it ended.
 */
#include "deployer.h"

#include <string.h>

#include "audit.h"
#include "cluster.h"
#include "person.h"
#include "conf.h"

enum { CALL_MS = 30000, MOST_MB = 1 << 24, MOST_VOLUMES = 50, MOST_WORK = 1000 };

static struct db_key key_of(struct arena *arena, const char *user, const char *engine, const char *name)
{
	return db_key2('V', user, text(arena, "%s/%s", engine, name));
}

/* ---- the ask --------------------------------------------------------------------------------------------------------- */

static bool name_good(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= 40 && name[0] >= 'a' && name[0] <= 'z' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static bool check(struct ask *ask, const struct app_volume *v, unsigned *can)
{
	struct texts engines = cluster_engines();
	bool known = false;

	for (size_t i = 0; i < engines.n; i++)
		known = known || same(engines.at[i], v->engine);
	if (!known || !cluster_can(ask->ctx, v->engine, can) || !(*can & CLUSTER_CAN_VOLUME)) {
		forget(ask->ctx);
		return ask_wrong(ask, "engine", tr(ask->ctx, "This cluster has no volumes."));
	}
	if (!name_good(v->name))
		return ask_wrong(ask, "name", tr(ask->ctx, "A name has small letters, digits and dashes, at most 40, and begins with a letter."));
	if (v->wanted_mb < 0 || v->wanted_mb > MOST_MB)
		return ask_wrong(ask, "size", tr(ask->ctx, "Please give a size."));
	return true;
}

static bool in_use(struct ask *ask, const struct app_volume *v, const char **by)
{
	struct app_list apps;
	const char *prefix = text(ask->ctx->arena, "%s:", v->name);

	*by = NULL;
	if (!apps_of(ask->ctx, ask->db, v->user, &apps))
		return false;
	for (size_t i = 0; i < apps.n; i++)
		for (size_t k = 0; same(apps.at[i].engine, v->engine) && k < apps.at[i].volumes.n; k++)
			if (starts_with(apps.at[i].volumes.at[k], prefix))
				*by = apps.at[i].name;
	return true;
}

/* What the user's other volumes on the engine have, or are about to. */
static int64_t others_mb(const struct app_volume_list *all, const struct app_volume *v)
{
	int64_t sum = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct app_volume *one = &all->at[i];
		bool grows = same(one->state, "making") || same(one->state, "resizing");

		if (same(one->engine, v->engine) && !same(one->name, v->name))
			sum += grows && one->wanted_mb > one->size_mb ? one->wanted_mb : one->size_mb;
	}
	return sum;
}

static bool fits(struct ask *ask, const struct app_volume_list *all, const struct app_volume *v)
{
	int64_t left = app_quota_most(v->engine).storage_mb - others_mb(all, v);

	if (v->wanted_mb <= left)
		return true;
	return ask_wrong(ask, "size", say(ask->ctx, "Your quota has %lld GiB left for this volume; you asked for %lld.", (long long)(left > 0 ? left >> 10 : 0),
		(long long)((v->wanted_mb + 1023) >> 10)));
}

static bool next_state(struct ask *ask, struct app_volume *v, bool found, unsigned can)
{
	struct app_volume_list all;
	const char *by;

	if (!app_volumes(ask->ctx, ask->db, v->user, &all) || !in_use(ask, v, &by))
		return false;
	if (!found && v->wanted_mb == 0)
		return fail(ask->ctx, KIND_NOT_FOUND, tr(ask->ctx, "There is no such volume."), NULL);
	if (!found && all.n >= MOST_VOLUMES)
		return ask_wrong(ask, "name", say(ask->ctx, "At most %d volumes, please.", MOST_VOLUMES));
	if (v->wanted_mb == 0 && by)
		return fail(ask->ctx, KIND_CONFLICT, say(ask->ctx, "The app %s uses this volume. Delete the app first.", by), NULL);
	if (same(v->state, "making") && v->wanted_mb)
		return fail(ask->ctx, KIND_CONFLICT, tr(ask->ctx, "This volume is still being made. Please try again in a moment."), NULL);
	if (found && v->wanted_mb && v->size_mb && !(can & CLUSTER_CAN_RESIZE))
		return ask_wrong(ask, "size", tr(ask->ctx, "Volumes of this cluster cannot change their size. Make a new one and copy the files."));
	if (found && v->wanted_mb && v->wanted_mb < v->size_mb)
		return ask_wrong(ask, "size", tr(ask->ctx, "A volume can only grow."));
	if (v->wanted_mb && !fits(ask, &all, v))
		return false;
	v->state = v->wanted_mb == 0 ? "removing" : found && v->size_mb ? "resizing" : "making";
	v->message = v->detail = NULL;
	return true;
}

static bool start_work(void)
{
	look_again();
	return true;
}

bool desk_volume(struct ask *ask)
{
	struct app_volume v = { 0 }, asked = { .name = ask_text(ask, "name"), .user = ask->who.user, .engine = ask_text(ask, "engine"), .wanted_mb = ask_int(ask, "size") };
	bool found = false;
	unsigned can = 0;

	if (!check(ask, &asked, &can))
		return false;
	struct db_key key = key_of(ask->ctx->arena, asked.user, asked.engine, asked.name);

	if (!keep_get(ask->ctx, ask->db, &key, &app_volume_record, &found, &v))
		return false;
	if (!found) {
		v = asked;
		v.created = now();
	}
	v.wanted_mb = asked.wanted_mb;
	v.uid = ask->who.uid;
	v.gid = ask->who.gid;
	return next_state(ask, &v, found, can) && audit(ask->ctx, v.user, "volume.change", v.name, v.state)
		&& keep_set(ask->ctx, ask->db, &key, &app_volume_record, &v) && start_work();
}

/* ---- the work ------------------------------------------------------------------------------------------------------------ */

static bool bring_about(struct ctx *ctx, const struct app_volume *v)
{
	int64_t gid = v->gid;
	struct cluster_user who = { .user = v->user, .uid = v->uid, .gid = v->gid, .groups = &gid, .n_groups = 1 };
	struct app_quota most = app_quota_most(v->engine);
	struct cluster_limits limits = { most.cpu_milli, most.memory_mb, most.gpus, most.apps, most.storage_mb };

	if (same(v->state, "removing"))
		return cluster_volume_remove(ctx, v->engine, v->user, v->name);
	if (same(v->state, "resizing"))
		return cluster_volume_resize(ctx, v->engine, v->user, v->name, v->wanted_mb);
	return cluster_prepare(ctx, v->engine, &who, &limits) && cluster_volume_make(ctx, v->engine, &who, v->name, v->wanted_mb);
}

struct outcome { const struct db_key *key; const struct app_volume *was; bool good; const struct error *error; };

/* What was asked for meanwhile stays, for the next process. */
static bool take_outcome(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct outcome *o = arg;
	struct app_volume v;
	struct bytes value;
	bool found = false;

	if (!db_get(ctx, db_as_read(db), o->key, &found, &value) || (found && !record_unpack(ctx, &app_volume_record, value, &v)))
		return false;
	if (!found || !same(v.state, o->was->state) || v.wanted_mb != o->was->wanted_mb)
		return true;
	if (o->good && same(v.state, "removing"))
		return db_del(ctx, db, o->key);
	if (o->good)
		v.size_mb = v.wanted_mb;
	v.state = o->good || same(v.state, "resizing") ? "ready" : "failed";
	v.message = o->good ? NULL : o->error->message;
	v.detail = o->good ? NULL : o->error->detail;
	return db_put(ctx, db, o->key, record_pack(ctx->arena, &app_volume_record, &v));
}

int volume_main(const char *user, const char *engine, const char *name)
{
	struct ctx ctx = { .arena = arena_new(0), .tag = "volume", .deadline = clock_ms() + CALL_MS };
	struct db_key key = key_of(ctx.arena, user, engine, name);
	struct app_volume v;
	struct db *db;
	bool found = false;

	if (!db_open(&ctx, "apps", DB_READ_WRITE, &db) || !keep_get(&ctx, db, &key, &app_volume_record, &found, &v) || !found)
		return ctx.error.kind != KIND_NONE;
	bool good = bring_about(&ctx, &v);
	struct error error = ctx.error;

	if (!good)
		log_line(&ctx, "%s: %s (%s)", name, error.message, error.detail ? error.detail : "");
	forget(&ctx);
	struct outcome outcome = { &key, &v, good, &error };

	return !db_change(&ctx, db, take_outcome, &outcome);
}

/* ---- what there is to do ------------------------------------------------------------------------------------------------- */

struct work { struct app_volume *at; size_t n; };

static bool collect(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct work *work = arg;
	struct db_key prefix = { .at = "V", .n = 1 }, key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct bytes value;

	for (bool more = true; work->n < MOST_WORK;) {
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		struct app_volume *v = &work->at[work->n];

		if (!record_unpack(ctx, &app_volume_record, value, v))
			return false;
		work->n += !same(v->state, "ready") && !same(v->state, "failed");
	}
	return true;
}

bool volumes_look(struct ctx *ctx, struct db *db)
{
	struct work work = { NEW_ARRAY(ctx->arena, struct app_volume, MOST_WORK), 0 };

	if (!db_view(ctx, db, collect, &work))
		return false;
	for (size_t i = 0; i < work.n; i++) {
		const struct app_volume *v = &work.at[i];
		const char *words[] = { "volume", v->user, v->engine, v->name, NULL };

		spawn(&(struct child_job){ CHILD_VOLUME, v->user, text(ctx->arena, "volume %s %s/%s", v->user, v->engine, v->name), words, -1 });
	}
	return true;
}
