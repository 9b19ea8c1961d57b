/*
 * dial: which addresses a connector of a remote store may reach, and reaching them. The check is made on the address itself, after its name was
 * looked up and just before the connection is made, so that no name can be changed in between.
 */
#ifndef NARU_STORE_DIAL_H
#define NARU_STORE_DIAL_H

#include <curl/curl.h>
#include <sys/socket.h>

#include "base.h"

/* networks: those that the site allows ("10.0.0.0/8 fd00::/8"); ""  or NULL: all public ones and no other: not this machine, not private networks. */
bool dial_allowed(const char *networks, const struct sockaddr *);
/* A connection to host and port within `ms` milliseconds, without delay of small packets, not blocking. 0, or WIRE_E_HOST, WIRE_E_NETWORK, WIRE_E_REFUSED. */
int dial(const char *networks, const char *host, int port, int ms, int *fd);

/* What all easy handles of a connector have in common: only the protocols of `protocols` ("https", "ftp,ftps"), TLS verified with the site's
 * authorities, addresses checked, no proxy, no redirects, no signals, ends when nothing comes for 30 s. `why`, of CURL_ERROR_SIZE bytes, gets
 * libcurl's own words. networks and ca_file must outlive the handle. */
CURL *dial_curl(const char *networks, const char *ca_file, const char *protocols, char *why);
/* What an error of libcurl's last call in this thread means here. */
int dial_curl_error(CURLcode);

#endif
