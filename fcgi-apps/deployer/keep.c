/* keep: writing the records of apps. Every change reads the record inside its own transaction, so two processes never overwrite each other. */
#include "deployer.h"

#include <string.h>

bool keep_put(struct ctx *ctx, struct db_write *db, const struct deployment *app)
{
	struct db_key own = db_key2('A', app->user, app->id), index = db_key('I', app->id);
	struct bytes user = { (const unsigned char *)app->user, strlen(app->user) };

	return db_put(ctx, db, &own, record_pack(ctx->arena, &deployment_record, app)) && db_put(ctx, db, &index, user);
}

static bool last_event(struct ctx *ctx, struct db_write *db, const struct deployment *app, bool *found, struct app_event *out)
{
	struct db_key key = db_key_int('E', app->id, app->events);
	struct bytes value;

	if (!db_get(ctx, db_as_read(db), &key, found, &value))
		return false;
	return !*found || record_unpack(ctx, &app_event_record, value, out);
}

bool keep_event(struct ctx *ctx, struct db_write *db, struct deployment *app, const char *message, const char *detail, bool bad)
{
	struct app_event last = { 0 }, event = { .time = now(), .message = message, .detail = detail, .bad = bad, .count = 1, .generation = app->generation };
	bool found = false;

	if (!last_event(ctx, db, app, &found, &last))
		return false;
	if (found && same(last.message, message) && same(empty(last.detail) ? "" : last.detail, empty(detail) ? "" : detail) && last.generation == app->generation)
		event.count = last.count + 1;
	else
		app->events++;
	struct db_key key = db_key_int('E', app->id, app->events), old = db_key_int('E', app->id, app->events - APP_EVENTS);

	return db_put(ctx, db, &key, record_pack(ctx->arena, &app_event_record, &event)) && (app->events <= APP_EVENTS || db_del(ctx, db, &old));
}

static bool remove_events(struct ctx *ctx, struct db_write *db, const struct deployment *app)
{
	for (int64_t n = app->events - APP_EVENTS; n <= app->events; n++) {
		struct db_key key = db_key_int('E', app->id, n < 0 ? 0 : n);

		if (!db_del(ctx, db, &key))
			return false;
	}
	return true;
}

static bool remove_shares(struct ctx *ctx, struct db_write *db, const struct deployment *app)
{
	struct db_key prefix = db_key2('S', app->id, ""), key;
	struct bytes value;

	for (bool more = true;;) {
		struct db_walk *walk = db_walk(ctx, db_as_read(db), &prefix, NULL, false);

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		struct db_key index = db_key2('H', db_key_tail(&key, ctx->arena), app->id);

		if (!db_del(ctx, db, &key) || !db_del(ctx, db, &index))
			return false;
	}
}

bool keep_remove(struct ctx *ctx, struct db_write *db, const struct deployment *app)
{
	struct db_key own = db_key2('A', app->user, app->id), index = db_key('I', app->id), once = db_key2('K', app->user, empty(app->key) ? "" : app->key);

	return remove_events(ctx, db, app) && remove_shares(ctx, db, app) && db_del(ctx, db, &own) && db_del(ctx, db, &index) && db_del(ctx, db, &once);
}

/* ---- one app -------------------------------------------------------------------------------------------------- */

struct change { const char *id; bool found; keep_fn *fn; void *arg; struct deployment *out; };

static bool change_app(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct change *change = arg;
	struct deployment app;

	if (!app_by_id(ctx, db_as_read(db), change->id, &change->found, &app))
		return false;
	return !change->found || (change->fn(ctx, db, &app, change->arg) && keep_put(ctx, db, &app));
}

bool keep_change(struct ctx *ctx, struct db *db, const char *id, bool *found, keep_fn *fn, void *arg)
{
	struct change change = { .id = id, .fn = fn, .arg = arg };
	bool good = db_change(ctx, db, change_app, &change);

	*found = change.found;
	return good;
}

static bool read_app(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct change *change = arg;

	return app_by_id(ctx, db, change->id, &change->found, change->out);
}

bool keep_read(struct ctx *ctx, struct db *db, const char *id, bool *found, struct deployment *out)
{
	struct change change = { .id = id, .out = out };
	bool good = db_view(ctx, db, read_app, &change);

	*found = change.found;
	return good;
}

/* ---- all of them --------------------------------------------------------------------------------------------------- */

struct all { struct deployment *at; size_t n, cap; };

static bool walk_all(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct all *all = arg;
	struct db_key prefix = { .at = "A", .n = 1 }, key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct bytes value;

	for (bool more = true;; all->n++) {
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		if (all->n == all->cap) {
			struct deployment *old = all->at;

			all->cap = all->cap ? 2 * all->cap : 64;
			all->at = NEW_ARRAY(ctx->arena, struct deployment, all->cap);
			if (old)
				memcpy(all->at, old, all->n * sizeof *old);
		}
		if (!record_unpack(ctx, &deployment_record, value, &all->at[all->n]))
			return false;
	}
}

bool keep_all(struct ctx *ctx, struct db *db, struct app_list *out)
{
	struct all all = { 0 };

	if (!db_view(ctx, db, walk_all, &all))
		return false;
	*out = (struct app_list){ all.at, all.n };
	return true;
}

/* ---- other records ----------------------------------------------------------------------------------------------------- */

struct one { const struct db_key *key; const struct record *record; void *out; const void *in; bool found; };

static bool get_one(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct one *one = arg;
	struct bytes value;

	if (!db_get(ctx, db, one->key, &one->found, &value))
		return false;
	return !one->found || record_unpack(ctx, one->record, value, one->out);
}

bool keep_get(struct ctx *ctx, struct db *db, const struct db_key *key, const struct record *record, bool *found, void *out)
{
	struct one one = { .key = key, .record = record, .out = out };
	bool good = db_view(ctx, db, get_one, &one);

	*found = one.found;
	return good;
}

static bool set_one(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct one *one = arg;

	return one->in ? db_put(ctx, db, one->key, record_pack(ctx->arena, one->record, one->in)) : db_del(ctx, db, one->key);
}

bool keep_set(struct ctx *ctx, struct db *db, const struct db_key *key, const struct record *record, const void *object)
{
	struct one one = { .key = key, .record = record, .in = object };

	return db_change(ctx, db, set_one, &one);
}

bool keep_delete(struct ctx *ctx, struct db *db, const struct db_key *key)
{
	struct one one = { .key = key };

	return db_change(ctx, db, set_one, &one);
}
