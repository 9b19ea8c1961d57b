/* flow: bytes from one side to the other. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate.h"

static char piece[PIECE];

bool side_waits(const struct side *s)
{
	return s->written < s->waits.n;
}

bool side_flush(struct side *s)
{
	while (side_waits(s)) {
		ssize_t n = send(s->fd, s->waits.at + s->written, s->waits.n - s->written, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		s->written += (size_t)n;
	}
	buf_free(&s->waits);
	s->written = 0;
	return true;
}

bool side_write(struct side *s, const char *at, size_t n)
{
	while (!side_waits(s) && n > 0) {
		ssize_t done = send(s->fd, at, n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno != EAGAIN)
			return false;
		if (done < 0)
			break;
		at += done;
		n -= (size_t)done;
	}
	if (n > 0)
		buf_add(&s->waits, at, n);
	return true;
}

bool app_deaf(struct link *l)
{
	buf_free(&l->app.waits);
	l->app.written = 0;
	l->body_done = true;
	return !l->tunnel;
}

/* Of what a visitor sends only the request's body goes on, until an app has agreed to speak freely. */
static bool take(struct link *l, const struct side *from, size_t n, size_t *taken)
{
	*taken = n;
	if (from != &l->nginx || l->tunnel)
		return true;
	return body_take(&l->body, piece, n, taken, &l->body_done);
}

bool flow(struct link *l, struct side *from, struct side *to)
{
	/* A few pieces at a time, so that one fast app does not hold up the others. */
	for (int i = 0; i < 4 && !side_waits(to); i++) {
		ssize_t n = recv(from->fd, piece, sizeof piece, MSG_DONTWAIT);
		size_t taken;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (n == 0 || !take(l, from, (size_t)n, &taken))
			return false;
		if (!side_write(to, piece, taken))
			return to == &l->app && app_deaf(l);
		if (from == &l->nginx && l->pass)
			l->pass->used = now();
		if (taken < (size_t)n || (from == &l->nginx && l->body_done && !l->tunnel))
			return true;
		if ((size_t)n < sizeof piece)
			return true;
	}
	return true;
}
