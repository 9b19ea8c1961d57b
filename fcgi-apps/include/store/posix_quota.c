/*
 * The quota that a user has where a place is. Asked as that user, which the kernel allows for one's own uid and groups; a quota of a project
 * is what statvfs() tells (posix_space()). CephFS keeps its quotas at folders, as extended attributes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/quota.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "store.h"
#include "store/posix.h"
#include "store/posix_quota.h"

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif
#define BLOCK 1024 /* bytes, of limits */

/* ---- of the kernel ---- */

static int64_t lower(uint64_t soft, uint64_t hard)
{
	return (int64_t)(!soft ? hard : !hard || soft < hard ? soft : hard);
}

void quota_of(const struct dqblk *d, int of, struct row_quota *out)
{
	bool passed = (d->dqb_bsoftlimit && d->dqb_curspace > d->dqb_bsoftlimit * BLOCK) || (d->dqb_isoftlimit && d->dqb_curinodes > d->dqb_isoftlimit);
	*out = (struct row_quota){
		.of = of, .used = (int64_t)d->dqb_curspace, .limit = lower(d->dqb_bsoftlimit, d->dqb_bhardlimit) * BLOCK,
		.files = (int64_t)d->dqb_curinodes, .files_limit = lower(d->dqb_isoftlimit, d->dqb_ihardlimit),
	};
	if (!passed)
		return;
	int64_t bytes = (int64_t)d->dqb_btime, files = (int64_t)d->dqb_itime;
	out->grace = bytes && (!files || bytes < files) ? bytes : files;
}

static bool kernel_quota(int fd, int type, uint32_t id, struct row_quota *out)
{
	struct dqblk d;
	memset(&d, 0, sizeof d);
	if (syscall(SYS_quotactl_fd, fd, (unsigned)Q_GETQUOTA << SUBCMDSHIFT | (unsigned)type, id, &d) != 0) /* QCMD() shifts into the sign */
		return false;
	quota_of(&d, type == USRQUOTA ? STORE_QUOTA_USER : STORE_QUOTA_GROUP, out);
	return out->limit || out->files_limit;
}

/* ---- of CephFS ---- */

/* The attribute as a number; 0: there is none. By the path of the descriptor, since one of O_PATH has no attributes itself. */
static int64_t attribute(int fd, const char *name)
{
	char self[40], value[32];
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	ssize_t n = getxattr(self, name, value, sizeof value - 1);
	if (n <= 0)
		return 0;
	value[n] = 0;
	return (int64_t)strtoll(value, NULL, 10);
}

static bool ceph_quota(int fd, struct row_quota *out)
{
	int64_t bytes = attribute(fd, "ceph.quota.max_bytes"), files = attribute(fd, "ceph.quota.max_files");
	if (bytes <= 0 && files <= 0)
		return false;
	*out = (struct row_quota){
		.of = STORE_QUOTA_FOLDER, .used = attribute(fd, "ceph.dir.rbytes"), .limit = bytes,
		.files = attribute(fd, "ceph.dir.rentries"), .files_limit = files,
	};
	return true;
}

/* ---- the tightest one ---- */

static double full(const struct row_quota *q)
{
	double bytes = q->limit ? (double)q->used / (double)q->limit : 0, files = q->files_limit ? (double)q->files / (double)q->files_limit : 0;
	return bytes > files ? bytes : files;
}

int posix_quota(void *state, struct row_quota *out)
{
	const struct posix *p = state;
	struct row_quota other;
	*out = (struct row_quota){ .of = STORE_QUOTA_NONE };
	if (ceph_quota(p->top, out))
		return 0;
	bool user = kernel_quota(p->top, USRQUOTA, getuid(), out);
	if (!user)
		*out = (struct row_quota){ .of = STORE_QUOTA_NONE };
	if (kernel_quota(p->top, GRPQUOTA, getgid(), &other) && (!user || full(&other) > full(out)))
		*out = other;
	return 0;
}
