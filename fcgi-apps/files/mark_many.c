/* Tags and stars for several entries of a folder at once: they are added, nothing is taken away. */
#include <string.h>

#include "mark_pages.h"

#include "views.h"

static const struct field picked_fields[] = {
	{ .name = "pick", .kind = FIELD_CHOICES, .label = MSG("Entries"), .max = 1000 },
	{ .name = "sure", .kind = FIELD_FLAG, .label = MSG("Add the tags") },
};
FORM(picked, picked_fields);
static const struct field add_fields[] = {
	{ .name = "tags", .kind = FIELD_TEXT, .label = MSG("Tags to add"), .max = 1000, .letters = true,
	  .hint = MSG("Separated by commas, in any language, for example draft, paper 2026. Only you see them.") },
	{ .name = "favourite", .kind = FIELD_FLAG, .label = MSG("Make them favourites") },
};
FORM(add_form, add_fields);

/* Each must be there: what is not gets no mark. */
static bool read_picked(struct req *r, const struct where *w, struct texts keys, struct victim *v)
{
	for (size_t i = 0; i < keys.n; i++) {
		struct entry e;
		const char *name = key_name(r->ctx->arena, keys.at[i]);
		if (!name)
			return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The list of entries cannot be read. Go back and choose again."), "key");
		if (!store_stat(r->ctx, w->store, path_join(r->ctx->arena, w->path, name), &e))
			return false;
		v[i] = (struct victim){ .name = name, .key = keys.at[i], .kind = kind_says(r, e.kind), .size = e.size, .folder = e.kind == ENTRY_FOLDER, .file = e.kind == ENTRY_FILE };
	}
	return true;
}

static struct reply ask(struct req *r, struct where *w, int status, struct victim_list picks, struct form *f)
{
	r->title = picks.n == 1 ? say(r->ctx, "Tags for “%s”", name_shown(r->ctx->arena, picks.at[0].name)) : say(r->ctx, "Tags for %lld entries", (long long)picks.n);
	return reply_page_status(r, status, &mark_many_view, &(struct mark_many){
		.place = w->name, .path = w->path, .url = where_url(r, "/files/in", w->name, w->path), .action = where_url(r, "/files/do/tags", w->name, w->path),
		.steps = where_steps(r, w, w->path), .picks = picks, .form = f,
	});
}

struct many { struct req *r; const struct where *w; struct victim_list picks; struct texts tags; bool favourite; };

static bool add_tags(struct ctx *c, struct mark *m, struct texts more)
{
	const char **at = NEW_ARRAY(c->arena, const char *, m->tags.n + more.n + 1);
	size_t n = m->tags.n;
	if (n)
		memcpy(at, m->tags.at, n * sizeof *at);
	for (size_t i = 0; i < more.n; i++)
		if (!tags_have(m->tags, more.at[i]))
			at[n++] = more.at[i];
	m->tags = (struct texts){ at, n };
	return n <= TAGS_MOST ? true : fail(c, KIND_INVALID, say(c, "“%s” would have more than %d tags. Nothing was changed.", name_shown(c->arena, path_name(m->path)), TAGS_MOST), "tags");
}

static bool write_many(struct ctx *c, struct db_write *d, void *arg)
{
	const struct many *many = arg;
	for (size_t i = 0; i < many->picks.n; i++) {
		const struct victim *v = &many->picks.at[i];
		struct mark m = { 0 };
		bool found;
		const char *path = path_join(c->arena, many->w->path, v->name);
		if (!mark_get(c, db_as_read(d), many->r->who.user, many->w->name, path, &found, &m))
			return false;
		if (!found)
			m = (struct mark){ .owner = many->r->who.user, .place = many->w->name, .path = path, .made = now() };
		m.folder = v->folder;
		m.favourite = m.favourite || many->favourite;
		if (!add_tags(c, &m, many->tags) || !mark_put(c, d, &m))
			return false;
	}
	return true;
}

static struct reply add(struct req *r, struct where *w, struct victim_list picks)
{
	struct form *f = form_read(r, &add_form);
	struct db *db;
	if (!f || !files_db(r->ctx, &db))
		return reply_oops(r);
	struct many m = { .r = r, .w = w, .picks = picks, .tags = tags_of_form(r, f), .favourite = form_flag(f, "favourite") };
	if (form_good(f) && !m.tags.n && !m.favourite)
		form_wrong(f, "tags", tr(r->ctx, "Type a tag, or choose to make them favourites."));
	if (!form_good(f))
		return ask(r, w, 422, picks, f);
	if (!app_change(r, db, write_many, &m)) {
		if (r->ctx->error.kind != KIND_INVALID)
			return reply_oops(r);
		form_wrong(f, "tags", r->ctx->error.message);
		forget(r->ctx);
		return ask(r, w, 422, picks, f);
	}
	return reply_go(r, where_url(r, "/files/in", w->name, w->path), tr(r->ctx, "Saved."));
}

struct reply mark_many_do(struct req *r)
{
	struct where w;
	struct form *f = form_read(r, &picked);
	if (!f || !where_open(r, &w))
		return reply_oops(r);
	struct texts keys = form_texts(f, "pick");
	struct victim *v = NEW_ARRAY(r->ctx->arena, struct victim, keys.n + 1);
	if (keys.n == 0)
		return reply_go(r, where_url(r, "/files/in", w.name, w.path), tr(r->ctx, "Nothing was chosen: tick the entries to tag first."));
	if (!read_picked(r, &w, keys, v))
		return reply_oops(r);
	struct victim_list picks = { v, keys.n };
	return form_flag(f, "sure") ? add(r, &w, picks) : ask(r, &w, 200, picks, form_new(r->ctx, &add_form));
}
