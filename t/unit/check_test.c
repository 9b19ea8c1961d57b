/*
 * Checks before a submit against a snapshot: which are errors, which warnings, and what is said.
 * flags: -It -Ifcgi-apps/batchjob
 * link: fcgi-apps/batchjob/ask.c fcgi-apps/batchjob/script.c fcgi-apps/batchjob/check.c
 */
#include "batchjob.h"
#include "sched/keep.h"
#include "sched_site.h"
#include "tap.h"

static struct db *sched_db;
static struct req request;
static struct findings found;
static const char *estimate;

struct db *snapshot(struct ctx *ctx) { (void)ctx; return sched_db; }
const char *clock_text(struct arena *a, int64_t t) { return text(a, "%lld", (long long)t); }

/* A job that is good; each test changes one thing. */
static struct ask usual(void)
{
	return (struct ask){ .value = { [ASK_NAME] = "a", [ASK_PARTITION] = "normal", [ASK_ACCOUNT] = "physics", [ASK_TIME] = "01:00:00", [ASK_NODES] = "2",
		[ASK_TASKS] = "2", [ASK_CPUS] = "2", [ASK_MEMORY] = "2G", [ASK_FOLDER] = "/nowhere" } };
}

static void check(struct ctx *ctx, const struct ask *ask)
{
	struct check c = { .r = &request, .cluster = "demo", .ask = ask, .found = &found };
	forget(ctx);
	found = (struct findings){ 0 };
	check_ask(&c);
	estimate = c.estimate;
}

static bool said(bool error, const char *part)
{
	for (size_t i = 0; i < found.n; i++)
		if (found.at[i].error == error && strstr(found.at[i].says, part))
			return true;
	return false;
}

static void one(struct ctx *ctx, enum ask_what what, const char *value, bool error, const char *part)
{
	struct ask ask = usual();
	ask.value[what] = value;
	check(ctx, &ask);
	ok(said(error, part), "%s = %s: %s", ask_rows[what].field.name, value ? value : "none", part);
	is_int(find_errors(&found), error, "%s", error ? "stops it" : "does not stop it");
}

static void fill(struct ctx *ctx, int64_t normal_free)
{
	struct partition p[] = {
		{ .name = "normal", .is_default = true, .up = true, .max_minutes = 1440, .max_nodes = 8, .nodes = 4, .nodes_free = normal_free, .cpus = 16,
		  .cpus_free = normal_free * 4, .gpus = 2, .gpus_free = 2, .node_cpus = 4, .node_memory_mb = 4000, .node_gpus = 2, .waiting = normal_free ? 0 : 7 },
		{ .name = "small", .up = true, .max_nodes = 1, .nodes = 4, .nodes_free = 4, .cpus_free = 16, .node_cpus = 4, .node_memory_mb = 4000 },
		{ .name = "closed", .nodes = 1, .nodes_down = 1, .node_cpus = 4 },
	};
	struct sched_partitions_seen seen = { p, COUNT(p) };
	const char *accounts[] = { "physics", "chem" };
	struct sched_person person = { "alice", { .accounts = { accounts, 2 } } };
	struct sched_people_seen people = { &person, 1 };
	struct cluster cluster = { .name = "demo", .as_of = now(), .max_array = 1001 };
	if (!keep_partitions(ctx, sched_db, "demo", &seen) || !keep_people(ctx, sched_db, "demo", &people) || !keep_cluster(ctx, sched_db, &cluster))
		die("%s", ctx->error.detail);
}

static void test_limits(struct ctx *ctx)
{
	struct ask ask = usual();
	check(ctx, &ask);
	ok(!find_errors(&found), "the usual job is good");
	ok(estimate && strstr(estimate, "at once"), "and can start: %s", estimate ? estimate : "-");
	one(ctx, ASK_PARTITION, "nope", true, "no partition nope");
	one(ctx, ASK_TIME, "1-00:01:00", true, "allows at most 1-00:00:00");
	one(ctx, ASK_TIME, NULL, false, "No wall time");
	one(ctx, ASK_NODES, "5", true, "at most 4");
	one(ctx, ASK_PARTITION, "small", true, "at most 1");
	one(ctx, ASK_CPUS, "3", true, "6 CPUs on each node");
	one(ctx, ASK_MEMORY, "4G", true, "at most 4000M");
	one(ctx, ASK_GPUS, "3", true, "at most 2");
	one(ctx, ASK_ACCOUNT, "maths", true, "not one of yours");
	one(ctx, ASK_ARRAY, "0-1001", true, "may be 1000");
	one(ctx, ASK_NAME, NULL, true, "no name");
	one(ctx, ASK_FOLDER, NULL, true, "working folder");
	one(ctx, ASK_FOLDER, "/etc", false, "outside the places");
	one(ctx, ASK_MAIL_TYPE, "ALL", false, "no mail address");
	ask.value[ASK_PARTITION] = "closed";
	ask.value[ASK_NODES] = "1";
	check(ctx, &ask);
	ok(said(false, "closed now") && said(false, "No node"), "a closed partition is a warning");
	ask = usual();
	ask.value[ASK_PARTITION] = NULL;
	ask.value[ASK_TIME] = "2-00:00:00";
	check(ctx, &ask);
	ok(said(true, "partition normal"), "without a partition the cluster's own choice is looked at");
	ask = usual();
	ask.value[ASK_ARRAY] = "0-3";
	ask.value[ASK_OUTPUT] = "out.txt";
	check(ctx, &ask);
	ok(said(false, "same output file"), "an array with one output file");
}

/* Two things at once on the usual job. */
static void two(struct ctx *ctx, enum ask_what a, const char *av, enum ask_what b, const char *bv, bool error, const char *part)
{
	struct ask ask = usual();
	ask.value[ASK_MEMORY] = NULL;
	ask.value[a] = av;
	ask.value[b] = bv;
	check(ctx, &ask);
	ok(said(error, part), "%s: %s", ask_rows[a].field.name, part);
	is_int(find_errors(&found), error, "%s", error ? "stops it" : "does not stop it");
}

static void test_rare(struct ctx *ctx)
{
	struct ask ask = usual();
	one(ctx, ASK_NODES_MOST, "9", true, "9 nodes");
	one(ctx, ASK_NODES_MOST, "6", false, "Up to 6 nodes: partition normal has 4");
	one(ctx, ASK_NTASKS, "5", true, "do not fit on 2 nodes with 2");
	one(ctx, ASK_NTASKS, "1", true, "fewer tasks than the 2 nodes");
	two(ctx, ASK_NTASKS, "5", ASK_TASKS, NULL, true, "6 CPUs on each node");
	two(ctx, ASK_NODES_MOST, "3", ASK_MEMORY_CPU, "1001M", true, "1001M for each CPU with 4 CPUs");
	one(ctx, ASK_GRES, "gpu:a100:3", true, "3 GPUs on each node");
	one(ctx, ASK_EXPORT, "ALL,A=1", false, "no terminal");
	one(ctx, ASK_BEGIN, "2020-01-31T08:00", false, "is past");
	ask.value[ASK_MEMORY] = NULL;
	ask.value[ASK_MEMORY_CPU] = "1000M";
	ask.value[ASK_NTASKS] = "4";
	ask.value[ASK_BEGIN] = "now+1hour";
	check(ctx, &ask);
	ok(found.n == 1 && said(false, "outside the places"), "what fits is good");
	ok(estimate && strstr(estimate, "now+1hour"), "and waits for its time");
	ask = usual();
	ask.value[ASK_NODES] = ask.value[ASK_TASKS] = NULL;
	ask.value[ASK_NTASKS] = "9";
	check(ctx, &ask);
	ok(said(true, "18 CPUs in all: partition normal has 16"), "tasks without nodes are counted over the partition");
}

static void test_estimate(struct ctx *ctx)
{
	struct ask ask = usual();
	fill(ctx, 0);
	check(ctx, &ask);
	ok(estimate && strstr(estimate, "already: 7"), "%s", estimate ? estimate : "-");
	ask.value[ASK_HOLD] = "yes";
	check(ctx, &ask);
	ok(estimate && strstr(estimate, "held"), "held");
	fill(ctx, 4);
}

static void test_trouble(struct ctx *ctx)
{
	struct cluster cluster = { .name = "demo", .as_of = now(), .error = "no", .error_since = 5 };
	struct db *db = sched_db;
	struct ask ask = usual();
	if (!keep_cluster(ctx, sched_db, &cluster))
		die("cluster");
	check(ctx, &ask);
	ok(said(false, "does not answer since 5") && !find_errors(&found), "a cluster that is down is a warning");
	sched_db = NULL;
	check(ctx, &ask);
	ok(said(false, "not known now") && !find_errors(&found), "and so is no snapshot");
	sched_db = db;
}

int main(void)
{
	struct ctx ctx = { .arena = arena_new(0) };
	sched_db = sched_site_open(&ctx);
	request = (struct req){ .ctx = &ctx, .who = { .user = "alice" } };
	fill(&ctx, 4);
	test_limits(&ctx);
	test_rare(&ctx);
	test_estimate(&ctx);
	test_trouble(&ctx);
	sched_site_close(&ctx, sched_db);
	return done_testing();
}
