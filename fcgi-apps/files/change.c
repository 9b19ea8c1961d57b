/* Renaming and deleting. Each asks first, and says afterwards what it did. */
#include <string.h>

#include "files.h"
#include "mark_pages.h"
#include "trash.h"

#include "views.h"

static const struct field rename_fields[] = {
	{ .name = "name", .kind = FIELD_TEXT, .label = MSG("New name"), .required = true, .min = 1, .max = 255,
	  .grammar = "[^/]+", .grammar_says = MSG("A name without slashes, at most 255 bytes."), .keep_spaces = true },
	{ .name = "folder", .kind = FIELD_TEXT, .label = MSG("Move to folder"), .max = 4000, .keep_spaces = true,
	  .hint = MSG("From the top of the place, for example results/2026. Empty: it stays in its folder.") },
};
FORM(rename_form, rename_fields);

/* Something in a place, not its top. */
static bool open_entry(struct req *r, struct where *w)
{
	if (!where_open(r, w))
		return false;
	return *w->path ? true : fail(r->ctx, KIND_INVALID, tr(r->ctx, "The top folder of a place cannot be renamed or deleted."), "top");
}

/* ---- rename ---- */

static struct reply rename_reply(struct req *r, struct where *w, int status, struct form *f)
{
	r->title = say(r->ctx, "Rename “%s”", name_shown(r->ctx->arena, path_name(w->path)));
	return reply_page_status(r, status, &rename_page_view, &(struct rename_page){
		.place = w->name, .path = w->path, .url = where_url(r, "/files/do/rename", w->name, w->path),
		.name = path_name(w->path), .steps = where_steps(r, w, w->path), .form = f,
	});
}

struct reply rename_show(struct req *r)
{
	struct where w;
	struct entry e;
	if (!open_entry(r, &w) || !store_stat(r->ctx, w.store, w.path, &e))
		return reply_oops(r);
	struct form *f = form_new(r->ctx, &rename_form);
	form_set(f, "name", name_shown(r->ctx->arena, path_name(w.path)));
	return rename_reply(r, &w, 200, f);
}

/* "results/2026/" and "/results/2026" mean the same. */
static const char *tidy_folder(struct arena *a, const char *folder)
{
	while (*folder == '/')
		folder++;
	size_t n = strlen(folder);
	while (n && folder[n - 1] == '/')
		n--;
	return arena_copy(a, folder, n);
}

static const char *target(struct req *r, const struct where *w, const struct form *f)
{
	const char *folder = form_text(f, "folder");
	folder = *folder ? tidy_folder(r->ctx->arena, folder) : path_folder(r->ctx->arena, w->path);
	return path_join(r->ctx->arena, folder, form_text(f, "name"));
}

/* What the user can mend goes to the field, the rest is a page of its own. */
static struct reply rename_failed(struct req *r, struct where *w, struct form *f)
{
	enum kind k = r->ctx->error.kind;
	if (k != KIND_CONFLICT && k != KIND_INVALID && k != KIND_NOT_FOUND)
		return reply_oops(r);
	form_wrong(f, k == KIND_NOT_FOUND ? "folder" : "name", r->ctx->error.message);
	forget(r->ctx);
	return rename_reply(r, w, k == KIND_CONFLICT ? 409 : 422, f);
}

struct reply rename_do(struct req *r)
{
	struct where w;
	struct entry e;
	struct form *f = form_read(r, &rename_form);
	if (!f || !open_entry(r, &w) || !store_stat(r->ctx, w.store, w.path, &e))
		return reply_oops(r);
	if (form_good(f) && !name_good(form_text(f, "name")))
		form_wrong(f, "name", tr(r->ctx, "This cannot be a name. Choose another one."));
	const char *to = target(r, &w, f);
	if (starts_with(to, STORE_TRASH))
		form_wrong(f, "folder", tr(r->ctx, "Nothing is moved into the trash this way: delete it."));
	if (!form_good(f))
		return rename_reply(r, &w, 422, f);
	if (!note(r, "rename", &w, w.path, name_shown(r->ctx->arena, to)))
		return reply_oops(r);
	if (!store_rename(r->ctx, w.store, w.path, to))
		return rename_failed(r, &w, f);
	marks_moved(r, w.name, w.path, to);
	return reply_go(r, where_url(r, "/files/in", w.name, path_folder(r->ctx->arena, to)),
		say(r->ctx, "“%s” is now “%s”.", name_shown(r->ctx->arena, path_name(w.path)), name_shown(r->ctx->arena, to)));
}

/* ---- delete: the question ---- */

static const struct field delete_fields[] = { { .name = "forever", .kind = FIELD_FLAG, .label = MSG("Delete for ever") } };
FORM(delete_form, delete_fields);

static bool add_victim(struct req *r, struct where *w, const char *folder, const char *name, struct victim *v)
{
	struct entry e;
	if (!store_stat(r->ctx, w->store, path_join(r->ctx->arena, folder, name), &e))
		return false;
	*v = (struct victim){
		.name = name, .key = key_of(r->ctx->arena, name), .kind = kind_says(r, e.kind), .size = e.size,
		.folder = e.kind == ENTRY_FOLDER, .file = e.kind == ENTRY_FILE,
	};
	return true;
}

/* `problem`: why they cannot be kept in the trash, or NULL. */
static struct reply delete_reply(struct req *r, const struct where *w, const char *action, const char *folder, struct victim_list victims, const char *problem)
{
	struct delete_page m = {
		.place = w->name, .path = w->path, .url = where_url(r, "/files/in", w->name, folder), .steps = where_steps(r, w, folder),
		.victims = victims, .count = (int64_t)victims.n, .action = action,
		.problem = problem, .trash = trash_here(w) && !problem,
		.kept = say(r->ctx, "It goes to the trash of this place, from where it can be restored for %lld days.", (long long)trash_days()),
	};
	for (size_t i = 0; i < victims.n; i++)
		m.folders |= victims.at[i].folder;
	r->title = victims.n == 1 ? say(r->ctx, "Delete “%s”?", name_shown(r->ctx->arena, victims.at[0].name))
		: say(r->ctx, "Delete %lld entries?", (long long)victims.n);
	return reply_page_status(r, problem ? 409 : 200, &delete_page_view, &m);
}

static struct reply delete_ask(struct req *r, struct where *w, const char *problem)
{
	struct victim *v = NEW(r->ctx->arena, struct victim);
	const char *folder = path_folder(r->ctx->arena, w->path);
	if (!add_victim(r, w, folder, path_name(w->path), v))
		return reply_oops(r);
	return delete_reply(r, w, where_url(r, "/files/do/delete", w->name, w->path), folder, (struct victim_list){ v, 1 }, problem);
}

struct reply delete_show(struct req *r)
{
	struct where w;
	if (!open_entry(r, &w))
		return reply_oops(r);
	return delete_ask(r, &w, NULL);
}

/* ---- delete: the deed ---- */

/* Into the trash, where there is one and it is wanted. *cannot: only deleting for ever would work. */
static bool delete_one(struct req *r, struct where *w, const char *path, bool forever, bool *cannot)
{
	bool keep = !forever && trash_here(w);
	*cannot = false;
	return note(r, "delete", w, path, keep ? "to the trash" : NULL) && (keep ? trash_put(r, w, path, cannot) : store_remove(r->ctx, w->store, path, true));
}

/* What was wrong, for the question that comes again. */
static const char *take_message(struct ctx *c)
{
	const char *message = c->error.message;
	forget(c);
	return message;
}

struct reply delete_do(struct req *r)
{
	struct where w;
	bool cannot = false;
	struct form *f = form_read(r, &delete_form);
	if (!f || !open_entry(r, &w))
		return reply_oops(r);
	bool forever = form_flag(f, "forever") || !trash_here(&w);
	if (!delete_one(r, &w, w.path, forever, &cannot))
		return cannot ? delete_ask(r, &w, take_message(r->ctx)) : reply_oops(r);
	if (!forever)
		trash_expire(r, &w);
	const char *name = name_shown(r->ctx->arena, path_name(w.path));
	return reply_go(r, where_url(r, "/files/in", w.name, path_folder(r->ctx->arena, w.path)),
		forever ? say(r->ctx, "“%s” is deleted.", name) : say(r->ctx, "“%s” is in the trash.", name));
}

/* ---- several ---- */

static const struct field select_fields[] = {
	{ .name = "pick", .kind = FIELD_CHOICES, .label = MSG("Entries"), .max = 1000 },
	{ .name = "sure", .kind = FIELD_FLAG, .label = MSG("Delete them") },
	{ .name = "forever", .kind = FIELD_FLAG, .label = MSG("Delete for ever") },
};
FORM(select_form, select_fields);

static const char *picked(struct req *r, const char *key)
{
	const char *name = key_name(r->ctx->arena, key);
	if (!name)
		fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The list of entries cannot be read. Go back and choose again."), "key");
	return name;
}

static struct reply select_ask(struct req *r, struct where *w, struct texts keys, const char *problem)
{
	struct victim *v = NEW_ARRAY(r->ctx->arena, struct victim, keys.n + 1);
	for (size_t i = 0; i < keys.n; i++) {
		const char *name = picked(r, keys.at[i]);
		if (!name || !add_victim(r, w, w->path, name, &v[i]))
			return reply_oops(r);
	}
	return delete_reply(r, w, where_url(r, "/files/do/select", w->name, w->path), w->path, (struct victim_list){ v, keys.n }, problem);
}

static struct outcome delete_picked(struct req *r, struct where *w, const char *key, bool forever, bool *cannot)
{
	const char *name = picked(r, key);
	bool good = name && delete_one(r, w, path_join(r->ctx->arena, w->path, name), forever, cannot);
	struct outcome o = {
		.name = name ? name : key, .good = good, .state = good ? "done" : "failed",
		.says = good ? tr(r->ctx, "deleted") : r->ctx->error.message,
	};
	forget(r->ctx);
	return o;
}

/* Those that the trash cannot keep are asked about again, by themselves. */
static struct reply select_delete(struct req *r, struct where *w, struct texts keys, bool forever)
{
	struct outcome *o = NEW_ARRAY(r->ctx->arena, struct outcome, keys.n + 1);
	const char **left = NEW_ARRAY(r->ctx->arena, const char *, keys.n + 1), *why = NULL;
	size_t good = 0, n_left = 0;
	for (size_t i = 0; i < keys.n; i++) {
		bool cannot = false;
		o[i] = delete_picked(r, w, keys.at[i], forever, &cannot);
		good += o[i].good;
		if (cannot) {
			left[n_left++] = keys.at[i];
			why = o[i].says;
		}
	}
	if (!forever && trash_here(w))
		trash_expire(r, w);
	if (n_left && good + n_left == keys.n)
		return select_ask(r, w, (struct texts){ left, n_left }, why);
	const char *url = where_url(r, "/files/in", w->name, w->path);
	const char *summary = say(r->ctx, "Deleted: %lld of %lld.", (long long)good, (long long)keys.n);
	if (good == keys.n)
		return reply_go(r, url, summary);
	r->title = tr(r->ctx, "Not everything was deleted");
	return reply_page_status(r, 409, &outcomes_view, &(struct outcomes){
		.url = url, .steps = where_steps(r, w, w->path), .outcomes = { o, keys.n }, .summary = summary,
	});
}

struct reply select_do(struct req *r)
{
	struct where w;
	struct form *f = form_read(r, &select_form);
	if (!f || !where_open(r, &w))
		return reply_oops(r);
	struct texts keys = form_texts(f, "pick");
	if (keys.n == 0)
		return reply_go(r, where_url(r, "/files/in", w.name, w.path), tr(r->ctx, "Nothing was chosen: tick the entries to delete first."));
	return form_flag(f, "sure") ? select_delete(r, &w, keys, form_flag(f, "forever")) : select_ask(r, &w, keys, NULL);
}
