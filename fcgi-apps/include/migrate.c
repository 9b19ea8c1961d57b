/* migrate: see migrate.h. */
#include "migrate.h"

#define RECORD schema_version
#include "record_def.h"

/* The table of the environment's own version; no letter, so it is nobody else's. */
enum { VERSION_TABLE = 1 };

static struct db_key version_key(void)
{
	return db_key(VERSION_TABLE, "schema");
}

static bool read_version(struct ctx *ctx, const struct db_read *read, void *arg)
{
	struct db_key key = version_key();
	struct schema_version version = { 0 };
	struct bytes value;
	bool found;

	if (!db_get(ctx, read, &key, &found, &value) || (found && !record_unpack(ctx, &schema_version_record, value, &version)))
		return false;
	*(int64_t *)arg = version.version;
	return true;
}

bool migrate_version(struct ctx *ctx, struct db *db, int64_t *version)
{
	return db_view(ctx, db, read_version, version);
}

size_t migrate_pending(const struct migration *table, const char *env, int64_t version)
{
	size_t n = 0;

	for (; table->number; table++)
		n += table->number > version && same(table->env, env);
	return n;
}

bool migrate_table_good(struct ctx *ctx, const struct migration *table)
{
	for (int64_t before = 0; table->number; before = table->number, table++)
		if (table->number <= before || empty(table->env) || empty(table->what) || !table->run)
			return fail(ctx, KIND_INTERNAL, tr(ctx, "The list of migrations is wrong."), "migration %lld", (long long)table->number);
	return true;
}

/* The version is read again inside the transaction: another run may have been faster. */
static bool run_one(struct ctx *ctx, struct db_write *write, void *arg)
{
	const struct migration *migration = arg;
	struct schema_version done = { .version = migration->number, .since = now() };
	struct db_key key = version_key();
	int64_t version;

	if (!read_version(ctx, db_as_read(write), &version))
		return false;
	if (version >= migration->number)
		return true;
	return migration->run(ctx, write, migration->arg) && db_put(ctx, write, &key, record_pack(ctx->arena, &schema_version_record, &done));
}

bool migrate_run(struct ctx *ctx, struct db *db, const char *env, const struct migration *table, const char *backup)
{
	int64_t version;

	if (!migrate_table_good(ctx, table) || !migrate_version(ctx, db, &version))
		return false;
	if (migrate_pending(table, env, version) == 0)
		return true;
	if (backup && !db_backup(ctx, db, backup))
		return false;
	for (; table->number; table++) {
		struct migration one = *table;
		if (one.number <= version || !same(one.env, env))
			continue;
		log_line(ctx, "%s: migration %lld: %s", env, (long long)one.number, one.what);
		if (!db_change(ctx, db, run_one, &one))
			return false;
	}
	return true;
}
