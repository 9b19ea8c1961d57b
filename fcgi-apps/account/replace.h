/* replace: a small file below state that another program reads: whole at any time. */
#ifndef ACCOUNT_REPLACE_H
#define ACCOUNT_REPLACE_H

#include "base.h"

/* By rename, mode 0640; its group is the folder's. */
bool file_replace(struct ctx *, const char *path, const char *what) MUST_CHECK;

#endif
