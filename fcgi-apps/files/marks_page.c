/* The pages of favourites and tags: all of them with what became of their targets. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mark_pages.h"

#include "views.h"

#define PER_PAGE 100
#define FIRST_MOST 12    /* favourites on the page of places */
#define PLACE_MS 1500    /* for the targets in one place: a store that is down must not hold the page */
#define ALL_MS 5000

const char *place_says(struct req *r, const char *place)
{
	const char *id = remote_id_of(r->ctx->arena, place);
	const struct remote *remotes;
	const struct place *p;
	size_t n;
	store_places(r->ctx->arena, r->who.user, &p, &n);
	for (size_t i = 0; !id && i < n; i++)
		if (same(p[i].name, place))
			return tr(r->ctx, p[i].title);
	where_remotes(r, &remotes, &n);
	for (size_t i = 0; id && i < n; i++)
		if (same(remotes[i].id, id))
			return remotes[i].title;
	return NULL;
}

/* ---- rows ---- */

static int by_name(const void *a_, const void *b_)
{
	const struct mark *a = a_, *b = b_;
	int c = strcasecmp(path_name(a->path), path_name(b->path));
	c = c ? c : strcmp(a->place, b->place);
	return c ? c : strcmp(a->path, b->path);
}

static void fill(struct req *r, const struct mark *m, struct mark_row *to)
{
	struct arena *a = r->ctx->arena;
	const char *title = place_says(r, m->place), *folder = path_folder(a, m->path);
	*to = (struct mark_row){
		.place = m->place, .path = m->path, .url = where_url(r, "/files/in", m->place, m->path), .folder = m->folder, .favourite = m->favourite,
		.name = *m->path ? path_name(m->path) : title ? title : m->place, .tags = tag_links(r, m->tags),
		.edit_url = text(a, "%s?back=marks", where_url(r, "/files/do/mark", m->place, m->path)), .drop_url = where_url(r, "/files/do/unmark", m->place, m->path),
		.from = *folder ? text(a, "%s / %s", title ? title : m->place, folder) : title ? title : m->place,
		.from_url = where_url(r, "/files/in", m->place, folder),
	};
	if (!title) {
		to->gone = true;
		to->says = tr(r->ctx, "The place it was in has gone.");
	}
}

/* ---- what became of the targets ---- */

static void judge(struct req *r, struct mark_row *row, bool *answers)
{
	enum kind k = r->ctx->error.kind;
	row->gone = k == KIND_NOT_FOUND;
	row->unknown = !row->gone;
	row->says = row->gone ? tr(r->ctx, "It is no longer there.") : k == KIND_FORBIDDEN ? tr(r->ctx, "You may not look at it now.") : tr(r->ctx, "It cannot be looked at now.");
	*answers = k == KIND_NOT_FOUND || k == KIND_FORBIDDEN || k == KIND_INVALID;
	forget(r->ctx);
}

/* All rows of one place with one store; once it does not answer, the rest is not asked for. */
static void check_place(struct req *r, struct mark_row *rows, size_t n, const char *place, int64_t until)
{
	struct where w;
	bool answers = true, open = false;
	int64_t end = clock_ms() + PLACE_MS;
	r->ctx->deadline = end < until ? end : until;
	for (size_t i = 0; i < n; i++) {
		struct entry e;
		if (!same(rows[i].place, place) || rows[i].gone)
			continue;
		answers = answers && clock_ms() < r->ctx->deadline;
		if (answers && !open)
			open = where_open_at(r, place, "", &w);
		if (!answers)
			fail(r->ctx, KIND_TIMEOUT, "", "not asked");
		if (open && answers && store_stat(r->ctx, w.store, rows[i].path, &e))
			rows[i].folder = e.kind == ENTRY_FOLDER;
		else
			judge(r, &rows[i], &answers);
	}
}

static void check(struct req *r, struct mark_row *rows, size_t n, bool remotes)
{
	int64_t before = r->ctx->deadline, until = clock_ms() + ALL_MS;
	for (size_t i = 0; i < n; i++) {
		bool first = remotes || !remote_id_of(r->ctx->arena, rows[i].place);
		for (size_t k = 0; k < i && first; k++)
			first = !same(rows[k].place, rows[i].place);
		if (first)
			check_place(r, rows, n, rows[i].place, until);
	}
	r->ctx->deadline = before;
}

/* ---- on the page of places ---- */

struct mark_row_list favourites_of(struct req *r)
{
	struct marks mine = marks_mine(r);
	struct mark_row *rows = NEW_ARRAY(r->ctx->arena, struct mark_row, FIRST_MOST);
	size_t n = 0;
	if (mine.n)
		qsort(mine.at, mine.n, sizeof *mine.at, by_name);
	for (size_t i = 0; i < mine.n && n < FIRST_MOST; i++)
		if (mine.at[i].favourite)
			fill(r, &mine.at[i], &rows[n++]);
	check(r, rows, n, false);
	return (struct mark_row_list){ rows, n };
}

/* ---- the page ---- */

struct asked { struct texts tags; int64_t page; };

static bool wanted(const struct mark *m, const struct asked *a)
{
	for (size_t i = 0; i < a->tags.n; i++)
		if (!tags_have(m->tags, a->tags.at[i]))
			return false;
	return a->tags.n > 0 || m->favourite;
}

static const char *address(struct req *r, struct texts tags, int64_t page)
{
	const char *typed = tags_typed(r->ctx->arena, tags);
	if (!tags.n)
		return page > 1 ? text(r->ctx->arena, "/files/marks?page=%lld", (long long)page) : "/files/marks";
	return text(r->ctx->arena, "/files/marks?tags=%s%s", key_of(r->ctx->arena, typed), page > 1 ? text(r->ctx->arena, "&page=%lld", (long long)page) : "");
}

/* The address with one tag more, or less if it is chosen already. */
static const char *turned(struct req *r, struct texts chosen, const char *tag)
{
	const char **at = NEW_ARRAY(r->ctx->arena, const char *, chosen.n + 1);
	struct texts t = { at, 0 };
	for (size_t i = 0; i < chosen.n; i++)
		if (strcasecmp(chosen.at[i], tag) != 0)
			at[t.n++] = chosen.at[i];
	if (t.n == chosen.n)
		at[t.n++] = tag;
	return address(r, t, 1);
}

static struct tag_row_list tag_rows(struct req *r, const struct marks *mine, struct texts chosen)
{
	struct tag_count *tags;
	size_t n;
	tags_count(r->ctx->arena, mine, &tags, &n);
	struct tag_row *rows = NEW_ARRAY(r->ctx->arena, struct tag_row, n + 1);
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct tag_row){
			.name = tags[i].name, .count = tags[i].count, .current = tags_have(chosen, tags[i].name), .url = turned(r, chosen, tags[i].name),
		};
	return (struct tag_row_list){ rows, n };
}

static struct mark_row_list page_rows(struct req *r, struct marks *mine, const struct asked *a, size_t *total)
{
	struct mark_row *rows = NEW_ARRAY(r->ctx->arena, struct mark_row, PER_PAGE);
	size_t n = 0, first = (size_t)(a->page - 1) * PER_PAGE;
	*total = 0;
	if (mine->n)
		qsort(mine->at, mine->n, sizeof *mine->at, by_name);
	for (size_t i = 0; i < mine->n; i++)
		if (wanted(&mine->at[i], a)) {
			if (*total >= first && n < PER_PAGE)
				fill(r, &mine->at[i], &rows[n++]);
			++*total;
		}
	check(r, rows, n, true);
	return (struct mark_row_list){ rows, n };
}

static const struct pager *pages(struct req *r, const struct asked *a, size_t total)
{
	struct pager *p = NEW(r->ctx->arena, struct pager);
	int64_t last = total ? ((int64_t)total + PER_PAGE - 1) / PER_PAGE : 1;
	if (last == 1)
		return NULL;
	p->previous = a->page > 1 ? address(r, a->tags, a->page - 1) : NULL;
	p->next = a->page < last ? address(r, a->tags, a->page + 1) : NULL;
	p->shown = say(r->ctx, "Page %lld of %lld", (long long)a->page, (long long)last);
	return p;
}

struct reply marks_show(struct req *r)
{
	struct asked a = { .page = 1 };
	const char *typed = req_query(r, "tags"), *wrong;
	if (!empty(typed))
		a.tags = tags_read(r->ctx, typed, (struct texts){ 0 }, &wrong);
	if (req_query(r, "page") && !parse_int(req_query(r, "page"), 1, MARKS_MOST / PER_PAGE, &a.page))
		a.page = 1;
	struct marks mine = marks_mine(r);
	struct marks_page m = { .tags = tag_rows(r, &mine, a.tags), .chosen = a.tags.n ? tags_typed(r->ctx->arena, a.tags) : NULL };
	size_t total;
	m.rows = page_rows(r, &mine, &a, &total);
	m.total = (int64_t)total;
	m.pager = pages(r, &a, total);
	r->title = m.chosen ? say(r->ctx, "Tagged: %s", m.chosen) : tr(r->ctx, "Favourites and tags");
	r->crumb = tr(r->ctx, "Files");
	r->crumb_path = "/files/";
	r->wide = true;
	return reply_page(r, &marks_page_view, &m);
}
