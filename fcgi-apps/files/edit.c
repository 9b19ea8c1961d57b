/* edit: text files in a form. What is saved replaces the file in one step, and never what somebody else saved meanwhile without asking. */
#include <string.h>

#include "conf.h"
#include "diff.h"
#include "plain.h"
#include "previews.h"

#include "views.h"

#define HIGHEST 2097152 /* of [files] edit-most */

static const struct choice ends[] = { { "lf", MSG("Unix (LF)") }, { "crlf", MSG("Windows (CR LF)") } };

static const struct field edit_fields[] = {
	{ .name = "content", .kind = FIELD_MULTILINE, .label = MSG("Text"), .max = HIGHEST, .keep_spaces = true },
	{ .name = "ends", .kind = FIELD_CHOICE, .label = MSG("Lines end as on"), .required = true, .choices = ends, .n_choices = COUNT(ends), .preset = "lf" },
	{ .name = "base", .kind = FIELD_HIDDEN, .max = 64 },
	{ .name = "mark", .kind = FIELD_HIDDEN, .max = 1 },
};
FORM(edit, edit_fields);

static const struct field name_fields[] = {
	{ .name = "name", .kind = FIELD_TEXT, .label = MSG("Name of the file"), .min = 1, .max = 255, .grammar = "[^/]+",
	  .grammar_says = MSG("A name without slashes, at most 255 bytes."), .keep_spaces = true },
};
FORM(file_name, name_fields);

/* Which button was pressed. */
static const struct field then_fields[] = { { .name = "then", .kind = FIELD_HIDDEN, .max = 10 } };
FORM(then, then_fields);

/* A request of the editor. path: of the file; of a new one it is that of its folder. */
struct editor { struct where w; struct form *form, *name; const char *then; bool fresh; };

int64_t edit_most(void)
{
	int64_t n = conf_int("files", "edit-most", 1048576);
	return n < 1 ? 1 : n > HIGHEST ? HIGHEST : n;
}

/* ---- the file as it is ---- */

/* A link would become a file of its own when it is replaced. Only the folder tells which it is. */
static bool is_link(struct req *r, struct where *w)
{
	struct store_page page;
	const char *name = path_name(w->path);
	struct store_query q = { .path = path_folder(r->ctx->arena, w->path), .order = STORE_BY_NAME, .match = name, .limit = 1000 };
	bool link = false;
	if (!(w->can & STORE_CAN_MODES) || !store_list(r->ctx, w->store, &q, &page)) {
		forget(r->ctx);
		return false;
	}
	for (size_t i = 0; i < page.n; i++)
		link |= same(page.at[i].name, name) && page.at[i].kind == ENTRY_LINK;
	return link;
}

static bool may_edit(struct req *r, struct where *w, const struct entry *e)
{
	struct ctx *c = r->ctx;
	if (e->kind != ENTRY_FILE)
		return fail(c, KIND_INVALID, tr(c, "Only files can be edited."), "kind");
	if (!(w->can & STORE_CAN_WRITE))
		return fail(c, KIND_INVALID, tr(c, "This store is for reading only, so nothing in it can be edited."), "read only");
	if (w->can & STORE_CAN_MODES && !(e->mode & 0222))
		return fail(c, KIND_INVALID, tr(c, "This file is protected against writing, so it cannot be edited here."), "mode");
	if (e->size > edit_most())
		return fail(c, KIND_INVALID, say(c, "Files up to %s can be edited here. Download this one, change it and upload it again.", human_size(c->arena, edit_most())), "size");
	if (is_link(r, w))
		return fail(c, KIND_INVALID, tr(c, "This is a link to another file. Edit that one where it is, so that the link stays a link."), "link");
	return true;
}

/* The whole content; false with KIND_NOT_FOUND if the file is gone. */
static bool load(struct req *r, struct where *w, struct bytes *file, struct entry *e)
{
	char *at;
	if (!store_stat(r->ctx, w->store, w->path, e) || !may_edit(r, w, e) || !content_read(r, w, e->size, 0, edit_most() + 1, &at, &file->n))
		return false;
	file->at = (const unsigned char *)at;
	return true;
}

/* ---- the page ---- */

static const char *title_of(struct req *r, const struct editor *e)
{
	if (e->fresh)
		return tr(r->ctx, "New text file");
	return say(r->ctx, "Edit “%s”", name_shown(r->ctx->arena, path_name(e->w.path)));
}

static struct reply page(struct req *r, struct editor *e, int status, struct edit_page *m)
{
	m->place = e->w.name;
	m->path = e->w.path;
	m->url = where_url(r, e->fresh ? "/files/do/new" : "/files/do/edit", e->w.name, e->w.path);
	m->leave = where_url(r, "/files/in", e->w.name, e->w.path);
	m->steps = where_steps(r, &e->w, e->w.path);
	m->form = e->form;
	m->name = e->name;
	m->fresh = e->fresh;
	m->again = status != 200 && !e->fresh;
	r->title = title_of(r, e);
	r->wide = true;
	return reply_page_status(r, status, &edit_page_view, m);
}

struct reply edit_show(struct req *r)
{
	struct editor e = { .form = form_new(r->ctx, &edit), .name = form_new(r->ctx, &file_name) };
	struct edit_page m = { 0 };
	struct bytes file;
	struct entry entry;
	struct plain p;
	if (!where_open(r, &e.w) || !load(r, &e.w, &file, &entry) || !plain_take(r->ctx, file, &p))
		return reply_oops(r);
	form_set(e.form, "content", p.text);
	form_set(e.form, "ends", p.crlf ? "crlf" : "lf");
	form_set(e.form, "base", plain_print(r->ctx->arena, file));
	form_set(e.form, "mark", p.mark ? "1" : "");
	m.mixed = p.mixed;
	return page(r, &e, 200, &m);
}

struct reply new_show(struct req *r)
{
	struct editor e = { .form = form_new(r->ctx, &edit), .name = form_new(r->ctx, &file_name), .fresh = true };
	bool writable;
	if (!where_open(r, &e.w) || !store_writable(r->ctx, e.w.store, e.w.path, &writable))
		return reply_oops(r);
	if (!writable)
		return reply_fail(r, KIND_FORBIDDEN, tr(r->ctx, "You may look into this folder, but not change it."));
	return page(r, &e, 200, &(struct edit_page){ 0 });
}

/* ---- saving ---- */

static bool save(struct req *r, struct editor *e, const char *path, struct bytes file, bool replace)
{
	struct ctx *c = r->ctx;
	int fd;
	return store_create(c, e->w.store, path, (int64_t)file.n, &fd) && store_write(c, fd, file.at, file.n) && note(r, "edit", &e->w, path, NULL)
		&& store_commit(c, e->w.store, fd, path, replace);
}

static struct reply saved(struct req *r, const struct editor *e, const char *path)
{
	const char *to = same(e->then, "stay") ? "/files/do/edit" : "/files/in";
	return reply_go(r, where_url(r, to, e->w.name, path), say(r->ctx, "“%s” is saved.", name_shown(r->ctx->arena, path_name(path))));
}

/* Under a name that nothing may have yet. */
static struct reply save_as(struct req *r, struct editor *e, struct bytes file)
{
	const char *name = form_text(e->name, "name"), *folder = e->fresh ? e->w.path : path_folder(r->ctx->arena, e->w.path);
	if (form_good(e->name) && !*name)
		form_wrong(e->name, "name", tr(r->ctx, "Please fill this in."));
	if (form_good(e->name) && !name_good(name))
		form_wrong(e->name, "name", tr(r->ctx, "This cannot be a name. Choose another one."));
	if (!form_good(e->name))
		return page(r, e, 422, &(struct edit_page){ 0 });
	const char *path = path_join(r->ctx->arena, folder, name);
	if (save(r, e, path, file, false))
		return saved(r, e, path);
	if (r->ctx->error.kind != KIND_CONFLICT)
		return reply_oops(r);
	form_wrong(e->name, "name", r->ctx->error.message);
	forget(r->ctx);
	return page(r, e, 409, &(struct edit_page){ 0 });
}

static struct diff_line_list shown_lines(struct req *r, const struct diff *d)
{
	struct diff_line *l = NEW_ARRAY(r->ctx->arena, struct diff_line, d->n + 1);
	for (size_t i = 0; i < d->n; i++)
		l[i] = (struct diff_line){
			.text = d->at[i].text, .theirs = d->at[i].old, .yours = d->at[i].new, .gone = d->at[i].kind == '-', .come = d->at[i].kind == '+',
			.skipped = d->at[i].kind == '~',
		};
	return (struct diff_line_list){ l, d->n };
}

/* Somebody else saved: both texts are shown, and saving again means over what is there now. */
static struct reply ask(struct req *r, struct editor *e, struct bytes theirs, int64_t changed)
{
	struct edit_page m = { .conflict = true, .changed = changed };
	struct plain p;
	if (plain_take(r->ctx, theirs, &p)) {
		struct diff d = diff_lines(r->ctx->arena, p.text, form_text(e->form, "content"));
		m.lines = shown_lines(r, &d);
		m.cut = d.cut;
	} else {
		m.unlike = r->ctx->error.message;
		forget(r->ctx);
	}
	form_set(e->form, "base", plain_print(r->ctx->arena, theirs));
	return page(r, e, 409, &m);
}

static struct reply ask_gone(struct req *r, struct editor *e)
{
	forget(r->ctx);
	form_set(e->form, "base", "");
	return page(r, e, 409, &(struct edit_page){ .gone = true });
}

/* What cannot be saved here now does not take the text with it: the form comes back with the reason. */
static struct reply keep_text(struct req *r, struct editor *e)
{
	enum kind k = r->ctx->error.kind;
	if (k != KIND_INVALID && k != KIND_CONFLICT && k != KIND_FORBIDDEN && k != KIND_UNAVAILABLE && k != KIND_TIMEOUT && k != KIND_TOO_LARGE)
		return reply_oops(r);
	form_wrong(e->form, "content", r->ctx->error.message);
	forget(r->ctx);
	return page(r, e, k == KIND_CONFLICT ? 409 : k == KIND_UNAVAILABLE || k == KIND_TIMEOUT ? 503 : 422, &(struct edit_page){ 0 });
}

static struct reply save_over(struct req *r, struct editor *e, struct bytes file)
{
	struct bytes now;
	struct entry entry;
	const char *base = form_text(e->form, "base");
	bool there = load(r, &e->w, &now, &entry);
	if (!there && r->ctx->error.kind != KIND_NOT_FOUND)
		return keep_text(r, e);
	if (!there && *base)
		return ask_gone(r, e);
	forget(r->ctx);
	const char *print = there ? plain_print(r->ctx->arena, now) : "";
	if (there && same(print, plain_print(r->ctx->arena, file)))
		return saved(r, e, e->w.path); /* the same was saved a moment ago */
	if (!same(print, base))
		return ask(r, e, now, entry.modified);
	return save(r, e, e->w.path, file, there) ? saved(r, e, e->w.path) : keep_text(r, e);
}

static bool read_editor(struct req *r, struct editor *e)
{
	e->form = form_read(r, &edit);
	e->name = form_read(r, &file_name);
	struct form *button = form_read(r, &then);
	if (!e->form || !e->name || !button)
		return false;
	e->then = form_text(button, "then");
	return where_open(r, &e->w);
}

static struct reply take(struct req *r, bool fresh)
{
	struct editor e = { .fresh = fresh };
	if (!read_editor(r, &e))
		return reply_oops(r);
	const char *content = form_text(e.form, "content");
	struct bytes file = plain_give(r->ctx->arena, content, same(form_text(e.form, "ends"), "crlf"), same(form_text(e.form, "mark"), "1"));
	if (form_good(e.form) && (int64_t)file.n > edit_most())
		form_wrong(e.form, "content", say(r->ctx, "Files up to %s can be edited here. Nothing was saved.", human_size(r->ctx->arena, edit_most())));
	if (!form_good(e.form))
		return page(r, &e, 422, &(struct edit_page){ 0 });
	return fresh || same(e.then, "as") ? save_as(r, &e, file) : save_over(r, &e, file);
}

struct reply edit_do(struct req *r)
{
	return take(r, false);
}

struct reply new_do(struct req *r)
{
	return take(r, true);
}
