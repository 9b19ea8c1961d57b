/* places: where a place of naru.conf is, for a user. */
#ifndef NARU_STORE_PLACES_H
#define NARU_STORE_PLACES_H

#include "base.h"

/* Letters, digits, '_', '.', '-', not beginning with '.' or '-', at most 32: safe as a part of a path. */
bool place_user_good(const char *user);
/* "home@alice" is alice's home: the same folder whoever asks, reached with one's own rights alone. Whose it is, and *name: the place; NULL: no such. */
const char *place_owner(struct arena *, const char *place, const char **name);
/* The place's path with %u filled in; NULL if there is no such place or the user's name will not do. */
char *place_path(struct arena *, const char *place, const char *user);

#endif
