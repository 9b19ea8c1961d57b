/*
 * jwt: tokens for slurmrestd (HS256, claim "sun"). The key is [site] state/keys/slurm-jwt.key; whoever holds it can be any user
 * of the cluster, so only this module can read it.
 */
#ifndef NARU_ACCOUNT_JWT_H
#define NARU_ACCOUNT_JWT_H

#include "base.h"

enum { JWT_USER_SECONDS = 300, JWT_POLLER_SECONDS = 600 };

/* With a key given; the text is header.payload.signature. */
const char *jwt_text(struct arena *, struct bytes key, const char *user, int64_t when, int64_t seconds);
/* With the site's key, which is read once a process. Refuses (KIND_INTERNAL) names that are no user names, root and slurm. */
bool jwt_sign(struct ctx *, const char *user, int64_t seconds, const char **out) MUST_CHECK;
/* Writes state/poller/CLUSTER.jwt for each [cluster] of kind slurm, by rename, mode 0640. */
bool jwt_pollers(struct ctx *) MUST_CHECK;

#endif
