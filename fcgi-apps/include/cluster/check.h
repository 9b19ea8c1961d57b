/* check: what may reach an engine at all, for cluster.c. False with an error; what only a mistake of the deployer can bring is KIND_INTERNAL. */
#ifndef NARU_CLUSTER_CHECK_H
#define NARU_CLUSTER_CHECK_H

#include "cluster.h"

bool check_user(struct ctx *, const struct cluster_user *) MUST_CHECK;
bool check_user_name(struct ctx *, const char *user) MUST_CHECK;
bool check_id(struct ctx *, const char *user, const char *id) MUST_CHECK;
bool check_image(struct ctx *, const char *reference) MUST_CHECK;
bool check_volume(struct ctx *, const char *name, int64_t size_mb) MUST_CHECK;
bool check_app(struct ctx *, const struct cluster_app *) MUST_CHECK;

#endif
