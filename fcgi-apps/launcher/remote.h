/*
 * remote: how a child of the launcher becomes the connector of a remote store. It looks the store up, opens its secret with the key that only
 * root can read, becomes a uid that is nobody's, and starts naru-connector, which is told of this one store and knows nothing else.
 */
#ifndef NARU_LAUNCHER_REMOTE_H
#define NARU_LAUNCHER_REMOTE_H

#include "errand.h"
#include "slots.h"

/* Before any right is given up: where naru-connector lies, beside this program. */
void remote_program(void);
/* Its descriptor, for become_bare(); -1: it is not there. */
int remote_descriptor(void);
/* errand: what the connector is held to; .rights 0: nothing. Returns only if it could not: an error code. The socket is descriptor 3, the program BECOME_PROGRAM. */
int remote_start(struct ctx *, const char *user, const char *id, const struct errand *, const struct slot *);

#endif
