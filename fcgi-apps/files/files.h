/* files: what its source files share. */
#ifndef NARU_FILES_H
#define NARU_FILES_H

#include "app.h"
#include "clip.h"
#include "file_names.h"
#include "models.h"
#include "places.h"
#include "store.h"

/* Where a request is: the parts "place" and "path" of its route. can: enum store_can. */
struct where { const char *name, *title, *path; struct store *store; unsigned can; };

/* From the route's parts; opens the store. */
bool where_open(struct req *, struct where *) MUST_CHECK;
/* The same of a place and a path that are known already. */
bool where_open_at(struct req *, const char *place, const char *path, struct where *) MUST_CHECK;
/* The user's and the site's remote stores; none if there is no stores module. Blocks for the database only. */
void where_remotes(struct req *, const struct remote **, size_t *n);
/* "/files/in" + place + path, percent-encoded byte by byte. */
char *where_url(struct req *, const char *prefix, const char *place, const char *path);
/* The folders from the place's top down to `path`, each with its address; the last is the page itself. */
struct step_list where_steps(struct req *, const struct where *, const char *path);
/* "Back to the job" for ?from=/jobs/… (or ?from=job); NULL: none. */
const char *where_back(struct req *);

/* All that comes out of a descriptor (a file from where it is, or a pipe) in time, at most n bytes. */
size_t read_pipe(struct ctx *, int fd, char *to, size_t n);
/* Can this be the key of a page of a list? */
bool page_key_good(const char *);

const char *kind_says(struct req *, enum entry_kind);
const char *mode_says(struct arena *, int64_t mode);
/* An audit line "files.WHAT" for place:path. */
bool note(struct req *, const char *what, const struct where *, const char *path, const char *detail) MUST_CHECK;

/* The handlers, in the order of the routes in files.c. */
handler places_show, entry_show, raw_send, upload_take, folder_make, rename_show, rename_do, delete_show, delete_do, select_do, clip_take, clip_drop,
	trash_show, trash_do, archive_get, archive_post;
handler edit_show, edit_do, new_show, new_do, preview_send;
handler details_show, mode_do, extract_show, extract_do, pack_do, task_show;
struct reply folder_reply(struct req *, struct where *, int status, struct form *new_folder);
struct reply file_reply(struct req *, struct where *, const struct entry *);

/* clipboard.c: its database, and what the user has copied or cut as a card on a folder's page; NULL: nothing. */
bool clipboard_start(struct ctx *) MUST_CHECK;
/* moves.c: what was taken may be moved by pasting it; marks follow then. */
bool moves_note(struct ctx *, struct db_write *, const struct clip *) MUST_CHECK;
bool moves_tick(struct ctx *) MUST_CHECK;
/* How many transfers of the user are not at their end yet; NULL: none. */
const char *transfers_now(struct req *);
const struct clip_card *clip_card_of(struct req *, const struct where *, bool writable);

extern const struct form_table *const new_folder_table;

#endif
