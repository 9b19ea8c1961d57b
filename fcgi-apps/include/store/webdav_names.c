/* Folders, names, copies, removal. */
#include <errno.h>
#include <string.h>

#include "store/sift.h"
#include "store/webdav.h"
#include "store/why.h"

int dav_folder(void *state, const char *path)
{
	struct dav_ask a = { .method = "MKCOL", .path = path, .folder = true };
	if (!*path)
		return EEXIST;
	int e = dav_do(state, &a);
	return e == WIRE_E_CANNOT && a.status == 405 ? EEXIST : dav_blame_parent(state, path, e);
}

/* Into itself, or onto itself. */
static int bad_pair(const char *from, const char *to)
{
	size_t n = strlen(from);
	if (!*from || !*to)
		return WIRE_E_TOP;
	return same(from, to) ? EEXIST : starts_with(to, from) && to[n] == '/' ? EINVAL : 0;
}

int dav_rename(void *state, const char *from, const char *to)
{
	struct dav_entry at;
	int e = bad_pair(from, to);
	int found = e == WIRE_E_TOP ? e : dav_look(state, NULL, from, &at);
	if (found || e)
		return found ? found : e;
	struct dav_ask a = { .method = "MOVE", .path = from, .folder = at.folder, .to = to, .to_folder = at.folder };
	return dav_blame_parent(state, to, dav_do(state, &a));
}

int dav_copy(void *state, const char *from, const char *to, bool replace, int64_t until)
{
	struct dav_entry at, there;
	int e = dav_look(state, NULL, from, &at);
	if (e || at.folder)
		return e ? e : WIRE_E_TYPE;
	e = bad_pair(from, to);
	if (e)
		return e == WIRE_E_TOP || replace ? EINVAL : e;
	if (replace && dav_look(state, NULL, to, &there) == 0 && there.folder)
		return EISDIR;
	why_forget();
	struct dav_ask a = { .method = "COPY", .path = from, .to = to, .replace = replace, .until = until };
	return dav_blame_parent(state, to, dav_do(state, &a));
}

int dav_remove(void *state, const char *path, bool with_content, int64_t until)
{
	struct dav_entry at;
	if (!*path)
		return WIRE_E_TOP;
	int e = dav_look(state, NULL, path, &at);
	if (!e && at.folder && !with_content)
		e = dav_empty(state, path);
	if (e)
		return e;
	struct dav_ask a = { .method = "DELETE", .path = path, .folder = at.folder, .until = until };
	e = dav_do(state, &a);
	return e == ETIMEDOUT && with_content && at.folder ? WIRE_E_UNFINISHED : e;
}

/* No property says so on the servers that there are: an empty hidden file is made and removed again. */
static size_t nothing(char *to, size_t one, size_t n, void *arg)
{
	(void)to, (void)one, (void)n, (void)arg;
	return 0;
}

int dav_writable(void *state, const char *folder, bool *yes)
{
	struct dav_entry at;
	char name[40], path[WIRE_PATH_MOST + 64];
	int e = dav_look(state, NULL, folder, &at);
	if (e || !at.folder)
		return e ? e : ENOTDIR;
	sift_part_name(name);
	snprintf(path, sizeof path, "%s%s%s", folder, *folder ? "/" : "", name);
	struct dav_ask put = { .method = "PUT", .path = path, .give = nothing }, drop = { .method = "DELETE", .path = path };
	e = dav_do(state, &put);
	*yes = !e;
	if (*yes)
		dav_do(state, &drop);
	why_forget();
	return e == EACCES || e == WIRE_E_CANNOT || e == ENOSPC ? 0 : e;
}
