#include "trash.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "mark_pages.h"
#include "store/wire.h"

#define ABOUT ".about"
#define ABOUT_MOST (3 * WIRE_PATH_MOST + 64)
#define ID_LENGTH 19            /* "1764447890-0123abcd" */
#define EXPIRE_MS 2000
#define EXPIRE_MOST 100
#define NAMES_MOST 1000         /* "name (2)" … */

int64_t trash_days(void)
{
	int64_t days = conf_int("files", "trash-days", 30);
	return days < 0 ? 0 : days > 3650 ? 3650 : days;
}

bool trash_here(const struct where *w)
{
	return trash_days() > 0 && (w->can & STORE_CAN_MOVE) && (w->can & STORE_CAN_FOLDERS);
}

const char *trash_folder(struct req *r)
{
	return text(r->ctx->arena, STORE_TRASH "%lld", (long long)r->who.uid);
}

static const char *inside(struct req *r, const char *id, const char *end)
{
	return text(r->ctx->arena, "%s/%s%s", trash_folder(r), id, end);
}

static bool id_good(const char *id)
{
	return strlen(id) == ID_LENGTH && strspn(id, "0123456789") == 10 && id[10] == '-' && strspn(id + 11, "0123456789abcdef") == ID_LENGTH - 11;
}

/* ---- its folder ---- */

static bool refuse(struct req *r)
{
	return fail(r->ctx, KIND_FORBIDDEN, tr(r->ctx, "The trash folder of this place is not yours alone, so nothing is put into it."), "trash folder");
}

/* On this machine it must be the user's own and closed to others: what lay in a private folder would else be open in the trash. */
static bool is_private(struct req *r, const struct where *w, const struct entry *e)
{
	bool own = !(w->can & STORE_CAN_SEEK) || (e->uid == r->who.uid && (e->mode & 077) == 0);
	return (e->kind == ENTRY_FOLDER && own) || refuse(r);
}

static bool make_folder(struct req *r, struct where *w)
{
	struct ctx *c = r->ctx;
	struct entry e;
	if (store_stat(c, w->store, trash_folder(r), &e))
		return is_private(r, w, &e);
	if (c->error.kind != KIND_NOT_FOUND)
		return false;
	forget(c);
	if (!store_make_folder(c, w->store, trash_folder(r)) && c->error.kind != KIND_CONFLICT)
		return false;
	forget(c);
	if ((w->can & STORE_CAN_MODES) && !store_set_mode(c, w->store, trash_folder(r), 0700))
		return false;
	return store_stat(c, w->store, trash_folder(r), &e) && is_private(r, w, &e);
}

/* ---- the note ---- */

static bool write_note(struct req *r, struct where *w, const char *id, const char *path)
{
	int fd;
	const char *to = inside(r, id, ABOUT);
	const char *note = text(r->ctx->arena, "naru-trash 1\n%s\n", path_encoded(r->ctx->arena, path));
	return store_create(r->ctx, w->store, to, (int64_t)strlen(note), &fd) && store_write(r->ctx, fd, note, strlen(note)) &&
		store_commit(r->ctx, w->store, fd, to, false);
}

/* NULL: not a note, or not one of a path. */
static const char *note_path(struct arena *a, char *note)
{
	const char *first = "naru-trash 1\n";
	char *end = starts_with(note, first) ? strchr(note + strlen(first), '\n') : NULL;
	if (!end || end[1])
		return NULL;
	*end = 0;
	const char *path = path_decoded(a, note + strlen(first));
	return path && *path && wire_path_good(path) ? path : NULL;
}

static bool read_note(struct req *r, struct where *w, const char *id, const char **path)
{
	struct store_file f;
	if (!store_read_part(r->ctx, w->store, inside(r, id, ABOUT), 0, ABOUT_MOST, &f))
		return false;
	char *note = arena_alloc(r->ctx->arena, ABOUT_MOST + 1);
	size_t n = read_pipe(r->ctx, f.fd, note, ABOUT_MOST);
	close(f.fd);
	note[n] = 0;
	*path = note_path(r->ctx->arena, note);
	return *path ? true : fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "It is not in the trash (any more). Load the page again."), "note of %s", id);
}

/* ---- putting in ---- */

bool trash_put(struct req *r, struct where *w, const char *path, bool *cannot)
{
	struct ctx *c = r->ctx;
	const char *words;
	uint32_t chance;
	random_bytes(&chance, sizeof chance);
	const char *id = text(c->arena, "%010lld-%08lx", (long long)now(), (unsigned long)chance);
	*cannot = true;
	if (!make_folder(r, w) || !write_note(r, w, id, path))
		return false;
	if (store_rename(c, w->store, path, inside(r, id, "")))
		return true;
	*cannot = store_failure(&words) == WIRE_E_OTHER_DISK;
	struct error first = c->error;
	forget(c);
	(void)!store_remove(c, w->store, inside(r, id, ABOUT), false);
	c->error = first;
	return false;
}

/* ---- looking in ---- */

bool trash_find(struct req *r, struct where *w, const char *id, struct trashed *t)
{
	if (!id_good(id))
		return fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "It is not in the trash (any more). Load the page again."), "id");
	t->id = id;
	return parse_int(arena_copy(r->ctx->arena, id, 10), 0, INT64_MAX, &t->when) && read_note(r, w, id, &t->path) &&
		store_stat(r->ctx, w->store, inside(r, id, ""), &t->entry);
}

/* The notes are listed: their names tell when, and each says of one thing. */
static bool list_notes(struct req *r, struct where *w, bool oldest, const char *after, int64_t limit, struct store_page *page)
{
	struct store_query q = { .path = trash_folder(r), .order = STORE_BY_NAME, .descending = !oldest, .after = after, .match = ABOUT, .limit = limit };
	*page = (struct store_page){ 0 };
	if (store_list(r->ctx, w->store, &q, page))
		return true;
	if (r->ctx->error.kind != KIND_NOT_FOUND)
		return false;
	forget(r->ctx);
	return true;
}

static const char *id_of(struct arena *a, const char *note)
{
	size_t n = strlen(note);
	const char *id = n == ID_LENGTH + sizeof ABOUT - 1 ? arena_copy(a, note, ID_LENGTH) : "";
	return id_good(id) ? id : NULL;
}

bool trash_list(struct req *r, struct where *w, const char *after, int64_t limit, struct trashed **out, size_t *n, const char **next)
{
	struct store_page page;
	if (!list_notes(r, w, false, after, limit, &page))
		return false;
	*out = NEW_ARRAY(r->ctx->arena, struct trashed, page.n + 1);
	*next = page.next;
	*n = 0;
	for (size_t i = 0; i < page.n; i++) {
		const char *id = id_of(r->ctx->arena, page.at[i].name);
		*n += id && trash_find(r, w, id, &(*out)[*n]);
		forget(r->ctx);
	}
	return true;
}

/* ---- taking out ---- */

/* The folders that something was in; those that are there are no error. */
static void make_way(struct req *r, struct where *w, const char *path)
{
	for (const char *s = path; (s = strchr(s, '/')); s++) {
		(void)!store_make_folder(r->ctx, w->store, arena_copy(r->ctx->arena, path, (size_t)(s - path)));
		forget(r->ctx);
	}
}

static bool move_back(struct req *r, struct where *w, const struct trashed *t, const char **path)
{
	struct ctx *c = r->ctx;
	const char *folder = path_folder(c->arena, t->path);
	bool made = false;
	for (int copy = 1; copy < NAMES_MOST; copy++) {
		*path = copy == 1 ? t->path : path_join(c->arena, folder, name_copy(c->arena, path_name(t->path), copy));
		if (store_rename(c, w->store, inside(r, t->id, ""), *path))
			return true;
		if (c->error.kind == KIND_NOT_FOUND && !made) {
			made = true;
			forget(c);
			make_way(r, w, t->path);
			copy--;
		} else if (c->error.kind == KIND_CONFLICT) {
			forget(c);
		} else {
			return false;
		}
	}
	return fail(c, KIND_CONFLICT, tr(c, "There are too many copies of this name. Choose another name."), "copies");
}

static void forget_note(struct req *r, struct where *w, const char *id)
{
	(void)!store_remove(r->ctx, w->store, inside(r, id, ABOUT), false);
	forget(r->ctx);
}

bool trash_restore(struct req *r, struct where *w, const char *id, const char **path)
{
	struct trashed t;
	if (!trash_find(r, w, id, &t) || !note(r, "restore", w, t.path, NULL) || !move_back(r, w, &t, path))
		return false;
	forget_note(r, w, id);
	if (!same(*path, t.path))
		marks_moved(r, w->name, t.path, *path);
	return true;
}

bool trash_erase(struct req *r, struct where *w, const char *id)
{
	struct trashed t;
	if (!trash_find(r, w, id, &t) || !note(r, "erase", w, t.path, NULL) || !store_remove(r->ctx, w->store, inside(r, id, ""), true))
		return false;
	forget_note(r, w, id);
	return true;
}

/* Whatever is in it, also what has lost its note. */
bool trash_empty(struct req *r, struct where *w)
{
	if (!note(r, "trash.empty", w, "", NULL))
		return false;
	if (store_remove(r->ctx, w->store, trash_folder(r), true))
		return true;
	if (r->ctx->error.kind != KIND_NOT_FOUND)
		return false;
	forget(r->ctx);
	return true;
}

void trash_expire(struct req *r, struct where *w)
{
	struct store_page page;
	struct trashed t;
	int64_t deadline = r->ctx->deadline, day = 86400, last = now() - trash_days() * day;
	r->ctx->deadline = clock_ms() + EXPIRE_MS;
	if (list_notes(r, w, true, NULL, EXPIRE_MOST, &page))
		for (size_t i = 0; i < page.n && clock_ms() < r->ctx->deadline; i++) {
			const char *id = id_of(r->ctx->arena, page.at[i].name);
			if (id && (!trash_find(r, w, id, &t) || t.when >= last || !trash_erase(r, w, id)))
				break;
		}
	forget(r->ctx);
	r->ctx->deadline = deadline;
}
