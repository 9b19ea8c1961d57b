#include <string.h>

#include "audit.h"
#include "conf.h"
#include "files.h"
#include "store/places.h"

/* ---- where a request is ---- */

static bool place_open(struct req *r, struct where *w)
{
	const struct place *p;
	size_t n;
	store_places(r->ctx->arena, r->who.user, &p, &n);
	for (size_t i = 0; i < n && !w->title; i++)
		if (same(p[i].name, w->name))
			w->title = tr(r->ctx, p[i].title);
	const char *name, *owner = w->title ? NULL : place_owner(r->ctx->arena, w->name, &name);
	if (owner)
		w->title = say(r->ctx, "%s of %s", tr(r->ctx, conf_get(text(r->ctx->arena, "place %s", name), "title", name)), owner);
	if (!w->title)
		return fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such place. Choose one from the list under Files."), "place");
	return store_open(r->ctx, r->who.proof, w->name, &w->store);
}

static bool remote_open(struct req *r, const char *id, struct where *w)
{
	const struct remote *all;
	size_t n;
	where_remotes(r, &all, &n);
	for (size_t i = 0; i < n; i++)
		if (same(all[i].id, id)) {
			w->title = all[i].title;
			return store_open(r->ctx, r->who.proof, remote_place(r->ctx->arena, &all[i]), &w->store);
		}
	return fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such store. It may have been removed meanwhile."), "store");
}

bool where_open(struct req *r, struct where *w)
{
	*w = (struct where){ .name = req_part(r, "place"), .path = req_part(r, "path") };
	const char *id = remote_id_of(r->ctx->arena, w->name);
	if (!(id ? remote_open(r, id, w) : place_open(r, w)))
		return false;
	w->can = store_can(w->store);
	return true;
}

static bool unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

static void put_encoded(struct buf *b, const char *s, bool slashes)
{
	for (; *s; s++)
		if (unreserved(*s) || (slashes && *s == '/'))
			buf_char(b, *s);
		else
			buf_printf(b, "%%%02X", (unsigned)(unsigned char)*s);
}

char *where_url(struct req *r, const char *prefix, const char *place, const char *path)
{
	struct buf b = { 0 };
	buf_in(&b, r->ctx->arena);
	buf_text(&b, prefix);
	buf_char(&b, '/');
	put_encoded(&b, place, false);
	if (*path)
		buf_char(&b, '/');
	put_encoded(&b, path, true);
	return arena_copy(r->ctx->arena, b.at, b.n);
}

struct step_list where_steps(struct req *r, const struct where *w, const char *path)
{
	struct texts parts = split(r->ctx->arena, path, '/');
	struct step *at = NEW_ARRAY(r->ctx->arena, struct step, parts.n + 1);
	size_t n = 0;
	const char *so_far = "";
	at[n++] = (struct step){ .name = w->title, .url = where_url(r, "/files/in", w->name, "") };
	for (size_t i = 0; *path && i < parts.n; i++) {
		so_far = path_join(r->ctx->arena, so_far, parts.at[i]);
		at[n++] = (struct step){ .name = parts.at[i], .url = where_url(r, "/files/in", w->name, so_far) };
	}
	return (struct step_list){ at, n };
}

const char *where_back(struct req *r)
{
	const char *from = req_query(r, "from");
	if (same(from, "job"))
		return "/jobs";
	if (!from || !starts_with(from, "/jobs/"))
		return NULL;
	for (const char *s = from; *s; s++)
		if (!unreserved(*s) && *s != '/')
			return NULL;
	return from;
}

/* ---- paths and names ---- */

char *path_join(struct arena *a, const char *folder, const char *name)
{
	return *folder ? text(a, "%s/%s", folder, name) : text(a, "%s", name);
}

char *path_folder(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	return arena_copy(a, path, slash ? (size_t)(slash - path) : 0);
}

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

bool name_good(const char *name)
{
	return *name && strlen(name) <= 255 && !strchr(name, '/') && !same(name, ".") && !same(name, "..");
}

const char *name_shown(struct arena *a, const char *name)
{
	char *copy = arena_copy(a, name, strlen(name));
	if (!utf8_valid(copy, strlen(copy)))
		for (char *s = copy; *s; s++)
			if ((unsigned char)*s >= 0x80)
				*s = '?';
	return copy;
}

char *key_of(struct arena *a, const char *name)
{
	struct buf b = { 0 };
	buf_in(&b, a);
	put_encoded(&b, name, false);
	return arena_copy(a, b.at, b.n);
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *key_name(struct arena *a, const char *key)
{
	char *name = arena_alloc(a, strlen(key) + 1), *to = name;
	for (const char *s = key; *s; s++) {
		int high = *s == '%' ? nibble(s[1]) : 0, low = *s == '%' && high >= 0 ? nibble(s[2]) : 0;
		if (high < 0 || low < 0 || (*s == '%' && high + low == 0))
			return NULL;
		*to++ = *s == '%' ? (char)(high * 16 + low) : *s;
		s += *s == '%' ? 2 : 0;
	}
	return name_good(name) ? name : NULL;
}

/* ---- in words ---- */

const char *kind_says(struct req *r, enum entry_kind kind)
{
	switch (kind) {
	case ENTRY_FILE: return tr(r->ctx, "File");
	case ENTRY_FOLDER: return tr(r->ctx, "Folder");
	case ENTRY_LINK: return tr(r->ctx, "Link");
	case ENTRY_OTHER: break;
	}
	return tr(r->ctx, "Device, pipe or socket");
}

const char *mode_says(struct arena *a, int64_t mode)
{
	char *s = arena_copy(a, "rwxrwxrwx", 9);
	for (int i = 0; i < 9; i++)
		if (!(mode & (0400 >> i)))
			s[i] = '-';
	return s;
}

bool note(struct req *r, const char *what, const struct where *w, const char *path, const char *detail)
{
	const char *object = text(r->ctx->arena, "%s:%s", w->name, path);
	return audit(r->ctx, r->who.user, text(r->ctx->arena, "files.%s", what), name_shown(r->ctx->arena, object), detail);
}
