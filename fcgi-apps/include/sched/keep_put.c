/* One job record with its list entry, comment entry, active entry and the user's sums: see keep_put.h and snapshot.h. */
#include "sched/keep_put.h"
#include "sched/snapshot.h"

#include <string.h>

/* What a job adds to its user's sums. */
static struct usage share_of(const struct job *job)
{
	struct usage share = { 0 };
	int64_t elapsed = job->started > 0 && job->ended > job->started ? job->ended - job->started : 0;

	switch (job_group(job)) {
	case JOBS_RUNNING:
		share.running = 1;
		share.cpus_running = job->cpus;
		share.gpus_running = job->gpus;
		break;
	case JOBS_WAITING:
		share.waiting = 1;
		break;
	case JOBS_FINISHED:
	case JOBS_ALL:
		share.finished = 1;
		share.cpu_seconds = job->cpus * elapsed;
		share.gpu_seconds = job->gpus * elapsed;
		break;
	}
	return share;
}

static void add_share(struct usage *sum, const struct usage *share, int64_t sign)
{
	sum->running += sign * share->running;
	sum->waiting += sign * share->waiting;
	sum->finished += sign * share->finished;
	sum->cpus_running += sign * share->cpus_running;
	sum->gpus_running += sign * share->gpus_running;
	sum->cpu_seconds += sign * share->cpu_seconds;
	sum->gpu_seconds += sign * share->gpu_seconds;
}

static bool same_share(const struct usage *a, const struct usage *b)
{
	return a->running == b->running && a->waiting == b->waiting && a->finished == b->finished && a->cpus_running == b->cpus_running &&
		a->gpus_running == b->gpus_running && a->cpu_seconds == b->cpu_seconds && a->gpu_seconds == b->gpu_seconds;
}

static bool change_usage(struct ctx *ctx, struct db_write *db, const char *user, const struct usage *share, int64_t sign)
{
	struct db_key key = snap_usage(user);
	struct usage sum = { 0 };
	struct bytes value;
	bool found;

	if (!db_get(ctx, db_as_read(db), &key, &found, &value) || (found && !record_unpack(ctx, &usage_record, value, &sum)))
		return false;
	add_share(&sum, share, sign);
	return db_put(ctx, db, &key, record_pack(ctx->arena, &usage_record, &sum));
}

/* A job without a user (an account that the cluster does not know) is kept, but is in nobody's list. */
static bool update_usage(struct ctx *ctx, struct db_write *db, const struct job *old, const struct job *job)
{
	struct usage before = old != NULL ? share_of(old) : (struct usage){ 0 };
	struct usage after = job != NULL ? share_of(job) : (struct usage){ 0 };

	if (old != NULL && job != NULL && same(old->user, job->user) && same_share(&before, &after))
		return true;
	if (old != NULL && !empty(old->user) && !change_usage(ctx, db, old->user, &before, -1))
		return false;
	return job == NULL || empty(job->user) || change_usage(ctx, db, job->user, &after, 1);
}

static bool same_key(const struct db_key *a, const struct db_key *b)
{
	return a->n == b->n && memcmp(a->at, b->at, a->n) == 0;
}

static bool same_bytes(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n) == 0);
}

static bool update_list(struct ctx *ctx, struct db_write *db, const struct job *old, const struct job *job)
{
	bool had = old != NULL && !empty(old->user), has = job != NULL && !empty(job->user);
	struct db_key before = { .n = 0 }, after = { .n = 0 };
	struct bytes value = { NULL, 0 };

	if (had)
		before = snap_list(old);
	if (has) {
		after = snap_list(job);
		value = snap_list_value(ctx->arena, job);
	}
	if (had && has && same_key(&before, &after) && same_bytes(snap_list_value(ctx->arena, old), value))
		return true;
	if (had && !(has && same_key(&before, &after)) && !db_del(ctx, db, &before))
		return false;
	return !has || db_put(ctx, db, &after, value);
}

/* The first job with a comment keeps it: tasks of an array all carry the same. */
static bool update_comment(struct ctx *ctx, struct db_write *db, const struct job *old, const struct job *job)
{
	struct db_key key;
	bool added;

	if (empty(job->user) || empty(job->comment) || strlen(job->comment) > KEY_COMMENT || (old != NULL && same(old->comment, job->comment)))
		return true;
	key = snap_comment(job->user, job->comment);
	return db_add(ctx, db, &key, snap_pair(ctx->arena, job->cluster, job->array_job != 0 ? text(ctx->arena, "%lld",
		(long long)job->array_job) : job->id), &added);
}

bool keep_put_gone(struct ctx *ctx, struct db_write *db, const char *cluster, const char *id, int64_t since)
{
	struct db_key key = snap_active(cluster, id);
	unsigned char *value = arena_alloc(ctx->arena, 8);

	for (int i = 0; i < 8; i++)
		value[i] = (unsigned char)((uint64_t)since >> (56 - 8 * i) & 0xff);
	return db_put(ctx, db, &key, (struct bytes){ value, 8 });
}

int64_t keep_read_gone(struct bytes value)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < 8 && i < value.n; i++)
		bits = bits << 8 | value.at[i];
	return (int64_t)(bits & INT64_MAX);
}

static bool update_active(struct ctx *ctx, struct db_write *db, const struct job *old, const struct job *job)
{
	bool was = old != NULL && !job_finished(old), is = job != NULL && !job_finished(job);
	const struct job *any = job != NULL ? job : old;
	struct db_key key = snap_active(any->cluster, any->id);

	if (is && !was)
		return keep_put_gone(ctx, db, any->cluster, any->id, 0);
	return is || !was || db_del(ctx, db, &key);
}

bool keep_put_job(struct ctx *ctx, struct db_write *db, const struct job *old, struct job *job, int64_t at)
{
	struct db_key key = snap_job(job->cluster, job->id);
	struct bytes value;

	job->seen = old != NULL ? old->seen : at;
	job->rest = old != NULL ? old->rest : (struct bytes){ 0 };
	value = record_pack(ctx->arena, &job_record, job);
	if (old != NULL && same_bytes(value, record_pack(ctx->arena, &job_record, old)))
		return true;
	job->seen = at;
	return db_put(ctx, db, &key, record_pack(ctx->arena, &job_record, job)) && update_list(ctx, db, old, job) &&
		update_comment(ctx, db, old, job) && update_active(ctx, db, old, job) && update_usage(ctx, db, old, job);
}

bool keep_drop_job(struct ctx *ctx, struct db_write *db, const struct job *old)
{
	struct db_key key = snap_job(old->cluster, old->id);

	return db_del(ctx, db, &key) && update_list(ctx, db, old, NULL) && update_active(ctx, db, old, NULL) && update_usage(ctx, db, old, NULL);
}
