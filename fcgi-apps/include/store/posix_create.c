/* New files. They have no name (O_TMPFILE) until they are complete, so a reader never sees half of one and a killed writer leaves nothing.
 * Where the file system cannot do that (NFS, some FUSE) they have a hidden name until then. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "store.h"
#include "store/posix.h"

static struct pending *find(struct posix *p, int64_t handle)
{
	for (size_t i = 0; i < POSIX_PENDING; i++)
		if (p->pending[i].handle == handle)
			return &p->pending[i];
	return NULL;
}

bool posix_pending(void *state)
{
	const struct posix *p = state;
	for (size_t i = 0; i < POSIX_PENDING; i++)
		if (p->pending[i].handle)
			return true;
	return false;
}

static void part_name(char *to, size_t n)
{
	uint64_t chance;
	random_bytes(&chance, sizeof chance);
	snprintf(to, n, POSIX_PART "%016llx", (unsigned long long)chance);
}

/* Mode 0666 less the umask: what the user's own programs would make. */
static int open_new(struct pending *n)
{
	n->name[0] = 0;
	n->fd = openat(n->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	if (n->fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return n->fd < 0 ? errno : 0;
	part_name(n->name, sizeof n->name);
	n->fd = openat(n->folder, n->name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0666);
	return n->fd < 0 ? errno : 0;
}

/* Goes on with what an earlier one left under this name, if that is a file of the user's own. */
static int open_kept(struct pending *n, const char *keep)
{
	struct stat s;
	size_t k = strlen(keep);
	if (!k || k > STORE_KEEP_MOST || strspn(keep, "0123456789abcdef") != k)
		return EINVAL;
	snprintf(n->name, sizeof n->name, POSIX_PART "%s", keep);
	n->fd = openat(n->folder, n->name, O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_WRONLY | O_CLOEXEC, 0666);
	if (n->fd < 0)
		return errno;
	if (fstat(n->fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_nlink == 1 && s.st_uid == geteuid())
		return 0;
	close(n->fd);
	return EEXIST;
}

static int create(struct posix *p, const char *path, const char *keep, int64_t *handle, int *fd)
{
	struct pending *n = find(p, 0);
	const char *name;
	if (!n)
		return EMFILE;
	int e = posix_parent(p, path, &n->folder, &name);
	if (e)
		return e;
	e = keep ? open_kept(n, keep) : open_new(n);
	if (e) {
		close(n->folder);
		return e;
	}
	n->kept = keep != NULL;
	*handle = n->handle = ++p->handles;
	*fd = n->fd;
	return 0;
}

int posix_create(void *state, const char *path, int64_t size, int64_t *handle, int *fd)
{
	(void)size; /* no space is set aside: the quota decides while it is written */
	return create(state, path, NULL, handle, fd);
}

int posix_kept(void *state, const char *path, const char *keep, int64_t *handle, int *fd)
{
	return create(state, path, keep, handle, fd);
}

static void release(struct pending *n)
{
	close(n->fd);
	close(n->folder);
	*n = (struct pending){ 0 };
}

int posix_abort(void *state, int64_t handle)
{
	struct pending *n = handle ? find(state, handle) : NULL;
	if (!n)
		return ENOENT;
	if (n->name[0] && !n->kept)
		unlinkat(n->folder, n->name, 0);
	release(n);
	return 0;
}

int posix_date(void *state, int64_t handle, int64_t modified)
{
	struct pending *n = handle ? find(state, handle) : NULL;
	if (!n)
		return ENOENT;
	n->dated = true;
	n->modified = modified;
	return 0;
}

/* ---- giving it its name ---- */

/* Gives the file a name that nothing has yet. */
static int link_new(const struct pending *n, int dir, const char *name)
{
	char self[40];
	if (!n->name[0]) {
		snprintf(self, sizeof self, "/proc/self/fd/%d", n->fd);
		return linkat(AT_FDCWD, self, dir, name, AT_SYMLINK_FOLLOW) < 0 ? errno : 0;
	}
	if (renameat2(n->folder, n->name, dir, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL)
		return errno;
	if (linkat(n->folder, n->name, dir, name, 0) < 0)
		return errno;
	unlinkat(n->folder, n->name, 0);
	return 0;
}

/* The new content takes the old file's permissions and access list, never its set-uid bits; if it cannot have the old group or the list, rights
 * that were theirs are not given to others. (With a list, the bits of the group say what all in it may have at most.) */
static int take_over(int fd, const struct stat *old, int dir, const char *name)
{
	struct stat s;
	mode_t mode = old->st_mode & 0777;
	if (fstat(fd, &s) < 0)
		return errno;
	if (s.st_gid != old->st_gid && fchown(fd, (uid_t)-1, old->st_gid) < 0)
		mode &= (mode_t)~070;
	if (posix_acl_keep(fd, dir, name))
		mode &= (mode_t)~070;
	return fchmod(fd, mode) < 0 ? errno : 0;
}

static int link_over(const struct pending *n, int dir, const char *name)
{
	char part[40];
	if (n->name[0])
		return renameat(n->folder, n->name, dir, name) < 0 ? errno : 0;
	part_name(part, sizeof part);
	int e = link_new(n, dir, part);
	if (e)
		return e;
	if (renameat(dir, part, dir, name) == 0)
		return 0;
	e = errno;
	unlinkat(dir, part, 0);
	return e;
}

static int name_it(const struct pending *n, int dir, const char *name, bool replace)
{
	struct stat old;
	if (!replace || fstatat(dir, name, &old, AT_SYMLINK_NOFOLLOW) < 0)
		return link_new(n, dir, name);
	if (S_ISDIR(old.st_mode))
		return EISDIR;
	int e = S_ISREG(old.st_mode) ? take_over(n->fd, &old, dir, name) : 0;
	return e ? e : link_over(n, dir, name);
}

/* So that the name, too, is there after a power cut. A folder that may not be read cannot be synced: then the kernel's own time applies. */
static void sync_folder(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static int date(const struct pending *n)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = n->modified } };
	return n->dated && futimens(n->fd, t) < 0 ? errno : 0;
}

static bool on_top_disk(const struct posix *p, int fd)
{
	struct stat top, s;
	return fstat(p->top, &top) == 0 && fstat(fd, &s) == 0 && s.st_dev == top.st_dev;
}

int posix_commit(void *state, int64_t handle, const char *path, bool replace, int64_t size, int64_t until)
{
	(void)size; /* what the front wrote is in the file: it has the descriptor itself */
	(void)until;
	struct posix *p = state;
	struct pending *n = handle ? find(p, handle) : NULL;
	int dir;
	const char *name;
	if (!n)
		return ENOENT;
	int e = posix_parent(state, path, &dir, &name);
	if (e)
		return e;
	e = date(n);
	if (!e)
		e = !n->synced && fsync(n->fd) < 0 ? errno : name_it(n, dir, name, replace);
	if (!e) {
		if (p->later && on_top_disk(p, dir))
			p->named = true;
		else
			sync_folder(dir);
		release(n);
	}
	close(dir);
	return e == EXDEV ? WIRE_E_OTHER_DISK : e;
}

/* ---- many at once ---- */

#define FEW 4 /* files; of more, the whole file system is faster: one commit of its journal, one flush of the disk */

static size_t unsynced(const struct posix *p)
{
	size_t n = 0;
	for (size_t i = 0; i < POSIX_PENDING; i++)
		n += p->pending[i].handle && !p->pending[i].synced;
	return n;
}

static int sync_all(const struct posix *p)
{
	int fd = openat(p->top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), e = 0;
	if (fd < 0)
		return errno;
	if (syncfs(fd) < 0)
		e = errno;
	close(fd);
	return e;
}

/* A file system below the place is another one; pending files of it are synced by their own descriptor. */
static int sync_pending(struct posix *p, bool each)
{
	for (size_t i = 0; i < POSIX_PENDING; i++) {
		struct pending *n = &p->pending[i];
		if (!n->handle || n->synced)
			continue;
		if ((each || !on_top_disk(p, n->fd)) && fsync(n->fd) < 0)
			return errno;
		n->synced = true;
	}
	return 0;
}

int posix_sync(void *state)
{
	struct posix *p = state;
	size_t n = unsynced(p);
	bool all = p->named || n > FEW;
	int e = all ? sync_all(p) : 0;
	if (!e)
		e = sync_pending(p, !all);
	p->named = p->named && e;
	p->later = true;
	return e;
}
