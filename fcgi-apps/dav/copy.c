/*
 * COPY and MOVE. Inside a place the store does it where it can; else, and between places, the content passes through here, file by file. What is
 * replaced is set aside first and comes back if its successor does not get its name.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "dav.h"
#include "locks.h"
#include "props.h"
#include "store/wire.h"

#define DEPTH_MOST 100
#define ENTRIES_MOST 100000
#define PAGE 200
#define READ_MS 60000

struct carry {
	struct work *w;
	const struct spot *from, *to;
	bool move, deep;
	int entries;
};

/* ---- memory: that of one file or one page of a folder is given back before the next ---- */

static bool part_begin(struct work *w, struct ctx *part)
{
	if (!work_time(w))
		return false;
	*part = *w->r->ctx;
	part->arena = arena_new(0);
	return true;
}

static bool part_end(struct work *w, struct ctx *part, bool good)
{
	const char *m = part->error.message, *d = part->error.detail;
	struct arena *a = w->r->ctx->arena;
	if (!good)
		fail(w->r->ctx, part->error.kind, m ? arena_copy(a, m, strlen(m)) : NULL, "%s", d ? d : "copy");
	arena_free(part->arena);
	return good;
}

/* ---- one file ---- */

/* What is there next, at most n bytes; 0 at the end. */
static bool next_bytes(struct ctx *c, const struct spot *from, const struct store_file *f, char *to, size_t n, int64_t at, size_t *got)
{
	struct pollfd p = { .fd = f->fd, .events = POLLIN };
	if (from->can & STORE_CAN_SEEK) {
		*got = store_read_at(f->fd, to, n, at);
		return true;
	}
	ssize_t k = poll(&p, 1, READ_MS) == 1 ? read(f->fd, to, n) : -1;
	*got = k > 0 ? (size_t)k : 0;
	return k >= 0 || fail(c, KIND_TIMEOUT, tr(c, "The storage did not answer in time. Try again in a moment."), "read");
}

static bool pump(struct carry *y, struct ctx *c, const struct store_file *f, int fd)
{
	char *block = arena_room(c->arena, BLOCK);
	size_t n = 1;
	for (int64_t at = 0; n > 0; at += (int64_t)n)
		if (!work_time(y->w) || !next_bytes(c, y->from, f, block, BLOCK, at, &n) || (n && !store_write(c, fd, block, n)))
			return false;
	c->deadline = y->w->r->ctx->deadline;
	return store_read_end(c, y->from->store, f);
}

static bool through_here(struct carry *y, struct ctx *c, const char *from, const char *to, bool replace)
{
	struct store_file f;
	int fd;
	if (!store_read(c, y->from->store, from, &f))
		return false;
	bool good = store_create(c, y->to->store, to, f.entry.size, &fd) && pump(y, c, &f, fd) &&
		store_commit_dated(c, y->to->store, fd, to, replace, y->to->can & STORE_CAN_DATE ? f.entry.modified : -1);
	close(f.fd);
	return good;
}

static bool one_place(const struct carry *y)
{
	return same(y->from->place, y->to->place);
}

static bool copy_file(struct carry *y, const char *from, const char *to, bool replace)
{
	struct ctx part;
	if (!part_begin(y->w, &part))
		return false;
	bool good = one_place(y) && y->from->can & STORE_CAN_COPY ? store_copy(&part, y->from->store, from, to, replace) : through_here(y, &part, from, to, replace);
	return part_end(y->w, &part, good) && y->w->r->ctx->error.kind == KIND_NONE;
}

/* ---- a folder ---- */

static bool copy_folder(struct carry *, const char *from, const char *to, int depth);

/* Links and devices have no content that could be copied. */
static bool copy_entry(struct carry *y, const char *folder, const char *to_folder, const struct entry *e, int depth)
{
	struct arena *a = arena_new(0);
	const char *from = path_join(a, folder, e->name), *to = path_join(a, to_folder, e->name);
	struct ctx *c = y->w->r->ctx;
	bool good = ++y->entries <= ENTRIES_MOST ||
		fail(c, KIND_TOO_LARGE, tr(c, "This is more than one request may take. Do it in parts, or as a transfer in the portal."), "entries");
	if (e->kind == ENTRY_FOLDER)
		good = good && copy_folder(y, from, to, depth + 1);
	else if (e->kind == ENTRY_FILE)
		good = good && copy_file(y, from, to, false);
	if (!good && !y->w->member)
		y->w->member = spot_href(c->arena, y->to->place, to, false);
	arena_free(a);
	return good;
}

static bool copy_page(struct carry *y, struct ctx *part, const char *from, const char *to, char *after, size_t room, int depth)
{
	struct store_page page;
	struct store_query q = { .path = from, .limit = PAGE, .after = *after ? after : NULL };
	if (!store_list(part, y->from->store, &q, &page))
		return false;
	snprintf(after, room, "%s", page.next ? page.next : "");
	for (size_t i = 0; i < page.n; i++)
		if (!copy_entry(y, from, to, &page.at[i], depth))
			return false;
	return true;
}

static bool make_folder(struct carry *y, const char *to)
{
	struct ctx part;
	return part_begin(y->w, &part) && part_end(y->w, &part, store_make_folder(&part, y->to->store, to));
}

static bool copy_folder(struct carry *y, const char *from, const char *to, int depth)
{
	struct ctx part, *c = y->w->r->ctx;
	char after[2 * WIRE_NAME_MOST + 64] = "";
	if (depth > DEPTH_MOST)
		return fail(c, KIND_INVALID, tr(c, "The folders are too deep to be copied at once. Do it in parts."), "depth");
	if (!make_folder(y, to))
		return false;
	for (bool more = y->deep; more; more = *after) {
		if (!part_begin(y->w, &part))
			return false;
		bool good = copy_page(y, &part, from, to, after, sizeof after, depth);
		if (!part_end(y->w, &part, good))
			return false;
	}
	return true;
}

/* ---- from here to there ---- */

static bool copy(struct carry *y)
{
	bool folder = spot_folder(y->from), replace = !folder && y->to->there && !spot_folder(y->to);
	if (y->to->there && !replace && !spot_remove(y->w, y->to))
		return false;
	if (!(folder ? copy_folder(y, y->from->path, y->to->path, 0) : copy_file(y, y->from->path, y->to->path, replace)))
		return false;
	return props_copy(y->w->r->ctx, y->from, y->to, folder && y->deep, y->move) && (!y->move || spot_remove(y->w, y->from));
}

/* *cannot: the store has no way to do this in one step. */
static bool rename_it(struct carry *y, const char *from, const char *to, bool *cannot)
{
	struct ctx *c = y->w->r->ctx;
	const char *words;
	if (!work_time(y->w) || store_rename(c, y->from->store, from, to))
		return c->error.kind == KIND_NONE;
	int code = store_failure(&words);
	*cannot = code == WIRE_E_OTHER_DISK || code == WIRE_E_CANNOT;
	return false;
}

static bool in_place_of(struct carry *y, bool *cannot)
{
	struct ctx *c = y->w->r->ctx;
	const char *aside = text(c->arena, "%s.before-%s", y->to->path, random_token(c->arena, 48));
	if (!rename_it(y, y->to->path, aside, cannot))
		return false;
	if (rename_it(y, y->from->path, y->to->path, cannot)) {
		struct spot old = *y->to;
		old.path = aside;
		return spot_remove(y->w, &old);
	}
	struct error why = c->error;
	forget(c);
	if (!store_rename(c, y->to->store, aside, y->to->path))
		log_line(c, "%s: what was replaced is now called %s", y->to->path, aside);
	c->error = why;
	return false;
}

static bool move(struct carry *y)
{
	struct ctx *c = y->w->r->ctx;
	bool cannot = false;
	if (!(y->to->there ? in_place_of(y, &cannot) : rename_it(y, y->from->path, y->to->path, &cannot))) {
		if (!cannot)
			return false;
		forget(c);
		return copy(y);
	}
	return props_copy(c, y->from, y->to, true, true) && locks_forget(c, y->from);
}

/* ---- may it? ---- */

/* So that one folder is known to be in another also when they were reached through different places. */
static const char *whole(struct work *w, const struct spot *s)
{
	return text(w->r->ctx->arena, "%s/%s", s->root, s->path);
}

static bool find_target(struct work *w, struct spot *to)
{
	const char *address = req_header(w->r, "HTTP_DESTINATION");
	int status = 400;
	if (!address)
		return work_refuse(w, 400, NULL);
	if (!spot_of_address(w->r, address, to, &status)) {
		if (w->r->ctx->error.kind != KIND_NOT_FOUND)
			return false;
		forget(w->r->ctx); /* no such place */
		return work_refuse(w, 409, NULL);
	}
	if (status)
		return work_refuse(w, status, NULL);
	if (!w->at.store || !*w->at.path || !to->store || !*to->path)
		return work_refuse(w, 403, NULL);
	const char *a = whole(w, &w->at), *b = whole(w, to);
	return !path_within(a, b) && !path_within(b, a) ? true : work_refuse(w, 403, NULL);
}

/* Through a link, what would be replaced may be the source itself, or what it lies in: there would be nothing left to copy. */
static bool apart(struct work *w, const struct spot *to)
{
	struct spot s = w->at, up;
	if (!to->there || !(s.can & to->can & STORE_CAN_SEEK))
		return true;
	while (s.entry.change != to->entry.change) {
		if (!*s.path)
			return true;
		if (!spot_in(w->r, &s, path_folder(w->r->ctx->arena, s.path), &up))
			return false;
		s = up;
	}
	return work_refuse(w, 403, NULL);
}

static bool folder_there(struct work *w, const struct spot *to)
{
	struct spot folder;
	if (!spot_in(w->r, to, path_folder(w->r->ctx->arena, to->path), &folder))
		return false;
	return spot_folder(&folder) ? true : work_refuse(w, 409, NULL);
}

static bool depth_good(struct work *w, bool move, bool *deep)
{
	const char *depth = req_header(w->r, "HTTP_DEPTH");
	*deep = !same(depth, "0");
	if (!depth || same(depth, "infinity") || same(depth, "Infinity") || (same(depth, "0") && (!move || !spot_folder(&w->at))))
		return true;
	return work_refuse(w, 400, NULL);
}

static bool may(struct work *w, struct spot *to, bool move, bool *deep)
{
	if (!w->at.there)
		return work_refuse(w, 404, NULL);
	if (!find_target(w, to) || !depth_good(w, move, deep) || !conditions_hold(w, &w->at))
		return false;
	if (to->there && !work_overwrite(w))
		return work_refuse(w, 412, NULL);
	if (!apart(w, to))
		return false;
	if (move && !locks_let(w, &w->at, TOUCH_IT | TOUCH_BELOW | TOUCH_NAME))
		return false;
	return locks_let(w, to, TOUCH_IT | TOUCH_BELOW | (to->there ? 0 : TOUCH_NAME)) && folder_there(w, to);
}

static struct reply both(struct req *r, bool moving)
{
	struct work w;
	struct spot to;
	struct carry y = { .w = &w, .from = &w.at, .to = &to, .move = moving };
	if (!work_begin(&w, r) || !work_no_body(&w) || !may(&w, &to, moving, &y.deep))
		return work_reply(&w);
	if (!work_note(&w, moving ? "move" : "copy", &w.at, text(r->ctx->arena, "to %s:%s", to.place, name_shown(r->ctx->arena, to.path))))
		return work_reply(&w);
	if (!long_begin(r) || !(moving && one_place(&y) ? move(&y) : copy(&y)))
		return work_reply(&w);
	return reply_status(r, to.there ? 204 : 201);
}

struct reply dav_copy(struct req *r)
{
	return both(r, false);
}

struct reply dav_move(struct req *r)
{
	return both(r, true);
}
