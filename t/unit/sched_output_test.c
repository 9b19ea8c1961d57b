/* Names of output files: what Slurm's patterns become. */
#include "sched.h"
#include "tap.h"

struct row { const char *pattern, *id; int64_t raw, array; const char *want; };

static const struct row rows[] = {
	{ "/data/out-%j.txt", "18", 18, 0, "/data/out-18.txt" },
	{ "out-%A_%a.txt", "18_3", 21, 18, "/home/alice/out-18_3.txt" },
	{ "%x-%u-%N.log", "18", 18, 0, "/home/alice/my job-alice-n3.log" },
	{ "100%%", "18", 18, 0, "/home/alice/100%" },
	{ "%4j|%10j|%2j", "18", 18, 0, "/home/alice/0018|0000000018|18" },
	{ "%3a", "18_3", 21, 18, "/home/alice/003" },
	{ "a%q%", "18", 18, 0, "/home/alice/a%q%" },
	{ "step-%s-%t", "18", 18, 0, "/home/alice/step-%s-%t" },
	{ "out\\%j", "18", 18, 0, "/home/alice/out%j" },
	{ "%999999999999999999j", "18", 18, 0, "/home/alice/0000000018" },
	{ NULL, "18", 18, 0, "/home/alice/slurm-18.out" },
	{ "", "18_3", 21, 18, "/home/alice/slurm-18_3.out" },
};

static struct job make(const struct row *row)
{
	return (struct job){ .id = row->id, .raw_id = row->raw, .array_job = row->array, .output = row->pattern, .folder = "/home/alice",
		.name = "my job", .user = "alice", .uid = 20001, .batch_host = "n3.cluster.example.org" };
}

static void test_paths(struct ctx *ctx)
{
	struct job job = make(&rows[0]);

	for (size_t i = 0; i < COUNT(rows); i++) {
		job = make(&rows[i]);
		is(sched_output(ctx, &job, false), rows[i].want, "%s", rows[i].pattern != NULL ? rows[i].pattern : "no pattern");
	}
	job = make(&rows[0]);
	is(sched_output(ctx, &job, true), "/data/out-18.txt", "errors go where the output goes");
	job.error_file = "err-%j";
	is(sched_output(ctx, &job, true), "/home/alice/err-18", "unless they have a file of their own");
	job = make(&rows[1]);
	job.folder = NULL;
	is(sched_output(ctx, &job, false), NULL, "a relative name without a folder is nowhere");
	job = make(&rows[10]);
	job.uid = 0;
	is(sched_output(ctx, &job, false), NULL, "what only accounting knows has no file");
	job = make(&rows[2]);
	job.batch_host = NULL;
	job.nodes = "n[1-3,7],m2";
	is(sched_output(ctx, &job, false), "/home/alice/my job-alice-n1.log", "without a host it is the first node");
}

static void test_words(struct ctx *ctx)
{
	struct job job = { .state = "RUNNING" };

	is(sched_state(ctx, &job), "Running", "running");
	ok(job_group(&job) == JOBS_RUNNING && !job_finished(&job), "is running");
	job = (struct job){ .state = "FAILED", .exit_code = 7 };
	is(sched_state(ctx, &job), "Failed (exit code 7)", "exit code");
	ok(job_finished(&job), "is finished");
	job = (struct job){ .state = "FAILED", .signal = 11 };
	is(sched_state(ctx, &job), "Failed (signal 11, SIGSEGV)", "signal");
	job = (struct job){ .state = "PENDING", .reason = "JobHeldUser" };
	is(sched_state(ctx, &job), "Held", "held");
	ok(job_group(&job) == JOBS_WAITING, "waits");
	job = (struct job){ .state = "SOMETHING_NEW" };
	is(sched_state(ctx, &job), "SOMETHING_NEW", "a new word is shown as it is");
	ok(job_finished(&job), "and taken as ended");
	job = (struct job){ 0 };
	is(sched_state(ctx, &job), "Unknown", "no state at all");
}

int main(void)
{
	struct ctx ctx = { .arena = arena_new(0) };

	test_paths(&ctx);
	test_words(&ctx);
	arena_free(ctx.arena);
	return done_testing();
}
