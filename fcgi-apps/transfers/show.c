/* One transfer: where it stands, what can be done about it, and what became of each file. */
#include "transfers.h"

#include "conf.h"
#include "views.h"

enum { FILES = 100, FIRST_FILES = 20 /* of a page that was not asked for files */, QUICK_S = 2, CALM_S = 10, LONG_S = 120, HOUR = 3600, DAY = 86400, WEEK = 7 * DAY };

/* ---- its files ---- */

static const char *shown_state(struct req *r, const struct transfer *t)
{
	const char *show = req_query(r, "show");
	if (same(show, FILE_FAILED) || same(show, FILE_SKIPPED))
		return show;
	return !show && t->files_failed ? FILE_FAILED : NULL;
}

static const char *files_page(struct req *r, const struct transfer *t, const char *state, int64_t after)
{
	const char *url = text(r->ctx->arena, "/transfers/%s?show=%s", t->id, state ? state : "all");
	return after ? text(r->ctx->arena, "%s&after=%lld#files", url, (long long)after) : text(r->ctx->arena, "%s#files", url);
}

static struct tab_list file_tabs(struct req *r, const struct transfer *t, const char *state)
{
	const struct { const char *label, *state; int64_t n; } all[] = {
		{ tr(r->ctx, "Failed"), FILE_FAILED, t->files_failed }, { tr(r->ctx, "Left out"), FILE_SKIPPED, t->files_skipped }, { tr(r->ctx, "All"), NULL, t->files + t->folders },
	};
	struct tab *at = NEW_ARRAY(r->ctx->arena, struct tab, COUNT(all));
	size_t n = 0;
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].n || !all[i].state)
			at[n++] = (struct tab){ all[i].label, files_page(r, t, all[i].state, 0), text(r->ctx->arena, "%lld", (long long)all[i].n), same(all[i].state, state), 0 };
	return (struct tab_list){ at, n };
}

/* Where it is now, if it is anywhere. */
static const char *file_url(struct req *r, const struct transfer *t, const struct transfer_file *f)
{
	if (t->dry || !same(f->state, FILE_DONE) || same(f->action, "deleted"))
		return NULL;
	const char *below = empty(f->name) ? f->path : f->name;
	return files_url(r->ctx->arena, "/files/in", t->to_place, path_join(r->ctx->arena, t->to_path ? t->to_path : "", below));
}

static struct file_row file_row_of(struct req *r, const struct transfer *t, const struct transfer_file *f, int64_t number)
{
	bool done = same(f->state, FILE_DONE), skipped = same(f->state, FILE_SKIPPED), failed = same(f->state, FILE_FAILED);
	return (struct file_row){
		.number = number, .path = f->path, .size = f->size, .folder = f->kind == 'd', .name = empty(f->name) || same(f->name, f->path) ? NULL : f->name, .url = file_url(r, t, f),
		.css = done ? "done" : failed ? "failed" : skipped ? "held" : "waiting",
		.state = done ? (t->dry ? tr(r->ctx, "would be done") : tr(r->ctx, "done")) : failed ? tr(r->ctx, "failed") : skipped ? tr(r->ctx, "left out") : tr(r->ctx, "not yet"),
		.what = action_says(r->ctx, t, f), .why = f->code ? mover_says(r->ctx, f->code, f->words) : NULL,
	};
}

static const char *nothing_says(struct req *r, const struct transfer *t, const char *state)
{
	if (state)
		return tr(r->ctx, "No file is in this state.");
	return transfer_changing(t) ? tr(r->ctx, "Nothing has been found yet.") : tr(r->ctx, "There was nothing to copy.");
}

static bool add_files(struct req *r, struct db *db, const struct transfer *t, struct one_transfer *m)
{
	struct file_query q = { .id = t->id, .state = shown_state(r, t), .limit = req_query(r, "show") ? FILES : FIRST_FILES };
	struct transfer_file_list list;
	if (!parse_int(req_query(r, "after") ? req_query(r, "after") : "", 1, INT64_MAX, &q.after))
		q.after = 0;
	if (!transfer_files(r->ctx, db, &q, &list))
		return false;
	struct file_row *rows = NEW_ARRAY(r->ctx->arena, struct file_row, list.n + 1);
	for (size_t i = 0; i < list.n; i++)
		rows[i] = file_row_of(r, t, &list.at[i], list.numbers[i]);
	m->rows = (struct file_row_list){ rows, list.n };
	m->tabs = file_tabs(r, t, q.state);
	m->first = q.after ? files_page(r, t, q.state, 0) : NULL;
	m->next = list.next ? files_page(r, t, q.state, list.next) : NULL;
	m->nothing = list.n ? NULL : nothing_says(r, t, q.state);
	return true;
}

/* ---- the facts ---- */

static const char *repeats_says(struct req *r, const struct transfer *t)
{
	if (!t->every)
		return NULL;
	if (t->every == DAY || t->every == WEEK)
		return t->every == DAY ? tr(r->ctx, "every day") : tr(r->ctx, "every week");
	return say(r->ctx, "every %lld h", (long long)((t->every + HOUR - 1) / HOUR));
}

/* How long its errands count (errand.h): they were made with it. */
static int64_t leave_ends(const struct transfer *t)
{
	return t->every ? t->created + DAY * conf_int("account", "errand-days", 30) : 0;
}

static void add_counts(struct one_transfer *m, const struct transfer *t)
{
	m->planned = t->planned;
	m->files = t->files;
	m->folders = t->folders;
	m->files_done = t->files_done;
	m->files_skipped = t->files_skipped;
	m->files_failed = t->files_failed;
	m->files_deleted = t->files_deleted;
	m->bytes = t->bytes;
	m->bytes_done = t->bytes_done;
	m->tries = t->tries > 1 ? t->tries : 0;
	m->started = t->started;
	m->ended = t->ended;
	m->goes_on = same(t->state, TRANSFER_WAITING) ? t->next_try : 0;
}

static void add_facts(struct req *r, const struct transfer *t, struct one_transfer *m)
{
	bool rules = same(t->verb, "copy") || same(t->verb, "move");
	m->dry = t->dry;
	m->changing = transfer_changing(t);
	m->failed = same(t->state, TRANSFER_FAILED) || t->files_failed > 0;
	m->verb = verb_says(r->ctx, t);
	m->rule = rules ? rule_says(r->ctx, t->rule) : NULL;
	m->verify = t->dry ? NULL : verify_says(r->ctx, t->verify);
	m->lanes = t->lanes ? text(r->ctx->arena, "%lld", (long long)t->lanes) : NULL;
	m->rate = speed_says(r->ctx, t->rate);
	m->repeats = repeats_says(r, t);
	m->until = leave_ends(t);
	m->took = t->started && t->ended >= t->started ? human_time(r->ctx->arena, t->ended - t->started) : NULL;
	add_counts(m, t);
}

static void add_verbs(struct req *r, const struct transfer *t, struct one_transfer *m)
{
	bool own = same(t->user, r->who.user), paused = same(t->state, TRANSFER_PAUSED), waiting = same(t->state, TRANSFER_WAITING);
	bool ended = same(t->state, TRANSFER_DONE) || same(t->state, TRANSFER_FAILED) || same(t->state, TRANSFER_CANCELLED);
	m->can_pause = !ended && !paused;
	m->can_cancel = !ended;
	m->can_resume = own && (paused || waiting || same(t->state, TRANSFER_FAILED));
	m->can_again = own && ended && !t->dry;
	m->can_retry = own && ended && !t->dry && t->files_failed > 0;
	m->can_remove = own && ended;
	m->change_url = own ? text(r->ctx->arena, "/transfers/new?like=%s", t->id) : NULL;
	m->real_url = own && t->dry && ended ? text(r->ctx->arena, "/transfers/new?like=%s&real=yes", t->id) : NULL;
}

struct reply transfer_show(struct req *r)
{
	struct transfer t;
	struct transfer_row *row = NEW(r->ctx->arena, struct transfer_row);
	struct one_transfer m = { .transfer = row };
	if (!transfer_asked(r, &t))
		return reply_oops(r);
	struct known_places places = places_of_user(r->ctx, t.user);
	*row = transfer_row_of(r->ctx, &places, &t);
	m.id = t.id;
	m.url = row->url;
	m.remote = !same(t.user, r->who.user);
	add_facts(r, &t, &m);
	add_verbs(r, &t, &m);
	if (!add_files(r, transfers_or_null(r->ctx), &t, &m))
		return reply_oops(r);
	r->title = say(r->ctx, "%s → %s", row->from, row->to);
	r->crumb = tr(r->ctx, "Transfers");
	r->crumb_path = m.remote ? "/transfers/all" : "/transfers";
	r->refresh = !m.changing ? 0 : t.started && now() - t.started > LONG_S ? CALM_S : QUICK_S;
	r->as_of = m.changing ? (t.as_of ? t.as_of : now()) : 0;
	return reply_page(r, &one_transfer_view, &m);
}

/* ---- verbs ---- */

/* What cannot be done now is said on its page, where the state is. */
static struct reply verb(struct req *r, enum mover_verb what, const char *to, const char *said)
{
	struct transfer t;
	if (!transfer_asked(r, &t))
		return reply_oops(r);
	const char *page = text(r->ctx->arena, "/transfers/%s", t.id);
	if (mover_do(r->ctx, r->who.proof, what, t.id))
		return reply_go(r, to ? to : page, said);
	if (r->ctx->error.kind != KIND_CONFLICT && r->ctx->error.kind != KIND_INVALID)
		return reply_oops(r);
	said = r->ctx->error.message;
	forget(r->ctx);
	return reply_go(r, page, said);
}

struct reply do_pause(struct req *r) { return verb(r, MOVER_PAUSE, NULL, NULL); }
struct reply do_resume(struct req *r) { return verb(r, MOVER_RESUME, NULL, NULL); }
struct reply do_cancel(struct req *r) { return verb(r, MOVER_CANCEL, NULL, tr(r->ctx, "Cancelled. What has been copied stays.")); }
struct reply do_again(struct req *r) { return verb(r, MOVER_AGAIN, NULL, NULL); }
struct reply do_retry(struct req *r) { return verb(r, MOVER_RETRY, NULL, NULL); }
struct reply do_remove(struct req *r) { return verb(r, MOVER_CLEAR, "/transfers", tr(r->ctx, "Removed from the list. The files stay.")); }
