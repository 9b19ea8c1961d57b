/* Reading single records of the environment "sched"; the list of a user is in sched_list.c. Nothing here calls the scheduler. */
#include "sched/keep_put.h"
#include "sched/snapshot.h"

#include <string.h>

static const char broken_text[] = MSG("The record of the batch system cannot be read. Tell the administrators.");

bool sched_open(struct ctx *ctx, struct db **out)
{
	return db_open(ctx, "sched", DB_READ_ONLY, out);
}

/* One record by its key. */
struct one { struct db_key key; const struct record *record; void *object; bool found; };

static bool get_one(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct one *one = arg;
	struct bytes value;

	if (!db_get(ctx, db, &one->key, &one->found, &value))
		return false;
	return !one->found || record_unpack(ctx, one->record, value, one->object);
}

bool sched_cluster(struct ctx *ctx, struct db *db, const char *name, bool *found, struct cluster *out)
{
	struct one one = { .key = snap_cluster(name), .record = &cluster_record, .object = out };
	bool good = db_view(ctx, db, get_one, &one);

	*found = one.found;
	return good;
}

bool snap_get_job(struct ctx *ctx, const struct db_read *db, const char *cluster, const char *id, bool *found, struct job *out)
{
	struct one one = { .key = snap_job(cluster, id), .record = &job_record, .object = out };
	bool good = get_one(ctx, db, &one);

	*found = one.found;
	return good;
}

/* What is asked for and what came of it. */
struct wanted { const char *user, *cluster, *id; struct job *out; bool found; };

/* "18" when nothing of the array waits any more: its first task. */
static bool get_first_task(struct ctx *ctx, const struct db_read *db, struct wanted *wanted)
{
	struct db_key prefix = snap_job(wanted->cluster, text(ctx->arena, "%s_", wanted->id));
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct db_key key;
	struct bytes value;

	if (!db_next(ctx, walk, &wanted->found, &key, &value))
		return false;
	return !wanted->found || record_unpack(ctx, &job_record, value, wanted->out);
}

static bool get_wanted(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct wanted *wanted = arg;

	if (!snap_get_job(ctx, db, wanted->cluster, wanted->id, &wanted->found, wanted->out))
		return false;
	if (!wanted->found && !get_first_task(ctx, db, wanted))
		return false;
	if (wanted->found && !same(wanted->out->user, wanted->user))
		wanted->found = false;
	if (!wanted->found)
		memset(wanted->out, 0, sizeof *wanted->out);
	return true;
}

static bool too_long(const char *value) { return value == NULL || strlen(value) > KEY_TEXT; }

bool sched_job(struct ctx *ctx, struct db *db, const char *user, const char *cluster, const char *id, bool *found, struct job *out)
{
	struct wanted wanted = { .user = user, .cluster = cluster, .id = id, .out = out };
	bool good;

	*found = false;
	memset(out, 0, sizeof *out);
	if (empty(user) || empty(id) || too_long(cluster) || too_long(id))
		return true;
	good = db_view(ctx, db, get_wanted, &wanted);
	*found = wanted.found;
	return good;
}

/* ---- by comment ---- */

struct by_comment { struct db_key key; const char *comment; struct wanted wanted; };

static bool get_by_comment(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct by_comment *asked = arg;
	struct bytes value;
	bool found;

	if (!db_get(ctx, db, &asked->key, &found, &value))
		return false;
	if (!found)
		return true;
	if (!snap_pair_read(ctx->arena, value, &asked->wanted.cluster, &asked->wanted.id))
		return fail(ctx, KIND_INTERNAL, tr(ctx, broken_text), "sched: bad comment entry");
	if (!get_wanted(ctx, db, &asked->wanted))
		return false;
	/* The number may belong to another job by now. */
	asked->wanted.found = asked->wanted.found && same(asked->wanted.out->comment, asked->comment);
	return true;
}

bool sched_by_comment(struct ctx *ctx, struct db *db, const char *user, const char *comment, bool *found, struct job *out)
{
	struct by_comment asked = { .key = snap_comment(user, comment), .comment = comment, .wanted = { .user = user, .out = out } };
	bool good;

	*found = false;
	memset(out, 0, sizeof *out);
	if (empty(user) || empty(comment) || strlen(comment) > KEY_COMMENT)
		return true;
	good = db_view(ctx, db, get_by_comment, &asked);
	*found = asked.wanted.found;
	return good;
}

struct missing { const struct job *job; bool gone; };

static bool get_missing(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct missing *m = arg;
	struct db_key key = snap_active(m->job->cluster, m->job->id);
	struct bytes value;
	bool found;

	if (!db_get(ctx, db, &key, &found, &value))
		return false;
	m->gone = found && keep_read_gone(value) != 0;
	return true;
}

bool sched_gone(struct ctx *ctx, struct db *db, const struct job *job, bool *gone)
{
	struct missing m = { job, false };
	bool good = db_view(ctx, db, get_missing, &m);

	*gone = m.gone || same(job->state, "UNKNOWN");
	return good;
}

/* ---- partitions ---- */

struct partitions { struct db_key prefix; struct partition *at; size_t n, cap; };

static bool get_partitions(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct partitions *all = arg;
	struct db_walk *walk = db_walk(ctx, db, &all->prefix, NULL, false);
	struct db_key key;
	struct bytes value;
	bool more;

	for (;;) {
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		all->at = sched_room(ctx->arena, all->at, all->n, &all->cap, sizeof *all->at);
		if (!record_unpack(ctx, &partition_record, value, &all->at[all->n++]))
			return false;
	}
}

bool sched_partitions(struct ctx *ctx, struct db *db, const char *cluster, const struct partition **out, size_t *n)
{
	struct partitions all = { .prefix = snap_partition(cluster, "") };
	bool good = db_view(ctx, db, get_partitions, &all);

	*out = all.at;
	*n = good ? all.n : 0;
	return good;
}

/* ---- usage ---- */

struct used { const char *user; struct usage *out; };

/* Accounts of all clusters, each once; limits add up. */
static void add_limits(struct arena *arena, struct usage *sum, const struct usage *part)
{
	const char **names = NEW_ARRAY(arena, const char *, sum->accounts.n + part->accounts.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < sum->accounts.n; i++)
		names[n++] = sum->accounts.at[i];
	for (size_t i = 0; i < part->accounts.n; i++) {
		size_t j = 0;

		while (j < n && !same(names[j], part->accounts.at[i]))
			j++;
		if (j == n)
			names[n++] = part->accounts.at[i];
	}
	sum->accounts = (struct texts){ names, n };
	sum->cpu_seconds_limit += part->cpu_seconds_limit;
	sum->gpu_seconds_limit += part->gpu_seconds_limit;
}

static bool get_usage(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct used *used = arg;
	struct one sums = { .key = snap_usage(used->user), .record = &usage_record, .object = used->out };
	struct db_key prefix = snap_limits(used->user, ""), key;
	struct db_walk *walk;
	struct bytes value;
	bool more;

	if (!get_one(ctx, db, &sums))
		return false;
	walk = db_walk(ctx, db, &prefix, NULL, false);
	for (;;) {
		struct usage part;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		if (!record_unpack(ctx, &usage_record, value, &part))
			return false;
		add_limits(ctx->arena, used->out, &part);
	}
}

bool sched_usage(struct ctx *ctx, struct db *db, const char *user, struct usage *out)
{
	struct used used = { user, out };

	memset(out, 0, sizeof *out);
	if (empty(user) || too_long(user))
		return true;
	return db_view(ctx, db, get_usage, &used);
}
