/*
 * memo: what a process worked out before and can use again while its source has not changed. A table of a few places: a newer entry takes the
 * place of another one. The version is what the source says of itself: db_version().
 */
#ifndef NARU_MEMO_H
#define NARU_MEMO_H

#include "base.h"

enum { MEMO_PLACES = 128, MEMO_MOST = 256 * 1024 };

struct memo_place { char *key; void *at; size_t n; int64_t version; };
/* Static; zeroed is empty. */
struct memo { struct memo_place places[MEMO_PLACES]; };

/* The bytes kept under key and version, until the next memo_put(); at is NULL when there are none. */
struct bytes memo_get(const struct memo *, const char *key, int64_t version);
/* Larger ones than MEMO_MOST are not kept. */
void memo_put(struct memo *, const char *key, int64_t version, struct bytes);

#endif
