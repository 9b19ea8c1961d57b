/* Archives in a place: taking one apart, and making one of what was chosen. Both are tasks with a page. */
#include <string.h>

#include "extract.h"
#include "pack.h"
#include "task.h"

#include "views.h"

static const struct field extract_fields[] = {
	{ .name = "name", .kind = FIELD_TEXT, .label = MSG("Into a new folder called"), .required = true, .min = 1, .max = 255,
	  .grammar = "[^/]+", .grammar_says = MSG("A name without slashes, at most 255 bytes."), .keep_spaces = true },
};
FORM(extract_form, extract_fields);

static const struct field pack_fields[] = {
	{ .name = "name", .kind = FIELD_TEXT, .label = MSG("Name of the archive"), .min = 1, .max = 255,
	  .grammar = "[^/]+", .grammar_says = MSG("A name without slashes, at most 255 bytes."), .keep_spaces = true,
	  .hint = MSG("Its end tells its kind: .zip, .tar or .tar.gz.") },
	{ .name = "pick", .kind = FIELD_CHOICES, .label = MSG("Entries"), .max = 1000 },
};
FORM(pack_form, pack_fields);

/* ---- taking apart ---- */

static struct reply extract_reply(struct req *r, struct where *w, int status, struct form *f)
{
	r->title = say(r->ctx, "Extract “%s”", name_shown(r->ctx->arena, path_name(w->path)));
	return reply_page_status(r, status, &extract_page_view, &(struct extract_page){
		.url = where_url(r, "/files/do/extract", w->name, w->path), .back = where_url(r, "/files/in", w->name, w->path),
		.steps = where_steps(r, w, w->path), .form = f,
	});
}

static bool open_archive(struct req *r, struct where *w)
{
	struct entry e;
	if (!where_open(r, w) || !store_stat(r->ctx, w->store, w->path, &e))
		return false;
	return (e.kind == ENTRY_FILE && extract_can(path_name(w->path))) ||
		fail(r->ctx, KIND_INVALID, tr(r->ctx, "Only archives can be extracted: .zip, .tar, .tar.gz, .tar.bz2, .tar.xz, .tar.zst."), "no archive");
}

struct reply extract_show(struct req *r)
{
	struct where w;
	if (!open_archive(r, &w))
		return reply_oops(r);
	struct form *f = form_new(r->ctx, &extract_form);
	form_set(f, "name", name_shown(r->ctx->arena, extract_stem(r->ctx->arena, path_name(w.path))));
	return extract_reply(r, &w, 200, f);
}

struct reply extract_do(struct req *r)
{
	struct where w;
	const char *url;
	struct form *f = form_read(r, &extract_form);
	if (!f || !open_archive(r, &w))
		return reply_oops(r);
	if (form_good(f) && !name_good(form_text(f, "name")))
		form_wrong(f, "name", tr(r->ctx, "This cannot be a name. Choose another one."));
	if (!form_good(f))
		return extract_reply(r, &w, 422, f);
	char *folder = path_join(r->ctx->arena, path_folder(r->ctx->arena, w.path), form_text(f, "name"));
	if (!note(r, "extract", &w, w.path, name_shown(r->ctx->arena, folder)))
		return reply_oops(r);
	if (!store_make_folder(r->ctx, w.store, folder)) {
		if (r->ctx->error.kind != KIND_CONFLICT)
			return reply_oops(r);
		form_wrong(f, "name", r->ctx->error.message);
		forget(r->ctx);
		return extract_reply(r, &w, 409, f);
	}
	const char *title = say(r->ctx, "Extracting “%s”", name_shown(r->ctx->arena, path_name(w.path)));
	if (!task_start(r, &w, title, where_url(r, "/files/in", w.name, folder), extract_run, folder, &url))
		return reply_oops(r);
	return reply_go(r, url, NULL);
}

/* ---- making ---- */

struct packing { struct texts names; const char *to; enum pack_kind kind; };

static bool pour(struct req *r, struct pack *p, struct task *t, int fd)
{
	struct bytes b;
	do {
		if (!pack_more(p, &b))
			return fail(r->ctx, KIND_UNAVAILABLE, tr(r->ctx, "The archive could not be made."), "pack");
		if (clock_ms() > r->ctx->deadline)
			return fail(r->ctx, KIND_TIMEOUT, tr(r->ctx, "It took too long and was stopped; no archive was made. Make large ones in a job."), "time");
		if (b.n && !store_write(r->ctx, fd, b.at, b.n))
			return false;
		task_tell(t, pack_counts(p).entries, pack_counts(p).bytes);
	} while (b.n);
	return true;
}

static bool pack_run(struct req *r, struct where *w, struct task *t, void *arg)
{
	int fd;
	struct packing *what = arg;
	struct pack *p = pack_new(r, w, w->path, what->names, "", what->kind);
	if (!store_create(r->ctx, w->store, what->to, -1, &fd) || !pour(r, p, t, fd) || !store_commit(r->ctx, w->store, fd, what->to, false))
		return false;
	if (pack_counts(p).left_out)
		task_left_out(t, "NARU-ERRORS.txt", say(r->ctx, "In the archive, it names what could not be read: %lld entries.", (long long)pack_counts(p).left_out));
	return true;
}

static struct reply pack_ask(struct req *r, struct where *w, int status, struct form *f, struct texts keys)
{
	struct picked_row *rows = NEW_ARRAY(r->ctx->arena, struct picked_row, keys.n + 1);
	for (size_t i = 0; i < keys.n; i++)
		rows[i] = (struct picked_row){ .name = key_name(r->ctx->arena, keys.at[i]), .pick = keys.at[i] };
	r->title = tr(r->ctx, "Make an archive");
	return reply_page_status(r, status, &pack_page_view, &(struct pack_page){
		.url = where_url(r, "/files/do/pack", w->name, w->path), .back = where_url(r, "/files/in", w->name, w->path),
		.steps = where_steps(r, w, w->path), .name = form_text(f, "name"), .wrong = form_message(f, "name"), .rows = { rows, keys.n },
	});
}

static bool names_good(struct req *r, struct texts keys, struct texts *names)
{
	const char **at = NEW_ARRAY(r->ctx->arena, const char *, keys.n + 1);
	*names = (struct texts){ at, keys.n };
	for (size_t i = 0; i < keys.n; i++)
		if (!(at[i] = key_name(r->ctx->arena, keys.at[i])))
			return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The list of entries cannot be read. Go back and choose again."), "key");
	return true;
}

static void check_name(struct req *r, struct where *w, struct form *f, enum pack_kind *kind)
{
	struct entry e;
	const char *name = form_text(f, "name");
	if (form_good(f) && !name_good(name))
		form_wrong(f, "name", tr(r->ctx, "This cannot be a name. Choose another one."));
	if (form_good(f) && !pack_kind_of(name, kind))
		form_wrong(f, "name", tr(r->ctx, "Its end tells its kind: .zip, .tar or .tar.gz."));
	if (form_good(f) && store_stat(r->ctx, w->store, path_join(r->ctx->arena, w->path, name), &e))
		form_wrong(f, "name", tr(r->ctx, "Something of this name is there already. Nothing was changed. Choose another name."));
	forget(r->ctx);
}

struct reply pack_do(struct req *r)
{
	struct where w;
	const char *url;
	struct packing *p = NEW(r->ctx->arena, struct packing);
	struct form *f = form_read(r, &pack_form);
	if (!f || !where_open(r, &w) || !names_good(r, form_texts(f, "pick"), &p->names))
		return reply_oops(r);
	if (p->names.n == 0)
		return reply_go(r, where_url(r, "/files/in", w.name, w.path), tr(r->ctx, "Nothing was chosen: tick the entries first."));
	if (!*form_text(f, "name")) {
		form_set(f, "name", text(r->ctx->arena, "%s.zip", name_shown(r->ctx->arena, p->names.at[0])));
		return pack_ask(r, &w, 200, f, form_texts(f, "pick"));
	}
	check_name(r, &w, f, &p->kind);
	if (!form_good(f))
		return pack_ask(r, &w, 422, f, form_texts(f, "pick"));
	p->to = path_join(r->ctx->arena, w.path, form_text(f, "name"));
	const char *title = say(r->ctx, "Making “%s”", name_shown(r->ctx->arena, form_text(f, "name")));
	if (!note(r, "pack", &w, p->to, NULL) || !task_start(r, &w, title, where_url(r, "/files/in", w.name, w.path), pack_run, p, &url))
		return reply_oops(r);
	return reply_go(r, url, NULL);
}
