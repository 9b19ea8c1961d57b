/*
 * keep: writes what a poll saw into the environment "sched" (snapshot.h). Each call is one transaction; only records that changed are written, and
 * a user's counts and sums change with the records they are made of, so they are right after any crash.
 */
#ifndef NARU_SCHED_KEEP_H
#define NARU_SCHED_KEEP_H

#include "sched/driver.h"

bool keep_cluster(struct ctx *, struct db *, const struct cluster *) MUST_CHECK;
/* The live list at time `at`. With .complete, active jobs that are not in it are marked as gone. */
bool keep_jobs(struct ctx *, struct db *, const char *cluster, const struct sched_jobs_seen *, int64_t at) MUST_CHECK;
/* Jobs as accounting tells: fills in what the live list no longer knew. */
bool keep_history(struct ctx *, struct db *, const char *cluster, const struct sched_jobs_seen *, int64_t at) MUST_CHECK;
/* Jobs that are gone since before `before` and of which nothing more was heard become UNKNOWN. */
bool keep_settle(struct ctx *, struct db *, const char *cluster, int64_t before, int64_t at) MUST_CHECK;
/* Partitions; those that are not in the list are removed. */
bool keep_partitions(struct ctx *, struct db *, const char *cluster, const struct sched_partitions_seen *) MUST_CHECK;
bool keep_people(struct ctx *, struct db *, const char *cluster, const struct sched_people_seen *) MUST_CHECK;

#endif
