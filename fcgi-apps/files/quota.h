/* quota: what a user may still put into a place, on the page of places. */
#ifndef NARU_FILES_QUOTA_H
#define NARU_FILES_QUOTA_H

#include "conf.h"
#include "files.h"

/* Fills the quota_… of the row from the site's quota-file, else from the store; nothing when neither knows one. Blocks up to the context's deadline. */
void quota_fill(struct req *, struct store *, const char *place, struct place_row *);

#endif
