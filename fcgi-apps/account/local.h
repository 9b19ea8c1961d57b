/* local: addresses that come from outside and are gone to: only ever pages of this site. */
#ifndef NARU_ACCOUNT_LOCAL_H
#define NARU_ACCOUNT_LOCAL_H

#include "gate_address.h"

/* The path if it is safe to go there after signing in, else "/". */
const char *local_path(const char *path);

#endif
