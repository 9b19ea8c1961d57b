/* The page of a folder: its entries, paged, sorted, filtered; and what can be made in it. */
#include <string.h>

#include "files.h"
#include "mark_pages.h"
#include "quota.h"
#include "trash.h"

#include "views.h"

#define PER_PAGE 200
#define SOON_MS 150    /* for sorting a folder of this machine that somebody only opens: the page is there before they wonder */
#define PATIENT_MS 8000 /* when it was asked for by a click on a column */

static const struct field new_folder_fields[] = {
	{ .name = "name", .kind = FIELD_TEXT, .label = MSG("Name of the new folder"), .required = true, .min = 1, .max = 255,
	  .grammar = "[^/]+", .grammar_says = MSG("A name without slashes, at most 255 bytes."), .keep_spaces = true },
};
FORM(new_folder, new_folder_fields);
const struct form_table *const new_folder_table = &new_folder;

static const struct choice conflicts[] = {
	{ "refuse", MSG("Leave the old file, and do not save the new one") },
	{ "keep", MSG("Keep both: the new one gets a number") },
	{ "replace", MSG("Replace the old file") },
};
static const struct field upload_fields[] = {
	{ .name = "conflict", .kind = FIELD_CHOICE, .label = MSG("If a file of this name is there already"), .required = true,
	  .choices = conflicts, .n_choices = COUNT(conflicts), .preset = "refuse" },
};
FORM(upload, upload_fields);

/* ---- what is asked for ---- */

struct asked { struct store_query q; const char *sort; bool descending; };

static const struct { const char *word, *label; enum store_order order; } orders[] = {
	{ "name", MSG("Name"), STORE_BY_NAME }, { "size", MSG("Size"), STORE_BY_SIZE }, { "time", MSG("Modified"), STORE_BY_TIME },
	{ "kind", MSG("Kind"), STORE_BY_ENDING },
};

bool page_key_good(const char *key)
{
	return !empty(key) && strlen(key) < 600 && strspn(key, "0123456789abcdefku.-") == strlen(key);
}

static void ask(struct req *r, const struct where *w, struct asked *a)
{
	const char *sort = req_query(r, "sort"), *after = req_query(r, "after"), *match = req_query(r, "match");
	*a = (struct asked){ .q = { .path = w->path, .order = STORE_BY_NAME, .limit = PER_PAGE }, .sort = "name" };
	for (size_t i = 0; i < COUNT(orders); i++)
		if (same(sort, orders[i].word)) {
			a->sort = orders[i].word;
			a->q.order = orders[i].order;
		}
	a->q.descending = a->descending = same(req_query(r, "desc"), "1");
	a->q.sort_ms = sort ? PATIENT_MS : w->can & STORE_CAN_SEEK ? SOON_MS : 0;
	a->q.after = page_key_good(after) ? after : NULL;
	a->q.match = empty(match) || strlen(match) > 255 ? NULL : match;
}

/* This page's address with another order or page. */
static const char *address(struct req *r, const struct where *w, const struct asked *a, const char *sort, bool descending, const char *after)
{
	struct arena *m = r->ctx->arena;
	const char *url = text(m, "%s?sort=%s%s", where_url(r, "/files/in", w->name, w->path), sort, descending ? "&desc=1" : "");
	if (a->q.match)
		url = text(m, "%s&match=%s", url, key_of(m, a->q.match));
	return after ? text(m, "%s&after=%s", url, after) : url;
}

static struct column_list columns(struct req *r, const struct where *w, const struct asked *a)
{
	struct column *c = NEW_ARRAY(r->ctx->arena, struct column, COUNT(orders));
	for (size_t i = 0; i < COUNT(orders); i++) {
		bool now = same(a->sort, orders[i].word);
		/* Sizes and times are mostly wanted from the top; names from A. A second click turns it round. */
		bool descending = now ? !a->descending : orders[i].order != STORE_BY_NAME;
		c[i] = (struct column){
			.label = tr(r->ctx, orders[i].label), .url = address(r, w, a, orders[i].word, descending, NULL),
			.sorted = !now ? "none" : a->descending ? "descending" : "ascending", .current = now,
		};
	}
	return (struct column_list){ c, COUNT(orders) };
}

/* ---- rows ---- */

static void fill_row(struct req *r, const struct where *w, const struct entry *e, struct row *to)
{
	const char *path = path_join(r->ctx->arena, w->path, e->name);
	*to = (struct row){
		.name = e->name, .key = key_of(r->ctx->arena, e->name), .path = path, .kind = kind_says(r, e->kind),
		.file = e->kind == ENTRY_FILE, .folder = e->kind == ENTRY_FOLDER, .link = e->kind == ENTRY_LINK,
		.size = e->size, .modified = e->modified, .mode = mode_says(r->ctx->arena, e->mode),
		.url = where_url(r, "/files/in", w->name, path),
		.rename_url = where_url(r, "/files/do/rename", w->name, path),
		.delete_url = where_url(r, "/files/do/delete", w->name, path),
	};
	const char *dot = strrchr(e->name, '.');
	to->ending = !to->file ? to->kind : dot && dot > e->name ? dot + 1 : "";
	if (to->file)
		to->raw_url = where_url(r, "/files/raw", w->name, path);
}

static struct row_list fill_rows(struct req *r, const struct where *w, const struct store_page *page)
{
	struct row *rows = NEW_ARRAY(r->ctx->arena, struct row, page->n + 1);
	struct marks marks = marks_here(r, w);
	for (size_t i = 0; i < page->n; i++) {
		fill_row(r, w, &page->at[i], &rows[i]);
		mark_row_fill(r, w, &marks, rows[i].path, &rows[i]);
	}
	return (struct row_list){ rows, page->n };
}

static const char *count_says(struct req *r, const struct store_page *page)
{
	if (page->unsorted)
		return tr(r->ctx, "This folder is too large to sort at once, so its entries come in the disk's own order. Search by name to find one, or choose a column to sort by: that takes some seconds.");
	return page->total == 1 ? tr(r->ctx, "1 entry") : say(r->ctx, "%lld entries", (long long)page->total);
}

/* ---- the page ---- */

/* `form`: the new-folder form with what was wrong, or NULL. */
struct reply folder_reply(struct req *r, struct where *w, int status, struct form *form)
{
	struct asked a;
	struct store_page page;
	struct folder m = { .place = w->name, .path = w->path, .url = where_url(r, "/files/in", w->name, w->path) };
	ask(r, w, &a);
	m.hidden = hidden_wanted(r);
	a.q.no_dots = !m.hidden;
	if (!store_list(r->ctx, w->store, &a.q, &page) || !store_writable(r->ctx, w->store, w->path, &m.writable))
		return reply_oops(r);
	m.steps = where_steps(r, w, w->path);
	m.columns = columns(r, w, &a);
	m.rows = fill_rows(r, w, &page);
	m.match = a.q.match;
	m.sort = a.sort;
	m.descending = a.descending;
	m.total = page.total;
	m.unsorted = page.unsorted;
	m.shown = count_says(r, &page);
	m.first = a.q.after ? address(r, w, &a, a.sort, a.descending, NULL) : NULL;
	m.next = page.next ? address(r, w, &a, a.sort, a.descending, page.next) : NULL;
	m.new_folder = form ? form : form_new(r->ctx, &new_folder);
	m.upload = form_new(r->ctx, &upload);
	m.upload_url = where_url(r, "/files/upload", w->name, w->path);
	m.new_url = where_url(r, "/files/do/new", w->name, w->path);
	m.folder_url = where_url(r, "/files/do/folder", w->name, w->path);
	m.select_url = where_url(r, "/files/do/select", w->name, w->path);
	m.clip_url = where_url(r, "/files/do/clip", w->name, w->path);
	m.clip = clip_card_of(r, w, m.writable);
	m.archive_url = where_url(r, "/files/archive", w->name, w->path);
	m.trash_url = trash_here(w) ? where_url(r, "/files/trash", w->name, "") : NULL;
	m.details_url = where_url(r, "/files/details", w->name, w->path);
	m.pack_url = m.writable ? where_url(r, "/files/do/pack", w->name, w->path) : NULL;
	m.back = where_back(r);
	m.mark = mark_line_of(r, w);
	m.room = room_at_top(r, w);
	m.find_url = where_url(r, "/files/find", w->name, w->path);
	m.tags_url = where_url(r, "/files/do/tags", w->name, w->path);
	m.hidden_url = where_url(r, "/files/do/hidden", w->name, w->path);
	r->title = *w->path ? path_name(w->path) : w->title;
	r->wide = true;
	return reply_page_status(r, status, &folder_view, &m);
}

struct reply entry_show(struct req *r)
{
	struct where w;
	struct entry e = { .kind = ENTRY_FOLDER };
	if (!where_open(r, &w) || (*w.path && !store_stat(r->ctx, w.store, w.path, &e)))
		return reply_oops(r);
	return e.kind == ENTRY_FOLDER ? folder_reply(r, &w, 200, NULL) : file_reply(r, &w, &e);
}

/* ---- a new folder ---- */

struct reply folder_make(struct req *r)
{
	struct where w;
	struct form *f = form_read(r, &new_folder);
	if (!f || !where_open(r, &w))
		return reply_oops(r);
	const char *name = form_text(f, "name"), *path = path_join(r->ctx->arena, w.path, name);
	if (form_good(f) && !name_good(name))
		form_wrong(f, "name", tr(r->ctx, "This cannot be a name. Choose another one."));
	if (!form_good(f))
		return folder_reply(r, &w, 422, f);
	if (!note(r, "folder", &w, path, NULL))
		return reply_oops(r);
	if (!store_make_folder(r->ctx, w.store, path)) {
		if (r->ctx->error.kind != KIND_CONFLICT)
			return reply_oops(r);
		form_wrong(f, "name", r->ctx->error.message);
		forget(r->ctx);
		return folder_reply(r, &w, 409, f);
	}
	return reply_go(r, where_url(r, "/files/in", w.name, w.path), say(r->ctx, "The folder “%s” is made.", name));
}
