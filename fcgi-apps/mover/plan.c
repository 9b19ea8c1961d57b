/*
 * plan: walks the source into the ledger, a page of a folder at a time: the ledger itself is the list of folders that are still to be walked, so any tree fits
 * into little memory, and the walk goes on at its page after a crash. A folder is made at the target before its content is handed out.
 */
#include "working.h"

#include <errno.h>
#include <string.h>

#include "store/client.h"
#include "store/wire.h"

static const char *join(struct arena *arena, const char *folder, const char *name)
{
	return !*folder ? name : !*name ? folder : text(arena, "%s/%s", folder, name);
}

const char *work_from(struct work *w, const struct transfer_file *f)
{
	return join(w->ctx.arena, w->t.from_path, f->path ? f->path : "");
}

static const char *target_of(const struct transfer_file *f)
{
	return empty(f->name) ? f->path ? f->path : "" : f->name;
}

const char *work_to(struct work *w, const struct transfer_file *f)
{
	return join(w->ctx.arena, w->t.to_path, target_of(f));
}

/* Of this entry only: false is for what stops the whole. */
static bool only_this(struct work *w, struct transfer_file *f)
{
	const char *words = "";
	int code = store_failure(&words);

	if (rules_bad(code) != BAD_FILE)
		return false;
	f->state = FILE_FAILED;
	f->code = code;
	f->words = arena_copy(w->ctx.arena, words, strlen(words));
	forget(&w->ctx);
	return true;
}

static struct transfer_file found(struct work *w, const struct entry *e, const char *path, const char *name)
{
	struct transfer_file f = { .kind = e->kind, .path = path, .name = name, .size = e->kind == ENTRY_FILE ? e->size : 0, .modified = e->modified };

	if (e->kind != ENTRY_FILE && e->kind != ENTRY_FOLDER) {
		f.state = FILE_SKIPPED;
		f.code = MOVER_E_KIND;
	} else if (strlen(work_from(w, &f)) > WIRE_PATH_MOST || strlen(work_to(w, &f)) > WIRE_PATH_MOST) {
		f.state = FILE_FAILED;
		f.code = ENAMETOOLONG;
	}
	return f;
}

/* ---- the first entries --------------------------------------------------------------------------------------------- */

static bool exists(struct work *w, const char *path, bool *yes, struct entry *e)
{
	*yes = store_stat(&w->ctx, w->hands.to, path, e);
	if (*yes || client_code() != ENOENT)
		return *yes;
	forget(&w->ctx);
	return true;
}

/* A folder that is copied beside itself needs another name; elsewhere, one of the same name takes the new content in. */
static bool name_beside(struct work *w, struct transfer_file *f)
{
	struct entry e;
	bool yes = true;

	if (!same(w->t.from_place, w->t.to_place) || !same(w->t.from_path, w->t.to_path))
		return true;
	for (int nth = 2; yes; nth++) {
		f->name = rules_name(w->ctx.arena, f->path, nth);
		if (!exists(w, work_to(w, f), &yes, &e))
			return false;
	}
	return true;
}

/* A whole folder that is moved inside its place, where nothing has its name, is renamed. */
static bool move_whole(struct work *w, struct transfer_file *f)
{
	struct entry e;
	bool yes = true;

	if (!same(w->t.verb, "move") || w->t.dry || !same(w->t.from_place, w->t.to_place) || !(store_can(w->hands.to) & STORE_CAN_MOVE))
		return true;
	if (!exists(w, work_to(w, f), &yes, &e))
		return false;
	if (yes)
		return true;
	if (store_rename(&w->ctx, w->hands.to, work_from(w, f), work_to(w, f))) {
		f->state = FILE_DONE;
		f->action = "new";
		return true;
	}
	if (client_code() != WIRE_E_OTHER_DISK && client_code() != WIRE_E_CANNOT)
		return only_this(w, f);
	forget(&w->ctx);
	return true;
}

static bool chosen(struct work *w, const char *name, struct transfer_file *f)
{
	struct entry e = { .kind = ENTRY_FILE };

	*f = (struct transfer_file){ .kind = 'f', .path = name };
	if (!store_stat(&w->ctx, w->hands.from, work_from(w, f), &e)) {
		bool gone = client_code() == ENOENT;
		struct entry there;
		bool yes = false;

		if (!only_this(w, f))
			return false;
		if (!gone || !same(w->t.verb, "move") || w->t.run < 2 || !exists(w, work_to(w, f), &yes, &there))
			return !w->ctx.error.kind;
		if (yes) /* moved before this run */
			*f = (struct transfer_file){ .kind = there.kind, .path = name, .size = there.kind == 'f' ? there.size : 0, .state = FILE_DONE, .action = "new" };
		return true;
	}
	*f = found(w, &e, name, NULL);
	return f->kind != 'd' || !empty(f->state) || (name_beside(w, f) && move_whole(w, f));
}

static bool plan_top(struct work *w)
{
	size_t n = w->t.names.n;
	struct transfer_file *at = NEW_ARRAY(w->ctx.arena, struct transfer_file, n + 1);

	for (size_t i = 0; i < n; i++)
		if (!chosen(w, w->t.names.at[i], &at[i]))
			return false;
	if (!n)
		at[n++] = (struct transfer_file){ .kind = 'd', .path = "" };
	w->t.walk = 1;
	return ledger_add(w, at, n, NULL, 0);
}

/* ---- one page of a folder ----------------------------------------------------------------------------------------------- */

static bool make_folder(struct work *w, const char *path)
{
	struct entry e;

	if (w->t.dry || !*path || !(store_can(w->hands.to) & STORE_CAN_FOLDERS) || store_make_folder(&w->ctx, w->hands.to, path))
		return true;
	if (w->ctx.error.kind != KIND_CONFLICT)
		return false;
	forget(&w->ctx);
	if (!store_stat(&w->ctx, w->hands.to, path, &e))
		return false;
	return e.kind == ENTRY_FOLDER || client_fail(&w->ctx, MOVER_E_FOLDER, path);
}

static void take_page(struct work *w, const struct transfer_file *folder, const struct store_page *page, struct transfer_file *at)
{
	const char *path = folder->path ? folder->path : "", *target = target_of(folder);

	for (size_t i = 0; i < page->n; i++) {
		const char *name = page->at[i].name;

		at[i] = found(w, &page->at[i], join(w->ctx.arena, path, name), same(path, target) ? NULL : join(w->ctx.arena, target, name));
	}
}

/* walk_next outlives the step. */
static void next_page(struct work *w, const char *next)
{
	static char kept[600];

	w->t.walk_next = NULL;
	if (!next)
		w->t.walk++;
	if (!next || strlen(next) >= sizeof kept)
		return;
	memcpy(kept, next, strlen(next) + 1);
	w->t.walk_next = kept;
}

static bool plan_folder(struct work *w, struct transfer_file *folder)
{
	struct store_query q = { .path = work_from(w, folder), .after = w->t.walk_next, .limit = PAGE };
	struct store_page page = { 0 };
	struct transfer before = w->t;
	int64_t number = w->t.walk;

	if ((!q.after && !make_folder(w, work_to(w, folder))) || !store_list(&w->ctx, w->hands.from, &q, &page)) {
		if (!only_this(w, folder))
			return false;
		page = (struct store_page){ 0 };
	} else if (!page.next) {
		folder->state = FILE_DONE;
	}
	struct transfer_file *at = NEW_ARRAY(w->ctx.arena, struct transfer_file, page.n + 1);

	take_page(w, folder, &page, at);
	next_page(w, page.next);
	if (ledger_add(w, at, page.n, empty(folder->state) ? NULL : folder, number))
		return true;
	w->t = before;
	return false;
}

bool plan_step(struct work *w)
{
	struct transfer_file folder;
	int64_t number;

	if (!hands_open(&w->hands))
		return false;
	if (w->t.walk == WALK_NONE)
		return plan_top(w);
	if (!ledger_folder(w, w->t.walk, &folder, &number))
		return false;
	if (!number) {
		w->t.planned = true;
		w->t.walk = w->t.entries + 1;
		return ledger_flush(w);
	}
	if (number != w->t.walk)
		w->t.walk_next = NULL;
	w->t.walk = number;
	return plan_folder(w, &folder);
}
