/* A job's state in the user's words, and the group that it belongs to. */
#include "sched.h"

#include <string.h>

/* Slurm's states. Anything that is not here is taken as ended: it will not run any more as far as anybody knows. */
static const struct word { const char *state; enum job_group group; const char *says; } words[] = {
	{ "PENDING", JOBS_WAITING, MSG("Waiting") },
	{ "REQUEUED", JOBS_WAITING, MSG("Waiting again") },
	{ "REQUEUE_FED", JOBS_WAITING, MSG("Waiting again") },
	{ "REQUEUE_HOLD", JOBS_WAITING, MSG("Held") },
	{ "SPECIAL_EXIT", JOBS_WAITING, MSG("Held") },
	{ "RESV_DEL_HOLD", JOBS_WAITING, MSG("Held") },
	{ "CONFIGURING", JOBS_RUNNING, MSG("Starting") },
	{ "RUNNING", JOBS_RUNNING, MSG("Running") },
	{ "RESIZING", JOBS_RUNNING, MSG("Running") },
	{ "SIGNALING", JOBS_RUNNING, MSG("Running") },
	{ "UPDATE_DB", JOBS_RUNNING, MSG("Running") },
	{ "SUSPENDED", JOBS_RUNNING, MSG("Suspended") },
	{ "STOPPED", JOBS_RUNNING, MSG("Suspended") },
	{ "COMPLETING", JOBS_RUNNING, MSG("Ending") },
	{ "STAGE_OUT", JOBS_RUNNING, MSG("Ending") },
	{ "COMPLETED", JOBS_FINISHED, MSG("Completed") },
	{ "CANCELLED", JOBS_FINISHED, MSG("Cancelled") },
	{ "FAILED", JOBS_FINISHED, MSG("Failed") },
	{ "TIMEOUT", JOBS_FINISHED, MSG("Stopped: the wall time was over") },
	{ "OUT_OF_MEMORY", JOBS_FINISHED, MSG("Stopped: it used more memory than it asked for") },
	{ "NODE_FAIL", JOBS_FINISHED, MSG("Stopped: a node failed") },
	{ "BOOT_FAIL", JOBS_FINISHED, MSG("Not started: a node failed") },
	{ "LAUNCH_FAILED", JOBS_FINISHED, MSG("Not started: it could not be launched") },
	{ "RECONFIG_FAIL", JOBS_FINISHED, MSG("Not started: a node failed") },
	{ "PREEMPTED", JOBS_FINISHED, MSG("Stopped: another job had precedence") },
	{ "DEADLINE", JOBS_FINISHED, MSG("Stopped: its deadline passed") },
	{ "REVOKED", JOBS_FINISHED, MSG("Runs on another cluster") },
	{ "UNKNOWN", JOBS_FINISHED, MSG("Ended; how is not known") },
};

static const struct word *find(const char *state)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (same(words[i].state, state))
			return &words[i];
	return NULL;
}

enum job_group job_group(const struct job *job)
{
	const struct word *word = find(job->state);

	return word != NULL ? word->group : JOBS_FINISHED;
}

bool job_finished(const struct job *job)
{
	return job_group(job) == JOBS_FINISHED;
}

static const char *failed(struct ctx *ctx, const struct job *job)
{
	if (same(job->reason, "JobLaunchFailure"))
		return tr(ctx, "Failed: it could not be started; is the folder of its output there and writable?");
	if (same(job->reason, "BadConstraints"))
		return tr(ctx, "Failed: no node has what it asked for");
	if (job->signal > 0 && job->signal < 65)
		return say(ctx, "Failed (signal %lld, SIG%s)", (long long)job->signal, sigabbrev_np((int)job->signal) != NULL ?
			sigabbrev_np((int)job->signal) : "?");
	if (job->exit_code != 0)
		return say(ctx, "Failed (exit code %lld)", (long long)job->exit_code);
	return tr(ctx, "Failed");
}

static bool is_held(const struct job *job)
{
	return same(job->reason, "JobHeldUser") || same(job->reason, "JobHeldAdmin");
}

const char *sched_state(struct ctx *ctx, const struct job *job)
{
	const struct word *word = find(job->state);

	if (word == NULL)
		return empty(job->state) ? tr(ctx, "Unknown") : job->state;
	if (same(job->state, "FAILED"))
		return failed(ctx, job);
	if (same(job->state, "PENDING") && is_held(job))
		return tr(ctx, "Held");
	return tr(ctx, word->says);
}
