/* apps: reading what is deployed. Nothing here asks an engine. */
#include "apps.h"
#include "gate_address.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_APPS = 1000, RETRY_MS = 5000 };

bool apps_open(struct ctx *ctx, struct db **out)
{
	return db_open(ctx, "apps", DB_READ_ONLY, out);
}

struct db *apps_or_null(struct ctx *ctx)
{
	static struct db *db;
	static int64_t next;
	struct error before = ctx->error;

	if (db || next > clock_ms())
		return db;
	next = clock_ms() + RETRY_MS;
	ctx->error = (struct error){ 0 };
	if (!apps_open(ctx, &db))
		db = NULL;
	ctx->error = before;
	return db;
}

static bool get(struct ctx *ctx, const struct db_read *db, const struct db_key *key, const struct record *record, bool *found, void *out)
{
	struct bytes value;

	return db_get(ctx, db, key, found, &value) && (!*found || record_unpack(ctx, record, value, out));
}

static bool get_own(struct ctx *ctx, const struct db_read *db, const char *user, const char *id, bool *found, struct deployment *out)
{
	struct db_key key = db_key2('A', user, id);

	return get(ctx, db, &key, &deployment_record, found, out);
}

bool app_by_id(struct ctx *ctx, const struct db_read *db, const char *id, bool *found, struct deployment *out)
{
	struct bytes user;

	/* The id may come from an address as it was typed, and a key has a length. */
	*found = false;
	if (!app_id_ok(id))
		return true;
	struct db_key key = db_key('I', id);

	if (!db_get(ctx, db, &key, found, &user) || !*found)
		return !ctx->error.kind;
	return get_own(ctx, db, arena_copy(ctx->arena, user.at, user.n), id, found, out);
}

bool app_may_use(struct ctx *ctx, const struct db_read *db, const struct deployment *app, const char *user, bool *may)
{
	struct db_key key = db_key2('S', app->id, user);
	struct app_share share = { 0 };
	bool found = false;

	*may = same(app->user, user);
	if (*may || !get(ctx, db, &key, &app_share_record, &found, &share))
		return !ctx->error.kind;
	*may = found && share.until > now();
	return true;
}

/* ---- lists ---------------------------------------------------------------------------------------------------- */

/* Rows of one record under a prefix. */
struct rows {
	struct db_key prefix;
	const struct record *record;
	char *at; size_t n, cap;
	const struct db_read *db;
};

static void *next_row(struct ctx *ctx, struct rows *rows)
{
	size_t size = rows->record->size;

	if (rows->n == rows->cap) {
		size_t cap = rows->cap ? 2 * rows->cap : 8;
		char *more = arena_alloc(ctx->arena, cap * size);

		if (rows->n)
			memcpy(more, rows->at, rows->n * size);
		rows->at = more;
		rows->cap = cap;
	}
	return rows->at + size * rows->n++;
}

static bool walk_rows(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct rows *rows = arg;
	struct db_walk *walk = db_walk(ctx, db, &rows->prefix, NULL, false);
	bool more = true;

	while (rows->n < MOST_APPS) {
		struct db_key key;
		struct bytes value;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			break;
		if (!record_unpack(ctx, rows->record, value, next_row(ctx, rows)))
			return false;
	}
	return true;
}

static int newest_first(const void *a, const void *b)
{
	const struct deployment *x = a, *y = b;

	return x->created != y->created ? (x->created < y->created ? 1 : -1) : strcmp(y->id, x->id);
}

bool apps_of(struct ctx *ctx, struct db *db, const char *user, struct app_list *out)
{
	struct rows rows = { .prefix = db_key2('A', user, ""), .record = &deployment_record };

	if (!db_view(ctx, db, walk_rows, &rows))
		return false;
	if (rows.n)
		qsort(rows.at, rows.n, sizeof(struct deployment), newest_first);
	*out = (struct app_list){ (const struct deployment *)(const void *)rows.at, rows.n };
	return true;
}

/* What is shared with a user: the index has the ids, each is looked up and asked whether it still may be used. */
struct shared { const char *user; struct rows rows; };

static bool add_shared(struct ctx *ctx, const struct db_read *db, struct shared *shared, const char *id)
{
	struct deployment app;
	bool found = false, may = false;

	if (!app_by_id(ctx, db, id, &found, &app) || (found && !app_may_use(ctx, db, &app, shared->user, &may)))
		return false;
	if (found && may)
		*(struct deployment *)next_row(ctx, &shared->rows) = app;
	return true;
}

static bool walk_shared(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct shared *shared = arg;
	struct db_walk *walk = db_walk(ctx, db, &shared->rows.prefix, NULL, false);
	bool more = true;

	while (shared->rows.n < MOST_APPS) {
		struct db_key key;
		struct bytes value;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			break;
		if (!add_shared(ctx, db, shared, db_key_tail(&key, ctx->arena)))
			return false;
	}
	return true;
}

bool apps_shared_with(struct ctx *ctx, struct db *db, const char *user, struct app_list *out)
{
	struct shared shared = { .user = user, .rows = { .prefix = db_key2('H', user, ""), .record = &deployment_record } };

	if (!db_view(ctx, db, walk_shared, &shared))
		return false;
	*out = (struct app_list){ (const struct deployment *)(const void *)shared.rows.at, shared.rows.n };
	return true;
}

/* All of one record below (first, ""), in the order of their keys. */
static bool list_of(struct ctx *ctx, struct db *db, char table, const char *first, const struct record *record, const void **at, size_t *n)
{
	struct rows rows = { .prefix = db_key2(table, first, ""), .record = record };

	if (!db_view(ctx, db, walk_rows, &rows))
		return false;
	*at = rows.at;
	*n = rows.n;
	return true;
}

bool app_events(struct ctx *ctx, struct db *db, const char *id, struct app_event_list *out)
{
	const void *at = NULL;
	bool good = list_of(ctx, db, 'E', id, &app_event_record, &at, &out->n);

	out->at = at;
	return good;
}

bool app_shares(struct ctx *ctx, struct db *db, const char *id, struct app_share_list *out)
{
	const void *at = NULL;
	bool good = list_of(ctx, db, 'S', id, &app_share_record, &at, &out->n);

	out->at = at;
	return good;
}

bool app_volumes(struct ctx *ctx, struct db *db, const char *user, struct app_volume_list *out)
{
	const void *at = NULL;
	bool good = list_of(ctx, db, 'V', user, &app_volume_record, &at, &out->n);

	out->at = at;
	return good;
}

/* ---- one app, one engine ------------------------------------------------------------------------------------------ */

struct one_app { const char *user, *id; struct deployment *out; bool found, own; };

static bool view_app(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct one_app *one = arg;
	bool may = false;

	if (!get_own(ctx, db, one->user, one->id, &one->found, one->out))
		return false;
	one->own = one->found;
	if (one->found)
		return true;
	if (!app_by_id(ctx, db, one->id, &one->found, one->out) || (one->found && !app_may_use(ctx, db, one->out, one->user, &may)))
		return false;
	one->found = one->found && may;
	return true;
}

bool app_for(struct ctx *ctx, struct db *db, const char *user, const char *id, bool *found, bool *own, struct deployment *out)
{
	struct one_app one = { user, id, out, false, false };

	*found = *own = false;
	if (strlen(id) != APP_ID)
		return true;
	if (!db_view(ctx, db, view_app, &one))
		return false;
	*found = one.found;
	*own = one.own;
	return true;
}

struct one_engine { const char *name; struct engine *out; bool found; };

static bool view_engine(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct one_engine *one = arg;
	struct db_key key = db_key('C', one->name);

	return get(ctx, db, &key, &engine_record, &one->found, one->out);
}

bool engine_get(struct ctx *ctx, struct db *db, const char *name, bool *found, struct engine *out)
{
	struct one_engine one = { name, out, false };
	bool good = db_view(ctx, db, view_engine, &one);

	*found = one.found;
	return good;
}

bool app_ending(struct ctx *ctx, struct db *db, const char *user, bool *found, struct deployment *out, int64_t *ends)
{
	struct app_list list;

	*found = false;
	if (!apps_of(ctx, db, user, &list))
		return false;
	for (size_t i = 0; i < list.n; i++) {
		int64_t at = app_ends(&list.at[i]);

		if (at == 0 || (!list.at[i].warned && !list.at[i].idle_ends) || (*found && at >= *ends))
			continue;
		*found = true;
		*ends = at;
		*out = list.at[i];
	}
	return true;
}

bool app_holds(const struct deployment *app)
{
	return !same(app->state, APP_STOPPED) && !same(app->state, APP_FAILED);
}

int64_t app_ends(const struct deployment *app)
{
	if (!app_holds(app) || same(app->state, APP_STOPPING))
		return 0;
	return app->idle_ends && (!app->ends || app->idle_ends < app->ends) ? app->idle_ends : app->ends;
}
