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
		w->title = say(r->ctx, "%s of user %s", tr(r->ctx, conf_get(text(r->ctx->arena, "place %s", name), "title", name)), owner);
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

void where_remotes(struct req *r, const struct remote **out, size_t *n)
{
	places_remotes(r->ctx, r->who.user, out, n);
}

bool where_open(struct req *r, struct where *w)
{
	return where_open_at(r, req_part(r, "place"), req_part(r, "path"), w);
}

bool where_open_at(struct req *r, const char *place, const char *path, struct where *w)
{
	*w = (struct where){ .name = place, .path = path };
	const char *id = remote_id_of(r->ctx->arena, w->name);
	if (starts_with(w->path, STORE_TRASH))
		return fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "This is in the trash. Restore it first."), "trash");
	if (!(id ? remote_open(r, id, w) : place_open(r, w)))
		return false;
	w->can = store_can(w->store);
	return true;
}

char *where_url(struct req *r, const char *prefix, const char *place, const char *path)
{
	return files_url(r->ctx->arena, prefix, place, path);
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

/* Letters, digits and what job ids may have beside them: nothing that has to be encoded. */
static bool plain(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/") == strlen(s);
}

const char *where_back(struct req *r)
{
	const char *from = req_query(r, "from");
	if (same(from, "job"))
		return "/jobs";
	if (!from || !starts_with(from, "/jobs/") || !plain(from))
		return NULL;
	return from;
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
