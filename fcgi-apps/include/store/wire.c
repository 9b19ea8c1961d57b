#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base.h"

/* ---- writing ---- */

static unsigned char *grow(struct wire *w, size_t n)
{
	if (w->bad || n > sizeof w->data - w->n) {
		w->bad = true;
		return NULL;
	}
	w->n += n;
	return w->data + w->n - n;
}

static void little(unsigned char *to, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (unsigned char)(v >> (8 * i));
}

void wire_begin(struct wire *w, enum wire_type type, int64_t number)
{
	w->n = w->at = 0;
	w->bad = false;
	*grow(w, 1) = (unsigned char)type;
	wire_put_int(w, number);
}

void wire_put_int(struct wire *w, int64_t v)
{
	unsigned char *to = grow(w, 8);
	if (to)
		little(to, (uint64_t)v, 8);
}

void wire_put_text(struct wire *w, const char *s)
{
	size_t n = s ? strlen(s) : 0;
	unsigned char *to = n < WIRE_MOST ? grow(w, n + 5) : NULL;
	if (!to) {
		w->bad = true;
		return;
	}
	little(to, n, 4);
	if (n)
		memcpy(to + 4, s, n);
	to[4 + n] = 0;
}

size_t wire_room(const struct wire *w)
{
	return w->bad ? 0 : sizeof w->data - w->n;
}

/* ---- reading ---- */

static const unsigned char *take(struct wire *w, size_t n)
{
	if (w->bad || n > w->n - w->at) {
		w->bad = true;
		return NULL;
	}
	w->at += n;
	return w->data + w->at - n;
}

static uint64_t number(const unsigned char *from, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; from && i < n; i++)
		v |= (uint64_t)from[i] << (8 * i);
	return v;
}

enum wire_type wire_open(struct wire *w, int64_t *id)
{
	w->at = 0;
	w->bad = false;
	const unsigned char *type = take(w, 1);
	*id = wire_int(w);
	return w->bad || !type ? (enum wire_type)0 : (enum wire_type)*type;
}

int64_t wire_int(struct wire *w)
{
	return (int64_t)number(take(w, 8), 8);
}

bool wire_flag(struct wire *w)
{
	int64_t v = wire_int(w);
	if (v != 0 && v != 1)
		w->bad = true;
	return v == 1;
}

const char *wire_text(struct wire *w)
{
	size_t n = (size_t)number(take(w, 4), 4);
	const unsigned char *s = n < WIRE_MOST ? take(w, n + 1) : NULL;
	if (!s || s[n] != 0 || memchr(s, 0, n)) {
		w->bad = true;
		return "";
	}
	return (const char *)s;
}

bool wire_end(const struct wire *w)
{
	return !w->bad && w->at == w->n;
}

/* ---- the socket ---- */

static int wait_for(int fd, short what, int64_t until)
{
	for (;;) {
		int64_t left = until - clock_ms();
		struct pollfd p = { .fd = fd, .events = what };
		int n = poll(&p, 1, left < 0 ? 0 : left > 60000 ? 60000 : (int)left);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return errno;
		if (n == 0 && left <= 60000)
			return ETIMEDOUT;
	}
}

/* Room for a few descriptors: those nobody asked for are seen, and closed. */
union control { struct cmsghdr align; char room[CMSG_SPACE(8 * sizeof(int))]; };

static void attach(struct msghdr *m, union control *c, int fd)
{
	memset(c, 0, sizeof *c);
	m->msg_control = c;
	m->msg_controllen = CMSG_SPACE(sizeof fd);
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(h), &fd, sizeof fd);
}

int wire_send(int socket, const struct wire *w, int pass, int64_t until)
{
	if (w->bad)
		return EMSGSIZE;
	union control c;
	struct iovec v = { .iov_base = (void *)(uintptr_t)w->data, .iov_len = w->n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	if (pass >= 0)
		attach(&m, &c, pass);
	for (;;) {
		if (sendmsg(socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return errno;
		int e = wait_for(socket, POLLOUT, until);
		if (e)
			return e;
	}
}

/* Keeps the first descriptor of the message in *got, closes all others. */
static void collect(struct msghdr *m, int *got)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(h) + i * sizeof fd, sizeof fd);
			if (*got < 0)
				*got = fd;
			else
				close(fd);
		}
	}
}

static int receive(int socket, struct wire *w, int *got)
{
	union control c;
	struct iovec v = { .iov_base = w->data, .iov_len = sizeof w->data };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c };
	ssize_t n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n < 0)
		return errno;
	collect(&m, got);
	w->n = (size_t)n;
	w->at = 0;
	w->bad = false;
	return n == 0 ? EPIPE : m.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ? EPROTO : 0;
}

int wire_receive(int socket, struct wire *w, int *got, int64_t until)
{
	int fd = -1, e = wait_for(socket, POLLIN, until);
	if (!e)
		do
			e = receive(socket, w, &fd);
		while (e == EINTR);
	if (fd >= 0 && (e || !got)) {
		close(fd);
		fd = -1;
	}
	if (got)
		*got = fd;
	return e == EAGAIN ? ETIMEDOUT : e;
}

/* ---- paths ---- */

static bool part_good(const char *s, size_t n)
{
	bool dots = (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.');
	return n > 0 && n <= WIRE_NAME_MOST && !dots;
}

bool wire_path_good(const char *path)
{
	if (!*path)
		return true;
	if (strlen(path) > WIRE_PATH_MOST)
		return false;
	for (const char *s = path;;) {
		const char *end = strchrnul(s, '/');
		if (!part_good(s, (size_t)(end - s)))
			return false;
		if (!*end)
			return true;
		s = end + 1;
	}
}
