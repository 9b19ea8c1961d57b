/* local: addresses that come from outside and are gone to: only ever pages of this site. */
#ifndef NARU_ACCOUNT_LOCAL_H
#define NARU_ACCOUNT_LOCAL_H

#include "base.h"

/* A path of this site, in visible ASCII, that no browser takes for another site's. */
bool is_local(const char *path);
/* The path if it is safe to go there after signing in, else "/". */
const char *local_path(const char *path);

#endif
