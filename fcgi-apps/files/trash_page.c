/* The page of a place's trash: restore, delete for ever, empty. Looking at it changes nothing. */
#include "trash.h"

#include "views.h"

#define PER_PAGE 100
#define WALK_MS 1000       /* for the size of all of it */
#define EMPTY_MS 20000     /* nginx waits 30 s */

static const struct choice verbs[] = { { "restore", MSG("Restore") }, { "erase", MSG("Delete for ever") }, { "empty", MSG("Empty the trash") } };
static const struct field trash_fields[] = {
	{ .name = "verb", .kind = FIELD_CHOICE, .label = MSG("What to do"), .required = true, .choices = verbs, .n_choices = COUNT(verbs) },
	{ .name = "pick", .kind = FIELD_CHOICES, .label = MSG("Entries"), .max = 1000 },
	{ .name = "sure", .kind = FIELD_FLAG, .label = MSG("Delete for ever") },
};
FORM(trash_form, trash_fields);

static const char *page_url(struct req *r, const struct where *w)
{
	return where_url(r, "/files/trash", w->name, "");
}

static bool open_trash(struct req *r, struct where *w)
{
	if (!where_open(r, w))
		return false;
	return trash_here(w) ? true : fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "This place has no trash: what is deleted here is gone."), "no trash");
}

/* ---- the page ---- */

static void fill_row(struct req *r, const struct trashed *t, struct trash_row *to)
{
	const char *folder = path_folder(r->ctx->arena, t->path);
	*to = (struct trash_row){
		.id = t->id, .name = path_name(t->path), .path = t->path, .from = *folder ? folder : NULL, .kind = kind_says(r, t->entry.kind),
		.folder = t->entry.kind == ENTRY_FOLDER, .size = t->entry.size, .deleted = t->when,
	};
}

static struct trash_row_list rows(struct req *r, const struct trashed *t, size_t n)
{
	struct trash_row *at = NEW_ARRAY(r->ctx->arena, struct trash_row, n + 1);
	for (size_t i = 0; i < n; i++)
		fill_row(r, &t[i], &at[i]);
	return (struct trash_row_list){ at, n };
}

/* Of a remote store that cannot tell, the page says nothing. */
static void measure(struct req *r, struct where *w, struct trash_page *m)
{
	struct store_tree tree;
	m->measured = store_tree(r->ctx, w->store, trash_folder(r), WALK_MS, &tree);
	if (m->measured) {
		m->bytes = tree.bytes;
		m->at_least = tree.at_least;
	}
	forget(r->ctx);
}

struct reply trash_show(struct req *r)
{
	struct where w;
	struct trashed *t;
	size_t n;
	const char *after = req_query(r, "after"), *next;
	if (!open_trash(r, &w) || !trash_list(r, &w, page_key_good(after) ? after : NULL, PER_PAGE, &t, &n, &next))
		return reply_oops(r);
	struct trash_page m = {
		.place = w.name, .url = page_url(r, &w), .steps = where_steps(r, &w, ""), .rows = rows(r, t, n), 
		.kept = say(r->ctx, "What was deleted %lld days ago goes by itself when something else is deleted.", (long long)trash_days()),
		.first = after ? page_url(r, &w) : NULL, .next = next ? text(r->ctx->arena, "%s?after=%s", page_url(r, &w), next) : NULL,
	};
	if (n)
		measure(r, &w, &m);
	r->title = say(r->ctx, "Trash of %s", w.title);
	return reply_page(r, &trash_page_view, &m);
}

/* ---- the question ---- */

static struct reply ask(struct req *r, struct where *w, const char *verb, struct texts ids)
{
	struct trashed *t = NEW_ARRAY(r->ctx->arena, struct trashed, ids.n + 1);
	for (size_t i = 0; i < ids.n; i++)
		if (!trash_find(r, w, ids.at[i], &t[i]))
			return reply_oops(r);
	struct trash_ask m = { .url = page_url(r, w), .steps = where_steps(r, w, ""), .rows = rows(r, t, ids.n), .verb = verb, .all = same(verb, "empty") };
	r->title = m.all ? tr(r->ctx, "Empty the trash?") : tr(r->ctx, "Delete for ever?");
	return reply_page(r, &trash_ask_view, &m);
}

/* ---- the deed ---- */

static const char *back_says(struct req *r, const struct trashed *t, const char *path)
{
	const char *now_at = name_shown(r->ctx->arena, path);
	if (same(t->path, path))
		return say(r->ctx, "restored: %s", now_at);
	return say(r->ctx, "restored as %s, because its old name is taken", now_at);
}

static struct outcome do_one(struct req *r, struct where *w, bool restore, const char *id)
{
	struct trashed t = { .path = id };
	const char *path;
	r->ctx->deadline = clock_ms() + 10000;
	bool good = trash_find(r, w, id, &t) && (restore ? trash_restore(r, w, id, &path) : trash_erase(r, w, id));
	struct outcome o = { .name = path_name(t.path ? t.path : id), .good = good, .state = good ? "done" : "failed" };
	o.says = !good ? r->ctx->error.message : restore ? back_says(r, &t, path) : tr(r->ctx, "deleted for ever");
	forget(r->ctx);
	return o;
}

static struct reply do_picked(struct req *r, struct where *w, bool restore, struct texts ids)
{
	struct outcome *o = NEW_ARRAY(r->ctx->arena, struct outcome, ids.n + 1);
	size_t good = 0;
	for (size_t i = 0; i < ids.n; i++) {
		o[i] = do_one(r, w, restore, ids.at[i]);
		good += o[i].good;
	}
	const char *summary = restore ? say(r->ctx, "Restored: %lld of %lld.", (long long)good, (long long)ids.n)
		: say(r->ctx, "Deleted for ever: %lld of %lld.", (long long)good, (long long)ids.n);
	if (good == ids.n)
		return reply_go(r, page_url(r, w), ids.n == 1 ? text(r->ctx->arena, "“%s” %s.", name_shown(r->ctx->arena, o->name), o->says) : summary);
	r->title = tr(r->ctx, "Not everything was done");
	return reply_page_status(r, 409, &outcomes_view, &(struct outcomes){
		.url = page_url(r, w), .steps = where_steps(r, w, ""), .outcomes = { o, ids.n }, .summary = summary,
	});
}

/* A trash of millions of files takes several requests; each goes on where the one before stopped. */
static struct reply do_empty(struct req *r, struct where *w)
{
	int64_t until = clock_ms() + EMPTY_MS;
	for (;;) {
		r->ctx->deadline = until;
		if (trash_empty(r, w))
			return reply_go(r, page_url(r, w), tr(r->ctx, "The trash is empty."));
		if (r->ctx->error.kind != KIND_TIMEOUT || clock_ms() > until - 2000)
			return reply_oops(r);
		forget(r->ctx);
	}
}

struct reply trash_do(struct req *r)
{
	struct where w;
	struct form *f = form_read(r, &trash_form);
	if (!f || !open_trash(r, &w))
		return reply_oops(r);
	if (!form_good(f))
		return reply_fail(r, KIND_INVALID, tr(r->ctx, "Choose what to do: restore, delete for ever, or empty."));
	const char *verb = form_text(f, "verb");
	struct texts ids = form_texts(f, "pick");
	bool sure = form_flag(f, "sure");
	trash_expire(r, &w);
	if (same(verb, "empty"))
		return sure ? do_empty(r, &w) : ask(r, &w, verb, (struct texts){ NULL, 0 });
	if (ids.n == 0)
		return reply_go(r, page_url(r, &w), tr(r->ctx, "Nothing was chosen: tick the entries first."));
	return same(verb, "restore") || sure ? do_picked(r, &w, same(verb, "restore"), ids) : ask(r, &w, verb, ids);
}
