/* Content that goes on without being looked at. */
#include "store/take.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "store.h"
#include "store/client.h"

#define WAIT_MS 60000 /* until the slower end is ready */

/* Both ends may be pipes; which of them is not ready is not told. */
static bool wait_both(int from, int to)
{
	struct pollfd in = { .fd = from, .events = POLLIN }, out = { .fd = to, .events = POLLOUT };
	return poll(&in, 1, WAIT_MS) == 1 && poll(&out, 1, WAIT_MS) == 1;
}

/* Where the file system has no splice. */
static bool take_by_hand(struct ctx *c, int fd, int from, size_t most, size_t *n)
{
	char room[32768];
	ssize_t k;
	do
		k = read(from, room, most < sizeof room ? most : sizeof room);
	while (k < 0 && (errno == EINTR || (errno == EAGAIN && wait_both(from, fd))));
	if (k < 0)
		return client_fail(c, errno == EAGAIN ? ETIMEDOUT : errno, "read");
	*n = (size_t)k;
	return k == 0 || store_write(c, fd, room, *n);
}

bool store_take(struct ctx *c, int fd, int from, size_t most, size_t *n)
{
	ssize_t k;
	do
		k = splice(from, NULL, fd, NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	while (k < 0 && (errno == EINTR || (errno == EAGAIN && wait_both(from, fd))));
	if (k < 0 && errno == EINVAL)
		return take_by_hand(c, fd, from, most, n);
	if (k < 0 && errno == EPIPE)
		return store_broken(c, fd);
	if (k < 0)
		return client_fail(c, errno == EAGAIN ? ETIMEDOUT : errno, "splice");
	store_wrote(fd, (size_t)k);
	*n = (size_t)k;
	return true;
}
