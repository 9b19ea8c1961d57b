/*
 * basic: "Authorization: Basic" for modules whose manifest wants it (WebDAV clients know nothing better). The password is a personal access token, and
 * the user name must be that of its owner; no password of a person is ever looked at. What is wrong is counted and slowed as at the sign-in,
 * by address and by user, with counts of its own: a program with an old token keeps nobody from the sign-in. A token that is right is never slowed.
 */
#ifndef NARU_ACCOUNT_BASIC_H
#define NARU_ACCOUNT_BASIC_H

#include "account.h"

/* c->found tells. False only when the database does not answer. */
bool basic_find(struct req *, struct caller *) MUST_CHECK;

#endif
