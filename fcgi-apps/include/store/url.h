/* url: addresses of remote stores: paths as bytes, percent-encoded and back. */
#ifndef NARU_STORE_URL_H
#define NARU_STORE_URL_H

#include "base.h"

/* "scheme://host:port"; an IPv6 address gets its brackets. */
void url_host(struct buf *, const char *scheme, const char *host, int64_t port);
/* A path: all but letters, digits, "-._~" and "/" is encoded. */
void url_path(struct buf *, const char *path);
/* Decodes n bytes into at most `room` bytes with a NUL. False: a bad "%", a NUL, or too long. */
bool url_decode(const char *from, size_t n, char *to, size_t room);

#endif
