/*
 * schedtool: sched.h from the command line, for t/sched.t and t/sched_wire.t. Settings are in $NARU_CONF.
 *
 *   schedtool submit CLUSTER USER TOKEN-FILE [key=value…] <script
 *   schedtool control CLUSTER USER TOKEN-FILE ID cancel|hold|release
 *   schedtool cluster NAME          schedtool partitions CLUSTER        schedtool usage USER
 *   schedtool job USER CLUSTER ID   schedtool comment USER COMMENT      schedtool jobs USER [group=1 order=2 ascending=1 match=x page=0 size=50]
 *   schedtool fill CLUSTER JOBS USERS [user=NAME mine=N]         for measurements: JOBS finished jobs of USERS users u0, u1, … and N more of NAME
 *
 * Prints key=value lines; "error=KIND message" and exit status 1 on failure.
 */
#include "conf.h"
#include "sched/keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int argc_;
static char **argv_;

static const char *argument(int i)
{
	if (i >= argc_)
		die("too few arguments");
	return argv_[i];
}

/* The value of key= among the arguments. */
static const char *option(const char *key, const char *preset)
{
	size_t n = strlen(key);

	for (int i = 2; i < argc_; i++)
		if (strncmp(argv_[i], key, n) == 0 && argv_[i][n] == '=')
			return argv_[i] + n + 1;
	return preset;
}

static int64_t number(const char *key, int64_t preset)
{
	const char *value = option(key, NULL);
	int64_t out = preset;

	if (value != NULL && !parse_int(value, INT64_MIN, INT64_MAX, &out))
		die("%s is not a number", key);
	return out;
}

static int report(const struct ctx *ctx)
{
	printf("error=%d %s\n", ctx->error.kind, ctx->error.message);
	if (ctx->error.detail != NULL)
		printf("detail=%s\n", ctx->error.detail);
	return 1;
}

static const char *token_of(struct ctx *ctx, const char *path)
{
	struct bytes token;

	if (!file_read(ctx, path, 65536, &token))
		die("%s: cannot be read", path);
	while (token.n > 0 && token.at[token.n - 1] == '\n')
		token.n--;
	return arena_copy(ctx->arena, token.at, token.n);
}

static void print_record(const struct record *record, const void *object)
{
	for (size_t i = 0; i < record->n; i++) {
		const struct record_field *field = &record->fields[i];
		const char *at = (const char *)object + field->offset;
		int64_t integer;
		struct texts texts;
		const char *string;

		switch (field->kind) {
		case RECORD_INT:
			memcpy(&integer, at, sizeof integer);
			printf("%s=%lld\n", field->name, (long long)integer);
			break;
		case RECORD_BOOL:
			printf("%s=%d\n", field->name, *at);
			break;
		case RECORD_TEXT:
			memcpy(&string, at, sizeof string);
			printf("%s=%s\n", field->name, string != NULL ? string : "");
			break;
		case RECORD_TEXTS:
			memcpy(&texts, at, sizeof texts);
			printf("%s=", field->name);
			for (size_t j = 0; j < texts.n; j++)
				printf("%s%s", j > 0 ? " " : "", texts.at[j]);
			printf("\n");
			break;
		case RECORD_BYTES:
			break;
		}
	}
}

static char *script_of(struct ctx *ctx)
{
	struct buf script = { 0 };
	char part[4096];
	size_t n;

	buf_in(&script, ctx->arena);
	while ((n = fread(part, 1, sizeof part, stdin)) > 0)
		buf_add(&script, part, n);
	return arena_copy(ctx->arena, buf_cstr(&script), script.n);
}

static int do_submit(struct ctx *ctx)
{
	const char *user = argument(3), *warning;
	struct sched_ask ask = {
		.name = option("name", "test"), .partition = option("partition", NULL), .account = option("account", NULL),
		.folder = option("folder", NULL), .output = option("output", NULL), .error_file = option("error", NULL),
		.array = option("array", NULL), .dependency = option("dependency", NULL), .comment = option("comment", NULL),
		.minutes = number("minutes", 5), .nodes = number("nodes", 1), .tasks_per_node = number("tasks", 1),
		.cpus_per_task = number("cpus", 1), .memory_mb = number("memory", 100), .gpus = number("gpus", 0),
		.hold = number("hold", 0) != 0, .user = user, .home = option("home", NULL), .mail_type = option("mail", NULL),
		.qos = option("qos", NULL), .constraint = option("constraint", NULL), .gres = option("gres", NULL), .exclusive = option("exclusive", NULL),
		.begin = option("begin", NULL), .signal = option("signal", NULL), .open_mode = option("open_mode", NULL), .licenses = option("licenses", NULL),
		.reservation = option("reservation", NULL), .nodes_most = number("nodes_most", 0), .tasks = number("ntasks", 0),
		.memory_cpu_mb = number("memory_cpu", 0), .nice = number("nice", 0), .requeue = number("requeue", 0) != 0,
	};
	const char *variable = option("variable", NULL);
	int64_t id;

	ask.script = script_of(ctx);
	if (variable != NULL)
		ask.variables = (struct texts){ &variable, 1 };
	if (!sched_submit(ctx, argument(2), user, token_of(ctx, argument(4)), &ask, &id, &warning))
		return report(ctx);
	printf("job=%lld\nwarning=%s\n", (long long)id, warning != NULL ? warning : "");
	return 0;
}

static int do_control(struct ctx *ctx)
{
	const char *word = argument(6);
	enum sched_verb verb = same(word, "hold") ? SCHED_HOLD : same(word, "release") ? SCHED_RELEASE : SCHED_CANCEL;

	if (!sched_control(ctx, argument(2), argument(3), token_of(ctx, argument(4)), argument(5), verb))
		return report(ctx);
	printf("done=1\n");
	return 0;
}

static void print_job(struct ctx *ctx, struct db *db, const struct job *job)
{
	const char *why = sched_why(ctx, db, job), *output = sched_output(ctx, job, false), *error = sched_output(ctx, job, true);

	print_record(&job_record, job);
	printf("says=%s\nwhy=%s\nout=%s\nerr=%s\n", sched_state(ctx, job), why != NULL ? why : "", output != NULL ? output : "",
		error != NULL ? error : "");
}

static int do_job(struct ctx *ctx, struct db *db)
{
	struct job job;
	bool found;

	if (same(argument(1), "job") ? !sched_job(ctx, db, argument(2), argument(3), argument(4), &found, &job) :
		!sched_by_comment(ctx, db, argument(2), argument(3), &found, &job))
		return report(ctx);
	printf("found=%d\n", found);
	if (found)
		print_job(ctx, db, &job);
	return 0;
}

static int do_jobs(struct ctx *ctx, struct db *db)
{
	struct job_query query = {
		.user = argument(2), .group = (enum job_group)number("group", 0), .order = (enum job_order)number("order", 0),
		.ascending = number("ascending", 0) != 0, .match = option("match", NULL), .page = number("page", 0), .per_page = number("size", 50),
	};
	struct job_page page;

	if (!sched_jobs(ctx, db, &query, &page))
		return report(ctx);
	printf("total=%lld\n", (long long)page.total);
	for (size_t i = 0; i < page.n; i++)
		printf("row=%s %s %s\n", page.at[i].id, page.at[i].state, page.at[i].name != NULL ? page.at[i].name : "");
	return 0;
}

static int do_site(struct ctx *ctx, struct db *db)
{
	struct cluster cluster;
	struct usage usage;
	const struct partition *partitions;
	size_t n = 0;
	bool found;

	if (same(argument(1), "cluster")) {
		if (!sched_cluster(ctx, db, argument(2), &found, &cluster))
			return report(ctx);
		printf("found=%d\n", found);
		if (found)
			print_record(&cluster_record, &cluster);
		return 0;
	}
	if (same(argument(1), "usage")) {
		if (!sched_usage(ctx, db, argument(2), &usage))
			return report(ctx);
		print_record(&usage_record, &usage);
		return 0;
	}
	if (!sched_partitions(ctx, db, argument(2), &partitions, &n))
		return report(ctx);
	for (size_t i = 0; i < n; i++)
		print_record(&partition_record, &partitions[i]);
	return 0;
}

/* ---- many jobs ---- */

enum { BATCH = 20000 };

static struct job invented(struct arena *arena, int64_t i, const char *user)
{
	return (struct job){ .id = text(arena, "%lld", (long long)(1000000 + i)), .raw_id = 1000000 + i, .user = user, .name = text(arena, "run-%lld", (long long)i % 977),
		.account = "physics", .partition = "normal", .state = i % 9 == 0 ? "FAILED" : "COMPLETED", .submitted = 1700000000 + i, .started = 1700000010 + i,
		.ended = 1700003610 + i, .limit_minutes = 120, .nodes = "n1", .node_count = 1, .cpus = 1 + i % 64, .memory_mb = 4000, .folder = "/home/user/project",
		.output = "/home/user/project/out-%j.txt", .comment = text(arena, "naru:%lld", (long long)i), .batch_host = "n1", .tasks = 1, .uid = 30000 };
}

static bool fill(struct ctx *ctx, struct db *db, int64_t from, int64_t n, int64_t users, const char *user)
{
	for (int64_t i = from; i < from + n; i += BATCH) {
		struct ctx part = { .arena = arena_new((size_t)1 << 30) };
		int64_t size = from + n - i < BATCH ? from + n - i : BATCH;
		struct job *jobs = NEW_ARRAY(part.arena, struct job, size);
		struct sched_jobs_seen seen = { .at = jobs, .n = (size_t)size };
		bool good;

		for (int64_t j = 0; j < size; j++)
			jobs[j] = invented(part.arena, i + j, user != NULL ? user : text(part.arena, "u%lld", (long long)((i + j) % users)));
		good = keep_jobs(&part, db, argument(2), &seen, now());
		if (!good)
			fail(ctx, part.error.kind, "fill", "failed");
		arena_free(part.arena);
		if (!good)
			return false;
	}
	return true;
}

static int do_fill(struct ctx *ctx)
{
	int64_t jobs, users;
	struct db *db;

	if (!parse_int(argument(3), 0, 100000000, &jobs) || !parse_int(argument(4), 1, 10000000, &users))
		die("fill CLUSTER JOBS USERS");
	if (!db_open(ctx, "sched", DB_READ_WRITE, &db) || !fill(ctx, db, 0, jobs, users, NULL) ||
		!fill(ctx, db, jobs, number("mine", 0), 1, option("user", "alice")))
		return report(ctx);
	db_close(db);
	printf("done=1\n");
	return 0;
}

/* Commands that read the snapshot. */
static int do_read(struct ctx *ctx, const char *what)
{
	struct db *db = NULL;
	int status;

	if (!sched_open(ctx, &db))
		return report(ctx);
	if (same(what, "job") || same(what, "comment"))
		status = do_job(ctx, db);
	else if (same(what, "jobs"))
		status = do_jobs(ctx, db);
	else
		status = do_site(ctx, db);
	db_close(db);
	return status;
}

int main(int argc, char **argv)
{
	struct ctx ctx = { .arena = arena_new(0) };
	const char *what;
	int status;

	argc_ = argc;
	argv_ = argv;
	program = "schedtool";
	conf_start();
	what = argument(1);
	if (same(what, "submit"))
		status = do_submit(&ctx);
	else if (same(what, "control"))
		status = do_control(&ctx);
	else if (same(what, "fill"))
		status = do_fill(&ctx);
	else
		status = do_read(&ctx, what);
	arena_free(ctx.arena);
	return status;
}
