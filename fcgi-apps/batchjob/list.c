/* The list of jobs. */
#include "batchjob.h"
#include "views.h"

#include <string.h>

enum { PER_PAGE = 50, REFRESH = 15 };

/* What the address asks for. */
struct wanted { enum job_group group; enum job_order order; bool ascending; const char *match; int64_t page; bool paused; };

static const struct { const char *word; enum job_group group; const char *label; } tabs[] = {
	{ "all", JOBS_ALL, MSG("All") }, { "running", JOBS_RUNNING, MSG("Running") },
	{ "waiting", JOBS_WAITING, MSG("Waiting") }, { "finished", JOBS_FINISHED, MSG("Finished") },
};

static const struct { const char *word; enum job_order order; const char *label; } columns[] = {
	{ "id", JOBS_BY_ID, MSG("Number") }, { "name", JOBS_BY_NAME, MSG("Name") },
	{ "state", JOBS_BY_STATE, MSG("State") }, { "time", JOBS_BY_SUBMIT, MSG("Submitted") },
};

static const char *tab_word(enum job_group g)
{
	for (size_t i = 0; i < COUNT(tabs); i++)
		if (tabs[i].group == g)
			return tabs[i].word;
	return "all";
}

static const char *order_word(enum job_order o)
{
	for (size_t i = 0; i < COUNT(columns); i++)
		if (columns[i].order == o)
			return columns[i].word;
	return "time";
}

static struct wanted read_wanted(struct req *r)
{
	struct wanted w = { JOBS_ALL, JOBS_BY_SUBMIT, same(req_query(r, "dir"), "asc"), req_query(r, "match"), 0, same(req_query(r, "refresh"), "no") };
	for (size_t i = 0; i < COUNT(tabs); i++)
		if (same(req_query(r, "show"), tabs[i].word))
			w.group = tabs[i].group;
	for (size_t i = 0; i < COUNT(columns); i++)
		if (same(req_query(r, "sort"), columns[i].word))
			w.order = columns[i].order;
	if (!req_query(r, "page") || !parse_int(req_query(r, "page"), 1, 1000000, &w.page))
		w.page = 1;
	w.page--;
	if (w.match && (strlen(w.match) > 100 || !*w.match))
		w.match = NULL;
	return w;
}

static void put_encoded(struct buf *b, const char *s)
{
	for (; *s; s++)
		if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr("-._~", *s))
			buf_char(b, *s);
		else
			buf_printf(b, "%%%02X", (unsigned)(unsigned char)*s);
}

/* The address of this list with these wishes; presets are left out. */
static const char *list_url(struct req *r, struct wanted w)
{
	struct buf b = { 0 };
	buf_in(&b, r->ctx->arena);
	buf_printf(&b, "/jobs?show=%s", tab_word(w.group));
	if (w.order != JOBS_BY_SUBMIT || w.ascending)
		buf_printf(&b, "&sort=%s%s", order_word(w.order), w.ascending ? "&dir=asc" : "");
	if (w.match) {
		buf_text(&b, "&match=");
		put_encoded(&b, w.match);
	}
	if (w.page > 0)
		buf_printf(&b, "&page=%lld", (long long)w.page + 1);
	if (w.paused)
		buf_text(&b, "&refresh=no");
	return arena_copy(r->ctx->arena, buf_cstr(&b), b.n);
}

static struct tab_list make_tabs(struct req *r, struct wanted w, const struct usage *u)
{
	struct tab *at = NEW_ARRAY(r->ctx->arena, struct tab, COUNT(tabs));
	const int64_t counts[] = { u->running + u->waiting + u->finished, u->running, u->waiting, u->finished };
	enum job_group shown = w.group;
	w.page = 0;
	for (size_t i = 0; i < COUNT(tabs); i++) {
		w.group = tabs[i].group;
		at[i] = (struct tab){ tr(r->ctx, tabs[i].label), list_url(r, w), counts[i], tabs[i].group == shown, 0 };
	}
	return (struct tab_list){ at, COUNT(tabs) };
}

/* A link sorts by its column; on the column that is sorted already it turns the order. */
static struct column_list make_columns(struct req *r, struct wanted w)
{
	struct column *at = NEW_ARRAY(r->ctx->arena, struct column, COUNT(columns));
	struct wanted to = w;
	to.page = 0;
	for (size_t i = 0; i < COUNT(columns); i++) {
		bool current = columns[i].order == w.order;
		to.order = columns[i].order;
		to.ascending = current ? !w.ascending : columns[i].order == JOBS_BY_NAME || columns[i].order == JOBS_BY_STATE;
		at[i] = (struct column){ .label = tr(r->ctx, columns[i].label), .url = list_url(r, to),
			.sorted = !current ? "none" : w.ascending ? "ascending" : "descending" };
	}
	return (struct column_list){ at, COUNT(columns) };
}

/* ---- rows ---- */

const char *job_path(struct arena *a, const char *cluster, const char *id)
{
	return text(a, "/jobs/%s/%s", cluster, id);
}

const char *job_css(const struct job *j)
{
	if (job_group(j) == JOBS_RUNNING)
		return "running";
	if (job_group(j) == JOBS_WAITING)
		return same(j->reason, "JobHeldUser") || same(j->reason, "JobHeldAdmin") ? "held" : "waiting";
	if (same(j->state, "COMPLETED"))
		return "done";
	return same(j->state, "CANCELLED") || same(j->state, "UNKNOWN") ? "held" : "failed";
}

static const char *used_text(struct req *r, const struct job *j)
{
	if (j->started <= 0 || job_group(j) == JOBS_WAITING)
		return NULL;
	int64_t end = j->ended > 0 ? j->ended : now();
	return human_time(r->ctx->arena, end > j->started ? end - j->started : 0);
}

static struct job_row make_row(struct req *r, const struct job *j)
{
	struct arena *a = r->ctx->arena;
	bool waiting = job_group(j) == JOBS_WAITING;
	return (struct job_row){
		.pick = text(a, "%s/%s", j->cluster, j->id), .id = j->id, .cluster = j->cluster, .name = empty(j->name) ? j->id : j->name,
		.url = job_path(a, j->cluster, j->id), .css = job_css(j), .state = sched_state(r->ctx, j),
		.why = waiting ? sched_why(r->ctx, snapshot(r->ctx), j) : NULL, .partition = j->partition, .nodes = j->node_count, .cpus = j->cpus,
		.gpus = j->gpus, .submitted = j->submitted, .started = waiting ? 0 : j->started, .ended = j->ended, .used = used_text(r, j),
		.finished = job_finished(j),
	};
}

static bool make_rows(struct req *r, struct wanted w, struct jobs *m, int64_t *total)
{
	struct job_query q = { .user = r->who.user, .group = w.group, .order = w.order, .ascending = w.ascending, .match = w.match,
		.page = w.page, .per_page = PER_PAGE };
	struct job_page page = { 0 };
	struct db *db = snapshot(r->ctx);
	*total = 0;
	if (!db)
		return true;
	if (!sched_jobs(r->ctx, db, &q, &page))
		return false;
	struct job_row *rows = NEW_ARRAY(r->ctx->arena, struct job_row, page.n + 1);
	for (size_t i = 0; i < page.n; i++)
		rows[i] = make_row(r, &page.at[i]);
	m->rows = (struct job_row_list){ rows, page.n };
	*total = page.total;
	return true;
}

static const struct pager *make_pager(struct req *r, struct wanted w, size_t n, int64_t total)
{
	struct pager *p = NEW(r->ctx->arena, struct pager);
	int64_t first = w.page * PER_PAGE, page = w.page;
	if (total <= PER_PAGE && page == 0)
		return NULL;
	p->shown = n ? say(r->ctx, "%lld–%lld of %lld", (long long)first + 1, (long long)first + (long long)n, (long long)total) : tr(r->ctx, "nothing here");
	w.page = page - 1;
	if (page > 0)
		p->previous = list_url(r, w);
	w.page = page + 1;
	if (first + (int64_t)n < total)
		p->next = list_url(r, w);
	return p;
}

struct reply jobs_list(struct req *r)
{
	struct wanted w = read_wanted(r);
	struct usage u = { 0 };
	struct db *db = snapshot(r->ctx);
	int64_t total;
	struct jobs m = { .troubles = troubles(r), .show = tab_word(w.group), .sort = order_word(w.order), .match = w.match, .ascending = w.ascending,
		.several = sched_clusters().n > 1, .here = list_url(r, w) };
	if ((db && !sched_usage(r->ctx, db, r->who.user, &u)) || !make_rows(r, w, &m, &total))
		return reply_oops(r);
	m.tabs = make_tabs(r, w, &u);
	m.columns = make_columns(r, w);
	m.pager = make_pager(r, w, m.rows.n, total);
	m.active = u.running + u.waiting > 0;
	r->refresh = m.active ? REFRESH : 0;
	r->title = tr(r->ctx, "Jobs");
	r->wide = true;
	return reply_page(r, &jobs_view, &m);
}
