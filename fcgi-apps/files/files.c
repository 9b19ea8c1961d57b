/* files: the places of the signed-in user (home, scratch …), through connector processes that are the user. See README. */
#include "files.h"
#include "mark_pages.h"
#include "quota.h"

#include "views.h"

static const struct route routes[] = {
	{ GET,  "/files/",                     places_show, .role = ROLE_USER, .help = "Places with files" },
	{ GET,  "/files/marks",                marks_show,  .role = ROLE_USER, .help = "Favourites and tags; ?tags=a,b: what has all of these" },
	{ GET,  "/files/find",                 find_show,   .role = ROLE_USER, .help = "Search in the favourites" },
	{ GET,  "/files/find/:place",          find_show,   .role = ROLE_USER, .help = "Search in a place" },
	{ GET,  "/files/find/:place/*path",    find_show,   .role = ROLE_USER, .help = "Search from a folder down" },
	{ GET,  "/files/do/mark/:place",         mark_show,   .role = ROLE_USER, .help = "Form: favourite, tags of the top folder" },
	{ GET,  "/files/do/mark/:place/*path",   mark_show,   .role = ROLE_USER, .help = "Form: favourite, tags" },
	{ POST, "/files/do/mark/:place",         mark_do,     .role = ROLE_USER, .scope = "files", .help = "Favourite and tags of the top folder" },
	{ POST, "/files/do/mark/:place/*path",   mark_do,     .role = ROLE_USER, .scope = "files", .help = "Favourite and tags" },
	{ POST, "/files/do/tags/:place",         mark_many_do, .role = ROLE_USER, .scope = "files", .help = "Add tags to several of the top folder (pick, sure, tags, favourite)" },
	{ POST, "/files/do/tags/:place/*path",   mark_many_do, .role = ROLE_USER, .scope = "files", .help = "Add tags to several of a folder" },
	{ POST, "/files/do/star/:place",         star_do,     .role = ROLE_USER, .scope = "files", .help = "The top folder as a favourite, or not (on)" },
	{ POST, "/files/do/star/:place/*path",   star_do,     .role = ROLE_USER, .scope = "files", .help = "A favourite, or not (on)" },
	{ POST, "/files/do/unmark/:place",       mark_drop,   .role = ROLE_USER, .scope = "files", .help = "Forget star and tags, whatever has become of the place" },
	{ POST, "/files/do/unmark/:place/*path", mark_drop,   .role = ROLE_USER, .scope = "files", .help = "Forget star and tags, whatever has become of the file" },
	{ POST, "/files/do/hidden/:place",       hidden_do,   .role = ROLE_USER, .scope = "files", .help = "Show hidden files in listings, or not (show)" },
	{ POST, "/files/do/hidden/:place/*path", hidden_do,   .role = ROLE_USER, .scope = "files", .help = "The same, and back to a folder" },
	{ GET,  "/files/in/:place",            entry_show,  .role = ROLE_USER, .help = "Top folder of a place" },
	{ GET,  "/files/in/:place/*path",      entry_show,  .role = ROLE_USER, .help = "Folder: its entries; file: its facts and text" },
	{ GET,  "/files/raw/:place/*path",     raw_send,    .role = ROLE_USER, .help = "Download (ranges); ?show=text: as inert text" },
	{ GET,  "/files/preview/:place/*path", preview_send, .role = ROLE_USER, .help = "A picture as a small PNG; ?n=: one of a notebook's" },
	{ POST, "/files/upload/:place",        upload_take, .role = ROLE_USER, .scope = "files", .upload = true, .help = "Upload into the top folder" },
	{ POST, "/files/upload/:place/*path",  upload_take, .role = ROLE_USER, .scope = "files", .upload = true, .help = "Upload into a folder" },
	{ POST, "/files/do/folder/:place",       folder_make, .role = ROLE_USER, .scope = "files", .help = "New folder in the top folder" },
	{ POST, "/files/do/folder/:place/*path", folder_make, .role = ROLE_USER, .scope = "files", .help = "New folder" },
	{ GET,  "/files/do/edit/:place/*path",   edit_show,   .role = ROLE_USER, .help = "Form: a text file's content" },
	{ POST, "/files/do/edit/:place/*path",   edit_do,     .role = ROLE_USER, .scope = "files", .limit = 7340032, .help = "Save it, if nobody else did meanwhile" },
	{ GET,  "/files/do/new/:place",          new_show,    .role = ROLE_USER, .help = "Form: a new text file in the top folder" },
	{ POST, "/files/do/new/:place",          new_do,      .role = ROLE_USER, .scope = "files", .limit = 7340032, .help = "Make it" },
	{ GET,  "/files/do/new/:place/*path",    new_show,    .role = ROLE_USER, .help = "Form: a new text file" },
	{ POST, "/files/do/new/:place/*path",    new_do,      .role = ROLE_USER, .scope = "files", .limit = 7340032, .help = "Make it" },
	{ GET,  "/files/do/rename/:place/*path", rename_show, .role = ROLE_USER, .help = "Form: another name" },
	{ POST, "/files/do/rename/:place/*path", rename_do,   .role = ROLE_USER, .scope = "files", .help = "Rename or move" },
	{ GET,  "/files/do/delete/:place/*path", delete_show, .role = ROLE_USER, .help = "Asks before deleting" },
	{ POST, "/files/do/delete/:place/*path", delete_do,   .role = ROLE_USER, .scope = "files", .help = "Delete" },
	{ POST, "/files/do/select/:place",       select_do,   .role = ROLE_USER, .scope = "files", .help = "Delete several of the top folder" },
	{ POST, "/files/do/select/:place/*path", select_do,   .role = ROLE_USER, .scope = "files", .help = "Delete several of a folder" },
	{ POST, "/files/do/clip/:place",         clip_take,   .role = ROLE_USER, .scope = "files", .help = "Copy or cut entries of the top folder" },
	{ POST, "/files/do/clip/:place/*path",   clip_take,   .role = ROLE_USER, .scope = "files", .help = "Copy or cut entries of a folder" },
	{ POST, "/files/do/forget/:place",       clip_drop,   .role = ROLE_USER, .scope = "files", .help = "Forget what was copied or cut; leads to the top folder" },
	{ POST, "/files/do/forget/:place/*path", clip_drop,   .role = ROLE_USER, .scope = "files", .help = "Forget what was copied or cut; leads to a folder" },
	{ GET,  "/files/archive/:place",         archive_get,  .role = ROLE_USER, .help = "Download all of a place; kind = .zip | .tar | .tar.gz" },
	{ GET,  "/files/archive/:place/*path",   archive_get,  .role = ROLE_USER, .help = "Download a folder as an archive" },
	{ POST, "/files/archive/:place",         archive_post, .role = ROLE_USER, .scope = "files", .help = "Download what was chosen in the top folder" },
	{ POST, "/files/archive/:place/*path",   archive_post, .role = ROLE_USER, .scope = "files", .help = "Download what was chosen in a folder" },
	{ GET,  "/files/do/extract/:place/*path", extract_show, .role = ROLE_USER, .help = "Form: take an archive apart" },
	{ POST, "/files/do/extract/:place/*path", extract_do,  .role = ROLE_USER, .scope = "files", .help = "Take an archive apart, into a new folder" },
	{ POST, "/files/do/pack/:place",         pack_do,     .role = ROLE_USER, .scope = "files", .help = "Make an archive of what was chosen in the top folder" },
	{ POST, "/files/do/pack/:place/*path",   pack_do,     .role = ROLE_USER, .scope = "files", .help = "Make an archive of what was chosen in a folder" },
	{ GET,  "/files/task/:id",               task_show,   .role = ROLE_USER, .help = "An archive being made or taken apart" },
	{ GET,  "/files/details/:place",         details_show, .role = ROLE_USER, .help = "Details of a place's top folder" },
	{ GET,  "/files/details/:place/*path",   details_show, .role = ROLE_USER, .help = "Details: rights, what it holds; sums=1: checksums" },
	{ POST, "/files/do/mode/:place/*path",   mode_do,      .role = ROLE_USER, .scope = "files", .help = "Other rights" },
	{ GET,  "/files/trash/:place",           trash_show,  .role = ROLE_USER, .help = "Trash of a place" },
	{ POST, "/files/trash/:place",           trash_do,    .role = ROLE_USER, .scope = "files", .help = "Restore, delete for ever, empty" },
};

/* ---- places ---- */

#define PLACE_MS 2500 /* one that hangs must not keep the others from the page */

static void measure(struct req *r, struct place_row *row)
{
	struct store *s;
	r->ctx->deadline = clock_ms() + PLACE_MS;
	if (!store_open(r->ctx, r->who.proof, row->name, &s) || !room_fill(r, s, row)) {
		row->problem = r->ctx->error.message;
		forget(r->ctx);
	}
}

/* Remote stores are only named: asking each of them would make everybody wait for the slowest. */
static struct place_row_list remotes(struct req *r)
{
	const struct remote *all;
	size_t n, shown = 0;
	where_remotes(r, &all, &n);
	struct place_row *rows = NEW_ARRAY(r->ctx->arena, struct place_row, n + 1);
	for (size_t i = 0; i < n; i++) {
		const char *name = text(r->ctx->arena, REMOTE_PLACE "%s", all[i].id);
		if (!all[i].paused)
			rows[shown++] = (struct place_row){
				.name = name, .title = all[i].title, .path = all[i].host, .url = where_url(r, "/files/in", name, ""),
				.problem = all[i].code ? store_failure_says(r->ctx, (int)all[i].code, all[i].words) : NULL,
			};
	}
	return (struct place_row_list){ rows, shown };
}

struct reply places_show(struct req *r)
{
	const struct place *p;
	size_t n;
	store_places(r->ctx->arena, r->who.user, &p, &n);
	struct place_row *rows = NEW_ARRAY(r->ctx->arena, struct place_row, n + 1);
	for (size_t i = 0; i < n; i++) {
		rows[i] = (struct place_row){
			.name = p[i].name, .title = tr(r->ctx, p[i].title), .path = p[i].path, .url = where_url(r, "/files/in", p[i].name, ""),
		};
		measure(r, &rows[i]);
	}
	r->title = tr(r->ctx, "Files");
	return reply_page(r, &places_view, &(struct places){ .favourites = favourites_of(r), .places = { rows, n }, .remotes = remotes(r), .transfers = transfers_now(r) });
}

int main(int argc, char **argv)
{
	static const struct app app = { .name = "files", .routes = routes, .n = COUNT(routes), .start = clipboard_start, .every = 5, .tick = moves_tick, .workers = 4 };
	return app_main(&app, argc, argv);
}
