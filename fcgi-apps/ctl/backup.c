/* backup: a copy of each database, made while the services go on. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf.h"
#include "ctl.h"

static bool cannot(struct ctx *ctx, const char *what)
{
	return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The copy cannot be made."), "%s: %s", what, strerror(errno));
}

/*
 * The copy is written by the owner of the database, who cannot walk to the folder of the copies: it is root's alone. So the child goes
 * there while it is root, and a path without folders is enough afterwards.
 */
static bool copy_as_owner(struct ctx *ctx, const char *env, const char *folder)
{
	struct stat st;
	struct db *db;
	bool found;

	if (stat(conf_path(ctx->arena, text(ctx->arena, "db/%s", env)), &st) != 0 || chdir(folder) != 0)
		return cannot(ctx, folder);
	if (mkdir(env, 0700) != 0 || (geteuid() == 0 && chown(env, st.st_uid ? st.st_uid : 65534, st.st_gid) != 0) || chdir(env) != 0)
		return cannot(ctx, env);
	if (!db_become(ctx, env, &found) || !found || !db_open(ctx, env, DB_READ_ONLY, &db) || !db_backup(ctx, db, "."))
		return false;
	if (stat("data.mdb", &st) == 0)
		printf("%s %lld\n", env, (long long)st.st_size);
	return fflush(stdout) == 0 || cannot(ctx, "output");
}

static bool copy_one(struct ctx *ctx, const char *env, const char *folder)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		bool good = copy_as_owner(ctx, env, folder);
		if (!good)
			log_line(NULL, "%s: %s (%s)", env, ctx->error.message ? ctx->error.message : "no copy", ctx->error.detail ? ctx->error.detail : "");
		_exit(good ? 0 : 1);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0) || fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The copy cannot be made."), "%s", env);
}

/* The folders below state/db that hold a database. */
static bool find_all(struct ctx *ctx, const char **out, size_t most, size_t *n)
{
	const char *top = conf_path(ctx->arena, "db");
	struct dirent *entry;
	DIR *dir = opendir(top);

	*n = 0;
	if (!dir)
		return cannot(ctx, top);
	while (*n < most && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && access(text(ctx->arena, "%s/%s/data.mdb", top, entry->d_name), F_OK) == 0)
			out[(*n)++] = arena_copy(ctx->arena, entry->d_name, strlen(entry->d_name));
	closedir(dir);
	return true;
}

/* The audit list comes last: an entry is written before what it tells of, so none of the other copies holds a change that the list lacks. */
bool backup(struct ctx *ctx, const char *folder)
{
	const char *all[64];
	size_t n;

	umask(0077);
	if (!find_all(ctx, all, COUNT(all), &n))
		return false;
	for (int last = 0; last <= 1; last++)
		for (size_t i = 0; i < n; i++)
			if (same(all[i], "audit") == (last == 1) && !copy_one(ctx, all[i], folder))
				return false;
	return true;
}
