/*
 * snapshot: how the environment "sched" is laid out. The poller writes it (keep.h), pages read it (sched.h), nobody else.
 *
 *   table  key                                                       value
 *   'C'    cluster                                                   record cluster
 *   'P'    cluster NUL partition                                     record partition
 *   'J'    cluster NUL id                                            record job
 *   'U'    user NUL group(1) submitted(8) number(8) cluster NUL id   state NUL name        one for each job: list of a user by group and time
 *   'N'    user NUL comment                                          cluster NUL id        the first job that carried the comment
 *   'S'    user                                                      record usage: counts and sums, changed with each job of the user
 *   'L'    user NUL cluster                                          record usage: only accounts and limits
 *   'A'    cluster NUL id                                            since(8)              one for each job that is not finished; since when
 *                                                                                          the scheduler no longer lists it, 0: it does
 *
 * Numbers in keys are big-endian, so that they sort. `number` is the job's number and its task's, for an order within a second. The id of an array
 * task is "18_3", of what is still waiting of an array "18" (it goes when the last task has started; sched_job() then finds the first task).
 * Texts of a key are at most KEY_TEXT bytes; a job whose user or id is longer is not kept.
 *
 * In a job: `started` of a waiting job is when the scheduler expects to start it (0: unknown); `ended` is 0 until it has ended; `memory_mb` is of the
 * whole job; `cpu_seconds` and `max_rss_kb` are measured (0: not yet known); `seen` is when the record last changed. `state` and `reason` are the
 * scheduler's own words; state UNKNOWN: it left the scheduler's list and accounting knows nothing about it.
 */
#ifndef NARU_SCHED_SNAPSHOT_H
#define NARU_SCHED_SNAPSHOT_H

#include "sched.h"

enum { KEY_TEXT = 120, KEY_COMMENT = 200, INDEX_NAME = 120 };

struct db_key snap_cluster(const char *cluster);
struct db_key snap_partition(const char *cluster, const char *partition); /* partition "": prefix of all */
struct db_key snap_job(const char *cluster, const char *id);
struct db_key snap_usage(const char *user);
struct db_key snap_limits(const char *user, const char *cluster);         /* cluster "": prefix of all */
struct db_key snap_active(const char *cluster, const char *id);           /* id "": prefix of all */
struct db_key snap_comment(const char *user, const char *comment);
/* Of a list: group is JOBS_RUNNING, JOBS_WAITING or JOBS_FINISHED. */
struct db_key snap_list_prefix(const char *user, enum job_group group);
struct db_key snap_list(const struct job *);
struct bytes snap_list_value(struct arena *, const struct job *);

/* One entry of a user's list, read back. */
struct snap_row { enum job_group group; int64_t submitted, number; const char *cluster, *id, *state, *name; };
/* False: not such an entry. Texts are in the arena. */
bool snap_list_read(struct arena *, const struct db_key *, struct bytes value, struct snap_row *) MUST_CHECK;
/* "18_3" -> 18, 3. */
int64_t snap_number(const char *id);
/* Two texts with a NUL between, as values of 'N'. */
struct bytes snap_pair(struct arena *, const char *a, const char *b);
bool snap_pair_read(struct arena *, struct bytes, const char **a, const char **b) MUST_CHECK;

/* A list that grows in the arena: the list, with at least one more place of `size` bytes behind its n. */
void *sched_room(struct arena *, void *list, size_t n, size_t *cap, size_t size);

/* Within a transaction. */
bool snap_get_job(struct ctx *, const struct db_read *, const char *cluster, const char *id, bool *found, struct job *) MUST_CHECK;

#endif
