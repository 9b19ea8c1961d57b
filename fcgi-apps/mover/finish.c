/* finish: what is left when all files have a result. Each part may be done twice without harm. */
#include "working.h"

#include <errno.h>
#include <string.h>

#include "store/client.h"

/* ---- mirror: what the source has not is deleted ----------------------------------------------------------------------- */

static bool in_source(struct work *w, const char *path, bool *yes)
{
	struct entry e;

	*yes = store_stat(&w->ctx, w->hands.from, path, &e);
	if (*yes || client_code() != ENOENT)
		return *yes;
	forget(&w->ctx);
	return true;
}

static bool delete_one(struct work *w, const struct transfer_file *folder, const struct entry *e)
{
	const char *path = empty(folder->path) ? e->name : text(w->ctx.arena, "%s/%s", folder->path, e->name), *words = "";
	struct transfer_file f = { .kind = e->kind, .path = path, .size = e->size, .modified = e->modified, .state = FILE_DONE, .action = "deleted" };
	bool yes = true;

	if (!in_source(w, work_from(w, &f), &yes))
		return false;
	if (yes)
		return true;
	if (!w->t.dry && !store_remove(&w->ctx, w->hands.to, work_to(w, &f), true)) {
		int code = store_failure(&words);

		if (rules_bad(code) != BAD_FILE)
			return false;
		forget(&w->ctx);
		f.state = FILE_FAILED;
		f.action = "";
		f.code = code;
	}
	return ledger_add(w, &f, 1, NULL, 0);
}

/* By name: entries that go while the pages are turned do not move the others. */
static bool delete_in(struct work *w, const struct transfer_file *folder)
{
	struct store_query q = { .path = work_to(w, folder), .order = STORE_BY_NAME, .limit = PAGE };

	do {
		struct store_page page;

		if (!store_list(&w->ctx, w->hands.to, &q, &page)) {
			if (client_code() != ENOENT)
				return false;
			forget(&w->ctx);
			return true;
		}
		for (size_t i = 0; i < page.n && !work_stopped() && !w->over; i++)
			if (!delete_one(w, folder, &page.at[i]))
				return false;
		q.after = page.next;
	} while (q.after && !work_stopped() && !w->over);
	return true;
}

/* ---- move: folders that are empty now ------------------------------------------------------------------------------------- */

static bool leave_folder(struct work *w, const struct transfer_file *folder)
{
	const char *path = work_from(w, folder);

	if (empty(folder->path) || store_remove(&w->ctx, w->hands.from, path, false))
		return true;
	/* It is not empty (something failed, or came meanwhile), or has gone: both are fine. */
	if (rules_bad(client_code()) != BAD_FILE)
		return false;
	forget(&w->ctx);
	return true;
}

static bool each_folder(struct work *w, bool descending, bool (*fn)(struct work *, const struct transfer_file *))
{
	int64_t number = descending ? w->t.entries : 1;

	for (bool found = true; number > 0 && !work_stopped() && !w->over;) {
		struct transfer_file folder;

		if (!ledger_next(w, &number, descending, &found, &folder))
			return false;
		if (!found)
			return true;
		if (!fn(w, &folder))
			return false;
		number += descending ? -1 : 1;
	}
	return true;
}

bool finish(struct work *w)
{
	if (!hands_open(&w->hands))
		return false;
	/* Nothing is deleted when it is not sure that all of the source was seen; one without any file may be a disk that is not there. */
	if (same(w->t.verb, "mirror") && !w->t.files_failed && w->t.files)
		return each_folder(w, false, delete_in);
	return !same(w->t.verb, "move") || w->t.dry || each_folder(w, true, leave_folder);
}
