/*
 * create: a new app. What is asked for is checked against the offer; whether it fits into the user's quota is decided in the write
 * transaction that also reserves it, so that of fifty creates at the last free place one is made.
 */
#include "deployer.h"

#include <string.h>

#include "audit.h"
#include "cluster.h"
#include "conf.h"
#include "person.h"
#include "store.h"
#include "utf8.h"

enum { MOST_NAME = 60, MOST_VOLUMES = 8, MOST_RECORDS = 100 };

/* ---- checks of the form ---------------------------------------------------------------------------------------- */

static bool name_good(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	return n > 0 && n <= 4 * MOST_NAME && utf8_count(name) <= MOST_NAME;
}

static bool in_bounds(struct ask *ask, const char *field, int64_t value, int64_t unit, const struct offer_bounds *b, const char *says)
{
	if (value >= b->least * unit && value <= b->most * unit)
		return true;
	return ask_wrong(ask, field, says);
}

static bool check_size(struct ask *ask, const struct offer *o, const struct deployment *a)
{
	struct ctx *ctx = ask->ctx;

	return in_bounds(ask, "cpu", a->cpu_milli, 1, &o->cpu_milli, say(ctx, "Between %s and %s cores, please.",
			room_cores(ctx->arena, o->cpu_milli.least), room_cores(ctx->arena, o->cpu_milli.most)))
		&& in_bounds(ask, "memory", a->memory_mb, 1, &o->memory_mb, say(ctx, "Between %lld and %lld MiB of memory, please.",
			(long long)o->memory_mb.least, (long long)o->memory_mb.most))
		&& in_bounds(ask, "gpus", a->gpus, 1, &o->gpus, say(ctx, "Between %lld and %lld GPUs, please.", (long long)o->gpus.least, (long long)o->gpus.most))
		&& in_bounds(ask, "hours", a->minutes, 60, &o->hours, say(ctx, "Between %lld and %lld hours, please.",
			(long long)o->hours.least, (long long)o->hours.most));
}

static bool has(struct texts list, const char *word)
{
	for (size_t i = 0; i < list.n; i++)
		if (same(list.at[i], word))
			return true;
	return false;
}

/* The offer's first place is HOME and always there; others as asked, each once. */
static bool take_places(struct ask *ask, const struct offer *o, struct deployment *a)
{
	struct texts asked = ask_texts(ask, "places");
	const char **at = NEW_ARRAY(ask->ctx->arena, const char *, o->places.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < asked.n; i++)
		if (!has(o->places, asked.at[i]))
			return ask_wrong(ask, "places", say(ask->ctx, "The place %s cannot be used by this app.", asked.at[i]));
	for (size_t i = 0; i < o->places.n; i++)
		if (i == 0 || has(asked, o->places.at[i]))
			at[n++] = o->places.at[i];
	a->places = (struct texts){ at, n };
	return true;
}

static bool volume_name_good(const char *name, size_t n)
{
	return n > 0 && n <= 40 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") >= n && name[0] >= 'a';
}

static bool mount_path_good(const char *path)
{
	static const char *const below[] = { "/mnt/", "/data/", "/volumes/" };
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-";

	for (size_t i = 0; i < COUNT(below); i++)
		if (starts_with(path, below[i]))
			return strlen(path) < 200 && strspn(path, letters) == strlen(path) && !strstr(path, "..") && !strstr(path, "//") && path[strlen(path) - 1] != '/';
	return false;
}

static bool take_volumes(struct ask *ask, struct deployment *a)
{
	struct texts asked = ask_texts(ask, "volumes");

	if (asked.n > MOST_VOLUMES)
		return ask_wrong(ask, "volumes", say(ask->ctx, "At most %d volumes, please.", MOST_VOLUMES));
	for (size_t i = 0; i < asked.n; i++) {
		const char *colon = strchr(asked.at[i], ':');
		struct db_key key;
		struct app_volume volume;
		bool found = false;

		if (!colon || !volume_name_good(asked.at[i], (size_t)(colon - asked.at[i])) || !mount_path_good(colon + 1))
			return ask_wrong(ask, "volumes", tr(ask->ctx, "A volume is mounted below /mnt, /data or /volumes, for instance work:/volumes/work."));
		key = db_key2('V', ask->who.user, text(ask->ctx->arena, "%s/%.*s", a->engine, (int)(colon - asked.at[i]), asked.at[i]));
		if (!keep_get(ask->ctx, ask->db, &key, &app_volume_record, &found, &volume))
			return false;
		if (!found || !same(volume.state, "ready"))
			return ask_wrong(ask, "volumes", say(ask->ctx, "There is no volume %.*s on this cluster.", (int)(colon - asked.at[i]), asked.at[i]));
	}
	a->volumes = asked;
	return true;
}

static bool take_image(struct ask *ask, const struct offer *o, struct deployment *a)
{
	const char *image = ask_text(ask, "image");

	a->image = o->image;
	if (!o->any_image) {
		if (empty(o->image))
			return ask_wrong(ask, "offer", tr(ask->ctx, "This app has no image on this site yet. Ask the administrators to set it up."));
		return true;
	}
	if (empty(image))
		return ask_wrong(ask, "image", tr(ask->ctx, "Please type which image to run."));
	a->image = image;
	if (image_allowed(ask->ctx, image))
		return true;
	ask->field = "image";
	return false;
}

/* ---- where ----------------------------------------------------------------------------------------------------------- */

static bool take_engine(struct ask *ask, const struct offer *o, struct deployment *a)
{
	const char *name = ask_text(ask, "engine");

	if (empty(name)) {
		bool found = room_choose(ask->ctx, ask->db, o, a);

		ask->field = found ? NULL : "engine";
		return found;
	}
	if (!has(cluster_engines(), name) || !offer_on_engine(o, name))
		return ask_wrong(ask, "engine", tr(ask->ctx, "This app cannot run on that cluster."));
	a->engine = name;
	return room_has_gpus(ask->ctx, a) ? true : ask_wrong(ask, "gpus", tr(ask->ctx, "This cluster has no GPUs for apps."));
}

/* ---- making it ------------------------------------------------------------------------------------------------------------ */

/* 10 characters, the first a letter: a DNS label that nobody guesses. */
static const char *new_id(struct arena *arena)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char bytes[APP_ID];
	char id[APP_ID + 1] = "";

	random_bytes(bytes, sizeof bytes);
	for (size_t i = 0; i < APP_ID; i++)
		id[i] = i ? letters[bytes[i] % 32] : letters[bytes[i] % 26];
	return arena_copy(arena, id, APP_ID);
}

struct reserve { struct ask *ask; struct deployment *app; bool again; };

static bool reserve(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct reserve *r = arg;
	struct db_key once = db_key2('K', r->app->user, r->app->key);
	struct app_quota used;
	struct bytes before;
	bool found = false;

	if (!db_get(ctx, db_as_read(db), &once, &found, &before))
		return false;
	if (found) {
		r->app->id = arena_copy(ctx->arena, before.at, before.n);
		r->again = true;
		return true;
	}
	if (!room_fits(ctx, db_as_read(db), r->app, &r->ask->field) || !app_quota_used(ctx, db_as_read(db), r->app->user, r->app->engine, &used))
		return false;
	if (used.records >= MOST_RECORDS)
		return fail(ctx, KIND_INVALID, say(ctx, "You have %d apps, most of them ended. Delete some first.", MOST_RECORDS), NULL);
	return keep_event(ctx, db, r->app, MSG("Asked for."), NULL, false) && keep_put(ctx, db, r->app)
		&& db_put(ctx, db, &once, (struct bytes){ (const unsigned char *)r->app->id, APP_ID });
}

static bool person_good(struct ask *ask)
{
	struct person who;

	if (same(ask->who.role, "user") || same(ask->who.role, "admin"))
		if (person_from(ask->who.uid, ask->who.gid, ask->who.groups, conf_int("store", "lowest-uid", 1000), &who))
			return true;
	return fail(ask->ctx, KIND_FORBIDDEN, tr(ask->ctx, "Your account may not run apps."), "uid %lld gid %lld role %s",
		(long long)ask->who.uid, (long long)ask->who.gid, ask->who.role ? ask->who.role : "");
}

static bool fill(struct ask *ask, const struct offer *o, struct deployment *a)
{
	if (!name_good(a->name))
		return ask_wrong(ask, "name", say(ask->ctx, "A name has 1 to %d characters.", MOST_NAME));
	return check_size(ask, o, a) && take_image(ask, o, a) && take_engine(ask, o, a) && take_places(ask, o, a) && take_volumes(ask, a);
}

bool desk_create(struct ask *ask)
{
	struct ctx *ctx = ask->ctx;
	struct offers offers;
	struct deployment app = {
		.user = ask->who.user, .uid = ask->who.uid, .gid = ask->who.gid, .groups = ask->who.groups, .mail = ask->who.mail, .lang = lang_code(ctx->lang),
		.name = ask_text(ask, "name"), .offer = ask_text(ask, "offer"), .cpu_milli = ask_int(ask, "cpu"), .memory_mb = ask_int(ask, "memory"),
		.gpus = ask_int(ask, "gpus"), .minutes = ask_int(ask, "minutes"), .key = ask_text(ask, "key"), .id = new_id(ctx->arena),
		.nonce = random_token(ctx->arena, 128), .state = APP_ASKED, .wanted = "run", .generation = 1, .created = now(), .asked = now(),
	};
	struct reserve r = { ask, &app, false };

	if (!person_good(ask) || !offers_read(ctx, ask->db, &offers))
		return false;
	const struct offer *offer = offer_find(&offers, app.offer);

	if (!offer)
		return ask_wrong(ask, "offer", tr(ctx, "There is no such app in the catalogue."));
	if (empty(app.key) || strlen(app.key) > 100)
		app.key = app.nonce;
	app.port = offer->port;
	if (!fill(ask, offer, &app) || !audit(ctx, app.user, "app.create", app.id, text(ctx->arena, "%s on %s: %s", app.offer, app.engine, app.image)))
		return false;
	if (!db_change(ctx, ask->db, reserve, &r))
		return false;
	ask_answer(ask, "id", app.id);
	look_again();
	return true;
}
