/* db_become: root's tools work on a database as its owner. */
#include "conf.h"
#include "db.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static void become(uid_t uid, gid_t gid)
{
	if (setgroups(1, &gid) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		die("becoming the owner of a database: %s", strerror(errno));
}

bool db_become(struct ctx *ctx, const char *name, bool *found)
{
	const char *folder = conf_path(ctx->arena, text(ctx->arena, "db/%s", name));
	struct stat st;

	*found = false;
	if (empty(name) || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
		return fail(ctx, KIND_NOT_FOUND, tr(ctx, "There is no such database."), "database %s", name ? name : "");
	if (lstat(folder, &st) != 0 || !S_ISDIR(st.st_mode))
		return errno == ENOENT || fail(ctx, KIND_UNAVAILABLE, tr(ctx, "There is no such database."), "%s: %s", folder, strerror(errno));
	if (geteuid() == 0)
		become(st.st_uid ? st.st_uid : NOBODY, st.st_gid);
	*found = access(text(ctx->arena, "%s/data.mdb", folder), F_OK) == 0;
	return true;
}
