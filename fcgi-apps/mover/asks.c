/* asks: what may be asked of the mover. The proof says who; the errands say what may be done, and the launcher holds them to it. */
#include "moving.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "conf.h"
#include "store/wire.h"

enum { MOST_ERRAND = 6000, SOONEST_AGAIN = 300, MOST_AHEAD = 366 * 86400 };

/* ---- a new one ------------------------------------------------------------------------------------------------- */

/* Sorts by time; enough chance that nobody meets another's. */
static const char *new_id(struct arena *arena)
{
	struct timespec t;
	unsigned char chance[4];

	clock_gettime(CLOCK_REALTIME, &t);
	random_bytes(chance, sizeof chance);
	return text(arena, "%011llx%.7s", (unsigned long long)t.tv_sec * 1000 + (unsigned long long)t.tv_nsec / 1000000, hex(arena, chance, sizeof chance));
}

static bool one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (same(word, *words))
			return true;
	return false;
}

static const char *preset(const char *word, const char *value)
{
	return empty(word) ? value : word;
}

static bool name_good(const char *name)
{
	return *name && !strchr(name, '/') && wire_path_good(name);
}

static bool check_from(struct ask *ask, const struct transfer *t)
{
	if (empty(t->from_place) || !wire_path_good(t->from_path))
		return ask_wrong(ask, "from_path", tr(ask->ctx, "This is not a folder of a place."));
	if (t->names.n > TRANSFER_NAMES)
		return ask_wrong(ask, "names", say(ask->ctx, "At most %d entries can be chosen at once. Choose the folder that holds them instead.", TRANSFER_NAMES));
	for (size_t i = 0; i < t->names.n; i++)
		if (!name_good(t->names.at[i]))
			return ask_wrong(ask, "names", tr(ask->ctx, "This is not a name of a file or folder."));
	return true;
}

/* Is `path` the folder `above`/`name`, or in it? */
static bool inside(const char *path, const char *above, const char *name)
{
	size_t n = strlen(above), k = strlen(name);

	if (*above) {
		if (!starts_with(path, above) || path[n] != '/')
			return false;
		path += n + 1;
	}
	return starts_with(path, name) && (path[k] == '\0' || path[k] == '/');
}

static bool check_to(struct ask *ask, const struct transfer *t)
{
	bool here = same(t->from_place, t->to_place);

	if (empty(t->to_place) || !wire_path_good(t->to_path))
		return ask_wrong(ask, "to_path", tr(ask->ctx, "This is not a folder of a place."));
	for (size_t i = 0; here && i < t->names.n; i++)
		if (inside(t->to_path, t->from_path, t->names.at[i]))
			return ask_wrong(ask, "to_path", say(ask->ctx, "The folder %s cannot be put into itself. Choose another folder for it.", t->names.at[i]));
	if (here && !t->names.n && (!*t->from_path || same(t->to_path, t->from_path) || (starts_with(t->to_path, t->from_path) && t->to_path[strlen(t->from_path)] == '/')))
		return ask_wrong(ask, "to_path", tr(ask->ctx, "A folder's content cannot be put into that folder. Choose another folder for it."));
	if (here && same(t->from_path, t->to_path) && !same(t->verb, "copy"))
		return ask_wrong(ask, "to_path", tr(ask->ctx, "It is there already. Choose another folder."));
	return true;
}

static bool check_how(struct ask *ask, struct transfer *t)
{
	static const char *const verbs[] = { "copy", "move", "sync", "mirror", NULL }, *const rules[] = { "rename", "skip", "newer", "replace", "refuse", NULL },
		*const verifies[] = { "size", "time", "checksum", NULL };
	bool own = same(t->verb, "sync") || same(t->verb, "mirror");

	if (!one_of(t->verb, verbs))
		return ask_wrong(ask, "verb", tr(ask->ctx, "Choose one of the ways."));
	if (own)
		t->rule = "sync";
	else if (!one_of(t->rule, rules))
		return ask_wrong(ask, "rule", tr(ask->ctx, "Choose one of the ways."));
	if (!one_of(t->verify, verifies))
		return ask_wrong(ask, "verify", tr(ask->ctx, "Choose one of the ways."));
	if (t->lanes < 0 || t->lanes > TRANSFER_LANES)
		return ask_wrong(ask, "lanes", say(ask->ctx, "Between 1 and %d, please.", TRANSFER_LANES));
	if (t->rate < 0 || t->rate > INT64_C(1) << 50)
		return ask_wrong(ask, "rate", tr(ask->ctx, "A speed in bytes a second, please, or 0 for no limit."));
	return true;
}

static bool check_when(struct ask *ask, const struct transfer *t)
{
	if (t->start < 0 || t->start > now() + MOST_AHEAD)
		return ask_wrong(ask, "start", tr(ask->ctx, "Choose a time within a year."));
	if (t->every && (t->every < SOONEST_AGAIN || t->every > MOST_AHEAD))
		return ask_wrong(ask, "every", tr(ask->ctx, "It can be repeated every five minutes at most, and once a year at least."));
	return true;
}

static bool check_errands(struct ask *ask, const struct transfer *t)
{
	size_t from = strlen(t->from_errand), to = strlen(t->to_errand);

	if (from && to && from <= MOST_ERRAND && to <= MOST_ERRAND)
		return true;
	return fail(ask->ctx, KIND_FORBIDDEN, tr(ask->ctx, "Your sign-in could not be proven to this service. Please load the page again."), "errands of %zu and %zu bytes", from, to);
}

static bool person_good(struct ask *ask)
{
	if (same(ask->who.role, "user") || same(ask->who.role, "admin"))
		return true;
	return fail(ask->ctx, KIND_FORBIDDEN, tr(ask->ctx, "Your account may not copy files here."), "role %s", ask->who.role ? ask->who.role : "");
}

struct adding { struct ask *ask; struct transfer *t; };

static bool add(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct adding *a = arg;
	struct db_key once = db_key2('K', a->t->user, a->t->key);
	struct bytes id = { (const unsigned char *)a->t->id, strlen(a->t->id) };
	bool added = false;

	if (!db_add(ctx, db, &once, id, &added))
		return false;
	if (added)
		return keep_put(ctx, db, NULL, a->t);
	if (!db_get(ctx, db_as_read(db), &once, &added, &id))
		return false;
	a->t->id = arena_copy(ctx->arena, id.at, id.n);
	return true;
}

static bool room_left(struct ask *ask)
{
	int64_t most = conf_int("mover", "queued-per-user", 1000), n = 0;
	static const char *const states[] = { TRANSFER_QUEUED, TRANSFER_WAITING };

	for (size_t i = 0; i < COUNT(states); i++) {
		if (!transfer_count(ask->ctx, ask->db, ask->who.user, states[i], most, &n))
			return false;
		if (n >= most)
			return fail(ask->ctx, KIND_TOO_MANY, say(ask->ctx, "You have %lld transfers waiting already. Please wait until some are over, or cancel some.", (long long)n), NULL);
	}
	return true;
}

static bool create(struct ask *ask)
{
	struct ctx *ctx = ask->ctx;
	struct transfer t = {
		.user = ask->who.user, .uid = ask->who.uid, .gid = ask->who.gid, .groups = ask->who.groups, .id = new_id(ctx->arena), .created = now(),
		.from_place = ask_text(ask, "from_place"), .from_path = ask_text(ask, "from_path"), .names = ask_texts(ask, "names"),
		.to_place = ask_text(ask, "to_place"), .to_path = ask_text(ask, "to_path"), .from_errand = ask_text(ask, "from_errand"),
		.to_errand = ask_text(ask, "to_errand"), .verb = preset(ask_text(ask, "how"), "copy"), .rule = preset(ask_text(ask, "rule"), "rename"),
		.verify = preset(ask_text(ask, "verify"), "size"), .lanes = ask_int(ask, "lanes"), .rate = ask_int(ask, "rate"), .start = ask_int(ask, "start"),
		.every = ask_int(ask, "every"), .dry = ask_int(ask, "dry") != 0, .key = ask_text(ask, "key"),
	};

	if (!person_good(ask) || !check_from(ask, &t) || !check_to(ask, &t) || !check_how(ask, &t) || !check_when(ask, &t) || !check_errands(ask, &t) || !room_left(ask))
		return false;
	if (empty(t.key) || strlen(t.key) > 100)
		t.key = random_token(ctx->arena, 128);
	t.state = t.start > now() ? TRANSFER_WAITING : TRANSFER_QUEUED;
	t.next_try = t.start > now() ? t.start : 0;
	if (!audit(ctx, t.user, "transfer.create", t.id, text(ctx->arena, "%s %s/%s to %s/%s", t.verb, t.from_place, t.from_path, t.to_place, t.to_path)))
		return false;
	if (!db_change(ctx, ask->db, add, &(struct adding){ ask, &t }))
		return false;
	ask_answer(ask, "id", t.id);
	look_again();
	return true;
}

/* ---- verbs ----------------------------------------------------------------------------------------------------- */

static bool misses(struct ctx *ctx)
{
	return fail(ctx, KIND_NOT_FOUND, tr(ctx, "There is no such transfer."), NULL);
}

static bool unfit(struct ctx *ctx, const struct transfer *t)
{
	return fail(ctx, KIND_CONFLICT, tr(ctx, "The transfer has changed meanwhile, and this cannot be done with it now. Please look at its page again."), "%s is %s", t->id, t->state);
}

static bool state_in(const struct transfer *t, const char *const *states)
{
	return one_of(t->state, states);
}

static bool goes_on(const struct transfer *t)
{
	static const char *const states[] = { TRANSFER_QUEUED, TRANSFER_RUNNING, TRANSFER_WAITING, NULL };

	return state_in(t, states);
}

static bool over(const struct transfer *t)
{
	static const char *const states[] = { TRANSFER_DONE, TRANSFER_FAILED, TRANSFER_CANCELLED, NULL };

	return state_in(t, states);
}

static bool is(const struct transfer *t, const char *state)
{
	return same(t->state, state);
}

static void set(struct transfer *t, const char *state)
{
	t->state = state;
	t->next_try = 0;
	t->speed = 0;
	t->as_of = now();
}

static bool pause_it(struct ctx *ctx, struct db_write *db, struct transfer *t, void *arg)
{
	(void)db;
	(void)arg;
	if (!goes_on(t))
		return unfit(ctx, t);
	set(t, TRANSFER_PAUSED);
	return true;
}

static void queue(struct transfer *t)
{
	set(t, TRANSFER_QUEUED);
	t->tries = t->code = t->ended = 0;
	t->words = NULL;
}

static bool resume_it(struct ctx *ctx, struct db_write *db, struct transfer *t, void *arg)
{
	(void)db;
	(void)arg;
	if (!is(t, TRANSFER_PAUSED) && !is(t, TRANSFER_WAITING) && !is(t, TRANSFER_FAILED))
		return unfit(ctx, t);
	queue(t);
	return true;
}

static bool cancel_it(struct ctx *ctx, struct db_write *db, struct transfer *t, void *arg)
{
	(void)db;
	(void)arg;
	if (!goes_on(t) && !is(t, TRANSFER_PAUSED))
		return unfit(ctx, t);
	set(t, TRANSFER_CANCELLED);
	t->ended = now();
	return true;
}

static bool again_it(struct ctx *ctx, struct db_write *db, struct transfer *t, void *arg)
{
	(void)db;
	(void)arg;
	if (!over(t))
		return unfit(ctx, t);
	queue(t);
	t->run++; /* what the former process still has to say is not wanted */
	t->walk = WALK_CLEAR;
	return true;
}

static bool retry_it(struct ctx *ctx, struct db_write *db, struct transfer *t, void *arg)
{
	(void)db;
	(void)arg;
	if (!over(t) || !t->files_failed)
		return unfit(ctx, t);
	queue(t);
	t->run++;
	t->retry = true;
	return true;
}

struct verb { struct ask *ask; keep_fn *fn; };

static bool may_change(struct ctx *ctx, struct db_write *db, struct transfer *t, void *arg)
{
	const struct verb *v = arg;

	if (!same(t->user, v->ask->who.user) && !same(v->ask->who.role, "admin"))
		return misses(ctx);
	return v->fn(ctx, db, t, v->ask);
}

static bool change(struct ask *ask, const char *what, keep_fn *fn)
{
	struct verb verb = { ask, fn };
	const char *id = ask_text(ask, "id");
	bool found = false;

	if (!transfer_id_ok(id))
		return misses(ask->ctx);
	if (!person_good(ask) || !audit(ask->ctx, ask->who.user, what, id, NULL) || !keep_change(ask->ctx, ask->db, id, &found, may_change, &verb))
		return false;
	if (!found)
		return misses(ask->ctx);
	child_stop(id);
	look_again();
	return true;
}

static bool ask_pause(struct ask *ask) { return change(ask, "transfer.pause", pause_it); }
static bool ask_resume(struct ask *ask) { return change(ask, "transfer.resume", resume_it); }
/* One that runs is tidied up after when its process has ended. */
static bool ask_cancel(struct ask *ask)
{
	struct transfer t;
	bool found = false;

	if (!change(ask, "transfer.cancel", cancel_it))
		return false;
	if (!child_runs(ask_text(ask, "id")) && keep_read(ask->ctx, ask->db, ask_text(ask, "id"), &found, &t) && found && t.handed)
		child_start(&t, "tidy");
	return true;
}

static bool ask_again(struct ask *ask) { return change(ask, "transfer.again", again_it); }
static bool ask_retry(struct ask *ask) { return change(ask, "transfer.retry", retry_it); }

static bool clear_it(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct ask *ask = arg;
	struct transfer t;
	bool found = false;

	if (!transfer_get(ctx, db_as_read(db), ask_text(ask, "id"), &found, &t))
		return false;
	if (!found || (!same(t.user, ask->who.user) && !same(ask->who.role, "admin")))
		return misses(ctx);
	if (!over(&t) || child_runs(t.id)) /* a paused one may have an unfinished file, which a cancel removes */
		return unfit(ctx, &t);
	return keep_remove(ctx, db, &t);
}

static bool ask_clear(struct ask *ask)
{
	if (!person_good(ask) || !audit(ask->ctx, ask->who.user, "transfer.clear", ask_text(ask, "id"), NULL) || !db_change(ask->ctx, ask->db, clear_it, ask))
		return false;
	look_again();
	return true;
}

static const struct desk_verb verbs[] = {
	{ "create", create }, { "pause", ask_pause }, { "resume", ask_resume }, { "cancel", ask_cancel }, { "again", ask_again }, { "retry", ask_retry },
	{ "clear", ask_clear },
};
static const char *const modules[] = { "transfers", "files", NULL };
const struct desk mover_desk = { modules, verbs, COUNT(verbs) };
