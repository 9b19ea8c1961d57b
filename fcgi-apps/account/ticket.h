/*
 * ticket: takes a sign-in from the portal's host to the host of an app. Signed by account for one user, session and address
 * (/apps/ID/open), good for TICKET_SECONDS and once: it travels in an address.
 */
#ifndef NARU_ACCOUNT_TICKET_H
#define NARU_ACCOUNT_TICKET_H

#include "people.h"
#include "session.h"
#define RECORD ticket
#include "record_def.h"

enum { TICKET_SECONDS = 30, TICKET_KEPT_SECONDS = 600 };

/* The address is "/apps/ID/open", with or without a query: *id has room for APP_ID + 1 bytes. */
bool ticket_address(const char *uri, char *id);
bool ticket_sign(struct ctx *, const char *user, const char *session, const char *id, const char **out) MUST_CHECK;
/* Whole, signed, of this app and not out of date; *good tells. */
bool ticket_read(struct ctx *, const char *text, const char *id, bool *good, struct ticket *) MUST_CHECK;
/* Marks it used, so that it is good once; *first tells whether it was. */
bool ticket_use(struct ctx *, struct db_write *, const struct ticket *, bool *first) MUST_CHECK;
bool ticket_sweep(struct ctx *) MUST_CHECK;

#endif
