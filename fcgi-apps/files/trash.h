/*
 * trash: what was deleted and can come back. It is a hidden folder at the top of the place it was deleted in (STORE_TRASH and the user's number),
 * for its owner alone, so that deleting is one rename and the bin needs no database:
 *
 *   ID           the file or folder itself; ID = when (seconds, 10 digits) "-" chance
 *   ID.about     where it was: "naru-trash 1\nPATH\n", PATH percent-encoded
 *
 * The note is written before the thing is moved and removed after it, so nothing is in the bin of which nobody knows where it was.
 */
#ifndef NARU_FILES_TRASH_H
#define NARU_FILES_TRASH_H

#include "files.h"

struct trashed { const char *id, *path; int64_t when; struct entry entry; };

/* Days until the trash is emptied by itself; 0: the site has none. */
int64_t trash_days(void);
/* Has this place a trash? */
bool trash_here(const struct where *);
/* The user's trash in a place, as a path in it. */
const char *trash_folder(struct req *);
/* Moves something into the trash. False: it is where it was. *cannot: because this place cannot keep it; deleting for ever may still work. */
bool trash_put(struct req *, struct where *, const char *path, bool *cannot) MUST_CHECK;
/* The newest first, at most `limit`; after: key of the page before or NULL. *next NULL: last page. A place without one has nothing in it. */
bool trash_list(struct req *, struct where *, const char *after, int64_t limit, struct trashed **, size_t *n, const char **next) MUST_CHECK;
bool trash_find(struct req *, struct where *, const char *id, struct trashed *) MUST_CHECK;
/* Back to where it was, its folders made again if need be; *path: where it is now (another name if the old one is taken). */
bool trash_restore(struct req *, struct where *, const char *id, const char **path) MUST_CHECK;
bool trash_erase(struct req *, struct where *, const char *id) MUST_CHECK;
bool trash_empty(struct req *, struct where *) MUST_CHECK;
/* Erases what is older than trash_days(), as much as there is time for. Called where something is deleted: looking changes nothing. */
void trash_expire(struct req *, struct where *);

#endif
