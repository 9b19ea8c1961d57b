/*
 * What the Slurm driver makes of slurmrestd's answers, and of what is none.
 * flags: -It
 */
#include "sched/slurm.h"
#include "tap.h"

#include <string.h>

static struct bytes bytes_of(const char *json)
{
	return (struct bytes){ (const unsigned char *)json, strlen(json) };
}

struct seen { size_t n; struct job jobs[8]; };

static bool take(struct ctx *ctx, const struct json_object *object, void *arg)
{
	struct seen *seen = arg;

	if (seen->n < COUNT(seen->jobs))
		seen->n += slurm_job_read(ctx->arena, object, &seen->jobs[seen->n]);
	return true;
}

/* ---- structure ---- */

struct whole { const char *json; bool good; size_t n, skipped; };

static const struct whole wholes[] = {
	{ "{}", true, 0, 0 },
	{ " { \"jobs\" : [ ] } \n", true, 0, 0 },
	{ "{\"jobs\":[{\"job_id\":1},{\"job_id\":2}],\"errors\":[]}", true, 2, 0 },
	{ "{\"x\":{\"jobs\":[{}]},\"jobs\":[{\"job_id\":1,\"s\":\"]}\\\"\"}]}", true, 1, 0 },
	{ "{\"jobs\":[{\"job_id\":1},7,\"x\",null,{\"job_id\":2}]}", true, 2, 3 },
	{ "{\"jobs\":[{\"job_id\":1,],{\"job_id\":2}]}", true, 1, 1 },
	{ "{\"jobs\":[{\"job_id\" 1},{\"job_id\":2}]}", true, 1, 1 },
	{ "{\"jobs\":null}", true, 0, 0 },
	{ "", false, 0, 0 },
	{ "hello", false, 0, 0 },
	{ "[]", false, 0, 0 },
	{ "{\"jobs\":[{\"job_id\":1}", false, 1, 0 },
	{ "{\"jobs\":[{\"job_id\":1},", false, 1, 0 },
	{ "{\"jobs\":[{\"job_id\":1}]", false, 1, 0 },
	{ "{\"jobs\":[{\"job_id\":1}]}x", false, 1, 0 },
	{ "{\"jobs\":[{\"name\":\"x", false, 0, 0 },
	{ "{\"jobs\":[{\"name\":\"x\\", false, 0, 0 },
	{ "{\"jobs\"", false, 0, 0 },
	{ "{1:2}", false, 0, 0 },
};

static void test_structure(struct ctx *ctx)
{
	for (size_t i = 0; i < COUNT(wholes); i++) {
		struct seen seen = { 0 };
		struct slurm_answer answer;
		bool good = slurm_read(ctx, bytes_of(wholes[i].json), "jobs", take, &seen, &answer);

		ok(good == wholes[i].good && (!good || (seen.n == wholes[i].n && answer.skipped == wholes[i].skipped)), "%s", wholes[i].json);
		forget(ctx);
	}
}

static void test_depth(struct ctx *ctx)
{
	struct buf deep = { 0 };
	struct seen seen = { 0 };
	struct slurm_answer answer;

	buf_in(&deep, ctx->arena);
	buf_text(&deep, "{\"jobs\":[{\"a\":");
	for (int i = 0; i < 1000000; i++)
		buf_char(&deep, '[');
	for (int i = 0; i < 1000000; i++)
		buf_char(&deep, ']');
	buf_text(&deep, "},{\"job_id\":2}]}");
	ok(slurm_read(ctx, (struct bytes){ (const unsigned char *)deep.at, deep.n }, "jobs", take, &seen, &answer) && seen.n == 1 && answer.skipped == 1,
		"a million brackets are skipped, the next job is read");
}

/* ---- errors ---- */

struct refusal { const char *json; int64_t code; const char *text; int64_t job; };

static const struct refusal refusals[] = {
	{ "{\"errors\":[{\"error\":\"Invalid partition\",\"error_code\":2000}]}", 2000, "Invalid partition", 0 },
	{ "{\"errors\":[{\"description\":\"long\",\"error_number\":2017,\"error\":\"short\"}]}", 2017, "long", 0 },
	{ "{\"errors\":[{\"error\":\"x\",\"errno\":2000}]}", 2000, "x", 0 },
	{ "{\"errors\":[{\"error_code\":2042,\"error\":\"held\"}],\"job_id\":5}", 2042, "held", 5 },
	{ "{\"errors\":[],\"job_id\":6}", 0, NULL, 6 },
	{ "{\"errors\":[{}]}", -1, "?", 0 },
	{ "{\"errors\":\"no\",\"job_id\":\"7\"}", 0, NULL, 0 },
};

static void test_refusals(struct ctx *ctx)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *row = &refusals[i];
		struct slurm_answer answer;
		bool good = slurm_read(ctx, bytes_of(row->json), NULL, NULL, NULL, &answer);

		ok(good && answer.code == row->code && same(answer.text, row->text) && answer.job_id == row->job, "%s", row->json);
	}
}

struct sentence { int64_t code; int status; enum kind kind; };

static void test_sentences(struct ctx *ctx)
{
	static const struct sentence rows[] = {
		{ 2000, 500, KIND_INVALID }, { 2002, 500, KIND_NOT_FOUND }, { 2017, 500, KIND_NOT_FOUND }, { 2045, 500, KIND_INVALID },
		{ 5005, 500, KIND_UNAVAILABLE }, { -1, 500, KIND_UNAVAILABLE }, { 1800, 500, KIND_UNAVAILABLE }, { 123456, 500, KIND_INVALID },
		{ 0, 401, KIND_UNAVAILABLE },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slurm_answer answer = { .code = rows[i].code, .text = "text of Slurm" };

		forget(ctx);
		ok(!slurm_refused(ctx, &answer, rows[i].status, false) && ctx->error.kind == rows[i].kind && ctx->error.message != NULL,
			"code %lld: %s", (long long)rows[i].code, ctx->error.message);
	}
	forget(ctx);
}

/* ---- jobs ---- */

static struct job read_job(struct ctx *ctx, const char *json, struct seen *seen)
{
	struct slurm_answer answer;

	*seen = (struct seen){ 0 };
	if (!slurm_read(ctx, bytes_of(json), "jobs", take, seen, &answer) || seen->n < 1)
		return (struct job){ 0 };
	return seen->jobs[0];
}

static void test_jobs(struct ctx *ctx)
{
	struct seen seen;
	struct job job = read_job(ctx, "{\"jobs\":[{\"job_id\":21,\"array_job_id\":18,\"array_task_id\":3,\"job_state\":\"FAILED\",\"exit_code\":1792,"
		"\"state_reason\":\"NonZeroExitCode\",\"user_name\":\"alice\",\"user_id\":20001,\"submit_time\":10,\"start_time\":20,\"end_time\":30,"
		"\"tres_alloc_str\":\"cpu=4,mem=1.50G,node=1,gres\\/gpu=2\",\"cpus\":4,\"time_limit\":null,\"array_task_string\":\"\"}]}", &seen);

	ok(same(job.id, "18_3") && job.raw_id == 21 && job.array_job == 18 && same(job.array_tasks, "3"), "a task of an array");
	ok(job.exit_code == 7 && job.signal == 0 && job.ended == 30 && job.gpus == 2 && job.memory_mb == 1536 && job.limit_minutes == 0, "its facts");
	job = read_job(ctx, "{\"jobs\":[{\"job_id\":18,\"array_job_id\":18,\"array_task_id\":null,\"array_task_string\":\"4-9%2\",\"job_state\":\"PENDING\","
		"\"state_reason\":\"None\",\"end_time\":99,\"exit_code\":5}]}", &seen);
	ok(same(job.id, "18") && same(job.array_tasks, "4-9%2") && job.reason == NULL && job.ended == 0 && job.exit_code == 0, "the rest of an array");
	job = read_job(ctx, "{\"jobs\":[{\"job_id\":5,\"job_state\":\"FAILED\",\"exit_code\":139}]}", &seen);
	ok(job.exit_code == 0 && job.signal == 11, "a signal with a core file");
	job = read_job(ctx, "{\"jobs\":[{\"job_id\":5,\"job_state\":[\"TIMEOUT\"],\"exit_code\":{\"return_code\":3,\"signal\":{\"id\":15}},"
		"\"time_limit\":{\"set\":true,\"infinite\":true,\"number\":0},\"submit_time\":{\"set\":true,\"infinite\":false,\"number\":77}}]}", &seen);
	ok(same(job.state, "TIMEOUT") && job.exit_code == 3 && job.signal == 15 && job.limit_minutes == 0 && job.submitted == 77, "numbers of later versions");
	job = read_job(ctx, "{\"jobs\":[{\"job_id\":\"x\"},{\"job_id\":-5},{},{\"job_id\":9,\"name\":7,\"cpus\":\"12\",\"user_name\":null}]}", &seen);
	ok(seen.n == 1 && job.raw_id == 9 && job.name == NULL && job.cpus == 12 && job.user == NULL, "wrong kinds");
	job = read_job(ctx, "{\"jobs\":[{\"job_id\":9,\"name\":\"a\xff\xc3" "b\xed\xa0\x80\"}]}", &seen);
	ok(job.name == NULL || utf8_valid(job.name, strlen(job.name)), "bytes that are not UTF-8 do not get through");
}

static void test_sizes(void)
{
	ok(slurm_tres_mb("mem=400M", "mem") == 400 && slurm_tres_mb("cpu=1,mem=2T", "mem") == 2097152 && slurm_tres_mb("mem=2048K", "mem") == 2 &&
		slurm_tres_mb("mem=", "mem") == 0 && slurm_tres_mb("memory=5M", "mem") == 0 && slurm_tres_mb("mem=1e99P", "mem") == 0, "memory");
	ok(slurm_tres("cpu=1,gres/gpu=2,gres/gpu:a100=2", "gres/gpu") == 2 && slurm_tres(NULL, "cpu") == 0 && slurm_tres("cpu=-4", "cpu") == 0, "counts");
	ok(slurm_gpus("gpu:fake:2(IDX:0-1)") == 2 && slurm_gpus("gpu:2") == 2 && slurm_gpus("gpu") == 1 && slurm_gpus("gpu:a100:4(S:0-1),gpu:v100:2,shard:9") == 6 &&
		slurm_gpus("gpu:0") == 0 && slurm_gpus(",,(,gpu:3") == 0 && slurm_gpus("gpux:3") == 0 && slurm_gpus("gpu:fake:0(IDX:N/A)") == 0, "GPUs");
}

/* ---- nodes and accounting ---- */

static struct json_object *parse(struct ctx *ctx, const char *json)
{
	struct json_object *object = json_tokener_parse(json);

	(void)ctx;
	return object;
}

static void test_nodes(struct ctx *ctx)
{
	struct json_object *object = parse(ctx, "{\"name\":\"n1\",\"state\":\"mixed\",\"state_flags\":[],\"partitions\":[\"a\",7,\"b\"],\"cpus\":4,\"idle_cpus\":1,"
		"\"gres\":\"gpu:fake:2\",\"gres_used\":\"gpu:fake:1(IDX:0)\",\"real_memory\":4000}");
	struct sched_node node;

	slurm_node_read(ctx->arena, object, &node);
	ok(node.usable && node.cpus_free == 1 && node.gpus_free == 1 && node.partitions.n == 2, "a node");
	json_object_put(object);
	object = parse(ctx, "{\"name\":\"n1\",\"state\":\"idle\",\"state_flags\":[\"DRAIN\"]}");
	slurm_node_read(ctx->arena, object, &node);
	ok(!node.usable, "a drained node is not usable though it is idle");
	json_object_put(object);
}

static void test_history(struct ctx *ctx)
{
	struct json_object *object = parse(ctx, "{\"job_id\":21,\"array\":{\"job_id\":18,\"task_id\":3},\"user\":\"alice\",\"state\":{\"current\":\"FAILED\"},"
		"\"exit_code\":{\"status\":\"SIGNALED\",\"return_code\":0,\"signal\":{\"signal_id\":11}},\"nodes\":\"None assigned\",\"time\":{\"submission\":1,\"start\":2,"
		"\"end\":30,\"limit\":5},\"comment\":{\"job\":\"naru:x\"},\"tres\":{\"allocated\":[{\"type\":\"cpu\",\"name\":null,\"count\":4},{\"type\":\"gres\",\"name\":"
		"\"gpu\",\"count\":1}]},\"steps\":[{\"time\":{\"total\":{\"seconds\":3,\"microseconds\":700000}},\"tres\":{\"requested\":{\"max\":[{\"type\":\"mem\",\"count\":"
		"4096000}]}}},{\"time\":{\"total\":{\"seconds\":1,\"microseconds\":500000}}}]}");
	struct job job;

	ok(slurm_history_read(ctx->arena, object, &job), "accounting's record");
	ok(same(job.id, "18_3") && job.signal == 11 && job.nodes == NULL && same(job.comment, "naru:x") && job.cpus == 4 && job.gpus == 1, "its facts");
	ok(job.cpu_seconds == 5 && job.max_rss_kb == 4000 && job.ended == 30, "what the steps used");
	json_object_put(object);
	object = parse(ctx, "{\"job_id\":21,\"array\":null,\"steps\":[7,null,{}],\"time\":[],\"tres\":{\"allocated\":{}}}");
	ok(slurm_history_read(ctx->arena, object, &job) && same(job.id, "21"), "with everything missing");
	json_object_put(object);
}

/* ---- submit ---- */

static void test_body(struct ctx *ctx)
{
	const char *script = "#!/bin/bash\n# \"quotes\" \\back\\ /slash 한글\ttab\necho '$(id)'\n";
	struct sched_login login = { "demo", "alice", "t" };
	struct sched_ask ask = { .name = "a", .folder = "/home/alice", .output = "out-%j", .script = script, .user = "alice", .home = "/home/alice",
		.nodes = 2, .tasks_per_node = 3, .gpus = 1, .memory_mb = 100, .minutes = 5 };
	struct bytes body;
	struct json_object *object, *job;

	ok(slurm_submit_body(ctx, &login, &ask, &body), "a body");
	object = json_tokener_parse(arena_copy(ctx->arena, body.at, body.n));
	job = json_object_object_get(object, "job");
	is(json_object_get_string(json_object_object_get(object, "script")), script, "the script is kept byte for byte");
	is(json_object_get_string(json_object_object_get(job, "standard_output")), "/home/alice/out-%j", "the output's name is absolute");
	ok(slurm_int(job, "tasks", 0) == 6 && slurm_int(job, "tasks_per_node", 0) == 3, "tasks of all nodes");
	ok(json_object_object_get(job, "argv") == NULL && json_object_object_get(object, "argv") == NULL, "argv is never sent");
	is_int(json_object_object_length(json_object_object_get(job, "environment")), 6, "six variables and no more");
	json_object_put(object);
}

static void test_rare(struct ctx *ctx)
{
	struct sched_login login = { "demo", "alice", "t" };
	const char *variables[] = { "A=1", "B=" };
	struct sched_ask ask = { .name = "a", .folder = "/home/alice", .script = "#!/bin/sh\n", .user = "alice", .nodes = 2, .nodes_most = 4, .tasks = 7,
		.memory_cpu_mb = 300, .gres = "gpu:a100:2", .gpus = 1, .exclusive = "yes", .nice = 5, .requeue = true, .variables = { variables, 2 } };
	struct bytes body;
	struct json_object *object, *job;

	ok(slurm_submit_body(ctx, &login, &ask, &body), "a body with rarer things");
	object = json_tokener_parse(arena_copy(ctx->arena, body.at, body.n));
	job = json_object_object_get(object, "job");
	is(json_object_get_string(json_object_object_get(job, "nodes")), "2-4", "a range of nodes, as a text");
	ok(slurm_int(job, "tasks", 0) == 7 && !json_object_object_get(job, "tasks_per_node"), "tasks in all");
	ok(slurm_int(job, "memory_per_cpu", 0) == 300 && !json_object_object_get(job, "memory_per_node"), "memory for each CPU");
	ok(!json_object_object_get(job, "gpus_per_node"), "a type of GPU instead of any");
	is(json_object_get_string(json_object_object_get(job, "exclusive")), "exclusive", "whole nodes, in the word that works");
	is(json_object_get_string(json_object_object_get(json_object_object_get(job, "environment"), "B")), "", "an empty variable");
	ok(!json_object_object_get(job, "qos") && !json_object_object_get(job, "constraints"), "what is not asked for is not sent");
	json_object_put(object);
}

int main(void)
{
	struct ctx ctx = { .arena = arena_new(0) };

	test_structure(&ctx);
	test_depth(&ctx);
	test_refusals(&ctx);
	test_sentences(&ctx);
	test_jobs(&ctx);
	test_sizes();
	test_nodes(&ctx);
	test_history(&ctx);
	test_body(&ctx);
	test_rare(&ctx);
	arena_free(ctx.arena);
	return done_testing();
}
