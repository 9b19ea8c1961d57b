/*
 * sched: batch clusters. The front finds the cluster ([cluster NAME]), its driver and the limits; a driver does the wire
 * (sched/driver.h). Reading is the poller's work: it keeps what it saw in the LMDB environment "sched", and pages read
 * only that (snapshot functions below, no call to the scheduler). Changing is done with the user's own token.
 */
#ifndef NARU_SCHED_H
#define NARU_SCHED_H

#include "base.h"
#include "db.h"

#define RECORD job          /* one job or array task as last seen */
#include "record_def.h"
#define RECORD partition
#include "record_def.h"
#define RECORD cluster      /* name, as_of, error, version: health of the back end */
#include "record_def.h"
#define RECORD usage        /* per user: counts and hours */
#include "record_def.h"

/* ---- what a user asks for ---- */
struct sched_ask {
	const char *name, *partition, *account, *folder, *output, *error_file, *array, *dependency, *mail_type, *mail_user, *comment, *script;
	int64_t minutes, nodes, tasks_per_node, cpus_per_task, memory_mb /* per node, 0: preset */, gpus /* per node */;
	bool hold;
	const char *user, *home;  /* for the job's environment */
	/* What is asked for more rarely; empty and 0: not asked for. */
	const char *qos, *constraint /* features of nodes, as Slurm writes them */, *gres /* "gpu:a100:2" on each node, instead of gpus */;
	const char *exclusive /* "yes": whole nodes; "user", "mcs" */, *begin /* "now+1hour", "2030-01-31T08:00" */, *signal /* "USR1@60" */;
	const char *open_mode /* "append", "truncate" */, *licenses, *reservation;
	struct texts variables;   /* "NAME=value", added to the job's environment */
	int64_t nodes_most /* of a range */, tasks /* in all; 0: nodes × tasks_per_node */, memory_cpu_mb, nice;
	bool requeue;
};

/* False with KIND_TIMEOUT: nobody knows whether the scheduler took it; look with sched_by_comment() before it is sent again. Any other failure: it
 * did not. *warning (NULL: none) is a sentence about a job that was accepted all the same. */
bool sched_submit(struct ctx *, const char *cluster, const char *user, const char *token, const struct sched_ask *, int64_t *job_id, const char **warning) MUST_CHECK;
enum sched_verb { SCHED_CANCEL, SCHED_HOLD, SCHED_RELEASE };
/* id is the scheduler's text: "18", "18_3". Somebody else's job and one that does not exist are both KIND_NOT_FOUND. Cancelling what has ended is fine. */
bool sched_control(struct ctx *, const char *cluster, const char *user, const char *token, const char *id, enum sched_verb) MUST_CHECK;

/* ---- the snapshot ---- */
struct texts sched_clusters(void);                  /* names from naru.conf */
bool sched_open(struct ctx *, struct db **) MUST_CHECK; /* environment "sched", read-only */
bool sched_cluster(struct ctx *, struct db *, const char *name, bool *found, struct cluster *) MUST_CHECK;
bool sched_partitions(struct ctx *, struct db *, const char *cluster, const struct partition **, size_t *n) MUST_CHECK;
/* A job of this user; somebody else's is not found. The number of an array ("18") of which nothing waits any more finds its first task, so
 * out->id may differ from id. What the fields mean in each state: sched/snapshot.h. */
bool sched_job(struct ctx *, struct db *, const char *user, const char *cluster, const char *id, bool *found, struct job *) MUST_CHECK;
bool sched_usage(struct ctx *, struct db *, const char *user, struct usage *) MUST_CHECK; /* zeroes if never seen */

enum job_group { JOBS_ALL, JOBS_RUNNING, JOBS_WAITING, JOBS_FINISHED };
enum job_order { JOBS_BY_SUBMIT, JOBS_BY_NAME, JOBS_BY_STATE, JOBS_BY_ID };
struct job_query { const char *user; enum job_group group; enum job_order order; bool ascending; const char *match; int64_t page /* from 0 */, per_page; };
struct job_page { const struct job *at; size_t n; int64_t total; };
/* Newest first by submit time unless asked otherwise. `match`: part of the name or number, whatever the case, or a whole state. A search or another
 * order looks at the newest 200,000 of each group. */
bool sched_jobs(struct ctx *, struct db *, const struct job_query *, struct job_page *) MUST_CHECK;
/* By the comment that a submit carried ("naru:ID"): finds what became of a submit that was cut. */
bool sched_by_comment(struct ctx *, struct db *, const char *user, const char *comment, bool *found, struct job *) MUST_CHECK;
/* Whether a job that had not ended is missing in what the scheduler lists now. */
bool sched_gone(struct ctx *, struct db *, const struct job *, bool *gone) MUST_CHECK;

enum job_group job_group(const struct job *);
bool job_finished(const struct job *);
/* One sentence why it waits and what to change; NULL if it does not wait. */
const char *sched_why(struct ctx *, struct db *, const struct job *);
/* State in the user's words: "Running", "Waiting", "Failed (exit code 7)". */
const char *sched_state(struct ctx *, const struct job *);
/* Absolute path of the output (error = false) or error file with %j %A %a %x %u %N filled in; NULL if unknown (accounting keeps no paths). */
const char *sched_output(struct ctx *, const struct job *, bool error);

#endif
