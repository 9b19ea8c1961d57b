/* verbs: what a user does with an app that there is. Somebody else's is not found. */
#include "deployer.h"

#include <string.h>

#include <json-c/json.h>

#include "audit.h"
#include "conf.h"

enum { MOST_SHARES = 50, SHARE_DAYS = 366, MOST_PEOPLE = 64 << 20 };

static bool missing(struct ctx *ctx)
{
	return fail(ctx, KIND_NOT_FOUND, tr(ctx, "There is no such app. It may have been deleted meanwhile."), NULL);
}

static bool mine(struct ask *ask, const struct deployment *app)
{
	return same(app->user, ask->who.user) ? true : missing(ask->ctx);
}

/* Writes the audit line, then changes the app. */
static bool change(struct ask *ask, const char *what, keep_fn *fn, void *arg)
{
	const char *id = ask_text(ask, "id");
	struct deployment app;
	bool found = false;

	if (!keep_read(ask->ctx, ask->db, id, &found, &app) || (found && !mine(ask, &app)))
		return false;
	if (!found)
		return missing(ask->ctx);
	if (!audit(ask->ctx, ask->who.user, what, id, app.name) || !keep_change(ask->ctx, ask->db, id, &found, fn, arg))
		return false;
	look_again();
	return found ? true : missing(ask->ctx);
}

/* ---- start, stop, delete ------------------------------------------------------------------------------------- */

/* What is started again is what the catalogue offers now: an image that was withdrawn does not come back. */
static bool same_offer(struct ask *ask, const struct offers *offers, struct deployment *app)
{
	const struct offer *o = offer_find(offers, app->offer);

	if (!o)
		return fail(ask->ctx, KIND_CONFLICT, tr(ask->ctx, "This kind of app is not in the catalogue any more."), NULL);
	if (o->any_image)
		return image_allowed(ask->ctx, app->image);
	app->image = o->image;
	return true;
}

struct starting { struct ask *ask; struct offers offers; };

/* A new generation with the ids of today's proof: who was taken out of a group is out of it here too. Its secret is new as well, so who
 * learned the old one while it was shared has nothing. */
static bool to_start(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	struct starting *starting = arg;
	struct ask *ask = starting->ask;

	if (!mine(ask, app))
		return false;
	if (same(app->wanted, "gone"))
		return missing(ctx);
	if (app_holds(app))
		return same(app->wanted, "run") ? true : fail(ctx, KIND_CONFLICT, tr(ctx, "It is still stopping. Start it again in a moment."), NULL);
	if (!same_offer(ask, &starting->offers, app) || !room_fits(ctx, db_as_read(db), app, &ask->field))
		return false;
	app->nonce = random_token(ctx->arena, 128);
	app->uid = ask->who.uid;
	app->gid = ask->who.gid;
	app->groups = ask->who.groups;
	app->mail = ask->who.mail;
	app->lang = lang_code(ctx->lang);
	app->wanted = "run";
	app->state = APP_ASKED;
	app->generation++;
	app->asked = now();
	app->ready = app->ended = app->ends = app->idle_ends = app->warned = app->mailed = app->active_at = app->exit_code = app->used_at = 0;
	app->message = app->detail = app->address = NULL;
	return keep_event(ctx, db, app, MSG("Started again."), NULL, false);
}

static bool to_stop(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	if (!mine(arg, app))
		return false;
	if (!app_holds(app) || !same(app->wanted, "run"))
		return true;
	app->wanted = "stop";
	app->state = APP_STOPPING;
	app->address = NULL;
	app->message = MSG("You stopped it.");
	app->detail = NULL;
	return keep_event(ctx, db, app, MSG("You stopped it."), NULL, false);
}

static bool to_delete(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	(void)db;
	if (!mine(arg, app))
		return false;
	app->wanted = "gone";
	app->address = NULL;
	if (app_holds(app))
		app->state = APP_STOPPING;
	(void)ctx;
	return true;
}

bool desk_start(struct ask *ask)
{
	struct starting starting = { .ask = ask };

	return offers_read(ask->ctx, ask->db, &starting.offers) && change(ask, "app.start", to_start, &starting);
}

bool desk_stop(struct ask *ask) { return change(ask, "app.stop", to_stop, ask); }
bool desk_delete(struct ask *ask) { return change(ask, "app.delete", to_delete, ask); }

/* ---- its end ------------------------------------------------------------------------------------------------------ */

/* An announced idle stop is taken back, and what counts as use begins again now. */
static bool to_keep(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	if (!mine(arg, app))
		return false;
	app->active_at = now();
	if (!app->idle_ends)
		return true;
	app->idle_ends = 0;
	app->warned &= ~(int64_t)WARNED_IDLE;
	return keep_event(ctx, db, app, MSG("You said that it is in use."), NULL, false);
}

bool desk_keep(struct ask *ask) { return change(ask, "app.keep", to_keep, ask); }

struct longer { struct ask *ask; int64_t minutes, most_hours, ends; };

static bool to_extend(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	struct longer *l = arg;
	int64_t last = (app->ready ? app->ready : app->asked) + l->most_hours * 3600;

	if (!mine(l->ask, app))
		return false;
	if (!app_holds(app) || !same(app->wanted, "run"))
		return fail(ctx, KIND_CONFLICT, tr(ctx, "It does not run. Start it again instead."), NULL);
	if (!app->ends) {
		app->minutes += l->minutes;
		if (app->minutes > l->most_hours * 60)
			app->minutes = l->most_hours * 60;
		return true;
	}
	l->ends = app->ends + l->minutes * 60 > last ? last : app->ends + l->minutes * 60;
	if (l->ends <= app->ends)
		return ask_wrong(l->ask, "minutes", say(ctx, "This app may run for %lld hours after its start, and already does. Stop it and start it again for more.", (long long)l->most_hours));
	app->ends = l->ends;
	app->idle_ends = 0;
	app->warned = app->mailed = clock_due(app);
	app->active_at = now();
	return keep_event(ctx, db, app, MSG("You extended its time."), NULL, false);
}

static bool most_hours(struct ask *ask, int64_t *hours)
{
	struct offers offers;
	struct deployment app;
	bool found = false;

	if (!keep_read(ask->ctx, ask->db, ask_text(ask, "id"), &found, &app) || !offers_read(ask->ctx, ask->db, &offers))
		return false;
	const struct offer *offer = found ? offer_find(&offers, app.offer) : NULL;

	*hours = offer ? offer->hours.most : 0;
	return true;
}

bool desk_extend(struct ask *ask)
{
	struct longer l = { .ask = ask, .minutes = ask_int(ask, "minutes") };

	if (l.minutes < 1 || l.minutes > 60 * 24 * 366)
		return ask_wrong(ask, "minutes", tr(ask->ctx, "Please say by how long."));
	if (!most_hours(ask, &l.most_hours) || !change(ask, "app.extend", to_extend, &l))
		return false;
	json_object_object_add(ask->answer, "ends", json_object_new_int64(l.ends));
	return true;
}

/* ---- sharing ----------------------------------------------------------------------------------------------------------- */

struct sharing { struct ask *ask; struct app_share share; };

static bool user_name_good(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-";
	size_t n = strlen(name);

	return n > 0 && n <= 64 && strspn(name, letters) == n && name[0] != '-' && name[0] != '.';
}

/* Account tells who there is, each name between line feeds. Until it has, nobody is refused. */
static bool user_known(struct ctx *ctx, const char *name)
{
	const char *line = text(ctx->arena, "\n%s\n", name);
	struct bytes people;

	if (file_read(ctx, conf_path(ctx->arena, "deployer/people"), MOST_PEOPLE, &people))
		return memmem(people.at, people.n, line, strlen(line)) != NULL;
	forget(ctx);
	return true;
}

static bool count_shares(struct ctx *ctx, const struct db_read *db, const char *id, int *n)
{
	struct db_key prefix = db_key2('S', id, ""), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct bytes value;

	for (bool more = true;; (*n)++) {
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
	}
}

static bool to_share(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	struct sharing *s = arg;
	struct db_key key = db_key2('S', app->id, s->share.user), index = db_key2('H', s->share.user, app->id);
	int n = 0;

	if (!mine(s->ask, app) || !count_shares(ctx, db_as_read(db), app->id, &n))
		return false;
	if (n >= MOST_SHARES)
		return ask_wrong(s->ask, "with", say(ctx, "An app can be shared with %d people.", MOST_SHARES));
	s->share.app = app->id;
	s->share.owner = app->user;
	return db_put(ctx, db, &key, record_pack(ctx->arena, &app_share_record, &s->share))
		&& db_put(ctx, db, &index, (struct bytes){ (const unsigned char *)app->user, strlen(app->user) })
		&& keep_event(ctx, db, app, MSG("Shared with a colleague."), s->share.user, false);
}

bool desk_share(struct ask *ask)
{
	struct sharing s = { ask, { .user = ask_text(ask, "with"), .created = now(), .until = ask_int(ask, "until") } };

	if (!user_name_good(s.share.user))
		return ask_wrong(ask, "with", tr(ask->ctx, "Please type the colleague's user name, as they sign in here."));
	if (same(s.share.user, ask->who.user))
		return ask_wrong(ask, "with", tr(ask->ctx, "It is yours already."));
	if (!user_known(ask->ctx, s.share.user))
		return ask_wrong(ask, "with", say(ask->ctx, "Nobody here has the user name %s. A colleague who is new has to sign in once first.", s.share.user));
	if (s.share.until <= now() || s.share.until > now() + (int64_t)SHARE_DAYS * 86400)
		return ask_wrong(ask, "until", tr(ask->ctx, "Please choose a day within the next year."));
	return change(ask, "app.share", to_share, &s);
}

static bool to_unshare(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	struct sharing *s = arg;
	struct db_key key = db_key2('S', app->id, s->share.user), index = db_key2('H', s->share.user, app->id);

	return mine(s->ask, app) && db_del(ctx, db, &key) && db_del(ctx, db, &index)
		&& keep_event(ctx, db, app, MSG("No longer shared with somebody."), s->share.user, false);
}

bool desk_unshare(struct ask *ask)
{
	struct sharing s = { ask, { .user = ask_text(ask, "with") } };

	if (!user_name_good(s.share.user))
		return ask_wrong(ask, "with", tr(ask->ctx, "Please type the colleague's user name, as they sign in here."));
	return change(ask, "app.unshare", to_unshare, &s);
}

/* ---- log: a process of its own asks the engine and answers --------------------------------------------------------------- */

bool desk_log(struct ask *ask)
{
	struct deployment app;
	bool found = false;
	const char *id = ask_text(ask, "id");

	if (!keep_read(ask->ctx, ask->db, id, &found, &app) || (found && !mine(ask, &app)))
		return false;
	if (!found)
		return missing(ask->ctx);
	const char *words[] = { "log", app.id, text(ask->ctx->arena, "%lld", (long long)ask_int(ask, "most")), ask_text(ask, "lang"), NULL };

	if (!spawn(&(struct child_job){ CHILD_LOG, ask->who.user, text(ask->ctx->arena, "log %s", id), words, ask->socket }))
		return fail(ask->ctx, KIND_TOO_MANY, tr(ask->ctx, "The log is being fetched already. Please try again in a moment."), NULL);
	ask->socket = -1;
	return true;
}
