/* person: the ids that a process or a container of a user may have. */
#ifndef NARU_PERSON_H
#define NARU_PERSON_H

#include <sys/types.h>

#include "base.h"

struct person { uid_t uid; gid_t gid; gid_t groups[64]; size_t n; };

/* From numbers that were signed: false if they may not have a connector (system users, root's group, malformed). Supplementary groups below
 * `lowest` are left out: a system group (disk, shadow, docker …) is never a researcher's. */
bool person_from(int64_t uid, int64_t gid, const char *groups, int64_t lowest, struct person *);

#endif
