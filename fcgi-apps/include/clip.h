/*
 * clip: what a user has copied or cut and not yet pasted: one selection of one folder, kept in the environment "files" (table 'C', written by
 * the files module alone), so that it is there on every page, and after signing in again. schema/clip.def: verb is "copy" or "move", path the
 * folder, names what was chosen in it. Does not block.
 */
#ifndef NARU_CLIP_H
#define NARU_CLIP_H

#include "db.h"
#define RECORD clip
#include "record_def.h"

#define CLIP_COPY "copy"
#define CLIP_MOVE "move"

bool clip_get(struct ctx *, const struct db_read *, const char *owner, bool *found, struct clip *) MUST_CHECK;
bool clip_put(struct ctx *, struct db_write *, const struct clip *) MUST_CHECK;
bool clip_forget(struct ctx *, struct db_write *, const char *owner) MUST_CHECK;
/* The user's, from an environment that is open. False: none, or it cannot be read (logged). */
bool clip_of(struct ctx *, struct db *files, const char *owner, struct clip *);
/* Why it cannot be pasted into this folder, in words; NULL: it can. */
const char *clip_refusal(struct ctx *, const struct clip *, const char *place, const char *path);

/* The key of the transfer that pasting a cut makes, so that a cut is pasted once (mover.h). */
const char *clip_once(struct arena *, const char *id);

#endif
