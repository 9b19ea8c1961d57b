/*
 * locks: who may write where, for the time being. They hold between WebDAV clients; a lock says nothing about who may read, and the other pages of the
 * portal do not ask for them. A lock is on a path, deep ones on all below it too, also on what is not there yet.
 */
#ifndef NARU_DAV_LOCKS_H
#define NARU_DAV_LOCKS_H

#include "dav.h"
#define RECORD dav_lock
#include "record_def.h"

enum { LOCKS_MOST = 1000 /* of one user in one place */, LOCK_SECONDS_MOST = 604800, OWNER_MOST = 4096 };

struct held { struct dav_lock *at; size_t n; };

/* Those that are in force for the resource: its own and deep ones above; with `below` also all below it. */
bool locks_on(struct ctx *, const struct spot *, bool below, struct held *) MUST_CHECK;
/* Takes it, if no other lock forbids: *other is that one, else .token NULL. */
bool locks_take(struct ctx *, const struct spot *, const struct dav_lock *, struct dav_lock *other) MUST_CHECK;
/* Another end for that lock, which must be in force for the resource and the user's: *found, and the lock as it is then. */
bool locks_refresh(struct ctx *, const struct spot *, const char *user, const char *token, int64_t seconds, bool *found, struct dav_lock *) MUST_CHECK;
/* Ends one that is in force for the resource: *found, and *mine if it is the user's. */
bool locks_drop(struct ctx *, const struct spot *, const char *user, const char *token, bool *found, bool *mine) MUST_CHECK;
/* All of what is no longer there: the resource and all below it. */
bool locks_forget(struct ctx *, const struct spot *) MUST_CHECK;
/* Deletes what has ended. */
bool locks_sweep(struct ctx *) MUST_CHECK;

/* May the request write there, with the tokens that it sent along? 423 if not. */
enum touch { TOUCH_IT = 1, TOUCH_BELOW = 2, TOUCH_NAME = 4 /* it comes or goes, which changes its folder */ };
bool locks_let(struct work *, const struct spot *, unsigned touch) MUST_CHECK;
/* <D:activelock>…, as in the properties. */
void put_lock(struct buf *, const struct spot *, const struct dav_lock *);

#endif
