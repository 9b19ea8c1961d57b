/*
 * ldap_watch: ends a conversation at its deadline whatever libldap waits for. Debian's libldap shakes hands (TLS) without a time limit, so
 * the connection is shut down under it by a timer; the read then ends and libldap reports a lost server. One conversation at a time.
 */
#ifndef NARU_ACCOUNT_LDAP_WATCH_H
#define NARU_ACCOUNT_LDAP_WATCH_H

#include <ldap.h>

#include "base.h"

void ldap_watch_start(int ms);
/* The connection that this handle opens is watched. */
bool ldap_watch(LDAP *);
void ldap_watch_stop(void);

#endif
