/*
 * driver: what a kind of batch system can do. One file exports one `const struct sched_driver`; it does only the wire. Limits, checks of the
 * ask, deadlines and the choice of the driver are sched.c's; what is kept is the poller's (keep.h).
 *
 * Every operation blocks up to the context's deadline, treats the answer as hostile, and leaves a sentence for the user in ctx->error.
 * Errors of the read operations are stored and shown later in another language, so their message is always plain tr(ctx, "…"): the English
 * text is the key.
 *
 * A new kind (PBS over SSH): a file with the operations below, a row in sched_drivers[] of sched.c. An operation that a system does not have is
 * NULL and its bit in `can` is not set.
 */
#ifndef NARU_SCHED_DRIVER_H
#define NARU_SCHED_DRIVER_H

#include "sched.h"

/* The cluster ([cluster NAME]) and who speaks to it. */
struct sched_login { const char *cluster, *user, *token; };

enum sched_can {
	SCHED_CAN_ARRAY = 1, SCHED_CAN_DEPEND = 2, SCHED_CAN_GPU = 4, SCHED_CAN_MAIL = 8, SCHED_CAN_HOLD = 16,
	SCHED_CAN_ACCOUNTING = 32, /* history() and people() */
	SCHED_CAN_UNCHANGED = 64,  /* jobs() may answer "nothing new" */
	SCHED_CAN_RARE = 128,      /* the rarer things of struct sched_ask */
};

/* A key of [cluster NAME] that the driver reads; naru.conf(5) is made from these rows. */
struct sched_setting { const char *key, *help, *preset; bool required; };

struct sched_jobs_seen {
	const struct job *at; size_t n;
	bool unchanged;            /* nothing new since `since`; the list is empty */
	bool complete;             /* every job of the cluster is in the list: one that is not has left it */
	const char *version;
};

struct sched_node {
	const char *name;
	struct texts partitions;
	bool usable;               /* up, answering, not drained */
	int64_t cpus, cpus_free, memory_mb, gpus, gpus_free;
};
struct sched_nodes_seen { const struct sched_node *at; size_t n; };
/* Partitions as the system describes them: the numbers that come from nodes and jobs are filled in by sched_count_nodes(). */
struct sched_partitions_seen { struct partition *at; size_t n; };

/* Jobs that ended in [from, until). */
struct sched_window { int64_t from, until; };

/* Accounts and limits of one user. */
struct sched_person { const char *user; struct usage limits; };
struct sched_people_seen { const struct sched_person *at; size_t n; };

struct sched_driver {
	const char *name;          /* driver = slurm */
	const struct sched_setting *settings; size_t n_settings;
	unsigned can;              /* enum sched_can */
	bool (*submit)(struct ctx *, const struct sched_login *, const struct sched_ask *, int64_t *job_id, const char **warning);
	bool (*control)(struct ctx *, const struct sched_login *, const char *id, enum sched_verb);
	bool (*jobs)(struct ctx *, const struct sched_login *, int64_t since, struct sched_jobs_seen *);
	bool (*nodes)(struct ctx *, const struct sched_login *, struct sched_nodes_seen *);
	bool (*partitions)(struct ctx *, const struct sched_login *, struct sched_partitions_seen *);
	bool (*history)(struct ctx *, const struct sched_login *, struct sched_window, struct sched_jobs_seen *);
	bool (*people)(struct ctx *, const struct sched_login *, struct sched_people_seen *);
};

extern const struct sched_driver slurm_driver;

/* The driver of [cluster NAME]; false (KIND_NOT_FOUND) when there is no such cluster or driver. */
bool sched_driver_of(struct ctx *, const char *cluster, const struct sched_driver **) MUST_CHECK;
/* The setting, or the preset of the driver's row. */
const char *sched_setting(const struct sched_driver *, const char *cluster, const char *key);
/* Adds up free and total nodes, CPUs and GPUs for each partition. */
void sched_count_nodes(struct sched_partitions_seen *, const struct sched_nodes_seen *);

#endif
