/* The star and the tags of one file or folder: on its page, in its row, and the form for them. */
#include <string.h>

#include "mark_pages.h"

#include "views.h"

/* ---- the database ---- */

bool files_db(struct ctx *c, struct db **out)
{
	static struct db *db;
	if (!db && !db_open(c, "files", DB_READ_WRITE, &db))
		return false;
	*out = db;
	return true;
}

struct look { const char *owner, *place, *path; bool all, found; struct mark mark; struct marks marks; struct taste taste; };

static bool read_marks(struct ctx *c, const struct db_read *d, void *arg)
{
	struct look *l = arg;
	return l->all ? marks_all(c, d, l->owner, &l->marks) : marks_of_folder(c, d, l->owner, l->place, l->path, &l->marks);
}

static bool read_mark(struct ctx *c, const struct db_read *d, void *arg)
{
	struct look *l = arg;
	return mark_get(c, d, l->owner, l->place, l->path, &l->found, &l->mark);
}

static bool read_taste(struct ctx *c, const struct db_read *d, void *arg)
{
	struct look *l = arg;
	return taste_get(c, d, l->owner, &l->taste);
}

static bool look(struct req *r, bool (*fn)(struct ctx *, const struct db_read *, void *), struct look *l)
{
	struct db *db;
	l->owner = r->who.user;
	if (files_db(r->ctx, &db) && db_view(r->ctx, db, fn, l))
		return true;
	log_line(r->ctx, "marks: %s", r->ctx->error.detail ? r->ctx->error.detail : "");
	forget(r->ctx);
	return false;
}

struct marks marks_mine(struct req *r)
{
	struct look l = { .all = true };
	return look(r, read_marks, &l) ? l.marks : (struct marks){ 0 };
}

struct marks marks_here(struct req *r, const struct where *w)
{
	struct look l = { .place = w->name, .path = w->path };
	return look(r, read_marks, &l) ? l.marks : (struct marks){ 0 };
}

bool hidden_wanted(struct req *r)
{
	struct look l = { 0 };
	return r->json || (look(r, read_taste, &l) && l.taste.hidden);
}

/* ---- on pages ---- */

struct tag_link_list tag_links(struct req *r, struct texts tags)
{
	struct tag_link *at = NEW_ARRAY(r->ctx->arena, struct tag_link, tags.n + 1);
	for (size_t i = 0; i < tags.n; i++)
		at[i] = (struct tag_link){ .name = tags.at[i], .url = text(r->ctx->arena, "/files/marks?tags=%s", key_of(r->ctx->arena, tags.at[i])) };
	return (struct tag_link_list){ at, tags.n };
}

const struct mark_line *mark_line_of(struct req *r, const struct where *w)
{
	struct mark_line *m = NEW(r->ctx->arena, struct mark_line);
	struct look l = { .place = w->name, .path = w->path };
	look(r, read_mark, &l);
	*m = (struct mark_line){
		.favourite = l.found && l.mark.favourite, .star_url = where_url(r, "/files/do/star", w->name, w->path),
		.edit_url = where_url(r, "/files/do/mark", w->name, w->path),
	};
	if (l.found)
		m->tags = tag_links(r, l.mark.tags);
	return m;
}

void mark_row_fill(struct req *r, const struct where *w, const struct marks *marks, const char *path, struct row *to)
{
	to->mark_url = text(r->ctx->arena, "%s?back=folder", where_url(r, "/files/do/mark", w->name, path));
	for (size_t i = 0; i < marks->n; i++)
		if (same(marks->at[i].path, path)) {
			to->favourite = marks->at[i].favourite;
			to->tags = tag_links(r, marks->at[i].tags);
		}
}

/* ---- changing ---- */

struct change { struct mark mark; const char *from, *to; struct taste taste; };

static bool write_mark(struct ctx *c, struct db_write *d, void *arg)
{
	return mark_put(c, d, &((struct change *)arg)->mark);
}

static bool write_taste(struct ctx *c, struct db_write *d, void *arg)
{
	return taste_put(c, d, &((struct change *)arg)->taste);
}

static bool write_moved(struct ctx *c, struct db_write *d, void *arg)
{
	const struct change *ch = arg;
	return marks_move(c, d, ch->mark.owner, ch->mark.place, ch->from, ch->to);
}

/* A star changes nothing of the tags, and the other way round. */
static bool write_star(struct ctx *c, struct db_write *d, void *arg)
{
	struct change *ch = arg;
	struct mark before;
	bool found;
	if (!mark_get(c, db_as_read(d), ch->mark.owner, ch->mark.place, ch->mark.path, &found, &before))
		return false;
	if (found)
		ch->mark.tags = before.tags;
	return mark_put(c, d, &ch->mark);
}

static bool change(struct req *r, bool (*fn)(struct ctx *, struct db_write *, void *), struct change *ch)
{
	struct db *db;
	ch->mark.owner = r->who.user;
	ch->mark.made = now();
	return files_db(r->ctx, &db) && app_change(r, db, fn, ch);
}

void marks_moved(struct req *r, const char *place, const char *from, const char *to)
{
	struct change ch = { .mark = { .place = place }, .from = from, .to = to };
	if (change(r, write_moved, &ch))
		return;
	log_line(r->ctx, "marks: %s:%s has moved, its marks have not", place, name_shown(r->ctx->arena, from));
	forget(r->ctx);
}

static const struct field mark_inputs[] = {
	{ .name = "favourite", .kind = FIELD_FLAG, .label = MSG("Favourite: it stands on the first page of Files") },
	{ .name = "tags", .kind = FIELD_TEXT, .label = MSG("Tags"), .max = 1000, .letters = true,
	  .hint = MSG("Separated by commas, in any language, for example draft, paper 2026. Only you see them.") },
	{ .name = "back", .kind = FIELD_HIDDEN, .max = 10 },
};
FORM(mark_form, mark_inputs);

/* Where somebody came from: the list that the entry is in, all marks, or its own page. */
static struct reply go_back(struct req *r, const struct where *w, const char *back, const char *flash)
{
	if (same(back, "marks"))
		return reply_go(r, "/files/marks", flash);
	const char *path = same(back, "folder") ? path_folder(r->ctx->arena, w->path) : w->path;
	return reply_go(r, where_url(r, "/files/in", w->name, path), flash);
}

static struct reply mark_reply(struct req *r, struct where *w, int status, struct form *f)
{
	struct marks mine = marks_mine(r);
	struct tag_count *tags;
	struct buf b = { 0 };
	size_t n;
	tags_count(r->ctx->arena, &mine, &tags, &n);
	buf_in(&b, r->ctx->arena);
	for (size_t i = 0; i < n && i < 100; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", tags[i].name);
	r->title = say(r->ctx, "Favourite and tags of “%s”", name_shown(r->ctx->arena, *w->path ? path_name(w->path) : w->title));
	return reply_page_status(r, status, &mark_page_view, &(struct mark_page){
		.place = w->name, .path = w->path, .url = where_url(r, "/files/in", w->name, w->path), .action = where_url(r, "/files/do/mark", w->name, w->path),
		.steps = where_steps(r, w, w->path), .form = f, .known = n ? buf_cstr(&b) : NULL,
	});
}

struct reply mark_show(struct req *r)
{
	struct where w;
	struct entry e;
	struct look l = { 0 };
	if (!where_open(r, &w) || !store_stat(r->ctx, w.store, w.path, &e))
		return reply_oops(r);
	struct form *f = form_new(r->ctx, &mark_form);
	l.place = w.name;
	l.path = w.path;
	if (look(r, read_mark, &l) && l.found) {
		form_set(f, "favourite", l.mark.favourite ? "1" : "");
		form_set(f, "tags", tags_typed(r->ctx->arena, l.mark.tags));
	}
	form_set(f, "back", req_query(r, "back"));
	return mark_reply(r, &w, 200, f);
}

/* Tags are spelt as the user has spelt them elsewhere. */
struct texts tags_of_form(struct req *r, struct form *f)
{
	struct marks mine = marks_mine(r);
	struct tag_count *tags;
	const char *wrong, **names;
	size_t n;
	tags_count(r->ctx->arena, &mine, &tags, &n);
	names = NEW_ARRAY(r->ctx->arena, const char *, n + 1);
	for (size_t i = 0; i < n; i++)
		names[i] = tags[i].name;
	struct texts out = tags_read(r->ctx, form_text(f, "tags"), (struct texts){ names, n }, &wrong);
	if (wrong)
		form_wrong(f, "tags", wrong);
	return out;
}

/* What people can mend goes to the form. */
static struct reply refused(struct req *r, struct where *w, struct form *f)
{
	if (r->ctx->error.kind != KIND_INVALID)
		return reply_oops(r);
	form_wrong(f, NULL, r->ctx->error.message);
	forget(r->ctx);
	return mark_reply(r, w, 422, f);
}

struct reply mark_do(struct req *r)
{
	struct where w;
	struct entry e;
	struct form *f = form_read(r, &mark_form);
	if (!f || !where_open(r, &w) || !store_stat(r->ctx, w.store, w.path, &e))
		return reply_oops(r);
	struct change ch = { .mark = { .place = w.name, .path = w.path, .favourite = form_flag(f, "favourite"), .folder = e.kind == ENTRY_FOLDER } };
	ch.mark.tags = tags_of_form(r, f);
	if (!form_good(f))
		return mark_reply(r, &w, 422, f);
	if (!change(r, write_mark, &ch))
		return refused(r, &w, f);
	return go_back(r, &w, form_text(f, "back"), tr(r->ctx, "Saved."));
}

static const struct field star_fields[] = { { .name = "on", .kind = FIELD_FLAG, .label = MSG("Favourite") }, };
FORM(star_form, star_fields);

struct reply star_do(struct req *r)
{
	struct where w;
	struct entry e;
	struct form *f = form_read(r, &star_form);
	if (!f || !where_open(r, &w) || !store_stat(r->ctx, w.store, w.path, &e))
		return reply_oops(r);
	struct change ch = { .mark = { .place = w.name, .path = w.path, .favourite = form_flag(f, "on"), .folder = e.kind == ENTRY_FOLDER } };
	if (!change(r, write_star, &ch))
		return reply_oops(r);
	return go_back(r, &w, "", ch.mark.favourite ? tr(r->ctx, "It is one of your favourites now.") : tr(r->ctx, "It is no longer one of your favourites."));
}

/* Also when what was marked has gone, and the place with it. */
struct reply mark_drop(struct req *r)
{
	struct change ch = { .mark = { .place = req_part(r, "place"), .path = req_part(r, "path") } };
	struct look l = { .place = ch.mark.place, .path = ch.mark.path };
	if (!look(r, read_mark, &l) || !l.found)
		return reply_fail(r, KIND_NOT_FOUND, tr(r->ctx, "There is no mark on this. It may have been taken away meanwhile."));
	if (!change(r, write_mark, &ch))
		return reply_oops(r);
	return reply_go(r, "/files/marks", say(r->ctx, "The marks of “%s” are forgotten.", name_shown(r->ctx->arena, path_name(ch.mark.path))));
}

/* ---- hidden files ---- */

static const struct field hidden_fields[] = { { .name = "show", .kind = FIELD_FLAG, .label = MSG("Show hidden files") }, };
FORM(hidden_form, hidden_fields);

struct reply hidden_do(struct req *r)
{
	struct where w;
	struct form *f = form_read(r, &hidden_form);
	if (!f || !where_open(r, &w))
		return reply_oops(r);
	struct change ch = { .taste = { .owner = r->who.user, .hidden = form_flag(f, "show") } };
	if (!change(r, write_taste, &ch))
		return reply_oops(r);
	return reply_go(r, where_url(r, "/files/in", w.name, w.path), ch.taste.hidden ? tr(r->ctx, "Hidden files are shown.") : tr(r->ctx, "Hidden files are no longer shown."));
}
