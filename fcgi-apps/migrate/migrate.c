/* migrate: naru-migrate, the program (see README). Each database is worked on in a process of its own, as that database's owner. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf.h"
#include "migrations.h"

enum { GOOD = 0, WAITING = 1, FAILED = 2, USAGE = 64 };
static const size_t MEMORY = (size_t)16 << 30; /* a limit against loops only: one transaction may hold a whole table */

struct options { bool check, no_copy; };

/* Made by the owner of the database, whose alone the copy is. */
static const char *make_backup_folder(struct ctx *ctx, const char *env, int64_t version)
{
	const char *all = conf_path(ctx->arena, "backup");
	const char *one = text(ctx->arena, "%s/%s-%lld-%lld", all, env, (long long)version, (long long)now());

	if (mkdir(one, 0700) != 0)
		die("%s: %s", one, strerror(errno));
	return one;
}

static void prepare_backups(struct ctx *ctx)
{
	const char *all = conf_path(ctx->arena, "backup");

	/* Sticky and write-only for others: the owners of the databases add folders and see no others'. */
	if (mkdir(all, 0700) == 0 ? chmod(all, 01733) != 0 : errno != EEXIST)
		die("%s: %s", all, strerror(errno));
}

static int say_pending(const char *env, int64_t version)
{
	int waiting = GOOD;

	for (const struct migration *m = migrations; m->number; m++)
		if (m->number > version && same(m->env, env)) {
			printf("%s: migration %lld: %s\n", env, (long long)m->number, m->what);
			waiting = WAITING;
		}
	return waiting;
}

static int failed(const struct ctx *ctx, const char *env)
{
	log_line(ctx, "%s: %s (%s)", env, ctx->error.message, ctx->error.detail ? ctx->error.detail : "");
	return FAILED;
}

static int migrate_one(const char *env, const struct options *options)
{
	struct ctx ctx = { .arena = arena_new(MEMORY) };
	struct db *db;
	int64_t version;
	bool found;

	if (!db_become(&ctx, env, &found))
		return failed(&ctx, env);
	if (!found)
		return GOOD;
	if (!db_open(&ctx, env, DB_READ_WRITE, &db) || !migrate_version(&ctx, db, &version))
		return failed(&ctx, env);
	if (options->check)
		return say_pending(env, version);
	if (migrate_pending(migrations, env, version) == 0)
		return GOOD;
	const char *backup = options->no_copy ? NULL : make_backup_folder(&ctx, env, version);
	return migrate_run(&ctx, db, env, migrations, backup) ? GOOD : failed(&ctx, env);
}

static int in_child(const char *env, const struct options *options)
{
	int status = 0;
	pid_t child = fork();

	if (child < 0)
		die("fork: %s", strerror(errno));
	if (child == 0) {
		int end = migrate_one(env, options);
		fflush(stdout);
		_exit(end);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
}

/* The environments that the list names, each once. */
static int migrate_all(const struct options *options)
{
	int worst = GOOD;

	for (const struct migration *m = migrations; m->number; m++) {
		bool seen = false;
		for (const struct migration *before = migrations; before < m; before++)
			seen = seen || same(before->env, m->env);
		int end = seen ? GOOD : in_child(m->env, options);
		worst = end > worst ? end : worst;
	}
	return worst;
}

int main(int argc, char **argv)
{
	struct ctx ctx = { .arena = arena_new(0) };
	struct options options = { 0 };

	program = "naru-migrate";
	for (int i = 1; i < argc; i++)
		if (same(argv[i], "--check"))
			options.check = true;
		else if (same(argv[i], "--no-copy"))
			options.no_copy = true;
		else {
			fputs("usage: naru-migrate [--check] [--no-copy]\n", stderr);
			return USAGE;
		}
	conf_start();
	if (!migrate_table_good(&ctx, migrations))
		return failed(&ctx, "migrations");
	if (!options.check && migrations[0].number)
		prepare_backups(&ctx);
	int end = migrate_all(&options);
	arena_free(ctx.arena);
	return end;
}
