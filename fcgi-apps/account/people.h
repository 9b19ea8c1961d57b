/*
 * people: the account records, what they say about a person, and the tables of the "accounts" environment.
 *
 * Every account has a record here. For local accounts it is the source; for directory (LDAP) accounts it is a shadow that
 * is refreshed at each sign-in and keeps what the directory does not know: language, one-time code, recovery codes.
 */
#ifndef NARU_ACCOUNT_PEOPLE_H
#define NARU_ACCOUNT_PEOPLE_H

#include "app.h"
#include "identity_driver.h"
#define RECORD account
#include "record_def.h"

/* First byte of a key. */
enum table {
	TABLE_ACCOUNT = 'A',     /* user -> account */
	TABLE_SESSION = 'S',     /* hash of the id -> session (whole or half) */
	TABLE_SESSION_OF = 's',  /* user, tag -> hash of the id */
	TABLE_TOKEN = 'T',       /* hash of the token -> token */
	TABLE_TOKEN_OF = 't',    /* user, tag -> hash of the token */
	TABLE_TRIES = 'F',       /* who and where -> throttle: wrong passwords */
	TABLE_TICKET = 'N',      /* nonce -> ticket that was used */
	TABLE_KNOWN = 'K',       /* user, device or address -> throttle: where the owner signed in before */
};

/* The environment; opened by people_open() in each process. */
extern struct db *accounts;
bool people_open(struct ctx *) MUST_CHECK;

/* Lower-case letter or '_' first, then letters, digits, '_', '.', '-'; at most 32 bytes. Safe in file names, keys, headers and JSON. */
bool user_name_ok(const char *);
/* Neither root nor a system account nor nobody. */
bool uid_ok(int64_t uid);
bool gid_ok(int64_t gid);
/* May use the portal at all. */
bool account_usable(const struct account *);

bool account_get(struct ctx *, const struct db_read *, const char *user, bool *found, struct account *) MUST_CHECK;
bool account_put(struct ctx *, struct db_write *, const struct account *) MUST_CHECK;
/* account_get() in a transaction of its own. */
bool account_look(struct ctx *, const char *user, bool *found, struct account *) MUST_CHECK;
/* Expired before the contract begins and after it has ended. */
enum role account_role(const struct account *, int64_t when);
/* Takes over what an identity driver said about a person; everything else in the record stays. */
void account_refresh(struct account *, const struct person *, const char *source, int64_t when);
/* "researchers"-style lists are numbers here: drops what is not a number or not allowed, and doubles. Primary group first. */
const char *groups_clean(struct arena *, int64_t gid, const char *groups);
/* BLAKE2b-256 of a secret as text: what is stored in its place. */
const char *secret_hash(struct arena *, const char *secret);

#endif
