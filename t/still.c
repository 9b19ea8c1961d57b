/*
 * To be preloaded to a browser: it does not hear that networks appear on the machine or go, as those of apps do, for which it would give up the
 * pages that it is loading. Without its ear at the kernel's messages it takes the machine for connected, which is all that it has to know.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int bind(int fd, const struct sockaddr *address, socklen_t n)
{
	if (address && n >= sizeof address->sa_family && address->sa_family == AF_NETLINK) {
		errno = EACCES;
		return -1;
	}
	return (int)syscall(SYS_bind, fd, address, n);
}
