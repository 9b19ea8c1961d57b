/* network: addresses as text, and whether one is inside of networks that a site lists ("10.0.0.0/8 fd00::/8", separated by blanks or commas). Does not block. */
#ifndef NARU_NETWORK_H
#define NARU_NETWORK_H

#include <sys/socket.h>

#include "base.h"

/* An address as digits, of n bytes ("10.1.2.3", "fd00::1"), in one of the networks? False for what is no address, and for IPv6 that means an
 * IPv4 address: it would be let through by another rule than it is reached by. */
bool network_has(const char *networks, const char *address, size_t n);
/* Is it an address at all, by the same rules? *v6 may be NULL. */
bool network_address_ok(const char *address, size_t n, bool *v6);
/* "10.1.2.3:80" or "[fd00::1]:80" taken apart: the address, of n bytes, and its port, which is never 0. */
bool network_split(const char *address, const char **ip, size_t *n, int64_t *port) MUST_CHECK;
/* The same as a socket takes it. */
bool network_socket(const char *address, struct sockaddr_storage *out, socklen_t *size) MUST_CHECK;

#endif
