/* slurm: what the files of the Slurm driver share. */
#ifndef NARU_SCHED_SLURM_H
#define NARU_SCHED_SLURM_H

#include "sched/driver.h"
#include "sched/slurm_json.h"
#include "sched/snapshot.h"
#include "web.h"

/* One call: `path` is behind "/slurm/v0.0.38" or "/slurmdb/v0.0.38" when .accounting. */
struct slurm_call {
	const char *method, *path;
	bool accounting;
	struct bytes body;
};

/* The answer as it came, whatever its status. answer->sent is set on failure, too. */
bool slurm_send(struct ctx *, const struct sched_login *, const struct slurm_call *, struct web_answer *) MUST_CHECK;
/* Sends and reads a list; a refusal is turned into fail(). An answer 304 gives *unchanged. */
bool slurm_list(struct ctx *, const struct sched_login *, const struct slurm_call *, const char *list, slurm_element *fn, void *arg,
	struct slurm_answer *, bool *unchanged) MUST_CHECK;

/* Turns a code and text of Slurm into kind and sentence; always false. `reading`: the poller asked, the message must be a plain key. */
bool slurm_refused(struct ctx *, const struct slurm_answer *, int status, bool reading);

/* Records out of one element. False: it has no number and is left out. */
bool slurm_job_read(struct arena *, const struct json_object *, struct job *) MUST_CHECK;
bool slurm_history_read(struct arena *, const struct json_object *, struct job *) MUST_CHECK;
void slurm_node_read(struct arena *, const struct json_object *, struct sched_node *);
void slurm_partition_read(struct arena *, const struct json_object *, struct partition *);

/* The request body of a submit. */
bool slurm_submit_body(struct ctx *, const struct sched_login *, const struct sched_ask *, struct bytes *out) MUST_CHECK;

/* Read operations of the driver table. */
bool slurm_jobs(struct ctx *, const struct sched_login *, int64_t since, struct sched_jobs_seen *);
bool slurm_nodes(struct ctx *, const struct sched_login *, struct sched_nodes_seen *);
bool slurm_partitions(struct ctx *, const struct sched_login *, struct sched_partitions_seen *);
bool slurm_history(struct ctx *, const struct sched_login *, struct sched_window, struct sched_jobs_seen *);
bool slurm_people(struct ctx *, const struct sched_login *, struct sched_people_seen *);

#endif
