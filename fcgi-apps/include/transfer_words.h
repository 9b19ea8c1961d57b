/* transfer_words: transfers in words, for the pages that show them (transfers, dashboard, files). Does not block. */
#ifndef NARU_TRANSFER_WORDS_H
#define NARU_TRANSFER_WORDS_H

#include "db.h"
#include "places.h"

struct transfer; /* mover.h */

/* "Home/results", or the place's title alone for its top. */
const char *place_path_says(struct ctx *, const struct known_places *, const char *place, const char *path);
/* "“a.txt” of Home/results", "12 entries of Home/results"; without names the folder alone. */
const char *selection_says(struct ctx *, const struct known_places *, const char *place, const char *path, struct texts names);

const char *transfer_state_says(struct ctx *, const struct transfer *);
const char *transfer_css(const struct transfer *);
/* Why it waits or has stopped, or what a finished one leaves to be looked at; NULL: nothing to say. */
const char *transfer_why(struct ctx *, const struct transfer *);
/* Of what is known to be copied, 0 to 100; -1: not known yet, or at its end. */
int64_t transfer_percent(const struct transfer *);
/* Will it change by itself soon? */
bool transfer_changing(const struct transfer *);
/* "about 3 min"; NULL: not known. */
const char *transfer_left_says(struct ctx *, const struct transfer *);
/* "12 of 40 files, 1.2 GiB of 3.4 GiB" */
const char *transfer_progress_says(struct ctx *, const struct transfer *);
/* How many of a user are not at their end yet, counted up to 1,000; 0 if they cannot be read. */
int64_t transfers_going(struct ctx *, struct db *, const char *user);
/* The transfer that was made with this key of this user. */
bool transfer_of_key(struct ctx *, struct db *, const char *user, const char *key, bool *found, struct transfer *) MUST_CHECK;
/* Is there one? No, if that cannot be read. */
bool transfer_key_used(struct ctx *, struct db *, const char *user, const char *key);
/* The environment, opened when it is there; NULL: not yet (asked again after a while). */
struct db *transfers_or_null(struct ctx *);

#endif
