/*
 * audit: the append-only, hash-chained list of what changed and who did it (LMDB environment "audit").
 * Write the line before the effect. Each entry holds BLAKE2b(previous hash, entry).
 */
#ifndef NARU_AUDIT_H
#define NARU_AUDIT_H

#include "base.h"

/* Opens the environment on first use. `what` is a word such as "job.submit", `object` what it was done to, `detail` may be NULL. */
bool audit(struct ctx *, const char *user, const char *what, const char *object, const char *detail) MUST_CHECK;
/* Walks the chain from the beginning; *count entries; false at the first broken link (message says which). */
bool audit_verify(struct ctx *, int64_t *count) MUST_CHECK;

#endif
