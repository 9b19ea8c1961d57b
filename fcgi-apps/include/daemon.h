/* daemon: what the processes that serve a socket have in common. */
#ifndef NARU_DAEMON_H
#define NARU_DAEMON_H

#include "base.h"

/* Blocks SIGCHLD, SIGTERM, SIGINT and SIGHUP and hands them out through a descriptor (signalfd(2)); SIGPIPE is ignored. Ends the process if that fails. */
int daemon_signals(void);
/* Is the other end of a unix socket nginx ([site] nginx-uid) or root? Tells the log if not. */
bool daemon_peer(int fd);

#endif
