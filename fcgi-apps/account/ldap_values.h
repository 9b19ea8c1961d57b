/* ldap_values: what a directory says, as checked text. For identity_ldap.c only. */
#ifndef NARU_ACCOUNT_LDAP_VALUES_H
#define NARU_ACCOUNT_LDAP_VALUES_H

#include <ldap.h>

#include "base.h"

/* A value for a filter (RFC 4515). */
const char *ldap_escape(struct ctx *, const char *value);
/* First value of an attribute, cut at a character of at most `most` bytes; NULL if there is none or it is no UTF-8 text. */
const char *ldap_value(struct ctx *, LDAP *, LDAPMessage *entry, const char *attribute, size_t most);
/* Is one of the values exactly this? */
bool ldap_has_value(LDAP *, LDAPMessage *entry, const char *attribute, const char *value);
/* Days since 1970 (shadowExpire) or a generalized time (20261231235959Z); 0 for none and nonsense. */
int64_t ldap_time(const char *value);
/* The [ldap] setting as a text that libldap may hold; NULL if there is none. */
char *ldap_own_copy(struct ctx *, const char *key);

#endif
