/* sums: checksums of a file's content, read from whatever store it is in. */
#ifndef NARU_FILES_SUMS_H
#define NARU_FILES_SUMS_H

#include "files.h"

struct sums { const char *sha256, *md5; int64_t bytes; };

/* Reads all of it, for at most `ms` milliseconds (KIND_TIMEOUT, with what to do instead). Blocks for as long. */
bool sums_of(struct req *, struct where *, int ms, struct sums *) MUST_CHECK;

#endif
