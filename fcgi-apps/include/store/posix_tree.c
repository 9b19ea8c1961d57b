/* Whole trees: removing one, and adding up what one holds. By descriptors, never following a link, never crossing a mount. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base.h"
#include "store/posix.h"

/* Deeper folders are not entered from here, so a tree of any depth needs only this many descriptors. */
#define DEEPEST 48

static bool dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

DIR *posix_enter(int dir, const char *name)
{
	return posix_entries(posix_beneath(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK,
		RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV));
}

/* ---- removing ---- */

struct removal { int top; int64_t until; unsigned count, moved; };

static int clear(struct removal *, DIR *, unsigned depth);

/* A folder too deep to enter is moved up to the top of what is being removed, where its turn comes. */
static int lift(struct removal *r, int dir, const char *name)
{
	char to[48];
	uint64_t chance;
	random_bytes(&chance, sizeof chance);
	snprintf(to, sizeof to, "removing-%016llx", (unsigned long long)chance);
	r->moved++;
	return renameat2(dir, name, r->top, to, RENAME_NOREPLACE) < 0 ? errno : 0;
}

static int remove_folder(struct removal *r, int dir, const char *name, unsigned depth)
{
	if (depth >= DEEPEST)
		return lift(r, dir, name);
	DIR *d = posix_enter(dir, name);
	if (!d)
		return errno == EXDEV ? EBUSY : errno;
	int e = clear(r, d, depth);
	closedir(d);
	return e ? e : unlinkat(dir, name, AT_REMOVEDIR) < 0 ? errno : 0;
}

/* What the entry is, is asked of the kernel at the moment of removal: unlinkat() does not remove a folder. */
static int remove_one(struct removal *r, int dir, const char *name, unsigned depth)
{
	if (++r->count % 64 == 0 && clock_ms() > r->until)
		return WIRE_E_UNFINISHED;
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	struct stat s;
	int e = errno;
	if (fstatat(dir, name, &s, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : errno;
	return S_ISDIR(s.st_mode) ? remove_folder(r, dir, name, depth) : e;
}

/* One pass may miss entries that are added or moved meanwhile, so it is repeated until it finds none. */
static int clear(struct removal *r, DIR *d, unsigned depth)
{
	for (bool found = true; found;) {
		found = false;
		rewinddir(d);
		errno = 0;
		for (const struct dirent *e; (e = readdir(d)); errno = 0) {
			if (dots(e->d_name))
				continue;
			found = true;
			int error = remove_one(r, dirfd(d), e->d_name, depth + 1);
			if (error)
				return error;
		}
		if (errno)
			return errno;
	}
	return 0;
}

static int remove_tree(int dir, const char *name, int64_t until)
{
	DIR *d = posix_enter(dir, name);
	if (!d)
		return errno == EXDEV ? EBUSY : errno;
	struct removal r = { .top = dirfd(d), .until = until };
	int e = clear(&r, d, 0);
	closedir(d);
	return e ? e : unlinkat(dir, name, AT_REMOVEDIR) < 0 ? errno : 0;
}

int posix_remove(void *state, const char *path, bool with_content, int64_t until)
{
	int dir;
	const char *name;
	struct stat s;
	int e = posix_parent(state, path, &dir, &name);
	if (e)
		return e;
	if (fstatat(dir, name, &s, AT_SYMLINK_NOFOLLOW) < 0)
		e = errno;
	else if (S_ISDIR(s.st_mode) && with_content)
		e = remove_tree(dir, name, until);
	else if (unlinkat(dir, name, S_ISDIR(s.st_mode) ? AT_REMOVEDIR : 0) < 0)
		e = errno;
	close(dir);
	return e;
}

/* ---- adding up ---- */

struct walk { int64_t until, used, size; unsigned count; bool at_least; };

static void add_up(struct walk *w, DIR *d, unsigned depth)
{
	for (const struct dirent *e; !w->at_least && (e = readdir(d));) {
		struct stat s;
		if (dots(e->d_name) || fstatat(dirfd(d), e->d_name, &s, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (++w->count % 64 == 0 && clock_ms() > w->until)
			w->at_least = true;
		w->used += (int64_t)s.st_blocks * 512;
		w->size += S_ISDIR(s.st_mode) ? 0 : (int64_t)s.st_size;
		if (!S_ISDIR(s.st_mode))
			continue;
		DIR *in = depth < DEEPEST ? posix_enter(dirfd(d), e->d_name) : NULL;
		if (in) {
			add_up(w, in, depth + 1);
			closedir(in);
		} else {
			w->at_least = true;
		}
	}
}

int posix_space(void *state, int64_t until, struct row_space *out)
{
	const struct posix *p = state;
	struct statvfs v;
	if (fstatvfs(p->top, &v) < 0)
		return errno;
	out->total = (int64_t)(v.f_blocks * v.f_frsize);
	out->free = (int64_t)(v.f_bavail * v.f_frsize);
	out->files_free = (int64_t)v.f_favail;
	struct walk w = { .until = until };
	DIR *d = until ? posix_entries(posix_beneath(p->top, "", O_RDONLY | O_DIRECTORY, 0)) : NULL;
	if (d) {
		add_up(&w, d, 0);
		closedir(d);
	} else {
		w.at_least = true;
	}
	out->used = w.used;
	out->at_least = w.at_least;
	return 0;
}

int posix_tree(void *state, const char *path, int64_t until, struct row_tree *out)
{
	const struct posix *p = state;
	struct walk w = { .until = until };
	DIR *d = posix_entries(posix_beneath(p->top, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, p->resolve));
	if (!d)
		return posix_error(errno);
	add_up(&w, d, 0);
	closedir(d);
	*out = (struct row_tree){ .bytes = w.size, .entries = w.count, .at_least = w.at_least };
	return 0;
}
