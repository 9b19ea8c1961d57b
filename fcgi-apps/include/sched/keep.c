/* Writes what a poll saw: see keep.h. */
#include "sched/keep.h"
#include "sched/keep_put.h"
#include "sched/snapshot.h"

#include <stdlib.h>
#include <string.h>

/* Arguments of one transaction over jobs. */
struct keeping {
	const char *cluster;
	const struct sched_jobs_seen *seen;
	int64_t at, before;
	const char **ids;     /* of the live list, sorted */
	size_t n_ids;
};

/* Something that could not be a key of ours. */
static bool unusable(const struct job *job)
{
	return empty(job->id) || strlen(job->id) > KEY_TEXT || (job->user != NULL && strlen(job->user) > KEY_TEXT);
}

/* ---- the live list ---- */

/* What only accounting knows stays, unless the number was given to another job. */
static void carry_over(struct job *job, const struct job *old)
{
	if (job->submitted != old->submitted && !same(job->comment, old->comment))
		return;
	job->cpu_seconds = old->cpu_seconds;
	job->max_rss_kb = old->max_rss_kb;
}

static bool keep_live_job(struct ctx *ctx, struct db_write *db, const struct keeping *keeping, const struct job *seen)
{
	struct job job = *seen, old;
	bool found;

	job.cluster = keeping->cluster;
	if (unusable(&job))
		return true;
	if (!snap_get_job(ctx, db_as_read(db), job.cluster, job.id, &found, &old))
		return false;
	if (found)
		carry_over(&job, &old);
	return keep_put_job(ctx, db, found ? &old : NULL, &job, keeping->at);
}

static int compare_ids(const void *left, const void *right)
{
	const char *const *a = left, *const *b = right;

	return strcmp(*a, *b);
}

static void sort_ids(struct arena *arena, struct keeping *keeping)
{
	keeping->ids = NEW_ARRAY(arena, const char *, keeping->seen->n + 1);
	for (size_t i = 0; i < keeping->seen->n; i++)
		if (!empty(keeping->seen->at[i].id))
			keeping->ids[keeping->n_ids++] = keeping->seen->at[i].id;
	if (keeping->n_ids > 1)
		qsort(keeping->ids, keeping->n_ids, sizeof *keeping->ids, compare_ids);
}

static bool has_tasks(struct ctx *ctx, const struct db_read *db, const char *cluster, const char *id, bool *has)
{
	struct db_key prefix = snap_job(cluster, text(ctx->arena, "%s_", id)), key;
	struct bytes value;

	return db_next(ctx, db_walk(ctx, db, &prefix, NULL, false), has, &key, &value);
}

/* An active job that is no longer in the list. What waited of an array and has all started is nothing any more; of another job
 * accounting will tell. */
static bool mark_gone(struct ctx *ctx, struct db_write *db, const struct keeping *keeping, const char *id)
{
	struct job old;
	bool found, tasks;

	if (!snap_get_job(ctx, db_as_read(db), keeping->cluster, id, &found, &old))
		return false;
	if (!found)
		return true;
	if (!has_tasks(ctx, db_as_read(db), keeping->cluster, id, &tasks))
		return false;
	return tasks ? keep_drop_job(ctx, db, &old) : keep_put_gone(ctx, db, keeping->cluster, id, keeping->at);
}

/* One active entry: its id and since when it is gone. */
struct active { const char *id; int64_t gone; };
struct actives { struct active *at; size_t n, cap; };

static bool read_actives(struct ctx *ctx, const struct db_read *db, const char *cluster, struct actives *all)
{
	struct db_key prefix = snap_active(cluster, ""), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct bytes value;
	bool more;

	for (;;) {
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		all->at = sched_room(ctx->arena, all->at, all->n, &all->cap, sizeof *all->at);
		all->at[all->n++] = (struct active){ db_key_tail(&key, ctx->arena), keep_read_gone(value) };
	}
}

static bool find_gone(struct ctx *ctx, struct db_write *db, struct keeping *keeping)
{
	struct actives all = { 0 };

	sort_ids(ctx->arena, keeping);
	if (!read_actives(ctx, db_as_read(db), keeping->cluster, &all))
		return false;
	for (size_t i = 0; i < all.n; i++) {
		const struct active *active = &all.at[i];
		bool listed = keeping->n_ids > 0 && bsearch(&active->id, keeping->ids, keeping->n_ids, sizeof *keeping->ids, compare_ids) != NULL;

		if (listed && active->gone != 0 && !keep_put_gone(ctx, db, keeping->cluster, active->id, 0))
			return false;
		if (!listed && active->gone == 0 && !mark_gone(ctx, db, keeping, active->id))
			return false;
	}
	return true;
}

static bool write_jobs(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct keeping *keeping = arg;

	for (size_t i = 0; i < keeping->seen->n; i++)
		if (!keep_live_job(ctx, db, keeping, &keeping->seen->at[i]))
			return false;
	return !keeping->seen->complete || find_gone(ctx, db, keeping);
}

bool keep_jobs(struct ctx *ctx, struct db *db, const char *cluster, const struct sched_jobs_seen *seen, int64_t at)
{
	struct keeping keeping = { .cluster = cluster, .seen = seen, .at = at };

	return seen->unchanged || db_change(ctx, db, write_jobs, &keeping);
}

/* ---- accounting ---- */

/* The record as it is, with what accounting adds. Accounting's exit code is not to be trusted and it knows no output path. */
static struct job merge_history(const struct job *old, const struct job *history)
{
	struct job job = *old;

	job.cpu_seconds = history->cpu_seconds;
	job.max_rss_kb = history->max_rss_kb;
	if (job_finished(old) && !same(old->state, "UNKNOWN"))
		return job;
	job.state = history->state;
	job.reason = NULL;
	job.started = history->started;
	job.ended = history->ended;
	job.signal = history->signal;
	job.nodes = history->nodes;
	job.node_count = history->node_count;
	job.cpus = history->cpus;
	job.gpus = history->gpus;
	return job;
}

/* Accounting may know a job as ended that waits again (requeued), or an older job of the same number. */
static bool outdated(const struct job *old, const struct job *history)
{
	return history->submitted < old->submitted || (!job_finished(old) && old->restarts > 0 && history->ended < old->seen);
}

static bool keep_old_job(struct ctx *ctx, struct db_write *db, const struct keeping *keeping, const struct job *seen)
{
	struct job job = *seen, old;
	bool found;

	job.cluster = keeping->cluster;
	if (unusable(&job) || !job_finished(&job))
		return true;
	if (!snap_get_job(ctx, db_as_read(db), job.cluster, job.id, &found, &old))
		return false;
	if (found && outdated(&old, &job))
		return true;
	if (found)
		job = merge_history(&old, &job);
	return keep_put_job(ctx, db, found ? &old : NULL, &job, keeping->at);
}

static bool write_history(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct keeping *keeping = arg;

	for (size_t i = 0; i < keeping->seen->n; i++)
		if (!keep_old_job(ctx, db, keeping, &keeping->seen->at[i]))
			return false;
	return true;
}

bool keep_history(struct ctx *ctx, struct db *db, const char *cluster, const struct sched_jobs_seen *seen, int64_t at)
{
	struct keeping keeping = { .cluster = cluster, .seen = seen, .at = at };

	return seen->n == 0 || db_change(ctx, db, write_history, &keeping);
}

/* ---- gone for good ---- */

static bool write_unknown(struct ctx *ctx, struct db_write *db, const struct keeping *keeping, const struct active *active)
{
	struct job old, job;
	bool found;

	if (!snap_get_job(ctx, db_as_read(db), keeping->cluster, active->id, &found, &old))
		return false;
	if (!found)
		return true;
	job = old;
	job.state = "UNKNOWN";
	job.reason = NULL;
	if (job_group(&old) == JOBS_WAITING)
		job.started = 0;
	job.ended = active->gone;
	return keep_put_job(ctx, db, &old, &job, keeping->at);
}

static bool write_settled(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct keeping *keeping = arg;
	struct actives all = { 0 };

	if (!read_actives(ctx, db_as_read(db), keeping->cluster, &all))
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (all.at[i].gone != 0 && all.at[i].gone < keeping->before && !write_unknown(ctx, db, keeping, &all.at[i]))
			return false;
	return true;
}

/* Most of the time there is nothing to settle: look before a write transaction is begun. */
struct looking { const struct keeping *keeping; bool any; };

static bool look_for_gone(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct looking *looking = arg;
	struct actives all = { 0 };

	if (!read_actives(ctx, db, looking->keeping->cluster, &all))
		return false;
	for (size_t i = 0; i < all.n; i++)
		looking->any = looking->any || (all.at[i].gone != 0 && all.at[i].gone < looking->keeping->before);
	return true;
}

bool keep_settle(struct ctx *ctx, struct db *db, const char *cluster, int64_t before, int64_t at)
{
	struct keeping keeping = { .cluster = cluster, .at = at, .before = before };
	struct looking looking = { .keeping = &keeping };

	if (!db_view(ctx, db, look_for_gone, &looking))
		return false;
	return !looking.any || db_change(ctx, db, write_settled, &keeping);
}
