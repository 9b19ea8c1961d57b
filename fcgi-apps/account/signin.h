/* signin: what the two steps of signing in (password: signin.c, one-time code: code.c) share. */
#ifndef NARU_ACCOUNT_SIGNIN_H
#define NARU_ACCOUNT_SIGNIN_H

#include "account.h"
#include "throttle.h"

struct begin {
	struct session session;          /* to be made */
	const struct person *person;     /* fresh from the driver; NULL: leave the record alone */
	const char *old;                 /* id of the session that this one replaces; may be NULL */
	const char *device;
	struct throttle_who who;
	int64_t tries;                   /* codes tried, which were counted like passwords */
	const char *id;                  /* out: for the cookie */
};

struct begin sign_in_prepare(struct req *, const char *user, const char *next, bool half);
/* For app_change(): arg is a struct begin. */
bool sign_in_begin(struct ctx *, struct db_write *, void *arg);
struct reply sign_in_done(struct req *, const struct begin *, const struct account *, const char *next);
struct reply sign_in_whole(struct req *, const struct person *, const char *next);
struct reply sign_in_half(struct req *, const struct person *, const char *next);
/* 429: the same form again, with the seconds to wait. */
struct reply sign_in_later(struct req *, int64_t wait, struct form *, struct reply (*page)(struct req *, int status, struct form *));

#endif
