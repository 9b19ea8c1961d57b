#include "transfer_words.h"

#include "file_names.h"
#include "mover.h"

enum { COUNTED = 1000, RETRY_MS = 3000, MINUTE = 60, HOUR = 3600, DAY = 86400 };

/* ---- places ---- */

const char *place_path_says(struct ctx *ctx, const struct known_places *places, const char *place, const char *path)
{
	const char *title = place_title(places, place);
	return empty(path) ? title : name_shown(ctx->arena, text(ctx->arena, "%s/%s", title, path));
}

const char *selection_says(struct ctx *ctx, const struct known_places *places, const char *place, const char *path, struct texts names)
{
	const char *folder = place_path_says(ctx, places, place, path);
	if (names.n == 0)
		return folder;
	if (names.n == 1)
		return say(ctx, "“%s” of %s", name_shown(ctx->arena, names.at[0]), folder);
	return say(ctx, "%lld entries of %s", (long long)names.n, folder);
}

/* ---- state ---- */

static const char *finished_says(struct ctx *ctx, const struct transfer *t)
{
	if (t->files_failed)
		return tr(ctx, "Finished, but not all of it");
	return t->dry ? tr(ctx, "Trial finished") : tr(ctx, "Finished");
}

const char *transfer_state_says(struct ctx *ctx, const struct transfer *t)
{
	if (same(t->state, TRANSFER_QUEUED))
		return tr(ctx, "In the queue");
	if (same(t->state, TRANSFER_RUNNING))
		return t->dry ? tr(ctx, "Trial running") : tr(ctx, "Running");
	if (same(t->state, TRANSFER_WAITING))
		return t->code ? tr(ctx, "Waiting to try again") : tr(ctx, "Waiting for its time");
	if (same(t->state, TRANSFER_PAUSED))
		return tr(ctx, "Paused");
	if (same(t->state, TRANSFER_FAILED))
		return tr(ctx, "Stopped by an error");
	if (same(t->state, TRANSFER_CANCELLED))
		return tr(ctx, "Cancelled");
	return same(t->state, TRANSFER_DONE) ? finished_says(ctx, t) : "";
}

const char *transfer_css(const struct transfer *t)
{
	if (same(t->state, TRANSFER_RUNNING))
		return "running";
	if (same(t->state, TRANSFER_QUEUED) || same(t->state, TRANSFER_WAITING))
		return "waiting";
	if (same(t->state, TRANSFER_DONE))
		return t->files_failed ? "failed" : "done";
	return same(t->state, TRANSFER_FAILED) ? "failed" : "held";
}

const char *transfer_why(struct ctx *ctx, const struct transfer *t)
{
	if (same(t->state, TRANSFER_WAITING) || same(t->state, TRANSFER_FAILED))
		return t->code ? mover_says(ctx, t->code, t->words) : NULL;
	if (!same(t->state, TRANSFER_DONE) || !t->files_failed)
		return NULL;
	return tr(ctx, "The files below were not copied; each says why. When the cause is mended, run these again.");
}

bool transfer_changing(const struct transfer *t)
{
	return same(t->state, TRANSFER_QUEUED) || same(t->state, TRANSFER_RUNNING) || (same(t->state, TRANSFER_WAITING) && t->next_try < now() + MINUTE);
}

/* ---- how far ---- */

int64_t transfer_percent(const struct transfer *t)
{
	if (!t->planned || t->ended)
		return -1;
	int64_t files = t->files_done + t->files_skipped + t->files_failed;
	double part = t->bytes > 0 && !t->files_skipped && !t->files_failed ? (double)t->bytes_done / (double)t->bytes
		: t->files > 0 ? (double)files / (double)t->files : 1;
	return part >= 1 ? 100 : (int64_t)(100 * part);
}

const char *transfer_left_says(struct ctx *ctx, const struct transfer *t)
{
	int64_t s = transfer_left(t);
	if (s < 0)
		return NULL;
	if (s < MINUTE)
		return tr(ctx, "less than a minute left");
	if (s < 2 * HOUR)
		return say(ctx, "about %lld min left", (long long)((s + MINUTE / 2) / MINUTE));
	if (s < 2 * DAY)
		return say(ctx, "about %lld h left", (long long)((s + HOUR / 2) / HOUR));
	return say(ctx, "about %lld days left", (long long)((s + DAY / 2) / DAY));
}

const char *transfer_progress_says(struct ctx *ctx, const struct transfer *t)
{
	struct arena *a = ctx->arena;
	if (t->dry)
		return say(ctx, "Found: %lld files, %s", (long long)t->files, human_size(a, t->bytes));
	if (!t->planned && same(t->state, TRANSFER_RUNNING))
		return say(ctx, "%lld files, %s so far; still looking what there is", (long long)t->files_done, human_size(a, t->bytes_done));
	if (!t->planned)
		return say(ctx, "%lld files, %s so far", (long long)t->files_done, human_size(a, t->bytes_done));
	return say(ctx, "%lld of %lld files, %s of %s", (long long)t->files_done, (long long)t->files, human_size(a, t->bytes_done), human_size(a, t->bytes));
}

/* ---- the environment ---- */

struct lookup { struct db_key key; bool found; struct transfer *out; };

static bool look(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct lookup *l = arg;
	struct bytes id;
	if (!db_get(ctx, db, &l->key, &l->found, &id) || !l->found)
		return !ctx->error.kind;
	return transfer_get(ctx, db, arena_copy(ctx->arena, id.at, id.n), &l->found, l->out);
}

bool transfer_of_key(struct ctx *ctx, struct db *db, const char *user, const char *key, bool *found, struct transfer *out)
{
	struct lookup l = { .key = db_key2('K', user, key), .out = out };
	bool good = db_view(ctx, db, look, &l);
	*found = l.found;
	return good;
}

bool transfer_key_used(struct ctx *ctx, struct db *db, const char *user, const char *key)
{
	struct transfer t;
	struct error before = ctx->error;
	bool found = false;
	ctx->error = (struct error){ 0 };
	if (!transfer_of_key(ctx, db, user, key, &found, &t))
		log_line(ctx, "transfers: %s", ctx->error.detail ? ctx->error.detail : "not read");
	ctx->error = before;
	return found;
}

int64_t transfers_going(struct ctx *ctx, struct db *db, const char *user)
{
	static const char *const states[] = { TRANSFER_RUNNING, TRANSFER_QUEUED, TRANSFER_WAITING, TRANSFER_PAUSED };
	struct error before = ctx->error;
	int64_t all = 0, n = 0;
	ctx->error = (struct error){ 0 };
	for (size_t i = 0; i < COUNT(states) && transfer_count(ctx, db, user, states[i], COUNTED, &n); i++)
		all += n;
	ctx->error = before;
	return all;
}

struct db *transfers_or_null(struct ctx *ctx)
{
	static struct db *db;
	static int64_t next;
	struct error before = ctx->error;
	if (db || next > clock_ms())
		return db;
	next = clock_ms() + RETRY_MS;
	ctx->error = (struct error){ 0 };
	if (!transfers_open(ctx, &db))
		db = NULL;
	ctx->error = before;
	return db;
}
