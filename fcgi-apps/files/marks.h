/*
 * marks: favourites and tags of files and folders (environment "files", table 'M', schema/mark.def), and how a user likes lists ('T', schema/taste.def).
 * A mark belongs to one user and to a path of a place, whether something is there or not. Nothing here blocks but for the database.
 */
#ifndef NARU_FILES_MARKS_H
#define NARU_FILES_MARKS_H

#include "db.h"
#define RECORD mark
#include "record_def.h"
#define RECORD taste
#include "record_def.h"

#define MARKS_MOST 2000 /* of a user */
#define TAGS_MOST 20    /* of a mark */
#define TAG_MOST 40     /* letters of a tag */

struct marks { struct mark *at; size_t n; };

/* Could there be marks in a place of this name? */
bool mark_place_good(const char *place);
bool mark_get(struct ctx *, const struct db_read *, const char *owner, const char *place, const char *path, bool *found, struct mark *) MUST_CHECK;
/* Of what is directly in a folder: one range of the table. */
bool marks_of_folder(struct ctx *, const struct db_read *, const char *owner, const char *place, const char *folder, struct marks *) MUST_CHECK;
/* All of a user's, place by place. */
bool marks_all(struct ctx *, const struct db_read *, const char *owner, struct marks *) MUST_CHECK;
/* Adds or replaces; without a star and a tag it is removed. Beyond MARKS_MOST: KIND_INVALID. */
bool mark_put(struct ctx *, struct db_write *, const struct mark *) MUST_CHECK;
/* What stood for `from` stands for `to`, and what was below it below that. */
bool marks_move(struct ctx *, struct db_write *, const char *owner, const char *place, const char *from, const char *to) MUST_CHECK;
/* The same into another place. */
bool marks_move_to(struct ctx *, struct db_write *, const char *owner, const char *place, const char *from, const char *to_place, const char *to) MUST_CHECK;

/* Tags as typed, separated by commas: trimmed, each once (A-Z in any case; spelt as it is in `known`). *wrong: what cannot be, in words; else NULL. */
struct texts tags_read(struct ctx *, const char *typed, struct texts known, const char **wrong);
bool tags_have(struct texts, const char *tag);
/* "a, b, c" */
const char *tags_typed(struct arena *, struct texts);

struct tag_count { const char *name; int64_t count; };
/* Each tag of these marks with how many have it, by name. */
void tags_count(struct arena *, const struct marks *, struct tag_count **out, size_t *n);

bool taste_get(struct ctx *, const struct db_read *, const char *owner, struct taste *) MUST_CHECK;
bool taste_put(struct ctx *, struct db_write *, const struct taste *) MUST_CHECK;

#endif
