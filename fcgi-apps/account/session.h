/*
 * session: who is signed in. The browser holds a random id of 256 bits, the record is found by the id's hash, so the database
 * opens no session. A session ends after [account] idle-minutes without a request, after absolute-hours, or when it is deleted:
 * every request looks it up.
 *
 * A half session is one whose password was right and whose one-time code is still missing. It lives 5 minutes and 5 tries, and
 * session_find() finds it only when it is asked for.
 */
#ifndef NARU_ACCOUNT_SESSION_H
#define NARU_ACCOUNT_SESSION_H

#include "people.h"
#define RECORD session
#include "record_def.h"

#define SESSION_COOKIE "__Host-naru"
#define HALF_COOKIE "__Host-naru-half"

enum { HALF_SECONDS = 300, HALF_TRIES = 5, TOUCH_SECONDS = 60, AHEAD_SECONDS = 7 * 86400 };

/* Adds a session for .user with .address, .agent, .half and .next as given; the rest is filled in. *id is for the cookie. */
bool session_begin(struct ctx *, struct db_write *, struct session *, const char **id) MUST_CHECK;
/* Only live ones of the wanted sort. id may be NULL or anything at all. */
bool session_find(struct ctx *, const struct db_read *, const char *id, bool half, bool *found, struct session *) MUST_CHECK;
/* By its tag, for what the portal itself noted; whole ones. */
bool session_find_tag(struct ctx *, const struct db_read *, const char *user, const char *tag, bool *found, struct session *) MUST_CHECK;
bool session_live(const struct session *, int64_t when);
/* Writes it again after a change. */
bool session_save(struct ctx *, struct db_write *, const char *id, const struct session *) MUST_CHECK;
/* Notes that it was used, at most once in TOUCH_SECONDS. A full disk is no reason to send anybody away: failures are forgotten. */
void session_touch(struct ctx *, const char *id, const struct session *);
/* The same for one that was used at `when` through an app. */
void session_touch_tag(struct ctx *, const struct session *, int64_t when);
bool session_end(struct ctx *, struct db_write *, const char *id) MUST_CHECK;
/* Ends the one with this tag; *found tells. */
bool session_end_tag(struct ctx *, struct db_write *, const char *user, const char *tag, bool *found) MUST_CHECK;
/* Ends all of a user but the one with tag `keep` (NULL: all). */
bool session_end_others(struct ctx *, struct db_write *, const char *user, const char *keep, int64_t *count) MUST_CHECK;
/* Live whole sessions of a user, newest first, at most 100. */
struct session_rows { struct session *at; size_t n; };
bool session_rows(struct ctx *, const struct db_read *, const char *user, struct session_rows *) MUST_CHECK;
/* Deletes the dead ones. */
bool session_sweep(struct ctx *) MUST_CHECK;

#endif
