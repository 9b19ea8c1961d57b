/* transfers: what its source files share. */
#ifndef NARU_TRANSFERS_H
#define NARU_TRANSFERS_H

#include "app.h"
#include "file_names.h"
#include "models.h"
#include "mover.h"
#include "transfer_words.h"

/* words.c */
const char *verb_says(struct ctx *, const struct transfer *);
const char *rule_says(struct ctx *, const char *rule);
const char *verify_says(struct ctx *, const char *verify);
const char *action_says(struct ctx *, const struct transfer *, const struct transfer_file *);
const char *speed_says(struct ctx *, int64_t bytes_per_second); /* NULL for 0 */
/* One line of a list; the places are those of its owner. */
struct transfer_row transfer_row_of(struct ctx *, const struct known_places *, const struct transfer *);

/* list.c: the transfer of the address if it is the user's own (an administrator: anybody's); else KIND_NOT_FOUND. */
bool transfer_asked(struct req *, struct transfer *) MUST_CHECK;
bool transfer_find(struct req *, const char *id, struct transfer *) MUST_CHECK;

/* source.c: what is to be copied. path and names are as the file system has them. once: the key that lets a cut be pasted once only; "" for none. */
struct source { const char *place, *path; struct texts names; const char *once; };
/* From the clipboard: the very selection with this id. */
bool source_clip(struct req *, const char *id, struct source *, const char **verb) MUST_CHECK;
/* From the fields that a form carries along. */
bool source_read(struct req *, struct source *) MUST_CHECK;
/* Why it cannot go there; NULL: it can. */
const char *source_refusal(struct req *, const struct source *, const char *verb, const char *place, const char *path);

/* create.c: asks the mover; fills the errands in. */
bool create(struct req *, const struct source *, struct mover_ask *, const char **id) MUST_CHECK;
/* Opens a place of the user as Files does. */
struct store;
bool place_open(struct req *, const char *place, struct store **) MUST_CHECK;

/* options.c: the form. */
extern const struct form_table *const options_table;
struct form *options_new(struct req *, const char *verb, const char *place, const char *path);
struct form *options_like(struct req *, const struct transfer *);
void options_places(struct req *, struct form *);
/* From a form that is good, into the ask; false: the form says what is wrong. */
bool options_read(struct req *, struct form *, struct mover_ask *);

handler transfers_list, everybody_list, transfer_show, new_show, new_create, paste, several_do, everybody_do, do_pause, do_resume, do_cancel, do_again, do_retry, do_remove;

#endif
