/* keep_put: one job record with everything that hangs on it. For keep.c only. */
#ifndef NARU_SCHED_KEEP_PUT_H
#define NARU_SCHED_KEEP_PUT_H

#include "sched/driver.h"

/* Stores `job` in place of `old` (NULL: there is none), with list entry, comment, active entry and the user's sums. Writes nothing when
 * nothing but .seen differs. */
bool keep_put_job(struct ctx *, struct db_write *, const struct job *old, struct job *job, int64_t at) MUST_CHECK;
/* Removes it with everything that hangs on it, except its comment. */
bool keep_drop_job(struct ctx *, struct db_write *, const struct job *old) MUST_CHECK;
/* Since when the scheduler does not list it; 0: it does. */
bool keep_put_gone(struct ctx *, struct db_write *, const char *cluster, const char *id, int64_t since) MUST_CHECK;
int64_t keep_read_gone(struct bytes value);

#endif
