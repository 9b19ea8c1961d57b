/* ledger: what the first process of a transfer reads and writes. Each change is one transaction that also looks whether the transfer is still wanted. */
#include "working.h"

#include <string.h>

enum { MOST_FILE_TRIES = 5 };

static bool change(struct work *w, bool (*fn)(struct ctx *, struct db_write *, void *), void *arg)
{
	return db_change(&w->ctx, w->db, fn, arg);
}

/* ---- the transfer's own record ----------------------------------------------------------------------------------- */

/* What only the worker counts. Texts stay the worker's. */
static void progress(struct transfer *to, const struct transfer *from)
{
	to->planned = from->planned;
	to->entries = from->entries;
	to->files = from->files;
	to->folders = from->folders;
	to->bytes = from->bytes;
	to->files_done = from->files_done;
	to->files_skipped = from->files_skipped;
	to->files_failed = from->files_failed;
	to->files_deleted = from->files_deleted;
	to->bytes_done = from->bytes_done;
	to->bytes_copied = from->bytes_copied;
	to->speed = from->speed;
	to->as_of = from->as_of;
	to->walk = from->walk;
	to->walk_next = from->walk_next;
	to->handed = from->handed;
	to->low = from->low;
	to->working_ms = from->working_ms;
	to->retry = from->retry;
}

/* Writes the counters; the state is the desk's. *wanted false: somebody paused or cancelled it, or another process has it. */
static bool put_progress(struct ctx *ctx, struct db_write *db, const struct transfer *t, bool *wanted)
{
	struct transfer before, now;
	bool found = false;

	*wanted = false;
	if (!transfer_get(ctx, db_as_read(db), t->id, &found, &before))
		return false;
	if (!found || before.run != t->run)
		return true;
	*wanted = same(before.state, TRANSFER_RUNNING);
	now = before;
	progress(&now, t);
	if (t->files_done > before.files_done)
		now.tries = 0;
	return keep_put(ctx, db, &before, &now);
}

static int64_t lowest(const struct work *w)
{
	int64_t low = w->cursor;

	for (size_t i = w->at_ready; i < w->n_ready; i++)
		low = w->ready[i].number < low ? w->ready[i].number : low;
	for (size_t i = 0; i < COUNT(w->in_flight); i++)
		if (w->in_flight[i] && w->in_flight[i] < low)
			low = w->in_flight[i];
	return low;
}

static void look_ahead(const struct work *w, struct transfer *t)
{
	int64_t window = w->cursor + WINDOW;

	if (t->handed < window)
		t->handed = window < t->entries ? window : t->entries;
}

static void measure(struct work *w, struct transfer *t)
{
	int64_t moved = 0, now_bytes = 0, ms = clock_ms() - w->last_flush;

	for (int i = 0; i < w->n_lanes; i++) {
		moved += atomic_load(&w->lanes[i].shared->moved);
		now_bytes += atomic_load(&w->lanes[i].shared->now);
	}
	t->bytes_done = t->bytes_copied + now_bytes;
	if (ms >= 50) {
		int64_t speed = (moved - w->moved_before) * 1000 / ms;

		t->speed = t->speed ? (3 * t->speed + 2 * speed) / 5 : speed;
		t->working_ms += ms;
		w->moved_before = moved;
		w->last_flush = clock_ms();
	}
	t->as_of = now();
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

static const char *action_of(enum act act)
{
	switch (act) {
	case ACT_NEW: return "new";
	case ACT_REPLACE: return "replaced";
	case ACT_RENAME: return "renamed";
	case ACT_SAME: return "same";
	case ACT_KEEP: return "kept";
	case ACT_COMPARE:
	case ACT_REFUSE:
	case ACT_CLASH: break;
	}
	return "";
}

static const char *below(const char *folder, const char *path)
{
	return *folder ? path + strlen(folder) + 1 : path;
}

/* A file that always fails while others do not is not waited for for ever. */
static bool given_up(const struct work *w, struct transfer_file *f)
{
	return w->t.files_done > w->done_before && ++f->tries >= MOST_FILE_TRIES;
}

static void take(const struct work *w, struct transfer *t, const struct result *r, struct transfer_file *f)
{
	enum outcome o = r->outcome == OUT_LATER && given_up(w, f) ? OUT_FAILED : r->outcome;

	f->code = r->code;
	f->words = r->words;
	f->action = o == OUT_DONE || o == OUT_SKIPPED ? action_of(r->act) : "";
	if (*r->name)
		f->name = below(t->to_path, r->name);
	switch (o) {
	case OUT_DONE:
		t->files_done++;
		t->bytes_copied += t->dry ? 0 : r->size;
		t->bytes += r->size - f->size; /* it may have grown since it was listed */
		f->size = r->size;
		f->state = FILE_DONE;
		break;
	case OUT_SKIPPED:
		t->files_skipped++;
		t->bytes -= f->size;
		f->state = FILE_SKIPPED;
		break;
	case OUT_FAILED:
		t->files_failed++;
		f->state = FILE_FAILED;
		break;
	case OUT_LATER: break;
	}
}

struct flush { struct work *w; struct transfer t; bool wanted; };

static bool put_result(struct ctx *ctx, struct db_write *db, struct flush *f, const struct result *r)
{
	struct db_key key = db_key_int('F', f->t.id, r->number);
	struct transfer_file file;
	struct bytes value;
	bool found = false;

	if (!db_get(ctx, db_as_read(db), &key, &found, &value) || !found)
		return !ctx->error.kind;
	if (!record_unpack(ctx, &transfer_file_record, value, &file))
		return false;
	if (!empty(file.state))
		return true;
	take(f->w, &f->t, r, &file);
	return keep_file(ctx, db, f->t.id, r->number, "", &file);
}

static bool flush(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct flush *f = arg;

	f->t = f->w->t;
	for (size_t i = 0; i < f->w->n_results; i++)
		if (!put_result(ctx, db, f, &f->w->results[i]))
			return false;
	f->t.low = lowest(f->w);
	look_ahead(f->w, &f->t);
	measure(f->w, &f->t);
	return put_progress(ctx, db, &f->t, &f->wanted);
}

bool ledger_flush(struct work *w)
{
	struct flush f = { .w = w };

	if (!change(w, flush, &f))
		return false;
	w->t = f.t;
	w->over = !f.wanted;
	w->n_results = 0;
	w->next_flush = clock_ms() + 500;
	arena_reset(w->step);
	return true;
}

/* ---- what was found ------------------------------------------------------------------------------------------------ */

struct adding { struct work *w; struct transfer t; struct transfer_file *at; size_t n; const struct transfer_file *folder; int64_t folder_number; bool wanted; };

static void count(struct transfer *t, const struct transfer_file *f)
{
	if (same(f->action, "deleted")) {
		t->files_deleted++;
		return;
	}
	if (f->kind == 'd') {
		t->folders++;
	} else {
		t->files++;
		t->bytes += same(f->state, FILE_SKIPPED) ? 0 : f->size;
	}
	t->files_skipped += same(f->state, FILE_SKIPPED);
	t->files_failed += same(f->state, FILE_FAILED);
	if (same(f->state, FILE_DONE) && f->kind != 'd') {
		t->files_done++;
		t->bytes_copied += f->size;
	}
}

static bool add(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct adding *a = arg;

	a->t = a->w->t;
	for (size_t i = 0; i < a->n; i++) {
		if (!keep_file(ctx, db, a->t.id, ++a->t.entries, "", &a->at[i]))
			return false;
		count(&a->t, &a->at[i]);
	}
	if (a->folder) {
		if (!keep_file(ctx, db, a->t.id, a->folder_number, "", a->folder))
			return false;
		a->t.files_failed += same(a->folder->state, FILE_FAILED);
	}
	look_ahead(a->w, &a->t);
	return put_progress(ctx, db, &a->t, &a->wanted);
}

bool ledger_add(struct work *w, struct transfer_file *at, size_t n, const struct transfer_file *folder, int64_t folder_number)
{
	struct adding a = { .w = w, .at = at, .n = n, .folder = folder, .folder_number = folder_number };

	if (!change(w, add, &a))
		return false;
	w->t = a.t;
	w->over = !a.wanted;
	return true;
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

struct reading { struct work *w; size_t most; int64_t from, number; bool descending, found; struct transfer_file *out; bool (*wanted)(const struct transfer_file *); };

static bool ready(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct reading *r = arg;
	struct work *w = r->w;
	struct db_key prefix = db_key2('F', w->t.id, ""), from = db_key_int('F', w->t.id, w->cursor), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, &from, false);

	for (bool more = true; w->n_ready < r->most && w->cursor <= w->t.handed;) {
		struct transfer_file f;
		struct bytes value;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			break;
		int64_t number = db_key_number(&key);

		if (number > w->t.handed)
			break;
		if (!record_unpack(ctx, &transfer_file_record, value, &f))
			return false;
		w->cursor = number + 1;
		if (f.kind == 'f' && empty(f.state))
			w->ready[w->n_ready++] = (struct task){ number, f.size, f.modified, number < w->doubt_below || f.tries, work_from(w, &f), work_to(w, &f) };
	}
	return true;
}

bool ledger_ready(struct work *w, size_t most)
{
	struct arena *before = w->ctx.arena;
	struct reading r = { .w = w, .most = most };

	arena_reset(w->ready_arena);
	w->ctx.arena = w->ready_arena;
	w->ready = NEW_ARRAY(w->ready_arena, struct task, most);
	w->n_ready = w->at_ready = 0;
	bool good = db_view(&w->ctx, w->db, ready, &r);

	w->ctx.arena = before;
	return good;
}

static bool read_next(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct reading *r = arg;
	struct db_key prefix = db_key2('F', r->w->t.id, ""), from = db_key_int('F', r->w->t.id, r->from), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, &from, r->descending);

	for (bool more = true; !r->found;) {
		struct bytes value;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		if (!record_unpack(ctx, &transfer_file_record, value, r->out))
			return false;
		r->number = db_key_number(&key);
		r->found = r->wanted(r->out);
	}
	return true;
}

static bool open_folder(const struct transfer_file *f)
{
	return f->kind == 'd' && empty(f->state);
}

bool ledger_folder(struct work *w, int64_t from, struct transfer_file *out, int64_t *number)
{
	struct reading r = { .w = w, .from = from, .out = out, .wanted = open_folder };
	bool good = db_view(&w->ctx, w->db, read_next, &r);

	*number = r.found ? r.number : 0;
	return good;
}

static bool done_folder(const struct transfer_file *f)
{
	return f->kind == 'd' && same(f->state, FILE_DONE) && !same(f->action, "deleted");
}

bool ledger_next(struct work *w, int64_t *number, bool descending, bool *found, struct transfer_file *out)
{
	struct reading r = { .w = w, .from = *number, .descending = descending, .out = out, .wanted = done_folder };
	bool good = db_view(&w->ctx, w->db, read_next, &r);

	*found = r.found;
	*number = r.number;
	return good;
}

/* ---- beginning and end -------------------------------------------------------------------------------------------------- */

struct renewing { struct work *w; struct transfer t; bool left, wanted; };

static bool empty_it(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct renewing *r = arg;

	r->t = r->w->t;
	if (!keep_empty(ctx, db, r->t.id, 2000, &r->left))
		return false;
	if (!r->left)
		progress(&r->t, &(struct transfer){ 0 });
	return put_progress(ctx, db, &r->t, &r->wanted);
}

/* Those that failed are undecided again, and folders are walked once more from the first that is. */
static bool reopen(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct renewing *r = arg;
	struct file_query q = { .id = r->w->t.id, .state = FILE_FAILED, .limit = BATCH };
	struct db_key prefix = db_key2('R', text(ctx->arena, "%s %s", q.id, q.state), ""), key;
	struct db_walk *walk = db_walk(ctx, db_as_read(db), &prefix, NULL, false);
	int64_t numbers[BATCH];
	size_t n = 0;

	r->t = r->w->t;
	for (bool more = true; n < BATCH;) {
		struct bytes value;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			break;
		numbers[n++] = db_key_number(&key);
	}
	for (size_t i = 0; i < n; i++) {
		struct db_key file = db_key_int('F', q.id, numbers[i]);
		struct transfer_file f;
		struct bytes value;
		bool found;

		if (!db_get(ctx, db_as_read(db), &file, &found, &value) || !found || !record_unpack(ctx, &transfer_file_record, value, &f))
			return false;
		f.state = "";
		f.tries = 0;
		if (!keep_file(ctx, db, q.id, numbers[i], FILE_FAILED, &f))
			return false;
	}
	r->t.files_failed -= (int64_t)n;
	r->left = n == BATCH;
	r->t.retry = r->left;
	r->t.planned = false;
	r->t.walk = r->t.low = 1;
	r->t.walk_next = NULL;
	return put_progress(ctx, db, &r->t, &r->wanted);
}

bool ledger_renew(struct work *w)
{
	struct renewing r = { .w = w, .left = true, .wanted = true };
	bool clear = w->t.walk == WALK_CLEAR;

	while ((clear || w->t.retry) && r.left && r.wanted) {
		if (!change(w, clear ? empty_it : reopen, &r))
			return false;
		w->t = r.t;
		arena_reset(w->step);
	}
	w->over = !r.wanted;
	return true;
}

struct ending { struct work *w; const char *state, *words; int code; int64_t next_try; };

static bool end_it(struct ctx *ctx, struct db_write *db, struct transfer *t, void *arg)
{
	const struct ending *e = arg;
	bool moved = e->w->t.files_done > e->w->done_before;

	(void)ctx;
	(void)db;
	if (!same(t->state, TRANSFER_RUNNING) || t->run != e->w->t.run)
		return true;
	t->state = e->state;
	t->code = e->code;
	t->words = e->words;
	t->next_try = e->next_try;
	t->speed = 0;
	t->as_of = now();
	t->tries = e->code ? (moved ? 1 : t->tries + 1) : 0;
	if (!e->code || same(e->state, TRANSFER_FAILED))
		t->ended = now();
	if (!e->code && same(e->state, TRANSFER_WAITING))
		t->walk = WALK_CLEAR;
	return true;
}

bool ledger_end(struct work *w, const char *state, int code, const char *words, int64_t next_try)
{
	bool found;

	return keep_change(&w->ctx, w->db, w->t.id, &found, end_it, &(struct ending){ w, state, words, code, next_try });
}
