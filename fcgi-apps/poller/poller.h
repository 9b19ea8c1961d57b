/*
 * poller: reads each cluster once for everybody and keeps what it saw in the environment "sched".
 *
 * One process a cluster, so that a cluster that hangs delays no other. A round makes one call at most and rounds are at least a second apart: the
 * scheduler gets at most one call a second, whatever the number of users.
 */
#ifndef NARU_POLLER_H
#define NARU_POLLER_H

#include "sched/keep.h"

enum { MOST_READS = 5 };

/* What a cluster's process keeps between rounds. */
struct watch {
	const char *name;                  /* [cluster NAME] */
	const struct sched_driver *driver;
	struct db *db;
	struct cluster cluster;            /* as stored */
	struct arena *own;                 /* texts of .cluster */
	struct arena *nodes_arena;
	struct sched_nodes_seen nodes;     /* as last read */
	struct arena *waiting_arena;
	struct sched_partitions_seen waiting; /* only name and .waiting: counted from the live list */
	int64_t since;                     /* the live list was complete then; 0: read it whole */
	int64_t whole;                     /* clock_ms() when the list is read whole again */
	int64_t due[MOST_READS];           /* clock_ms() when each read is wanted next */
	size_t last;                       /* the read of the round before */
	int64_t window;                    /* seconds of history read at once */
	unsigned failures;                 /* of rounds, in a row */
	const char *told; int64_t told_at; /* last error in the log */
};

/* Runs what is most overdue. Returns the milliseconds until the next round. */
int watch_round(struct ctx *, struct watch *);
/* Reads what is stored of the cluster. */
bool watch_start(struct ctx *, struct watch *) MUST_CHECK;

#endif
