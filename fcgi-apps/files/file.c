/* The page of a file, and its bytes. Nothing a user stored is ever sent as anything but inert text or a download. */
#include <unistd.h>

#include "extract.h"
#include "files.h"
#include "previews.h"
#include "mark_pages.h"

#include "views.h"

/* ---- the page ---- */

static void facts(struct req *r, const struct where *w, const struct entry *e, struct file *m)
{
	*m = (struct file){
		.place = w->name, .path = w->path, .url = where_url(r, "/files/in", w->name, w->path), .steps = where_steps(r, w, w->path),
		.name = path_name(w->path), .kind = kind_says(r, e->kind), .size = e->size, .bytes = e->size, .modified = e->modified,
		.modes = w->can & STORE_CAN_MODES, .mode = mode_says(r->ctx->arena, e->mode), .uid = e->uid, .gid = e->gid, .ordinary = e->kind == ENTRY_FILE,
		.rename_url = where_url(r, "/files/do/rename", w->name, w->path),
		.details_url = where_url(r, "/files/details", w->name, w->path),
		.delete_url = where_url(r, "/files/do/delete", w->name, w->path), .key = key_of(r->ctx->arena, path_name(w->path)),
		.clip_url = where_url(r, "/files/do/clip", w->name, path_folder(r->ctx->arena, w->path)),
		.back = where_back(r),
	};
	if (!m->ordinary)
		return;
	m->extract_url = extract_can(m->name) ? where_url(r, "/files/do/extract", w->name, w->path) : NULL;
	m->raw = where_url(r, "/files/raw", w->name, w->path);
	m->inert = text(r->ctx->arena, "%s?show=text", m->raw);
}

static bool show(struct req *r, struct where *w, const struct entry *e, struct file *m)
{
	enum look look = look_of(r, m->name);
	m->looks = look_links(r, m->url, m->name, look);
	if (look != LOOK_TEXT && look != LOOK_LINES && look != LOOK_BYTES)
		return preview_fill(r, m, w, e, look);
	bool done = text_fill(r, m, w, e, look);
	if (m->hex && look != LOOK_BYTES)
		m->looks = (struct look_link_list){ 0 }; /* it is no text after all */
	return done;
}

/* A file that may be seen but not read still has a page: facts, and why there is no content. */
struct reply file_reply(struct req *r, struct where *w, const struct entry *e)
{
	struct file m;
	facts(r, w, e, &m);
	if (m.ordinary && show(r, w, e, &m) && (m.is_text || m.sheet || m.page) && w->can & STORE_CAN_WRITE && e->size <= edit_most())
		m.edit_url = where_url(r, "/files/do/edit", w->name, w->path);
	m.problem = r->ctx->error.message;
	forget(r->ctx);
	if (e->kind == ENTRY_LINK)
		m.problem = tr(r->ctx, "This link leads out of this place, or to nothing. Open its target where it is.");
	m.mark = mark_line_of(r, w);
	r->title = m.name;
	r->wide = true;
	return reply_page(r, &file_view, &m);
}

/* ---- the bytes ---- */

/* Of a remote store the size is asked for first, and then the part alone that is wanted. */
static bool open_part(struct req *r, struct where *w, struct store_file *f, int64_t *offset, int64_t *length)
{
	bool partial;
	if (!store_stat(r->ctx, w->store, w->path, &f->entry))
		return false;
	if (!(w->can & STORE_CAN_PART)) {
		*offset = 0;
		*length = f->entry.size;
	} else if (!req_range(r, f->entry.size, offset, length, &partial)) {
		return false;
	}
	int64_t told = f->entry.size;
	if (!store_read_part(r->ctx, w->store, w->path, *offset, *length, f))
		return false;
	f->entry.size = told;
	return true;
}

static struct reply send_remote(struct req *r, struct where *w, const char *type, const char *name)
{
	struct store_file f;
	int64_t offset, length;
	if (!open_part(r, w, &f, &offset, &length))
		return reply_oops(r);
	return reply_pipe(r, f.fd, offset, length, f.entry.size, type, name);
}

static struct reply send_here(struct req *r, struct where *w, const char *type, const char *name)
{
	struct store_file f;
	int64_t offset, length;
	bool partial;
	if (!store_read(r->ctx, w->store, w->path, &f))
		return reply_oops(r);
	if (!req_range(r, f.entry.size, &offset, &length, &partial)) {
		close(f.fd);
		return reply_oops(r);
	}
	return reply_file(r, f.fd, offset, length, f.entry.size, type, name);
}

struct reply raw_send(struct req *r)
{
	struct where w;
	if (!where_open(r, &w))
		return reply_oops(r);
	bool inert = same(req_query(r, "show"), "text");
	const char *type = inert ? "text/plain; charset=utf-8" : "application/octet-stream", *name = inert ? NULL : path_name(w.path);
	return w.can & STORE_CAN_SEEK ? send_here(r, &w, type, name) : send_remote(r, &w, type, name);
}
