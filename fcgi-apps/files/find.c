/* Searching: from a folder down, over the favourites, or among what has a tag; in steps of a few seconds that go on where the last one stopped. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mark_pages.h"

#include "views.h"

#define STEP_MS 3000
#define SELF_MS 1500 /* for one entry: a store that is down must not hold the others */
#define PER_PAGE 100
#define DAY 86400

static const struct choice kinds[] = { { "", MSG("Files and folders") }, { "file", MSG("Files alone") }, { "folder", MSG("Folders alone") } };

#define SIZE_GRAMMAR "[0-9]{1,9}([.][0-9]{1,3})? ?([KMGTkmgt][iI]?)?[Bb]?"
static const struct field fields[] = {
	{ .name = "name", .kind = FIELD_TEXT, .label = MSG("Name contains"), .max = 255, .keep_spaces = true,
	  .hint = MSG("With * (anything) and ? (one letter) it is the whole name: *.log, run-??.dat") },
	{ .name = "tag", .kind = FIELD_TEXT, .label = MSG("Has the tag"), .max = 1000, .hint = MSG("Several, separated by commas: all of them.") },
	{ .name = "kind", .kind = FIELD_CHOICE, .label = MSG("What"), .choices = kinds, .n_choices = COUNT(kinds), .group = MSG("More conditions") },
	{ .name = "larger", .kind = FIELD_TEXT, .label = MSG("At least as large as"), .max = 30, .grammar = SIZE_GRAMMAR,
	  .grammar_says = MSG("A size, for example 500, 20 MB or 1.5 GB."), .group = MSG("More conditions") },
	{ .name = "smaller", .kind = FIELD_TEXT, .label = MSG("At most as large as"), .max = 30, .grammar = SIZE_GRAMMAR,
	  .grammar_says = MSG("A size, for example 500, 20 MB or 1.5 GB."), .group = MSG("More conditions") },
	{ .name = "within", .kind = FIELD_INTEGER, .label = MSG("Changed in the last … days"), .min = 1, .max = 36500, .group = MSG("More conditions") },
	{ .name = "idle", .kind = FIELD_INTEGER, .label = MSG("Not changed for … days"), .min = 1, .max = 36500, .group = MSG("More conditions") },
	{ .name = "hidden", .kind = FIELD_FLAG, .label = MSG("Hidden files and folders, too"), .group = MSG("More conditions") },
};
FORM(find_form, fields);

/* ---- what is asked for ---- */

/* Something to look at: an entry itself, or what is below it. */
struct root { const char *place, *path; bool below; };
struct roots { struct root *at; size_t n; };

struct hunt {
	struct req *r;
	struct store_terms terms;
	struct roots roots;
	struct find_row *rows;
	size_t n, failed;
	int64_t looked, unread, until;
	const char *next, *first_problem, *dead; /* dead: a place that did not answer, and is not asked again */
};

/* The grammar has been checked. */
static int64_t size_of(const char *s)
{
	char *unit;
	if (empty(s))
		return -1;
	double n = strtod(s, &unit);
	while (*unit == ' ')
		unit++;
	const char *letters = "KMGT", *at = *unit ? strchr(letters, *unit & ~0x20) : NULL;
	for (; at && at >= letters; at--)
		n *= 1024;
	return n < 9e18 ? (int64_t)ceil(n) : INT64_MAX;
}

static struct store_terms terms_of(const struct form *f)
{
	int64_t within = form_integer(f, "within"), idle = form_integer(f, "idle");
	const char *kind = form_text(f, "kind");
	return (struct store_terms){
		.name = form_text(f, "name"), .kind = same(kind, "file") ? ENTRY_FILE : same(kind, "folder") ? ENTRY_FOLDER : 0,
		.at_least = size_of(form_text(f, "larger")), .at_most = size_of(form_text(f, "smaller")),
		.since = within > 0 ? now() - within * DAY : 0, .before = idle > 0 ? now() - idle * DAY : 0, .dots = form_flag(f, "hidden"),
	};
}

/* This search as an address, to be kept, sent to others or gone on with. */
static const char *address(struct req *r, const struct form *f, const char *place, const char *path, const char *after)
{
	struct buf b = { 0 };
	buf_in(&b, r->ctx->arena);
	buf_printf(&b, "%s?go=1", *place ? where_url(r, "/files/find", place, path) : "/files/find");
	for (size_t i = 0; i < COUNT(fields); i++)
		if (!empty(form_text(f, fields[i].name)))
			buf_printf(&b, "&%s=%s", fields[i].name, key_of(r->ctx->arena, form_text(f, fields[i].name)));
	if (after)
		buf_printf(&b, "&after=%s", after);
	return buf_cstr(&b);
}

/* ---- where is looked ---- */

static bool in_scope(const struct mark *m, const char *place, const char *path, const char *tags, struct texts wanted)
{
	size_t n = strlen(path);
	if (*place && (!same(m->place, place) || strncmp(m->path, path, n) != 0 || (n && m->path[n] != '/')))
		return false;
	for (size_t i = 0; i < wanted.n; i++)
		if (!tags_have(m->tags, wanted.at[i]))
			return false;
	return *tags || m->favourite;
}

/* Marks are few: those with the tags are looked at one by one. Without a tag the favourites are, and what is below them. */
static struct roots marked(struct req *r, const char *place, const char *path, const char *tags)
{
	const char *wrong;
	struct marks mine = marks_mine(r);
	struct texts wanted = tags_read(r->ctx, tags, (struct texts){ 0 }, &wrong);
	struct roots out = { .at = NEW_ARRAY(r->ctx->arena, struct root, 2 * mine.n + 1) };
	for (size_t i = 0; i < mine.n && !wrong; i++) {
		const struct mark *m = &mine.at[i];
		if (!in_scope(m, place, path, tags, wanted))
			continue;
		out.at[out.n++] = (struct root){ m->place, m->path, false };
		if (!*tags && m->folder)
			out.at[out.n++] = (struct root){ m->place, m->path, true };
	}
	return out;
}

static struct roots roots_of(struct req *r, const char *place, const char *path, const char *tags)
{
	if (!*place || *tags)
		return marked(r, place, path, tags);
	struct root *one = NEW(r->ctx->arena, struct root);
	*one = (struct root){ place, path, true };
	return (struct roots){ one, 1 };
}

/* ---- hits ---- */

static void add(struct hunt *h, const struct where *w, const char *folder, const struct entry *e)
{
	struct arena *a = h->r->ctx->arena;
	const char *path = *e->name ? path_join(a, folder, e->name) : "";
	h->rows[h->n++] = (struct find_row){
		.name = *e->name ? e->name : w->title, .url = where_url(h->r, "/files/in", w->name, path), .kind = kind_says(h->r, e->kind),
		.from = *folder ? text(a, "%s / %s", w->title, folder) : w->title, .from_url = where_url(h->r, "/files/in", w->name, folder),
		.file = e->kind == ENTRY_FILE, .folder = e->kind == ENTRY_FOLDER, .size = e->size, .modified = e->modified,
	};
}

/* What somebody has marked is no longer hidden from them. */
static bool look_at(struct hunt *h, struct where *w)
{
	struct entry e;
	struct store_terms terms = h->terms;
	terms.dots = true;
	if (!store_stat(h->r->ctx, w->store, w->path, &e))
		return false;
	h->looked++;
	if (store_fits(&terms, &e))
		add(h, w, path_folder(h->r->ctx->arena, w->path), &e);
	return true;
}

static bool look_below(struct hunt *h, struct where *w, const char *cookie)
{
	struct store_hits hits;
	struct store_find q = {
		.path = w->path, .terms = h->terms, .cookie = cookie, .walk_ms = (int)(h->until - clock_ms()), .limit = (int64_t)(PER_PAGE - h->n),
	};
	if (!store_find(h->r->ctx, w->store, &q, &hits))
		return false;
	for (size_t i = 0; i < hits.n; i++) {
		const char *folder = hits.at[i].folder;
		folder = !*w->path ? folder : *folder ? path_join(h->r->ctx->arena, w->path, folder) : w->path;
		add(h, w, folder, &hits.at[i].entry);
	}
	h->looked += hits.looked;
	h->unread += hits.unread;
	h->next = hits.next;
	return true;
}

/* ---- the walk over all that is to be looked at; "NUMBER!COOKIE" says where it goes on ---- */

static bool look(struct hunt *h, const struct root *root, const char *cookie)
{
	struct where w;
	h->r->ctx->deadline = root->below ? h->until + STEP_MS : clock_ms() + SELF_MS;
	return where_open_at(h->r, root->place, root->path, &w) && (root->below ? look_below(h, &w, cookie) : look_at(h, &w));
}

/* One of many that cannot be reached does not end the search. */
static bool passed(struct hunt *h, const struct root *root)
{
	enum kind k = h->r->ctx->error.kind;
	if ((h->roots.n == 1 && root->below) || k == KIND_BAD_REQUEST)
		return false;
	if (!h->failed++)
		h->first_problem = h->r->ctx->error.message;
	if (k == KIND_TIMEOUT || k == KIND_UNAVAILABLE)
		h->dead = root->place;
	forget(h->r->ctx);
	return true;
}

static bool hunt(struct hunt *h, size_t first, const char *cookie)
{
	int64_t before = h->r->ctx->deadline;
	h->until = clock_ms() + STEP_MS;
	for (size_t i = first; i < h->roots.n; i++) {
		bool full = h->n == PER_PAGE || (i > first && clock_ms() > h->until);
		if (full) {
			h->next = text(h->r->ctx->arena, "%zu!", i);
			break;
		}
		const struct root *root = &h->roots.at[i];
		h->next = NULL;
		if (!same(h->dead, root->place) && !look(h, root, i == first ? cookie : NULL) && !passed(h, root))
			return false;
		if (h->next) {
			h->next = text(h->r->ctx->arena, "%zu!%s", i, h->next);
			break;
		}
	}
	h->r->ctx->deadline = before;
	return true;
}

static bool read_after(struct req *r, const struct roots *roots, size_t *first, const char **cookie)
{
	const char *after = req_query(r, "after"), *mark = after ? strchr(after, '!') : NULL;
	int64_t number = 0;
	*first = 0;
	*cookie = NULL;
	if (empty(after))
		return true;
	if (!mark || !parse_int(arena_copy(r->ctx->arena, after, (size_t)(mark - after)), 0, (int64_t)roots->n, &number))
		return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "This search cannot be continued. Search again."), "after");
	*first = (size_t)number;
	*cookie = mark[1] ? mark + 1 : NULL;
	return true;
}

/* ---- the page ---- */

static const char *outcome(struct hunt *h)
{
	struct ctx *c = h->r->ctx;
	if (h->next)
		return say(c, "%lld found so far among %lld entries. There is more to look at.", (long long)h->n, (long long)h->looked);
	return h->n == 1 ? say(c, "1 found; %lld entries were looked at, and that was all.", (long long)h->looked)
		: say(c, "%lld found; %lld entries were looked at, and that was all.", (long long)h->n, (long long)h->looked);
}

static const char *left_out(struct hunt *h)
{
	struct ctx *c = h->r->ctx;
	if (h->failed)
		return say(c, "%lld of the places or files could not be looked at. The first reason: %s", (long long)h->failed, h->first_problem);
	return h->unread == 1 ? tr(c, "1 folder could not be looked into: it is not yours to read, lies too deep or on another disk.")
		: h->unread ? say(c, "%lld folders could not be looked into: they are not yours to read, lie too deep or on another disk.", (long long)h->unread) : NULL;
}

static bool search(struct req *r, const struct form *f, const char *place, const char *path, struct find_page *m)
{
	struct hunt h = { .r = r, .terms = terms_of(f), .rows = NEW_ARRAY(r->ctx->arena, struct find_row, PER_PAGE + 1) };
	size_t first;
	const char *cookie;
	h.roots = roots_of(r, place, path, form_text(f, "tag"));
	if (!read_after(r, &h.roots, &first, &cookie) || !hunt(&h, first, cookie))
		return false;
	m->rows = (struct find_row_list){ h.rows, h.n };
	m->looked = h.looked;
	m->shown = outcome(&h);
	m->unread = left_out(&h);
	m->next = h.next ? address(r, f, place, path, h.next) : NULL;
	return true;
}

static const char *title(struct req *r, const struct where *w)
{
	if (!w->name)
		return tr(r->ctx, "Search in the favourites");
	return say(r->ctx, "Search in “%s”", name_shown(r->ctx->arena, *w->path ? path_name(w->path) : w->title));
}

struct reply find_show(struct req *r)
{
	struct where w = { 0 };
	const char *place = req_part(r, "place"), *path = req_part(r, "path");
	if (*place && !where_open(r, &w))
		return reply_oops(r);
	struct find_page m = { .asked = req_query(r, "go") != NULL, .place = place, .path = path };
	struct form *f = m.asked ? form_read(r, &find_form) : form_new(r->ctx, &find_form);
	if (!f)
		return reply_oops(r);
	m.asked = m.asked && form_good(f);
	m.form = f;
	m.url = *place ? where_url(r, "/files/find", place, path) : "/files/find";
	m.everywhere = *path ? where_url(r, "/files/find", place, "") : NULL;
	if (w.name)
		m.steps = where_steps(r, &w, path);
	if (m.asked && !search(r, f, place, path, &m))
		return reply_oops(r);
	r->title = title(r, &w);
	r->wide = true;
	return reply_page_status(r, form_good(f) ? 200 : 422, &find_page_view, &m);
}
