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

/* The poller has looked now. */
static void poll(struct ctx *ctx, const struct job *job, const char *error)
{
	struct sched_jobs_seen seen = { .at = job, .n = job != NULL, .complete = true };
	struct cluster c = { .name = "demo", .as_of = now(), .accounting_as_of = now(), .error = error };
	if (!keep_jobs(ctx, sched_db, "demo", &seen, now()) || !keep_cluster(ctx, sched_db, &c))
		die("poll: %s", ctx->error.detail);
}

static int64_t moved;

static bool move(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct submission *s = arg;
	struct db_key key = db_key2('B', s->user, s->id);
	s->created += moved;
	s->answered += s->answered ? moved : 0;
	return db_put(ctx, db, &key, record_pack(ctx->arena, &submission_record, s));
}

/* As if it had been sent `seconds` earlier. */
static void age(struct ctx *ctx, struct submission s, int64_t seconds)
{
	moved = -seconds;
	if (!db_change(ctx, portal, move, &s))
		die("age: %s", ctx->error.detail);
}

static const char *state_of(struct ctx *ctx, const struct submission *s)
{
	bool found;
	if (!submissions_resolve(ctx))
		die("resolve: %s", ctx->error.detail);
	return get(ctx, s->user, s->id, &found).state;
}

static void test_forgotten(struct ctx *ctx)
{
	bool again;
	struct submission old = begin("alice", "key-5", &again), next, s;
	ok(submission_answered(&request, &old, "sent", 60, NULL), "accepted as 60");
	poll(ctx, NULL, NULL);
	ok(same(state_of(ctx, &old), "sent"), "not seen yet");
	next = begin("alice", "key-6", &again);
	ok(submission_answered(&request, &next, "sent", 60, NULL), "the number is given to another one");
	struct job job = { .cluster = "demo", .id = "60", .raw_id = 60, .user = "alice", .name = "x", .state = "RUNNING", .submitted = now(),
		.comment = submission_comment(ctx->arena, &next) };
	struct submission seen = begin("alice", "key-8", &again);
	ok(submission_answered(&request, &seen, "sent", 61, NULL), "accepted as 61");
	struct job gone = { .cluster = "demo", .id = "61", .raw_id = 61, .user = "alice", .name = "x", .state = "RUNNING", .submitted = now(),
		.comment = submission_comment(ctx->arena, &seen) };
	poll(ctx, &gone, NULL);
	ok(same(state_of(ctx, &seen), "sent"), "seen, and soon gone again");
	age(ctx, old, 100);
	age(ctx, next, 100);
	age(ctx, seen, 100);
	poll(ctx, &job, NULL);
	ok(same(state_of(ctx, &seen), "forgotten"), "that is forgotten too");
	ok(same(state_of(ctx, &old), "forgotten"), "the first one is not there");
	ok(same(state_of(ctx, &next), "sent"), "the second is");
	ok(of_job(ctx, "alice", "60", &job, &s) && same(s.id, next.id), "and has the number");
	job.comment = submission_comment(ctx->arena, &old);
	ok(of_job(ctx, "alice", "60", &job, &s) && same(s.id, old.id), "what a job says of itself counts before its number");
	job = (struct job){ .cluster = "demo", .id = "60", .submitted = now() + 100000 };
	ok(!of_job(ctx, "alice", "60", &job, &s), "a much later job of that number is another one");
}

/* The number of a job was given to another job of the same user. */
static void test_number_again(struct ctx *ctx)
{
	struct job one = { .cluster = "demo", .id = "70", .raw_id = 70, .user = "alice", .name = "x", .state = "PENDING", .submitted = now() - 50, .comment = "naru:one" }, two = one, seen;
	bool found;
	two.comment = "naru:two";
	two.submitted += 40;
	poll(ctx, &one, NULL);
	poll(ctx, &two, NULL);
	ok(sched_by_comment(ctx, sched_db, "alice", "naru:two", &found, &seen) && found, "the second is found by its comment");
	ok(sched_by_comment(ctx, sched_db, "alice", "naru:one", &found, &seen) && !found, "the first is not the second");
}

static void test_set_back(struct ctx *ctx)
{
	bool again, found;
	struct submission s = begin("alice", "key-7", &again);
	age(ctx, s, -3600);
	poll(ctx, NULL, NULL);
	ok(same(state_of(ctx, &s), "sending"), "sent before the clock was set back");
	s = get(ctx, "alice", s.id, &found);
	ok(s.created <= now(), "the minute is counted from now");
	struct cluster c = { .name = "demo", .as_of = now() + 3600 };
	ok(keep_cluster(ctx, sched_db, &c) && same(state_of(ctx, &s), "sending"), "an answer of the cluster from before tells nothing");
	age(ctx, s, 100);
	poll(ctx, NULL, NULL);
	ok(same(state_of(ctx, &s), "lost"), "after it, it is lost");
}

static void test_cut(struct ctx *ctx)
{
	bool again, found;
	struct submission s = begin("alice", "key-3", &again), lost = begin("alice", "key-4", &again);
	struct job job = { .cluster = "demo", .id = "50", .raw_id = 50, .user = "alice", .name = "x", .state = "RUNNING", .submitted = now(),
		.comment = submission_comment(ctx->arena, &s) };
	poll(ctx, NULL, NULL);
	ok(submissions_resolve(ctx) && same(get(ctx, "alice", s.id, &found).state, "sending"), "not seen yet: it is looked for");
	poll(ctx, &job, NULL);
	ok(submissions_resolve(ctx), "seen");
	s = get(ctx, "alice", s.id, &found);
	ok(same(s.state, "sent") && s.job_id == 50, "it is this job");
	ok(of_job(ctx, "alice", "50", NULL, &s), "and found by its number");
	poll(ctx, &job, NULL);
	ok(submissions_resolve(ctx) && same(get(ctx, "alice", lost.id, &found).state, "sending"), "nothing is lost before a minute");
	age(ctx, lost, 100);
	poll(ctx, &job, "down");
	ok(submissions_resolve(ctx) && same(get(ctx, "alice", lost.id, &found).state, "sending"), "while the cluster does not answer nothing is lost either");
	poll(ctx, &job, NULL);
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
	test_forgotten(&ctx);
	test_number_again(&ctx);
	test_set_back(&ctx);
	db_close(portal);
	unlink(text(ctx.arena, "%s/db/portal/data.mdb", sched_site_folder));
	unlink(text(ctx.arena, "%s/db/portal/lock.mdb", sched_site_folder));
	rmdir(text(ctx.arena, "%s/db/portal", sched_site_folder));
	sched_site_close(&ctx, sched_db);
	return done_testing();
}
