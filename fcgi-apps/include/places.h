/*
 * places: all places of a user in one list, for pages that name them: the site's folders (naru.conf), the user's own stores, the site's stores.
 * The database "stores" is opened on first use; a site without it has none. Read afresh at each call: the stores module changes them.
 */
#ifndef NARU_PLACES_H
#define NARU_PLACES_H

#include "remotes.h"

/* name: as in addresses ("home", "store-…"); title: in the user's language. */
struct known_place { const char *name, *title; bool remote; };
struct known_places { const struct known_place *at; size_t n; };

/* Without stores that are paused. Never fails: what cannot be read is missing. */
struct known_places places_of_user(struct ctx *, const char *user);
/* The place's title, or its name if it is none of them. */
const char *place_title(const struct known_places *, const char *name);
const struct known_place *place_known(const struct known_places *, const char *name); /* NULL: none */
/* The user's and the site's stores, paused ones too; none if they cannot be read. */
void places_remotes(struct ctx *, const char *user, const struct remote **, size_t *n);

#endif
