/* previews: which way a file is looked at, by its name; pictures, Markdown and notebooks through naru-preview. */
#include "previews.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "preview_wire.h"

#define PICTURE_MOST 33554432
#define PAGE_MOST 16777216

static const struct { const char *end; enum look look; } names[] = {
	{ ".md", LOOK_PAGE }, { ".markdown", LOOK_PAGE }, { ".ipynb", LOOK_PAGE }, { ".csv", LOOK_TABLE }, { ".tsv", LOOK_TABLE }, { ".tab", LOOK_TABLE },
	{ ".png", LOOK_PICTURE }, { ".jpg", LOOK_PICTURE }, { ".jpeg", LOOK_PICTURE }, { ".gif", LOOK_PICTURE }, { ".webp", LOOK_PICTURE },
};

static const struct { enum look look; const char *word, *label; } looks[] = {
	{ LOOK_PAGE, "page", MSG("As a page") }, { LOOK_TABLE, "table", MSG("As a table") }, { LOOK_PICTURE, "picture", MSG("Picture") },
	{ LOOK_TEXT, "text", MSG("As text") }, { LOOK_LINES, "lines", MSG("With line numbers") }, { LOOK_BYTES, "bytes", MSG("First bytes") },
};

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);
	return n > m && strcasecmp(name + n - m, end) == 0;
}

static enum look first_look(const char *name)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (ends_in(name, names[i].end))
			return names[i].look;
	return LOOK_TEXT;
}

/* A picture is never text, and what has no shape but text has no other. */
static bool fits(enum look look, enum look first)
{
	if (look == LOOK_PAGE || look == LOOK_TABLE || look == LOOK_PICTURE)
		return look == first;
	return first != LOOK_PICTURE || look == LOOK_BYTES;
}

enum look look_of(struct req *r, const char *name)
{
	enum look first = first_look(name);
	for (size_t i = 0; i < COUNT(looks); i++)
		if (same(req_query(r, "look"), looks[i].word) && fits(looks[i].look, first))
			return looks[i].look;
	return first;
}

const char *back_kept(struct req *r)
{
	const char *back = where_back(r);
	return back ? text(r->ctx->arena, "&from=%s", back) : "";
}

struct look_link_list look_links(struct req *r, const char *url, const char *name, enum look now)
{
	struct look_link *l = NEW_ARRAY(r->ctx->arena, struct look_link, COUNT(looks));
	size_t n = 0;
	for (size_t i = 0; i < COUNT(looks); i++)
		if (fits(looks[i].look, first_look(name)) && (looks[i].look != LOOK_BYTES || first_look(name) == LOOK_PICTURE))
			l[n++] = (struct look_link){
				.label = tr(r->ctx, looks[i].label), .url = text(r->ctx->arena, "%s?look=%s%s", url, looks[i].word, back_kept(r)), .current = looks[i].look == now,
			};
	return (struct look_link_list){ l, n };
}

/* ---- through naru-preview ---- */

static void close_fd(void *fd)
{
	close((int)(intptr_t)fd);
}

static bool small_enough(struct req *r, const struct entry *e, int64_t most)
{
	if (e->size <= most)
		return true;
	return fail(r->ctx, KIND_TOO_LARGE, say(r->ctx, "Files of this kind are shown up to %s. Download it to see it.", human_size(r->ctx->arena, most)), "size");
}

/* Of a remote store the content comes through a pipe, all of it; whoever read it asks whether that was all. */
static bool run(struct req *r, struct where *w, const struct entry *e, const char *how, const char *number, struct bytes *out)
{
	struct store_file f;
	if (!small_enough(r, e, same(how, "image") || same(how, "size") ? PICTURE_MOST : PAGE_MOST))
		return false;
	if (!store_read_part(r->ctx, w->store, w->path, 0, -1, &f))
		return false;
	arena_defer(r->ctx->arena, close_fd, (void *)(intptr_t)f.fd);
	if (!preview_run(r->ctx, how, number, f.fd, out))
		return false;
	return w->can & STORE_CAN_SEEK || store_read_end(r->ctx, w->store, &f);
}

static bool fill_page(struct req *r, struct file *m, struct where *w, const struct entry *e)
{
	struct bytes records;
	bool notebook = ends_in(m->name, ".ipynb");
	const char *top = where_url(r, "/files/in", w->name, ""), *folder = where_url(r, "/files/in", w->name, path_folder(r->ctx->arena, w->path));
	struct rendered where = {
		.place = top, .folder = folder + strlen(top), .pictures = notebook ? text(r->ctx->arena, "%s?n=", where_url(r, "/files/preview", w->name, w->path)) : NULL,
	};
	return run(r, w, e, notebook ? "notebook" : "markdown", NULL, &records) && rendered_page(r->ctx, records, &where, &m->page);
}

static uint32_t number_at(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The size is looked at first where that is cheap, so that the page can say why there is no picture. */
static bool fill_picture(struct req *r, struct file *m, struct where *w, const struct entry *e)
{
	struct bytes size = { 0 };
	if (!small_enough(r, e, PICTURE_MOST) || (w->can & STORE_CAN_SEEK && !run(r, w, e, "size", NULL, &size)))
		return false;
	if (size.n == PREVIEW_SIZE)
		m->measures = say(r->ctx, "%lld × %lld pixels", (long long)number_at(size.at), (long long)number_at(size.at + 4));
	m->picture = where_url(r, "/files/preview", w->name, w->path);
	return true;
}

bool preview_fill(struct req *r, struct file *m, struct where *w, const struct entry *e, enum look look)
{
	return look == LOOK_PAGE ? fill_page(r, m, w, e) : look == LOOK_TABLE ? sheet_fill(r, m, w, e) : fill_picture(r, m, w, e);
}

/* ---- the picture itself ---- */

/* Never the user's bytes: those that naru-preview made of the pixels. */
struct reply preview_send(struct req *r)
{
	struct where w;
	struct entry e;
	struct bytes png;
	const char *number = req_query(r, "n");
	int64_t n;
	if (!where_open(r, &w) || !store_stat(r->ctx, w.store, w.path, &e))
		return reply_oops(r);
	enum look look = first_look(path_name(w.path));
	bool notebook = look == LOOK_PAGE && number && parse_int(number, 1, 1000000, &n);
	if (e.kind != ENTRY_FILE || !(notebook || look == LOOK_PICTURE))
		return reply_fail(r, KIND_NOT_FOUND, tr(r->ctx, "There is no picture of this file."));
	if (!run(r, &w, &e, notebook ? "picture" : "image", notebook ? number : NULL, &png))
		return reply_oops(r);
	reply_header(r, "Content-Security-Policy", "default-src 'none'; sandbox");
	return reply_text(r, "image/png", (const char *)png.at, png.n);
}
