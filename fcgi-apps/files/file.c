/* The page of a file, and its bytes. Nothing a user stored is ever sent as anything but inert text or a download. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "mark_pages.h"

#include "views.h"

#define PART 262144            /* bytes of text a page */
#define READ_MS 20000          /* for a part of a text of a remote store */
#define COUNT_MOST 67108864    /* bytes before a part in which lines are counted */

static void close_fd(void *fd)
{
	close((int)(intptr_t)fd);
}

/* The part of the file that is to be shown, or (of a place on this machine) the file. The descriptor is closed with the request. */
static bool open_file(struct req *r, struct where *w, struct store_file *f, int64_t part)
{
	int64_t offset = w->can & STORE_CAN_PART ? part * PART : 0;
	if (!store_read_part(r->ctx, w->store, w->path, offset, PART, f))
		return false;
	arena_defer(r->ctx->arena, close_fd, (void *)(intptr_t)f->fd);
	return true;
}

/* ---- text ---- */

/* A part may begin and end inside a character: the bytes that belong to the neighbours are left out. */
static void trim(const char **s, size_t *n, bool first, bool last)
{
	for (int i = 0; !first && i < 3 && *n && ((unsigned char)**s & 0xc0) == 0x80; i++) {
		++*s;
		--*n;
	}
	if (last || utf8_valid(*s, *n))
		return;
	for (size_t cut = 1; cut <= 3 && cut < *n; cut++)
		if (((unsigned char)(*s)[*n - cut] & 0xc0) == 0xc0) {
			*n -= cut;
			return;
		}
}

/* The number of the first line of a part; 0 if it is too far in to count. */
static int64_t first_line(int fd, int64_t offset)
{
	static char block[65536];
	int64_t lines = 1;
	if (offset > COUNT_MOST)
		return 0;
	for (int64_t at = 0; at < offset;) {
		size_t want = offset - at < (int64_t)sizeof block ? (size_t)(offset - at) : sizeof block;
		size_t n = store_read_at(fd, block, want, at);
		for (const char *s = block; (s = memchr(s, '\n', n - (size_t)(s - block))); s++)
			lines++;
		if (n < want)
			break;
		at += (int64_t)n;
	}
	return lines;
}

static const char *number_lines(struct arena *a, const char *s, int64_t line)
{
	struct buf b = { 0 };
	buf_in(&b, a);
	while (*s) {
		const char *end = strchr(s, '\n');
		size_t n = end ? (size_t)(end - s) + 1 : strlen(s);
		buf_printf(&b, "%6lld  ", (long long)line++);
		buf_add(&b, s, n);
		s += n;
	}
	return buf_cstr(&b);
}

static const char *part_url(struct req *r, const struct file *m, int64_t part, bool numbers)
{
	return text(r->ctx->arena, "%s?part=%lld%s", m->url, (long long)part, numbers ? "&numbers=1" : "");
}

static void links(struct req *r, struct file *m, int64_t part, int64_t parts)
{
	m->numbers = part_url(r, m, part, !m->numbered);
	if (part > 0)
		m->previous = part_url(r, m, part - 1, m->numbered);
	if (part + 1 < parts)
		m->next = part_url(r, m, part + 1, m->numbered);
	if (parts > 1)
		m->part = say(r->ctx, "Part %lld of %lld", (long long)part + 1, (long long)parts);
}

size_t read_pipe(struct ctx *c, int fd, char *to, size_t n)
{
	size_t got = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	for (ssize_t k = 1; got < n && k > 0 && poll(&p, 1, ctx_left_ms(c, READ_MS)) == 1; got += k > 0 ? (size_t)k : 0)
		k = read(fd, to + got, n - got);
	return got;
}

/* What is shown is all of the part, or the page says that it is not. */
static bool read_part(struct req *r, const struct where *w, const struct store_file *f, int64_t part, char *to, size_t *n)
{
	int64_t left = f->entry.size - part * PART;
	*n = w->can & STORE_CAN_SEEK ? store_read_at(f->fd, to, PART, part * PART) : read_pipe(r->ctx, f->fd, to, PART);
	if (w->can & STORE_CAN_SEEK || (int64_t)*n >= (left < PART ? left : PART))
		return true;
	return store_read_end(r->ctx, w->store, f) ? fail(r->ctx, KIND_UNAVAILABLE, tr(r->ctx, "The file is shorter than the store said. Load the page again."), "short") : false;
}

/* The first lines of a part have numbers only where what is before it can be counted cheaply. */
static void show_text(struct req *r, struct file *m, const struct where *w, const struct store_file *f, int64_t part)
{
	int64_t size = f->entry.size, parts = size > 0 ? (size + PART - 1) / PART : 1;
	bool here = w->can & STORE_CAN_SEEK;
	char *block = arena_alloc(r->ctx->arena, PART + 1);
	const char *s = block;
	size_t n;
	if (!read_part(r, w, f, part, block, &n))
		return;
	trim(&s, &n, part == 0, part + 1 == parts);
	if (memchr(s, 0, n) || !utf8_valid(s, n))
		return;
	m->is_text = true;
	m->content = arena_copy(r->ctx->arena, s, n);
	bool wanted = same(req_query(r, "numbers"), "1") && (here || part == 0);
	int64_t line = !wanted ? 0 : here ? first_line(f->fd, part * PART) : 1;
	m->numbered = line > 0;
	if (line > 0)
		m->content = number_lines(r->ctx->arena, m->content, line);
	links(r, m, part, parts);
}

/* Which part of the text is asked for, from 0. */
static int64_t part_asked(struct req *r, const struct where *w, int64_t size)
{
	int64_t parts = size > 0 ? (size + PART - 1) / PART : 1, part = 0;
	if (!(w->can & (STORE_CAN_SEEK | STORE_CAN_PART)) || !req_query(r, "part") || !parse_int(req_query(r, "part"), 0, parts - 1, &part))
		return 0;
	return part;
}

/* ---- the page ---- */

static void facts(struct req *r, const struct where *w, const struct entry *e, struct file *m)
{
	*m = (struct file){
		.place = w->name, .path = w->path, .url = where_url(r, "/files/in", w->name, w->path), .steps = where_steps(r, w, w->path),
		.name = path_name(w->path), .kind = kind_says(r, e->kind), .size = e->size, .bytes = e->size, .modified = e->modified,
		.modes = w->can & STORE_CAN_MODES, .mode = mode_says(r->ctx->arena, e->mode), .uid = e->uid, .gid = e->gid, .ordinary = e->kind == ENTRY_FILE,
		.rename_url = where_url(r, "/files/do/rename", w->name, w->path),
		.delete_url = where_url(r, "/files/do/delete", w->name, w->path), .key = key_of(r->ctx->arena, path_name(w->path)),
		.clip_url = where_url(r, "/files/do/clip", w->name, path_folder(r->ctx->arena, w->path)),
		.back = where_back(r),
	};
	if (!m->ordinary)
		return;
	m->raw = where_url(r, "/files/raw", w->name, w->path);
	m->inert = text(r->ctx->arena, "%s?show=text", m->raw);
}

/* A file that may be seen but not read still has a page: facts, and why there is no content. */
struct reply file_reply(struct req *r, struct where *w, const struct entry *e)
{
	struct file m;
	struct store_file f;
	facts(r, w, e, &m);
	int64_t part = part_asked(r, w, e->size);
	if (m.ordinary && open_file(r, w, &f, part))
		show_text(r, &m, w, &f, part);
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
