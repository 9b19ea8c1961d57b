/* quota: how much room there is in a place, and what the user may still put there. */
#ifndef NARU_FILES_QUOTA_H
#define NARU_FILES_QUOTA_H

#include "conf.h"
#include "files.h"

/* Fills what is known of the room in a place, and the quota_… from the site's quota-file, else from the store. .name of the row is the place. */
bool room_fill(struct req *, struct store *, struct place_row *) MUST_CHECK;
/* The same for the page of a place's top folder; empty for other folders, and where it cannot be told in time. */
struct place_row_list room_at_top(struct req *, const struct where *);

#endif
