/*
 * The snapshot: what keep.h writes and sched.h reads; counts and sums stay right whatever happens to a job.
 * flags: -It
 */
#include "sched/keep.h"
#include "sched/snapshot.h"
#include "sched_site.h"
#include "tap.h"

#include <string.h>

static struct job job_of(const char *id, const char *user, const char *state, int64_t submitted)
{
	return (struct job){ .id = id, .raw_id = snap_number(id) >> 26, .user = user, .name = "run", .state = state, .partition = "normal",
		.submitted = submitted, .cpus = 4, .gpus = 1, .uid = 20001 };
}

static void live(struct ctx *ctx, struct db *db, const struct job *jobs, size_t n, int64_t at)
{
	struct sched_jobs_seen seen = { .at = jobs, .n = n, .complete = true };

	if (!keep_jobs(ctx, db, "demo", &seen, at))
		die("keep_jobs: %s", ctx->error.detail);
}

static void history(struct ctx *ctx, struct db *db, const struct job *jobs, size_t n, int64_t at)
{
	struct sched_jobs_seen seen = { .at = jobs, .n = n };

	if (!keep_history(ctx, db, "demo", &seen, at))
		die("keep_history: %s", ctx->error.detail);
}

static struct job get(struct ctx *ctx, struct db *db, const char *user, const char *id, bool *found)
{
	struct job job;

	if (!sched_job(ctx, db, user, "demo", id, found, &job))
		die("sched_job: %s", ctx->error.detail);
	return job;
}

static void counts(struct ctx *ctx, struct db *db, const char *user, int64_t running, int64_t waiting, int64_t finished, int64_t cpu_seconds, const char *name)
{
	struct usage usage;

	ok(sched_usage(ctx, db, user, &usage) && usage.running == running && usage.waiting == waiting && usage.finished == finished &&
		usage.cpu_seconds == cpu_seconds && usage.gpu_seconds == cpu_seconds / 4 && usage.cpus_running == running * 4, "%s: counts", name);
}

static struct job_page list(struct ctx *ctx, struct db *db, struct job_query query)
{
	struct job_page page;

	if (!sched_jobs(ctx, db, &query, &page))
		die("sched_jobs: %s", ctx->error.detail);
	return page;
}

static void test_life(struct ctx *ctx, struct db *db)
{
	struct job job = job_of("18", "alice", "PENDING", 1000), seen;
	struct job_page page;
	bool found;

	live(ctx, db, &job, 1, 1001);
	counts(ctx, db, "alice", 0, 1, 0, 0, "waiting");
	seen = get(ctx, db, "alice", "18", &found);
	ok(found && seen.seen == 1001 && same(seen.cluster, "demo"), "a new job is there");
	live(ctx, db, &job, 1, 1005);
	ok(get(ctx, db, "alice", "18", &found).seen == 1001, "what has not changed is not written");
	get(ctx, db, "bob", "18", &found);
	ok(!found, "it is not bob's");
	job.state = "RUNNING";
	job.started = 1010;
	live(ctx, db, &job, 1, 1011);
	counts(ctx, db, "alice", 1, 0, 0, 0, "running");
	job.state = "FAILED";
	job.exit_code = 7;
	job.ended = 1110;
	live(ctx, db, &job, 1, 1111);
	counts(ctx, db, "alice", 0, 0, 1, 400, "finished");
	live(ctx, db, NULL, 0, 2000);
	seen = get(ctx, db, "alice", "18", &found);
	ok(found && seen.exit_code == 7, "it stays when the scheduler has forgotten it");
	job.exit_code = 0;
	job.max_rss_kb = 5000;
	job.cpu_seconds = 99;
	job.output = NULL;
	history(ctx, db, &job, 1, 2001);
	seen = get(ctx, db, "alice", "18", &found);
	ok(seen.exit_code == 7 && seen.max_rss_kb == 5000 && seen.cpu_seconds == 99, "accounting adds what it measured and spoils nothing");
	counts(ctx, db, "alice", 0, 0, 1, 400, "after accounting");
	page = list(ctx, db, (struct job_query){ .user = "alice", .per_page = 10 });
	ok(page.n == 1 && page.total == 1, "one entry in the list");
}

static void test_gone(struct ctx *ctx, struct db *db)
{
	struct job jobs[] = { job_of("30", "carol", "RUNNING", 3000), job_of("31", "carol", "RUNNING", 3001) }, seen;
	bool found;

	jobs[0].started = jobs[1].started = 3010;
	live(ctx, db, jobs, 2, 3011);
	live(ctx, db, NULL, 0, 3100);
	counts(ctx, db, "carol", 2, 0, 0, 0, "just gone");
	jobs[0].state = "TIMEOUT";
	jobs[0].ended = 3060;
	history(ctx, db, jobs, 1, 3110);
	seen = get(ctx, db, "carol", "30", &found);
	ok(same(seen.state, "TIMEOUT") && seen.ended == 3060, "accounting tells the end");
	counts(ctx, db, "carol", 1, 0, 1, 200, "one told");
	ok(keep_settle(ctx, db, "demo", 3100, 3120), "too early to give up");
	ok(same(get(ctx, db, "carol", "31", &found).state, "RUNNING"), "it stays as last seen");
	ok(keep_settle(ctx, db, "demo", 3101, 3300), "late enough");
	seen = get(ctx, db, "carol", "31", &found);
	ok(same(seen.state, "UNKNOWN") && seen.ended == 3100, "the other is unknown");
	counts(ctx, db, "carol", 0, 0, 2, 560, "both ended");
	jobs[1].state = "COMPLETED";
	jobs[1].ended = 3050;
	history(ctx, db, &jobs[1], 1, 3400);
	ok(same(get(ctx, db, "carol", "31", &found).state, "COMPLETED"), "accounting that comes late still counts");
	counts(ctx, db, "carol", 0, 0, 2, 360, "corrected");
}

static void test_back(struct ctx *ctx, struct db *db)
{
	struct job job = job_of("40", "erin", "RUNNING", 3500), other;
	bool found;

	live(ctx, db, &job, 1, 3501);
	live(ctx, db, NULL, 0, 3510);
	live(ctx, db, &job, 1, 3520);
	ok(keep_settle(ctx, db, "demo", 9000, 9000) && same(get(ctx, db, "erin", "40", &found).state, "RUNNING"), "what comes back is not lost");
	other = job;
	other.state = "FAILED";
	other.submitted = 10;
	other.ended = 20;
	history(ctx, db, &other, 1, 3530);
	ok(same(get(ctx, db, "erin", "40", &found).state, "RUNNING"), "an older job of the same number is left out");
	live(ctx, db, NULL, 0, 3540);
	ok(keep_settle(ctx, db, "demo", 3541, 3600), "tidy");
}

static void test_array(struct ctx *ctx, struct db *db)
{
	struct job jobs[3] = { job_of("50", "dave", "PENDING", 4000) }, seen;
	bool found;

	jobs[0].array_job = 50;
	jobs[0].comment = "naru:a1";
	live(ctx, db, jobs, 1, 4001);
	jobs[1] = job_of("50_0", "dave", "RUNNING", 4000);
	jobs[2] = job_of("50_10", "dave", "RUNNING", 4000);
	jobs[1].array_job = jobs[2].array_job = 50;
	jobs[1].comment = jobs[2].comment = "naru:a1";
	live(ctx, db, jobs, 3, 4002);
	counts(ctx, db, "dave", 2, 1, 0, 0, "array, some run");
	live(ctx, db, jobs + 1, 2, 4003);
	counts(ctx, db, "dave", 2, 0, 0, 0, "array, all run");
	seen = get(ctx, db, "dave", "50", &found);
	ok(found && same(seen.id, "50_0"), "the array's number finds its first task");
	get(ctx, db, "dave", "5", &found);
	ok(!found, "but not the beginning of a number");
	ok(sched_by_comment(ctx, db, "dave", "naru:a1", &found, &seen) && found && same(seen.id, "50_0"), "found by its comment");
	ok(sched_by_comment(ctx, db, "alice", "naru:a1", &found, &seen) && !found, "not by somebody else");
	jobs[1].state = jobs[2].state = "COMPLETED";
	live(ctx, db, jobs + 1, 2, 4010);
}

/* ---- lists ---- */

enum { MANY = 10000 };

static void fill(struct ctx *ctx, struct db *db)
{
	struct job *jobs = NEW_ARRAY(ctx->arena, struct job, MANY);

	for (int i = 0; i < MANY; i++) {
		jobs[i] = job_of(text(ctx->arena, "%d", 100000 + i), "many", i >= MANY - 3 ? "RUNNING" : i >= MANY - 10 ? "PENDING" : "COMPLETED", 5000 + i / 2);
		jobs[i].name = text(ctx->arena, "%s%04d", i % 2 != 0 ? "Odd" : "even", i);
	}
	live(ctx, db, jobs, MANY, 20000);
}

static bool descends(const struct job_page *page)
{
	for (size_t i = 1; i < page->n; i++)
		if (page->at[i].raw_id >= page->at[i - 1].raw_id)
			return false;
	return page->n > 0;
}

static void test_lists(struct ctx *ctx, struct db *db)
{
	int64_t begun = clock_ms();
	struct job_page page = list(ctx, db, (struct job_query){ .user = "many", .per_page = 50 });
	int64_t took = clock_ms() - begun;

	ok(page.n == 50 && page.total == MANY && descends(&page) && page.at[0].raw_id == 100000 + MANY - 1, "first page, newest first");
	diag("first page of %d jobs in %d ms", MANY, (int)took);
	page = list(ctx, db, (struct job_query){ .user = "many", .per_page = 50, .page = 199 });
	ok(page.n == 50 && page.at[49].raw_id == 100000, "last page");
	page = list(ctx, db, (struct job_query){ .user = "many", .per_page = 50, .page = 200 });
	ok(page.n == 0 && page.total == MANY, "behind the last page");
	page = list(ctx, db, (struct job_query){ .user = "many", .per_page = 50, .ascending = true });
	ok(page.at[0].raw_id == 100000 && page.at[49].raw_id == 100049, "oldest first");
	page = list(ctx, db, (struct job_query){ .user = "many", .per_page = 50, .group = JOBS_WAITING });
	ok(page.n == 7 && page.total == 7, "waiting only");
	page = list(ctx, db, (struct job_query){ .user = "many", .per_page = 50, .group = JOBS_FINISHED, .order = JOBS_BY_NAME, .ascending = true });
	is(page.at[0].name, "even0000", "by name, whatever the case");
	is_int(page.total, MANY - 10, "the rest are finished");
	page = list(ctx, db, (struct job_query){ .user = "many", .per_page = 50, .order = JOBS_BY_STATE, .ascending = true });
	ok(same(page.at[0].state, "RUNNING") && same(page.at[3].state, "PENDING"), "by state: running, waiting, finished");
	page = list(ctx, db, (struct job_query){ .user = "many", .per_page = 50, .order = JOBS_BY_ID, .ascending = true, .page = 1 });
	is(page.at[0].id, "100050", "by number, second page");
	page = list(ctx, db, (struct job_query){ .user = "many", .per_page = 50, .match = "ODD001" });
	ok(page.n == 5 && page.total == 5, "search in names");
	page = list(ctx, db, (struct job_query){ .user = "many", .per_page = 50, .match = "101234" });
	ok(page.n == 1, "search for a number");
	page = list(ctx, db, (struct job_query){ .user = "many", .per_page = 50, .match = "%" });
	ok(page.n == 0 && page.total == 0, "nothing found");
	page = list(ctx, db, (struct job_query){ .user = "man", .per_page = 50 });
	ok(page.n == 0, "the beginning of a name is another user");
	page = list(ctx, db, (struct job_query){ .user = "many", .per_page = -1, .page = -1 });
	ok(page.n == 50, "nonsense is corrected");
}

static void test_odd(struct ctx *ctx, struct db *db)
{
	struct job jobs[3] = { job_of("60", NULL, "RUNNING", 7000), job_of("61", text(ctx->arena, "%0500d", 1), "RUNNING", 7000), job_of("", "frank", "RUNNING", 1) };
	struct sched_jobs_seen seen = { .at = jobs, .n = 3 };
	bool found;

	ok(keep_jobs(ctx, db, "demo", &seen, 7001), "jobs without user, with a huge one, without number");
	get(ctx, db, "", "60", &found);
	ok(!found, "nobody owns what has no user");
	get(ctx, db, "frank", text(ctx->arena, "%0500d", 1), &found);
	ok(!found, "a huge number is not found");
	is_int(snap_number("18_3") - snap_number("18"), 4, "numbers of tasks");
	ok(snap_number("99999999999999999999_99999999999") > 0, "huge numbers stay numbers");
}

static void test_site(struct ctx *ctx, struct db *db)
{
	struct partition rows[2] = { { .name = "normal", .up = true, .cpus = 12 }, { .name = "debug" } };
	struct sched_partitions_seen seen = { rows, 2 };
	static const char *const accounts[] = { "chem", "physics" };
	struct sched_person person = { "alice", { .accounts = { accounts, 2 }, .cpu_seconds_limit = 600 } };
	struct sched_people_seen people = { &person, 1 };
	struct cluster cluster = { .name = "demo", .as_of = 77, .error = "it is down", .error_since = 70 }, read;
	const struct partition *at;
	struct usage usage;
	size_t n;
	bool found;

	ok(keep_partitions(ctx, db, "demo", &seen) && sched_partitions(ctx, db, "demo", &at, &n) && n == 2 && same(at[1].name, "normal"), "partitions");
	seen.n = 1;
	ok(keep_partitions(ctx, db, "demo", &seen) && sched_partitions(ctx, db, "demo", &at, &n) && n == 1, "one that is no more goes");
	ok(keep_people(ctx, db, "demo", &people) && keep_people(ctx, db, "other", &people) && sched_usage(ctx, db, "alice", &usage), "accounts");
	ok(usage.accounts.n == 2 && usage.cpu_seconds_limit == 1200 && usage.finished == 1, "two clusters together, counts kept");
	ok(keep_cluster(ctx, db, &cluster) && sched_cluster(ctx, db, "demo", &found, &read) && found && read.as_of == 77 && same(read.error, "it is down"),
		"the cluster's health");
	ok(sched_cluster(ctx, db, "nope", &found, &read) && !found, "a cluster that was never seen");
	ok(sched_usage(ctx, db, "nobody", &usage) && usage.finished == 0 && usage.accounts.n == 0, "a user who was never seen");
}

int main(void)
{
	struct ctx ctx = { .arena = arena_new(0) };
	struct db *db = sched_site_open(&ctx);

	test_life(&ctx, db);
	test_gone(&ctx, db);
	test_back(&ctx, db);
	test_array(&ctx, db);
	fill(&ctx, db);
	test_lists(&ctx, db);
	test_odd(&ctx, db);
	test_site(&ctx, db);
	sched_site_close(&ctx, db);
	return done_testing();
}
