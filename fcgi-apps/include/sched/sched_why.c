/* Why a job waits, as one sentence or a few, with numbers from the snapshot where they help. See sched_why.h. */
#include "sched/sched_why.h"

#include "sched/snapshot.h"

#include <string.h>
#include <time.h>

/* The job's partition. A job that names several ("a,b") is measured by the first. */
static bool find_partition(struct ctx *ctx, struct db *db, const struct job *job, struct partition *out)
{
	const struct partition *all;
	size_t n;
	struct error kept = ctx->error;
	const char *name = job->partition != NULL ? arena_copy(ctx->arena, job->partition, strcspn(job->partition, ",")) : NULL;

	if (db == NULL || name == NULL || !sched_partitions(ctx, db, job->cluster, &all, &n)) {
		ctx->error = kept; /* the sentence is worth having without its numbers */
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if (same(all[i].name, name)) {
			*out = all[i];
			return true;
		}
	return false;
}

/* Tells first what is short: GPUs, nodes, CPUs. */
static const char *tell_free(struct ctx *ctx, const struct partition *p, const struct job *job)
{
	if (job->gpus > p->gpus_free)
		return say(ctx, "Partition %s has %lld of %lld GPUs free; you asked for %lld.", p->name, (long long)p->gpus_free, (long long)p->gpus,
			(long long)job->gpus);
	if (job->node_count > 1 && job->node_count > p->nodes_free)
		return say(ctx, "Partition %s has %lld of %lld nodes entirely free; you asked for %lld.", p->name, (long long)p->nodes_free,
			(long long)p->nodes, (long long)job->node_count);
	return say(ctx, "Partition %s has %lld of %lld CPUs free; you asked for %lld.", p->name, (long long)p->cpus_free, (long long)p->cpus,
		(long long)job->cpus);
}

static const char *tell_time(struct ctx *ctx, const struct partition *p, const struct job *job)
{
	if (p->max_minutes <= 0 || job->limit_minutes <= 0)
		return NULL;
	return say(ctx, "Partition %s allows %s; you asked for %s.", p->name, human_time(ctx->arena, p->max_minutes * 60),
		human_time(ctx->arena, job->limit_minutes * 60));
}

static const char *tell_nodes(struct ctx *ctx, const struct partition *p, const struct job *job)
{
	int64_t most = p->max_nodes > 0 && p->max_nodes < p->nodes ? p->max_nodes : p->nodes;

	if (job->node_count <= most)
		return tell_time(ctx, p, job);
	return say(ctx, "The most nodes of one job in partition %s: %lld; you asked for %lld.", p->name, (long long)most, (long long)job->node_count);
}

/* "2-99%5": 5. */
static const char *tell_tasks(struct ctx *ctx, const struct job *job)
{
	const char *percent = job->array_tasks != NULL ? strchr(job->array_tasks, '%') : NULL;
	int64_t most;

	if (percent == NULL || !parse_int(percent + 1, 1, INT32_MAX, &most))
		return NULL;
	return say(ctx, "At most %lld run at once.", (long long)most);
}

static const char *tell_partition(struct ctx *ctx, enum why_numbers numbers, const struct partition *p, const struct job *job)
{
	switch (numbers) {
	case WHY_FREE:
		return tell_free(ctx, p, job);
	case WHY_QUEUE:
		return p->waiting > 1 ? say(ctx, "%lld jobs wait in partition %s.", (long long)p->waiting, p->name) : NULL;
	case WHY_TIME:
		return tell_time(ctx, p, job);
	case WHY_NODES:
		return tell_nodes(ctx, p, job);
	case WHY_PLAIN: case WHY_DEPENDENCY: case WHY_TASKS:
		break;
	}
	return NULL;
}

static const char *tell(struct ctx *ctx, struct db *db, const struct why *why, const struct job *job)
{
	struct partition partition;

	if (why->numbers == WHY_DEPENDENCY)
		return empty(job->dependency) ? NULL : say(ctx, "Dependency: %s.", job->dependency);
	if (why->numbers == WHY_TASKS)
		return tell_tasks(ctx, job);
	if (why->numbers == WHY_PLAIN || !find_partition(ctx, db, job, &partition))
		return NULL;
	return tell_partition(ctx, why->numbers, &partition, job);
}

/* When the scheduler expects to start it, in the site's time zone (TZ of the process). */
static const char *expected(struct ctx *ctx, const struct job *job)
{
	time_t start = (time_t)job->started;
	struct tm tm;
	char clock[32];

	if (job->started <= now() || localtime_r(&start, &tm) == NULL || strftime(clock, sizeof clock, "%Y-%m-%d %H:%M", &tm) == 0)
		return NULL;
	return say(ctx, "Expected to start about %s.", clock);
}

static const char *join(struct ctx *ctx, const char *a, const char *b)
{
	return b == NULL ? a : text(ctx->arena, "%s %s", a, b);
}

static const char *sentence(struct ctx *ctx, struct db *db, const struct job *job)
{
	/* some versions add names of nodes behind a comma */
	const char *reason = empty(job->reason) ? NULL : arena_copy(ctx->arena, job->reason, strcspn(job->reason, ", ("));
	const struct why *why = reason != NULL ? why_find(reason) : NULL;
	const char *limit;

	if (reason == NULL || same(reason, "None"))
		return tr(ctx, "The batch system has not looked at it yet. It does so within a minute.");
	if (why != NULL)
		return join(ctx, tr(ctx, why->sentence), tell(ctx, db, why, job));
	limit = why_limit(ctx, reason);
	if (limit != NULL)
		return limit;
	return say(ctx, "The batch system gives the reason \"%s\". Ask the administrators if it lasts.", job->reason);
}

const char *sched_why(struct ctx *ctx, struct db *db, const struct job *job)
{
	if (job_group(job) != JOBS_WAITING)
		return NULL;
	if (same(job->state, "REQUEUE_HOLD") || same(job->state, "SPECIAL_EXIT") || same(job->state, "RESV_DEL_HOLD"))
		return tr(ctx, "It is held after its last run. Look at its output, then release it to let it start.");
	return join(ctx, sentence(ctx, db, job), expected(ctx, job));
}
