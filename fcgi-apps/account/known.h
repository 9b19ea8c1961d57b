/* known: who has an account here, told to the deployer, so that an app is shared with nobody who does not exist. */
#ifndef NARU_ACCOUNT_KNOWN_H
#define NARU_ACCOUNT_KNOWN_H

#include "base.h"

/* Writes state/deployer/people, a name a line between line feeds, when accounts have changed. People of a directory are in it from their first
 * sign-in on: names are not looked up there, so nobody can try them out through the portal. */
bool known_tell(struct ctx *) MUST_CHECK;

#endif
