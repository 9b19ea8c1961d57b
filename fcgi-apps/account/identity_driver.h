/*
 * identity: who knows the passwords. One driver is chosen by [account] identity in naru.conf: "local" (our own records)
 * or "ldap" (a directory with posixAccount entries).
 */
#ifndef NARU_ACCOUNT_IDENTITY_DRIVER_H
#define NARU_ACCOUNT_IDENTITY_DRIVER_H

#include "base.h"

struct person {
	const char *user, *name, *mail;
	int64_t uid, gid;
	const char *groups;                     /* "30000,30001" */
	bool admin;
	int64_t contract_start, contract_end;   /* 0: none */
};

struct identity_driver {
	const char *name;
	/* Is this the password? *right false: it is wrong, or there is no such user; which of the two does not show, not even in the time taken.
	 * An empty password is never right. False (KIND_UNAVAILABLE, KIND_TIMEOUT): the back end did not answer within 5 s. */
	bool (*check)(struct ctx *, const char *user, const char *password, bool *right, struct person *);
	bool can_change;                        /* passwords can be changed in the portal */
};

extern const struct identity_driver identity_local, identity_ldap;
/* The site's driver; ends the process when the setting is unknown. */
const struct identity_driver *identity(void);

/* A new local hash (argon2id, about 60 ms and 64 MiB). */
bool password_hash(struct ctx *, const char *password, const char **out) MUST_CHECK;
/* Compares; a NULL or empty hash takes the same time and is never right. */
bool password_right(const char *hash, const char *password);

#endif
