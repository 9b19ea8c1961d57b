/*
 * seat: who may speak to an app on its own host. The browser holds a random id of 256 bits there, in a cookie of that host alone; the record
 * is found by the id's hash, in an environment of its own, "seats", which the gate may read.
 *
 *   table  key                     value
 *   's'    hash of the id          record seat
 *   'o'    session's tag NUL app   hash: a session has one seat at an app, so opening an app twice does not make two
 *
 * A seat lives as long as its session. Asking account is enough for new requests; what is open already is cut by the gate when the record
 * is gone, and seats_sweep() sees to that each second, however the session came to its end.
 */
#ifndef NARU_ACCOUNT_SEAT_H
#define NARU_ACCOUNT_SEAT_H

#include "people.h"
#include "session.h"
#define RECORD seat
#include "record_def.h"

#define SEAT_COOKIE "__Host-naru-app"

/* Takes the place of an earlier one of the same session at the same app. *id is for the cookie. */
bool seat_make(struct ctx *, const struct session *, const char *app, const char **id) MUST_CHECK;
/* Of this app, and not past its end; whether the session lives is another question. *hash: the key, for the gate. */
bool seat_find(struct ctx *, const char *id, const char *app, bool *found, const char **hash, struct seat *) MUST_CHECK;
/* The session behind it and its account, if both are good. */
bool seat_owner(struct ctx *, const struct db_read *accounts_db, const struct seat *, bool *good, struct session *) MUST_CHECK;
bool seats_sweep(struct ctx *) MUST_CHECK;
/* What the gate saw in use: an app that is worked with keeps its session from being idle. */
bool seats_used(struct ctx *) MUST_CHECK;

#endif
