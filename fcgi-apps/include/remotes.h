/*
 * remotes: the stores that people have registered (environment "stores", written by the stores module alone), and the site's own.
 * A store is a place named "store-" and its id (in addresses); for store_open() the time of its last change follows, so that no connector with
 * earlier settings is taken for it. schema/remote.def says what is known of a store. Does not block.
 */
#ifndef NARU_REMOTES_H
#define NARU_REMOTES_H

#include "db.h"
#define RECORD remote
#include "record_def.h"

#define REMOTE_PLACE "store-"
#define REMOTE_MOST 100 /* of one owner */

/* owner "": the site's. */
struct db_key remote_key(const char *owner, const char *id);
/* Ten letters and digits, as db keys and addresses like them. */
bool remote_id_good(const char *id);
/* For store_open(). */
const char *remote_place(struct arena *, const struct remote *);
/* The id in a place of either form; NULL: it is no store. */
const char *remote_id_of(struct arena *, const char *place);
/* A secret of a store, sealed with whose it is and where it may go: it opens for that owner, server, user and way to sign in alone. */
bool remote_seal(struct ctx *, const struct remote *, const char *secret, const char **sealed) MUST_CHECK;
bool remote_unseal(struct ctx *, const struct remote *, const char *sealed, const char **secret) MUST_CHECK;
/* May a secret that was given for one go to the other? */
bool remote_same_target(struct arena *, const struct remote *, const struct remote *);
/* The store of that id which is the user's or the site's. */
bool remote_find(struct ctx *, const struct db_read *, const char *user, const char *id, bool *found, struct remote *) MUST_CHECK;
/* The store of this very owner. */
bool remote_exactly(struct ctx *, const struct db_read *, const char *owner, const char *id, bool *found, struct remote *) MUST_CHECK;
/* The stores of one owner, oldest first. */
bool remote_all(struct ctx *, const struct db_read *, const char *owner, const struct remote **, size_t *n) MUST_CHECK;
bool remote_put(struct ctx *, struct db_write *, const struct remote *) MUST_CHECK;

#endif
