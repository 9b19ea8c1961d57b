/*
 * take: what store_take() needs of the files that store_create() made in this process. Does not block, but for store_broken().
 */
#ifndef NARU_STORE_TAKE_H
#define NARU_STORE_TAKE_H

#include "base.h"

/* So much was written to it; the kernel begins to bring what is complete to the disk. */
void store_wrote(int fd, size_t n);
/* Nobody reads its pipe any more: fails with what the connector's server said. */
bool store_broken(struct ctx *, int fd);

#endif
