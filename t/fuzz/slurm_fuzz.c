/* Any bytes as an answer of slurmrestd: to each list in turn, and as the answer to a submit. Nothing may crash; texts must be UTF-8. */
#include "sched/slurm.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void check(const char *value)
{
	if (value != NULL && (*value == '\0' || !utf8_valid(value, strlen(value))))
		abort();
}

static void check_job(struct ctx *ctx, const struct job *job)
{
	const char *const texts[] = { job->id, job->user, job->name, job->state, job->reason, job->nodes, job->folder, job->output, job->comment };

	for (size_t i = 0; i < COUNT(texts); i++)
		check(texts[i]);
	if (job->exit_code < 0 && job->signal < 0)
		abort();
	sched_output(ctx, job, false);
	check(sched_state(ctx, job));
	check(sched_why(ctx, NULL, job));
}

static bool live(struct ctx *ctx, const struct json_object *object, void *arg)
{
	struct job job;

	(void)arg;
	if (slurm_job_read(ctx->arena, object, &job))
		check_job(ctx, &job);
	return true;
}

static bool past(struct ctx *ctx, const struct json_object *object, void *arg)
{
	struct job job;

	(void)arg;
	if (slurm_history_read(ctx->arena, object, &job))
		check_job(ctx, &job);
	return true;
}

static bool node(struct ctx *ctx, const struct json_object *object, void *arg)
{
	struct sched_node node_;

	(void)arg;
	slurm_node_read(ctx->arena, object, &node_);
	check(node_.name);
	return true;
}

static bool partition(struct ctx *ctx, const struct json_object *object, void *arg)
{
	struct partition partition_;

	(void)arg;
	slurm_partition_read(ctx->arena, object, &partition_);
	check(partition_.name);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct { const char *list; slurm_element *fn; } ways[] = {
		{ "jobs", live }, { "jobs", past }, { "nodes", node }, { "partitions", partition }, { NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(ways); i++) {
		struct ctx ctx = { .arena = arena_new(0) };
		struct slurm_answer answer;

		if (slurm_read(&ctx, (struct bytes){ data, size }, ways[i].list, ways[i].fn, NULL, &answer) && answer.text != NULL)
			slurm_refused(&ctx, &answer, 500, i % 2 != 0);
		arena_free(ctx.arena);
	}
	return 0;
}
