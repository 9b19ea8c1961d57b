#include "store/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "errand.h"
#include "store.h"

/* ---- paths ---- */

int posix_beneath(int dir, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve,
	};
	/* EAGAIN: something was renamed meanwhile, and the kernel could not tell whether that led outside. */
	for (int i = 0; i < 64; i++) {
		long fd = syscall(SYS_openat2, dir, *path ? path : ".", &how, sizeof how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			return (int)fd;
	}
	return -1;
}

int posix_error(int e)
{
	return e == EXDEV ? WIRE_E_OUTSIDE : e;
}

static int open_at(const struct posix *p, const char *path, int flags, int *fd)
{
	*fd = posix_beneath(p->top, path, flags, p->resolve);
	return *fd < 0 ? p->resolve && errno == ELOOP ? WIRE_E_OUTSIDE : posix_error(errno) : 0;
}

int posix_parent(const struct posix *p, const char *path, int *folder, const char **name)
{
	if (!*path)
		return WIRE_E_TOP;
	char parent[WIRE_PATH_MOST + 1] = "";
	const char *slash = strrchr(path, '/');
	if (slash)
		memcpy(parent, path, (size_t)(slash - path));
	*name = slash ? slash + 1 : path;
	return open_at(p, parent, O_PATH | O_DIRECTORY, folder);
}

/* ---- looking ---- */

static int kind_of(mode_t mode)
{
	return S_ISREG(mode) ? ENTRY_FILE : S_ISDIR(mode) ? ENTRY_FOLDER : S_ISLNK(mode) ? ENTRY_LINK : ENTRY_OTHER;
}

void posix_row(struct row *r, const char *name, const struct stat *s)
{
	snprintf(r->name, sizeof r->name, "%s", name);
	r->kind = kind_of(s->st_mode);
	r->size = s->st_size;
	r->modified = s->st_mtime;
	r->mode = s->st_mode & 07777;
	r->uid = s->st_uid;
	r->gid = s->st_gid;
	const int64_t content[] = { (int64_t)s->st_ino, s->st_size, s->st_mtim.tv_sec, s->st_mtim.tv_nsec };
	r->change = row_change(content, sizeof content);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* A link that leads nowhere, or out of the place, is told as the link. */
int posix_look(const struct posix *p, const char *path, int *fd, struct stat *s)
{
	int e = open_at(p, path, O_PATH, fd);
	if (e == WIRE_E_OUTSIDE || e == ENOENT || e == ELOOP)
		e = open_at(p, path, O_PATH | O_NOFOLLOW, fd);
	if (!e && fstat(*fd, s) < 0) {
		e = errno;
		close(*fd);
	}
	return e;
}

static int posix_stat(void *state, const char *path, struct row *r)
{
	int fd;
	struct stat s;
	int e = posix_look(state, path, &fd, &s);
	if (e)
		return e;
	close(fd);
	posix_row(r, last_part(path), &s);
	return 0;
}

/* The type is looked at before anything is opened: opening a FIFO or a device may block or act. */
int posix_read(void *state, const char *path, int64_t offset, int64_t length, struct row *r, int64_t *handle, int *fd)
{
	(void)offset; /* the front reads what it wants of the file */
	(void)length;
	int at;
	*handle = 0;
	struct stat s;
	int e = open_at(state, path, O_PATH, &at);
	if (e)
		return e;
	if (fstat(at, &s) < 0)
		e = errno;
	else if (!S_ISREG(s.st_mode))
		e = WIRE_E_TYPE;
	char self[40];
	snprintf(self, sizeof self, "/proc/self/fd/%d", at);
	if (!e && (*fd = open(self, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) < 0)
		e = errno;
	close(at);
	if (!e)
		posix_row(r, last_part(path), &s);
	return e;
}

static int posix_writable(void *state, const char *folder, bool *yes)
{
	int fd;
	int e = open_at(state, folder, O_PATH | O_DIRECTORY, &fd);
	if (e)
		return e;
	*yes = faccessat(fd, "", W_OK | X_OK, AT_EMPTY_PATH) == 0;
	close(fd);
	return 0;
}

/* ---- names ---- */

static int posix_folder(void *state, const char *path)
{
	int dir;
	const char *name;
	int e = posix_parent(state, path, &dir, &name);
	if (e)
		return e == WIRE_E_TOP ? EEXIST : e;
	e = mkdirat(dir, name, 0777) < 0 ? errno : 0;
	close(dir);
	return e;
}

/* Some file systems (NFS, FAT) do not know RENAME_NOREPLACE: there a name that appears in between is lost. */
static int rename_once(int from_dir, const char *from, int to_dir, const char *to)
{
	struct stat s;
	if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL)
		return errno == EXDEV ? WIRE_E_OTHER_DISK : errno;
	if (fstatat(to_dir, to, &s, AT_SYMLINK_NOFOLLOW) == 0)
		return EEXIST;
	return renameat(from_dir, from, to_dir, to) == 0 ? 0 : errno == EXDEV ? WIRE_E_OTHER_DISK : errno;
}

static int posix_rename(void *state, const char *from, const char *to)
{
	int from_dir, to_dir;
	const char *from_name, *to_name;
	int e = posix_parent(state, from, &from_dir, &from_name);
	if (e)
		return e;
	e = posix_parent(state, to, &to_dir, &to_name);
	if (!e) {
		e = rename_once(from_dir, from_name, to_dir, to_name);
		close(to_dir);
	}
	close(from_dir);
	return e;
}

/* ---- the driver ---- */

static void posix_close(void *state)
{
	struct posix *p = state;
	for (size_t i = 0; i < POSIX_PENDING; i++)
		if (p->pending[i].handle)
			posix_abort(p, p->pending[i].handle);
	close(p->top);
	free(p);
}

/* An errand's own top instead of the place's. For one file it is the folder that this is in, where no link may take its place. */
static int descend(struct posix *p, const struct remote *r)
{
	uint64_t exact = r->rights & ERRAND_EXACT ? RESOLVE_NO_SYMLINKS : 0;
	int fd = posix_beneath(p->top, r->root ? r->root : "", O_PATH | O_DIRECTORY, exact), e = errno;
	if (fd < 0)
		return e == ELOOP && exact ? WIRE_E_OUTSIDE : posix_error(e);
	close(p->top);
	p->top = fd;
	p->resolve = empty(r->only) ? 0 : exact;
	return 0;
}

static int posix_open(const struct remote *r, void **state)
{
	struct posix *p = calloc(1, sizeof *p);
	if (!p)
		return ENOMEM;
	p->top = open(r->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->top < 0) {
		int e = errno;
		free(p);
		return e;
	}
	int e = r->rights ? descend(p, r) : 0;
	if (e)
		return posix_close(p), e;
	*state = p;
	return 0;
}

const struct store_driver posix_driver = {
	.name = "posix",
	.can = STORE_CAN_SEEK | STORE_CAN_PART | STORE_CAN_MODES | STORE_CAN_SPACE | STORE_CAN_MOVE | STORE_CAN_FOLDERS | STORE_CAN_TIMES |
		STORE_CAN_COPY | STORE_CAN_DATE | STORE_CAN_ACLS | STORE_CAN_FIND | STORE_CAN_QUOTA,
	.open = posix_open,
	.list = posix_list,
	.stat = posix_stat,
	.read = posix_read,
	.create = posix_create,
	.commit = posix_commit,
	.date = posix_date,
	.kept = posix_kept,
	.sync = posix_sync,
	.abort = posix_abort,
	.pending = posix_pending,
	.folder = posix_folder,
	.rename = posix_rename,
	.copy = posix_copy,
	.remove = posix_remove,
	.space = posix_space,
	.writable = posix_writable,
	.find = posix_find,
	.quota = posix_quota,
	.acl = posix_acl,
	.acl_set = posix_acl_set,
	.mode = posix_mode,
	.details = posix_details,
	.tree = posix_tree,
	.close = posix_close,
};
