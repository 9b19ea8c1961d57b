/* places: where a place of naru.conf is, for a user. */
#ifndef NARU_STORE_PLACES_H
#define NARU_STORE_PLACES_H

#include "base.h"

/* Letters, digits, '_', '.', '-', not beginning with '.' or '-', at most 32: safe as a part of a path. */
bool place_user_good(const char *user);
/* The place's path with %u filled in; NULL if there is no such place or the user's name will not do. */
char *place_path(struct arena *, const char *place, const char *user);

#endif
