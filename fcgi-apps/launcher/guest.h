/*
 * guest: what the caller of a connector shows (a proof or a sealed errand), and whether it may show it. In the child, before it is anybody.
 */
#ifndef NARU_LAUNCHER_GUEST_H
#define NARU_LAUNCHER_GUEST_H

#include "errand.h"
#include "proof.h"

struct guest {
	struct proof who;       /* of an errand: user, uid, gid, groups, and the holder as its module */
	const char *place;
	struct errand errand;   /* .rights 0: a proof was shown */
};

/* 0, or an error code; the log says why. shown, place: the caller's texts; peer: its uid. */
int guest_judge(struct ctx *, const char *shown, const char *place, uid_t peer, struct guest *);

#endif
