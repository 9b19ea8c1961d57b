/* What a page of details tells and changes: rights, the access list, how many names a file has, where a link leads. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base.h"
#include "store/posix.h"

static void own_path(int fd, char to[40])
{
	snprintf(to, 40, "/proc/self/fd/%d", fd);
}

/* Set-uid and set-gid bits of a file go with the change; those of a folder say only whose the files in it will be. */
int posix_mode(void *state, const char *path, int64_t mode)
{
	int fd;
	struct stat s;
	char self[40];
	int e = *path ? posix_look(state, path, &fd, &s) : WIRE_E_TOP;
	if (e)
		return e;
	own_path(fd, self);
	mode_t kept = S_ISDIR(s.st_mode) ? s.st_mode & (S_ISGID | S_ISVTX) : 0;
	if (!S_ISDIR(s.st_mode) && !S_ISREG(s.st_mode))
		e = WIRE_E_TYPE;
	else if (chmod(self, (mode_t)mode | kept) < 0)
		e = errno;
	close(fd);
	return e;
}

/* ---- access lists: acl(5), as the kernel keeps them ---- */

#define ACL_VERSION 2
struct acl_entry { uint16_t tag, rights; uint32_t id; };
enum { ACL_OWNER = 1, ACL_USER = 2, ACL_OWNERS_GROUP = 4, ACL_GROUP = 8, ACL_MASK = 16, ACL_OTHERS = 32 };

static size_t acl_line(char *to, size_t room, const char *before, const struct acl_entry *a)
{
	char id[24] = "";
	unsigned tag = le16toh(a->tag), rights = le16toh(a->rights);
	const char *what = tag & (ACL_OWNER | ACL_USER) ? "user" : tag & (ACL_OWNERS_GROUP | ACL_GROUP) ? "group" : tag == ACL_MASK ? "mask" : "other";
	if (tag & (ACL_USER | ACL_GROUP))
		snprintf(id, sizeof id, "%lu", (unsigned long)le32toh(a->id));
	int n = snprintf(to, room, "%s%s:%s:%c%c%c\n", before, what, id, rights & 4 ? 'r' : '-', rights & 2 ? 'w' : '-', rights & 1 ? 'x' : '-');
	return n > 0 && (size_t)n < room ? (size_t)n : 0;
}

/* Appends the lines of one list, as many as fit; none if there is no list, or the file system knows none. */
static void acl_lines(const char *self, const char *name, const char *before, char *to, size_t room)
{
	unsigned char list[4 + 8 * 512];
	size_t at = strlen(to);
	ssize_t n = getxattr(self, name, list, sizeof list);
	uint32_t version = 0;
	if (n >= 4)
		memcpy(&version, list, 4);
	if (le32toh(version) != ACL_VERSION)
		return;
	for (const unsigned char *from = list + 4; from + sizeof(struct acl_entry) <= list + n; from += sizeof(struct acl_entry)) {
		struct acl_entry a;
		memcpy(&a, from, sizeof a);
		size_t added = acl_line(to + at, room - at, before, &a);
		if (!added)
			break;
		at += added;
	}
	to[at] = 0;
}

/* Of the link itself, not of what it leads to. */
static void link_target(const struct posix *p, const char *path, char *to, size_t room)
{
	int fd = posix_beneath(p->top, path, O_PATH | O_NOFOLLOW, p->resolve);
	ssize_t n = fd < 0 ? 0 : readlinkat(fd, "", to, room - 1);
	to[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
}

int posix_details(void *state, const char *path, struct row_details *d)
{
	int fd;
	struct stat s;
	char self[40];
	int e = posix_look(state, path, &fd, &s);
	if (e)
		return e;
	own_path(fd, self);
	d->links = S_ISDIR(s.st_mode) ? 0 : (int64_t)s.st_nlink;
	link_target(state, path, d->target, sizeof d->target);
	if (!S_ISLNK(s.st_mode)) {
		acl_lines(self, "system.posix_acl_access", "", d->acl, sizeof d->acl);
		acl_lines(self, "system.posix_acl_default", "default:", d->acl, sizeof d->acl);
	}
	size_t end = strlen(d->acl);
	if (end)
		d->acl[end - 1] = 0; /* the last line's end */
	close(fd);
	return 0;
}
