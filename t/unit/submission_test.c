/*
 * Records of submissions: one for each form key, found by job number and by comment, and what becomes of those that were cut.
 * flags: -It -Ifcgi-apps/batchjob
 * link: fcgi-apps/batchjob/submission.c
 */
#include "app_private.h"
#include "batchjob.h"
#include "sched/keep.h"
#include "sched_site.h"
#include "tap.h"

struct db *portal;
static struct db *sched_db;
static struct app_state state = { .csrf_checked = true };
static struct req request;

struct db *snapshot(struct ctx *ctx) { (void)ctx; return sched_db; }

static struct submission begin(const char *user, const char *key, bool *again)
{
	struct submission s = { .cluster = "demo", .template = "serial", .script = "#!/bin/sh\n" };
	request.who.user = user;
	if (!submission_begin(&request, &s, key, again))
		die("begin: %s", request.ctx->error.detail);
	return s;
}

static struct submission get(struct ctx *ctx, const char *user, const char *id, bool *found)
{
	struct submission s = { 0 };
	if (!submission_get(ctx, user, id, found, &s))
		die("get: %s", ctx->error.detail);
	return s;
}

static void test_keys(struct ctx *ctx)
{
	bool again, found;
	struct submission one = begin("alice", "key-1", &again), two;
	ok(!again && same(one.state, "sending"), "the first one begins");
	two = begin("alice", "key-1", &again);
	ok(again && same(two.id, one.id), "the second with that key is the first");
	two = begin("bob", "key-1", &again);
	ok(!again && !same(two.id, one.id), "another user's key is another one");
	get(ctx, "bob", one.id, &found);
	ok(!found, "and his records are his own");
	two = begin("alice", NULL, &again);
	ok(!again, "without a key each is its own");
	get(ctx, "alice", "", &found);
	ok(!found, "no id");
	request.who.user = "alice";
	ok(submission_answered(&request, &one, "sent", 17, "careful"), "answered");
	two = get(ctx, "alice", one.id, &found);
	ok(found && two.job_id == 17 && same(two.state, "sent") && same(two.warning, "careful") && same(two.script, "#!/bin/sh\n"), "with its job");
	ok(submission_answered(&request, &one, "refused", 0, "late") && get(ctx, "alice", one.id, &found).job_id == 17, "a job is never lost again");
}

static bool of_job(struct ctx *ctx, const char *user, const char *id, const struct job *job, struct submission *s)
{
	bool found;
	if (!submission_of_job(ctx, user, "demo", id, job, &found, s))
		die("of job");
	return found;
}

static void test_jobs(struct ctx *ctx)
{
	struct submission s;
	bool again;
	ok(of_job(ctx, "alice", "17", NULL, &s) && s.job_id == 17, "by number");
	ok(of_job(ctx, "alice", "17_3", NULL, &s), "by a task's number");
	ok(!of_job(ctx, "bob", "17", NULL, &s), "not for others");
	ok(!of_job(ctx, "alice", "18", NULL, &s), "not another number");
	s = begin("alice", "key-2", &again);
	struct job job = { .cluster = "demo", .id = "40", .comment = submission_comment(ctx->arena, &s) };
	ok(of_job(ctx, "alice", "40", &job, &s), "by the comment that the job carries");
	ok(!of_job(ctx, "bob", "40", &job, &s), "which is no use to others");
	job.comment = "naru:";
	ok(!of_job(ctx, "alice", "40", &job, &s), "an empty one is nothing");
	job = (struct job){ .cluster = "demo", .id = "99", .array_job = 17 };
	ok(of_job(ctx, "alice", "99", &job, &s), "by the array's number");
}

/* The poller has looked `later` seconds after now. */
static void poll(struct ctx *ctx, const struct job *job, int64_t later, const char *error)
{
	struct sched_jobs_seen seen = { .at = job, .n = job != NULL, .complete = true };
	struct cluster c = { .name = "demo", .as_of = now() + later, .error = error };
	if (!keep_jobs(ctx, sched_db, "demo", &seen, now()) || !keep_cluster(ctx, sched_db, &c))
		die("poll: %s", ctx->error.detail);
}

static void test_cut(struct ctx *ctx)
{
	bool again, found;
	struct submission s = begin("alice", "key-3", &again), lost = begin("alice", "key-4", &again);
	struct job job = { .cluster = "demo", .id = "50", .raw_id = 50, .user = "alice", .name = "x", .state = "RUNNING", .submitted = now(),
		.comment = submission_comment(ctx->arena, &s) };
	poll(ctx, NULL, 0, NULL);
	ok(submissions_resolve(ctx) && same(get(ctx, "alice", s.id, &found).state, "sending"), "not seen yet: it is looked for");
	poll(ctx, &job, 1, NULL);
	ok(submissions_resolve(ctx), "seen");
	s = get(ctx, "alice", s.id, &found);
	ok(same(s.state, "sent") && s.job_id == 50, "it is this job");
	ok(of_job(ctx, "alice", "50", NULL, &s), "and found by its number");
	poll(ctx, &job, 100, "down");
	ok(submissions_resolve(ctx) && same(get(ctx, "alice", lost.id, &found).state, "sending"), "while the cluster does not answer nothing is lost");
	poll(ctx, &job, 30, NULL);
	ok(submissions_resolve(ctx) && same(get(ctx, "alice", lost.id, &found).state, "sending"), "nor before a minute");
	poll(ctx, &job, 100, NULL);
	ok(submissions_resolve(ctx) && same(get(ctx, "alice", lost.id, &found).state, "lost"), "then it is");
	lost = begin("alice", "key-4", &again);
	ok(again && same(lost.state, "lost"), "its form does not send it again by itself");
}

int main(void)
{
	struct ctx ctx = { .arena = arena_new(0) };
	sched_db = sched_site_open(&ctx);
	mkdir(text(ctx.arena, "%s/db/portal", sched_site_folder), 0700);
	if (!db_open(&ctx, "portal", DB_READ_WRITE, &portal))
		die("portal: %s", ctx.error.detail);
	request = (struct req){ .ctx = &ctx, .method = POST, .path = "/jobs", .state = &state };
	test_keys(&ctx);
	test_jobs(&ctx);
	test_cut(&ctx);
	db_close(portal);
	unlink(text(ctx.arena, "%s/db/portal/data.mdb", sched_site_folder));
	unlink(text(ctx.arena, "%s/db/portal/lock.mdb", sched_site_folder));
	rmdir(text(ctx.arena, "%s/db/portal", sched_site_folder));
	sched_site_close(&ctx, sched_db);
	return done_testing();
}
