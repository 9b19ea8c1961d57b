/* queue: whose turn it is. The index of what is queued sorts by user, then by time, so finding the next costs a few look-ups however long it is. */
#include "moving.h"

#include <string.h>

#include "conf.h"

enum { LOOK_AT = 32, DUE_AT_ONCE = 500, FORGET_AT_ONCE = 200 };

/* ---- the next ------------------------------------------------------------------------------------------------------ */

struct search { const char *last; load_fn *load; struct transfer *out; bool found; int per_user, per_place; };

static const char *const queued = TRANSFER_QUEUED " ";

/* The user in a key of what is in a state: "state user" NUL id. */
static const char *user_in(struct arena *arena, const struct db_key *key, size_t before)
{
	const unsigned char *end = memchr(key->at, 0, key->n);

	return end && end >= key->at + before ? arena_copy(arena, key->at + before, (size_t)(end - key->at) - before) : "";
}

/* The first user behind `after` who has something queued; NULL: none. */
static bool next_user(struct ctx *ctx, const struct db_read *db, const char *after, const char **user)
{
	struct db_key prefix = db_key('S', queued), from = prefix, key;
	struct bytes value;
	bool more = false;

	if (*after)
		from = db_key2('S', text(ctx->arena, "%s%s\x01", queued, after), "");
	struct db_walk *walk = db_walk(ctx, db, &prefix, &from, false);

	*user = NULL;
	if (!db_next(ctx, walk, &more, &key, &value))
		return false;
	if (more)
		*user = user_in(ctx->arena, &key, prefix.n);
	return true;
}

static bool may_start(const struct search *s, const struct transfer *t)
{
	struct load load = s->load(t);

	return load.of_user < s->per_user && load.of_from < s->per_place && load.of_to < s->per_place && !child_runs(t->id);
}

static bool first_of(struct ctx *ctx, const struct db_read *db, struct search *s, const char *user)
{
	struct db_key prefix = db_key2('S', text(ctx->arena, "%s%s", queued, user), ""), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct bytes value;
	bool more = true, found;

	if (s->load(&(struct transfer){ .user = user }).of_user >= s->per_user)
		return true;
	for (int i = 0; i < LOOK_AT && !s->found; i++) {
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		if (!transfer_get(ctx, db, db_key_tail(&key, ctx->arena), &found, s->out))
			return false;
		s->found = found && may_start(s, s->out);
	}
	return true;
}

/* From the user behind the last one to the end, then from the beginning to the last one. */
static bool find(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct search *s = arg;
	const char *user = s->last;

	for (bool round = *user == '\0'; !s->found;) {
		if (!next_user(ctx, db, user, &user))
			return false;
		if (!user && round)
			return true;
		if (!user) {
			round = true;
			user = "";
			continue;
		}
		if (!first_of(ctx, db, s, user))
			return false;
		if (round && same(user, s->last))
			return true;
	}
	return true;
}

bool queue_next(struct ctx *ctx, struct db *db, const char *last, load_fn *load, bool *found, struct transfer *out)
{
	struct search s = {
		.last = last, .load = load, .out = out, .per_user = (int)conf_int("mover", "running-per-user", 2), .per_place = (int)conf_int("mover", "running-per-store", 2),
	};
	bool good = db_view(ctx, db, find, &s);

	*found = s.found;
	return good;
}

/* ---- what time brings ---------------------------------------------------------------------------------------------- */

static bool wake(struct ctx *ctx, struct db_write *db, const char *id)
{
	struct transfer before, t;
	bool found = false;

	if (!transfer_get(ctx, db_as_read(db), id, &found, &before) || !found)
		return !ctx->error.kind;
	t = before;
	t.state = TRANSFER_QUEUED;
	return keep_put(ctx, db, &before, &t);
}

static bool due(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct db_key prefix = db_key2('W', "", ""), key;
	struct db_walk *walk = db_walk(ctx, db_as_read(db), &prefix, NULL, false);
	const char *ids[DUE_AT_ONCE];
	size_t n = 0;
	int64_t *next = arg;

	for (bool more = true; n < DUE_AT_ONCE;) {
		struct bytes value;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			break;
		*next = db_key_number(&key);
		if (*next > now())
			break;
		ids[n++] = arena_copy(ctx->arena, key.at + prefix.n + 8, key.n - prefix.n - 8);
		*next = 0;
	}
	for (size_t i = 0; i < n; i++)
		if (!wake(ctx, db, ids[i]))
			return false;
	return true;
}

bool queue_due(struct ctx *ctx, struct db *db, int64_t *next)
{
	*next = 0;
	return db_change(ctx, db, due, next);
}

/* ---- all that are in a state ------------------------------------------------------------------------------------------ */

typedef bool each_fn(struct ctx *, struct db_write *, const struct transfer *);
struct all { const char *state; each_fn *fn; size_t most; };

static bool each(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct all *all = arg;
	struct db_key prefix = db_key('S', text(ctx->arena, "%s ", all->state)), key;
	struct db_walk *walk = db_walk(ctx, db_as_read(db), &prefix, NULL, false);
	const char **ids = NEW_ARRAY(ctx->arena, const char *, all->most);
	size_t n = 0;

	for (bool more = true; n < all->most;) {
		struct bytes value;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			break;
		ids[n++] = db_key_tail(&key, ctx->arena);
	}
	for (size_t i = 0; i < n; i++) {
		struct transfer t;
		bool found = false;

		if (!transfer_get(ctx, db_as_read(db), ids[i], &found, &t) || (found && !all->fn(ctx, db, &t)))
			return false;
	}
	return true;
}

static bool requeue(struct ctx *ctx, struct db_write *db, const struct transfer *t)
{
	struct transfer next = *t;

	next.state = TRANSFER_QUEUED;
	next.speed = 0;
	return keep_put(ctx, db, t, &next);
}

bool queue_recover(struct ctx *ctx, struct db *db)
{
	return db_change(ctx, db, each, &(struct all){ TRANSFER_RUNNING, requeue, 1000 });
}

static bool forget_old(struct ctx *ctx, struct db_write *db, const struct transfer *t)
{
	return t->ended + conf_int("mover", "keep-days", 90) * 86400 > now() || keep_remove(ctx, db, t);
}

bool queue_forget(struct ctx *ctx, struct db *db)
{
	static const char *const states[] = { TRANSFER_DONE, TRANSFER_FAILED, TRANSFER_CANCELLED };

	for (size_t i = 0; i < COUNT(states); i++)
		if (!db_change(ctx, db, each, &(struct all){ states[i], forget_old, FORGET_AT_ONCE }))
			return false;
	return true;
}
