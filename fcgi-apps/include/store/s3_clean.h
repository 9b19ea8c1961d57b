/*
 * s3_clean: makes XML of what servers take for it. Keys may have bytes that XML cannot carry, and there are servers that write them as they are where
 * nothing says that they are encoded (the prefix, the token of the next page): one such key would hide a whole folder. They become "?".
 */
#ifndef NARU_STORE_S3_CLEAN_H
#define NARU_STORE_S3_CLEAN_H

#include "base.h"

#define S3_CLEAN_HELD 16

/* All zero at first. held: the beginning of what is not whole yet, a reference ("&#x1b;") or a letter. */
struct s3_clean { char held[S3_CLEAN_HELD]; size_t n; };

/* The bytes as XML, into `out`, which has room for n + S3_CLEAN_HELD. How many they are. */
size_t s3_clean(struct s3_clean *, const char *, size_t n, char *out);

#endif
