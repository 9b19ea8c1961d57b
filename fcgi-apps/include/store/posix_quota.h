/* posix_quota: what a quota of the kernel says, for posix_quota() and its test. Does not block. */
#ifndef NARU_STORE_POSIX_QUOTA_H
#define NARU_STORE_POSIX_QUOTA_H

#include "store/driver.h"

struct dqblk;
/* The lower one of both limits is told, and when the grace of a soft one that is passed ends. of: enum store_quota_of. */
void quota_of(const struct dqblk *, int of, struct row_quota *);

#endif
