/*
 * multipart: a multipart/form-data body (RFC 7578) as it arrives, in constant memory. Reads through the wire; blocks for the
 * client at most as long as the socket's own time-out.
 */
#ifndef NARU_MULTIPART_H
#define NARU_MULTIPART_H

#include "app.h"

/* limit: most bytes of the whole body; 0: none. */
bool multipart_begin(struct req *, const char *content_type, int64_t limit) MUST_CHECK;
bool multipart_next(struct req *, struct upload *, bool *more) MUST_CHECK;
bool multipart_read(struct req *, void *, size_t n, size_t *got) MUST_CHECK;
/* The current part as one text of at most `most` bytes; UTF-8 without NUL. */
bool multipart_text(struct req *, int64_t most, const char **out) MUST_CHECK;

#endif
