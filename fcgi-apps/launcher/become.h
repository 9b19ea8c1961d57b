/*
 * become: the only code of Naru that changes who a process is. The launcher gives up all of root's powers but two; a connector gives up
 * those as well, for ever, and is the user.
 */
#ifndef NARU_BECOME_H
#define NARU_BECOME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "person.h"

/* Keeps CAP_SETUID and CAP_SETGID alone; no program that is started from here can get more. Ends the process if that fails. */
void become_launcher(void);

/* Becomes the user for ever; checks that there is no way back. Ends the process if anything is not as it should be. */
void become_person(const struct person *);
/* Becomes, for ever, a uid that has no name and no file, for a connector to a remote store: threads and connections, but nothing of this machine. */
void become_nobody(uid_t);
/* Small limits, no core, no environment, nothing open but `keep` (which becomes descriptor 3, returned), standard error, and `program`
 * (-1: none), which becomes descriptor BECOME_PROGRAM and is closed by exec. */
#define BECOME_PROGRAM 5
int become_bare(int keep, int connector);

#endif
