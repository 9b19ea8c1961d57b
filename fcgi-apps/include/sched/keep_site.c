/* Writes clusters, partitions, and accounts with their limits: see keep.h. */
#include "sched/keep.h"
#include "sched/snapshot.h"

#include <string.h>

/* A record put only when its bytes differ, so that a poll that saw nothing new leaves no dirty page. */
static bool put_changed(struct ctx *ctx, struct db_write *db, const struct db_key *key, struct bytes value)
{
	struct bytes old;
	bool found;

	if (!db_get(ctx, db_as_read(db), key, &found, &old))
		return false;
	if (found && old.n == value.n && memcmp(old.at, value.at, old.n) == 0)
		return true;
	return db_put(ctx, db, key, value);
}

static bool write_cluster(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct cluster *cluster = arg;
	struct db_key key = snap_cluster(cluster->name);

	return put_changed(ctx, db, &key, record_pack(ctx->arena, &cluster_record, cluster));
}

bool keep_cluster(struct ctx *ctx, struct db *db, const struct cluster *cluster)
{
	struct cluster copy = *cluster;

	return db_change(ctx, db, write_cluster, &copy);
}

/* ---- partitions ---- */

struct parting { const char *cluster; const struct sched_partitions_seen *seen; };

static bool is_seen(const struct parting *parting, const char *name)
{
	for (size_t i = 0; i < parting->seen->n; i++)
		if (same(parting->seen->at[i].name, name))
			return true;
	return false;
}

static bool remove_others(struct ctx *ctx, struct db_write *db, const struct parting *parting)
{
	struct db_key prefix = snap_partition(parting->cluster, ""), key;
	size_t n = 0;
	const char **list = NULL;
	struct db_walk *walk = db_walk(ctx, db_as_read(db), &prefix, NULL, false);
	struct bytes value;
	bool more = true;

	for (size_t cap = 0; db_next(ctx, walk, &more, &key, &value) && more;) {
		list = sched_room(ctx->arena, list, n, &cap, sizeof *list);
		list[n++] = db_key_tail(&key, ctx->arena);
	}
	if (more)
		return false;
	for (size_t i = 0; i < n; i++) {
		key = snap_partition(parting->cluster, list[i]);
		if (!is_seen(parting, list[i]) && !db_del(ctx, db, &key))
			return false;
	}
	return true;
}

static bool write_partitions(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct parting *parting = arg;

	for (size_t i = 0; i < parting->seen->n; i++) {
		const struct partition *partition = &parting->seen->at[i];
		struct db_key key = snap_partition(parting->cluster, partition->name);

		if (empty(partition->name) || strlen(partition->name) > KEY_TEXT)
			continue;
		if (!put_changed(ctx, db, &key, record_pack(ctx->arena, &partition_record, partition)))
			return false;
	}
	return remove_others(ctx, db, parting);
}

bool keep_partitions(struct ctx *ctx, struct db *db, const char *cluster, const struct sched_partitions_seen *seen)
{
	struct parting parting = { cluster, seen };

	return db_change(ctx, db, write_partitions, &parting);
}

/* ---- accounts and limits ---- */

struct peopling { const char *cluster; const struct sched_people_seen *seen; };

static bool write_people(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct peopling *peopling = arg;

	for (size_t i = 0; i < peopling->seen->n; i++) {
		const struct sched_person *person = &peopling->seen->at[i];
		struct db_key key = snap_limits(person->user, peopling->cluster);

		if (empty(person->user) || strlen(person->user) > KEY_TEXT)
			continue;
		if (!put_changed(ctx, db, &key, record_pack(ctx->arena, &usage_record, &person->limits)))
			return false;
	}
	return true;
}

bool keep_people(struct ctx *ctx, struct db *db, const char *cluster, const struct sched_people_seen *seen)
{
	struct peopling peopling = { cluster, seen };

	return db_change(ctx, db, write_people, &peopling);
}
