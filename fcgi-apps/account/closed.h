/* closed: owners of apps who may not use the portal any more (blocked, or without a contract), told to the deployer, which ends what they run. */
#ifndef ACCOUNT_CLOSED_H
#define ACCOUNT_CLOSED_H

#include "base.h"

/* Writes state/deployer/closed: the time of this look, then one name a line. However an account came to be closed, it is found here. */
bool closed_tell(struct ctx *) MUST_CHECK;
/* Writes state/launcher/people: who may use the portal now, "user uid gid groups" a line. Errands of others end (errand.h). */
bool holders_tell(struct ctx *) MUST_CHECK;

#endif
