/* Access control lists (POSIX 1003.1e, as Linux keeps them in system.posix_acl_access and _default): one person's or group's entry. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base.h"
#include "store/posix.h"

enum tag { USER_OBJ = 1, USER = 2, GROUP_OBJ = 4, GROUP = 8, MASK = 16, OTHER = 32 };

#define MOST 500
#define NOBODY 0xffffffff
#define VERSION 2

struct acl_entry { uint16_t tag, perm; uint32_t id; };
struct acl { struct acl_entry at[MOST + 2]; size_t n; };

/* ---- as the system keeps it ---- */

static unsigned number(const unsigned char *at, size_t n)
{
	unsigned v = 0;
	for (size_t i = 0; i < n; i++)
		v |= (unsigned)at[i] << (8 * i);
	return v;
}

static void put(unsigned char *at, size_t n, unsigned v)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (unsigned char)(v >> (8 * i));
}

/* 0, ENODATA (there is none), or an error. */
static int acl_read(const char *path, const char *name, struct acl *a)
{
	unsigned char block[4 + 8 * MOST];
	ssize_t n = getxattr(path, name, block, sizeof block);
	a->n = 0;
	if (n < 0)
		return errno;
	if (n < 4 || (n - 4) % 8 || number(block, 4) != VERSION)
		return EIO;
	for (const unsigned char *at = block + 4; at < block + n; at += 8)
		a->at[a->n++] = (struct acl_entry){ (uint16_t)number(at, 2), (uint16_t)(number(at + 2, 2) & 7), number(at + 4, 4) };
	return 0;
}

static int by_tag(const void *a, const void *b)
{
	const struct acl_entry *x = a, *y = b;
	return x->tag != y->tag ? (x->tag < y->tag ? -1 : 1) : x->id < y->id ? -1 : x->id > y->id;
}

static int acl_write(const char *path, const char *name, struct acl *a)
{
	unsigned char block[4 + 8 * (MOST + 2)];
	qsort(a->at, a->n, sizeof *a->at, by_tag);
	put(block, 4, VERSION);
	for (size_t i = 0; i < a->n; i++) {
		put(block + 4 + 8 * i, 2, a->at[i].tag);
		put(block + 6 + 8 * i, 2, a->at[i].perm);
		put(block + 8 + 8 * i, 4, a->at[i].id);
	}
	return setxattr(path, name, block, 4 + 8 * a->n, 0) < 0 ? errno : 0;
}

static void from_mode(struct acl *a, mode_t mode)
{
	a->at[0] = (struct acl_entry){ USER_OBJ, mode >> 6 & 7, NOBODY };
	a->at[1] = (struct acl_entry){ GROUP_OBJ, mode >> 3 & 7, NOBODY };
	a->at[2] = (struct acl_entry){ OTHER, mode & 7, NOBODY };
	a->n = 3;
}

/* ---- entries ---- */

static struct acl_entry *find(struct acl *a, enum tag tag, uint32_t id)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->at[i].tag == tag && (tag == USER || tag == GROUP ? a->at[i].id == id : true))
			return &a->at[i];
	return NULL;
}

static enum tag tag_of(const struct acl_who *who)
{
	return who->kind == 'u' ? USER : GROUP;
}

/* All that the mask holds back, together; .named: there is an entry besides the three of the mode. */
static unsigned group_class(const struct acl *a, bool *named)
{
	unsigned all = 0;
	*named = false;
	for (size_t i = 0; i < a->n; i++)
		if (a->at[i].tag == USER || a->at[i].tag == GROUP) {
			all |= a->at[i].perm;
			*named = true;
		} else if (a->at[i].tag == GROUP_OBJ) {
			all |= a->at[i].perm;
		}
	return all;
}

/* A mask that held something back must not let it through because it is opened for somebody else. */
static void settle(struct acl *a, unsigned mask)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->at[i].tag == USER || a->at[i].tag == GROUP || a->at[i].tag == GROUP_OBJ)
			a->at[i].perm = (uint16_t)(a->at[i].perm & mask);
}

static int grant(struct acl *a, const struct acl_who *who, unsigned perm)
{
	struct acl_entry *mask = find(a, MASK, 0), *own = find(a, tag_of(who), (uint32_t)who->id);
	bool named;
	if (!own && a->n >= MOST)
		return ENOSPC;
	if (mask && (perm & ~(unsigned)mask->perm))
		settle(a, mask->perm);
	if (own)
		own->perm = (uint16_t)perm;
	else
		a->at[a->n++] = (struct acl_entry){ (uint16_t)tag_of(who), (uint16_t)perm, (uint32_t)who->id };
	if (mask)
		mask->perm = (uint16_t)(mask->perm | perm);
	else
		a->at[a->n++] = (struct acl_entry){ MASK, (uint16_t)group_class(a, &named), NOBODY };
	return 0;
}

/* *bare: nothing but the three entries of the mode is left. */
static void take_back(struct acl *a, const struct acl_who *who, bool *bare)
{
	struct acl_entry *own = find(a, tag_of(who), (uint32_t)who->id);
	bool named;
	if (own)
		*own = a->at[--a->n];
	unsigned all = group_class(a, &named);
	struct acl_entry *mask = find(a, MASK, 0);
	*bare = !named;
	if (mask && !named) {
		settle(a, mask->perm);
		*mask = a->at[--a->n];
	} else if (mask) {
		mask->perm = (uint16_t)(mask->perm & all);
	}
}

/* ---- what somebody may ---- */

static bool in_groups(const char *groups, uint32_t id)
{
	char one[16];
	snprintf(one, sizeof one, "%lu", (unsigned long)id);
	for (const char *at = groups; (at = strstr(at, one)); at++) {
		const char *end = at + strlen(one);
		if ((at == groups || at[-1] == ',') && (*end == ',' || !*end))
			return true;
	}
	return false;
}

static bool theirs(const struct acl_entry *e, const struct acl_who *who, gid_t group)
{
	uint32_t id = e->tag == GROUP_OBJ ? group : e->id;
	if (e->tag != GROUP && e->tag != GROUP_OBJ)
		return false;
	return who->kind == 'g' ? id == (uint32_t)who->id : in_groups(who->groups, id);
}

static unsigned reach(struct acl *a, const struct acl_who *who, const struct stat *s)
{
	const struct acl_entry *mask = find(a, MASK, 0), *own = who->kind == 'u' ? find(a, USER, (uint32_t)who->id) : NULL;
	unsigned held = mask ? mask->perm : 7, all = 0;
	bool any = false;
	if (who->kind == 'u' && s->st_uid == (uid_t)who->id)
		return s->st_mode >> 6 & 7;
	if (own)
		return own->perm & held;
	for (size_t i = 0; i < a->n; i++)
		if (theirs(&a->at[i], who, s->st_gid)) {
			any = true;
			all |= a->at[i].perm;
		}
	return any ? all & held : s->st_mode & 7;
}

/* ---- the driver's ---- */

struct at { int fd; char path[40]; struct stat s; struct acl access, later; };

static int acl_open(const struct posix *p, const char *path, struct at *at)
{
	at->fd = posix_beneath(p->top, path, O_PATH | O_NOFOLLOW, p->resolve);
	if (at->fd < 0)
		return posix_error(errno);
	snprintf(at->path, sizeof at->path, "/proc/self/fd/%d", at->fd);
	int e = fstat(at->fd, &at->s) < 0 ? errno : !S_ISREG(at->s.st_mode) && !S_ISDIR(at->s.st_mode) ? WIRE_E_TYPE : 0;
	if (!e)
		e = acl_read(at->path, "system.posix_acl_access", &at->access);
	if (e == ENODATA) {
		from_mode(&at->access, at->s.st_mode);
		e = 0;
	}
	if (!e && S_ISDIR(at->s.st_mode))
		e = acl_read(at->path, "system.posix_acl_default", &at->later);
	if (e && e != ENODATA)
		close(at->fd);
	return e == ENODATA ? 0 : e == EOPNOTSUPP ? WIRE_E_CANNOT : e;
}

static int perm_of(struct acl *a, const struct acl_who *who)
{
	const struct acl_entry *e = find(a, tag_of(who), (uint32_t)who->id);
	return e ? e->perm : -1;
}

int posix_acl(void *state, const char *path, const struct acl_who *who, struct row_acl *out)
{
	struct at at = { .fd = -1 };
	bool named;
	int e = acl_open(state, path, &at);
	if (e)
		return e;
	close(at.fd);
	group_class(&at.later, &named);
	*out = (struct row_acl){
		.perm = perm_of(&at.access, who), .later = perm_of(&at.later, who), .reach = (int)reach(&at.access, who, &at.s),
		.own = at.s.st_uid == geteuid(), .folder = S_ISDIR(at.s.st_mode), .bare = at.later.n && !named, .runs = at.s.st_mode & S_IXUSR,
	};
	return 0;
}

static int set_later(struct at *at, const struct acl_who *who, int perm)
{
	bool bare = false;
	if (perm >= 0) {
		if (!at->later.n)
			from_mode(&at->later, at->s.st_mode);
		int e = grant(&at->later, who, (unsigned)perm);
		return e ? e : acl_write(at->path, "system.posix_acl_default", &at->later);
	}
	if (perm_of(&at->later, who) < 0)
		return 0;
	take_back(&at->later, who, &bare);
	if (bare && perm != ACL_KEEP_BARE)
		return removexattr(at->path, "system.posix_acl_default") < 0 && errno != ENODATA ? errno : 0;
	return acl_write(at->path, "system.posix_acl_default", &at->later);
}

static int set_access(struct at *at, const struct acl_who *who, int perm)
{
	bool bare;
	int e = 0;
	if (perm < 0 && perm_of(&at->access, who) < 0)
		return 0;
	if (perm >= 0)
		e = grant(&at->access, who, (unsigned)perm);
	else
		take_back(&at->access, who, &bare);
	return e ? e : acl_write(at->path, "system.posix_acl_access", &at->access);
}

int posix_acl_set(void *state, const char *path, const struct acl_who *who, int perm, int later)
{
	struct at at = { .fd = -1 };
	int e = acl_open(state, path, &at);
	if (e)
		return e;
	e = perm == ACL_LEAVE ? 0 : set_access(&at, who, perm);
	if (!e && later != ACL_LEAVE && S_ISDIR(at.s.st_mode))
		e = set_later(&at, who, later);
	close(at.fd);
	return e == EOPNOTSUPP ? WIRE_E_CANNOT : e;
}

/* ---- a new content in the place of an old one ---- */

static int acl_of(int dir, const char *name, struct acl *a)
{
	char path[40];
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	int e = acl_read(path, "system.posix_acl_access", a);
	close(fd);
	return e;
}

int posix_acl_keep(int fd, int dir, const char *name)
{
	char path[40];
	struct acl old;
	int e = acl_of(dir, name, &old);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (!e)
		return acl_write(path, "system.posix_acl_access", &old);
	if (e == ENODATA && removexattr(path, "system.posix_acl_access") < 0)
		e = errno;
	return e == ENODATA || e == EOPNOTSUPP ? 0 : e;
}
