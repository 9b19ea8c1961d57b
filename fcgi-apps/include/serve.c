/*
 * serve: FastCGI (specification 1.0) by libfcgi, with our own accept in front of it and our own way to send much.
 *
 * libfcgi accepts from anybody and waits for ever, so we accept: the peer's uid is checked and the socket gets its time-outs. It is then
 * handed over as a connection that libfcgi believes to have kept alive (ipcFd, keepConnection), with no socket to accept from (-1).
 *
 * libfcgi makes a new reader for each request and drops what the old one had buffered. Whatever is left of a body would therefore be read
 * as the next request, with an identity of the visitor's choice; so a connection is used again only when its body was read to the end.
 */
#include "app_private.h"
#include "daemon.h"
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <fcgiapp.h>

enum {
	RECEIVE_SECONDS = 5, SEND_SECONDS = 60, LONG_SECONDS = 130, /* the last one: longer than nginx waits for a visitor */
	HANG_SECONDS = 120,                                         /* a handler that takes longer than this hangs */
	RECORD = 15 * 4096,                                         /* whole pages, so that sendfile() fills its pipe */
	BUFFERED = 8000,                                            /* fits libfcgi's buffer */
	LEFT_MOST = 64 * 1024, RESPONDER = 1, STDOUT_TYPE = 6, END_TYPE = 3,
};

struct link { FCGX_Request fcgi; int64_t body_read, begun, moved; bool patient; };

volatile int app_stopping;

static void set_timeout(int fd, int which, int seconds)
{
	struct timeval t = { .tv_sec = seconds };
	setsockopt(fd, SOL_SOCKET, which, &t, sizeof t);
}

/* Waits for a connection; -1 when told to stop or when there is nothing to take. */
static int next_connection(int listener, const sigset_t *while_waiting)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	if (app_stopping || ppoll(&p, 1, NULL, while_waiting) < 0 || app_stopping)
		return -1;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return -1;
	if (!daemon_peer(fd)) {
		close(fd);
		return -1;
	}
	set_timeout(fd, SO_RCVTIMEO, RECEIVE_SECONDS);
	set_timeout(fd, SO_SNDTIMEO, SEND_SECONDS);
	return fd;
}

/* ---- the wire ---- */

static size_t wire_read(void *arg, void *to, size_t n)
{
	struct link *link = arg;
	int got = FCGX_GetStr(to, n > 1 << 30 ? 1 << 30 : (int)n, link->fcgi.in);
	link->body_read += got > 0 ? got : 0;
	return got > 0 ? (size_t)got : 0;
}

static bool wire_whole(void *arg)
{
	struct link *link = arg;
	return link->fcgi.in->isClosed && FCGX_GetError(link->fcgi.in) == 0;
}

/* A transfer takes as long as it takes; only silence ends it. */
static void wire_patience(void *arg)
{
	struct link *link = arg;
	alarm(0);
	link->patient = true;
	set_timeout(link->fcgi.ipcFd, SO_RCVTIMEO, LONG_SECONDS);
}

static void put_header(const struct link *link, unsigned char *to, size_t n)
{
	int id = link->fcgi.requestId;
	const unsigned char header[8] = { 1, STDOUT_TYPE, (unsigned char)(id >> 8), (unsigned char)id, (unsigned char)(n >> 8), (unsigned char)n };
	memcpy(to, header, sizeof header);
}

static bool write_parts(int fd, struct iovec *at, size_t n)
{
	while (n > 0) {
		struct msghdr message = { .msg_iov = at, .msg_iovlen = n };
		ssize_t done = sendmsg(fd, &message, MSG_NOSIGNAL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		for (; n > 0 && (size_t)done >= at->iov_len; at++, n--)
			done -= (ssize_t)at->iov_len;
		if (n > 0)
			*at = (struct iovec){ (char *)at->iov_base + done, at->iov_len - (size_t)done };
	}
	return true;
}

/* Records of our own, around libfcgi's 8 KiB buffer; `end` goes with the last. */
static bool write_records(struct link *link, struct bytes head, struct bytes body, struct bytes end)
{
	for (size_t left = head.n + body.n; left > 0;) {
		unsigned char header[8];
		size_t n = left > RECORD ? RECORD : left, of_head = n < head.n ? n : head.n, of_body = n - of_head;
		struct iovec parts[] = { { header, sizeof header }, { (void *)(uintptr_t)head.at, of_head }, { (void *)(uintptr_t)body.at, of_body },
			{ (void *)(uintptr_t)end.at, n == left ? end.n : 0 } };
		put_header(link, header, n);
		if (!write_parts(link->fcgi.ipcFd, parts, COUNT(parts)))
			return false;
		head = (struct bytes){ head.at + of_head, head.n - of_head };
		body = (struct bytes){ body.at + of_body, body.n - of_body };
		left -= n;
	}
	return true;
}

static bool wire_write(void *arg, struct bytes data)
{
	struct link *link = arg;
	if (data.n <= BUFFERED)
		return FCGX_PutStr((const char *)data.at, (int)data.n, link->fcgi.out) == (int)data.n;
	return FCGX_FFlush(link->fcgi.out) == 0 && write_records(link, (struct bytes){0}, data, (struct bytes){0});
}

/*
 * What fits libfcgi's buffer goes out when it writes the end. More goes with an end of our own, so that nginx is woken up once and not three times;
 * libfcgi is told that its stream is closed.
 */
static bool wire_answer(void *arg, struct bytes head, struct bytes body)
{
	struct link *link = arg;
	unsigned char id[2] = { (unsigned char)(link->fcgi.requestId >> 8), (unsigned char)link->fcgi.requestId };
	const unsigned char end[24] = { 1, STDOUT_TYPE, id[0], id[1], 0, 0, 0, 0, 1, END_TYPE, id[0], id[1], 0, 8 };
	if (head.n + body.n <= BUFFERED)
		return wire_write(arg, head) && wire_write(arg, body);
	if (FCGX_FFlush(link->fcgi.out) != 0)
		return false;
	link->fcgi.out->wasFCloseCalled = link->fcgi.out->isClosed = 1;
	if (write_records(link, head, body, (struct bytes){ end, sizeof end }))
		return true;
	shutdown(link->fcgi.ipcFd, SHUT_RDWR); /* as for a file */
	return false;
}

enum { PIPE_SILENCE_MS = 45000, PIPE_LEAST = 1024 /* bytes a second, on average after the first minute */, PIPE_GRACE_MS = 60000 };

/* A pipe gives what a server of the visitor's gives: it may not hold a worker for ever by a byte now and then. */
static bool pipe_lives(int fd, int64_t begun, int64_t moved)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return clock_ms() - begun < PIPE_GRACE_MS + moved * 1000 / PIPE_LEAST && poll(&p, 1, PIPE_SILENCE_MS) == 1;
}

/* offset NULL: what comes out of a pipe. */
static ssize_t move(struct link *link, int fd, off_t *offset, size_t n)
{
	if (offset)
		return sendfile(link->fcgi.ipcFd, fd, offset, n);
	if (!pipe_lives(fd, link->begun, link->moved))
		return 0;
	ssize_t done = splice(fd, NULL, link->fcgi.ipcFd, NULL, n, SPLICE_F_MOVE);
	link->moved += done > 0 ? done : 0;
	return done;
}

/* A file's bytes go straight from the page cache to the socket, each record behind its header. */
static bool send_record(struct link *link, int fd, off_t *offset, size_t n)
{
	unsigned char header[8];
	put_header(link, header, n);
	struct iovec part = { header, sizeof header };
	if (!write_parts(link->fcgi.ipcFd, &part, 1))
		return false;
	while (n > 0) {
		ssize_t done = move(link, fd, offset, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false; /* cut, or the file became shorter, or its store broke off */
		n -= (size_t)done;
	}
	return true;
}

static bool wire_send_file(void *arg, int fd, int64_t offset, int64_t length)
{
	struct link *link = arg;
	off_t at = (off_t)offset;
	link->begun = clock_ms();
	link->moved = 0;
	wire_patience(link);
	if (FCGX_FFlush(link->fcgi.out) != 0)
		return false;
	while (length > 0) {
		size_t n = length > RECORD ? RECORD : (size_t)length;
		if (!send_record(link, fd, offset < 0 ? NULL : &at, n)) {
			/* The record's length is promised already: only closing tells nginx that the rest is missing. */
			shutdown(link->fcgi.ipcFd, SHUT_RDWR);
			return false;
		}
		length -= (int64_t)n;
	}
	return true;
}

static bool wire_send_stream(void *arg, reply_more *more, void *of_more)
{
	struct link *link = arg;
	struct bytes b;
	wire_patience(link);
	bool good = FCGX_FFlush(link->fcgi.out) == 0;
	while (good && (good = more(of_more, &b)) && b.n)
		good = write_records(link, (struct bytes){0}, b, (struct bytes){0});
	if (!good)
		shutdown(link->fcgi.ipcFd, SHUT_RDWR); /* as for a file */
	return good;
}

/* ---- requests of one connection ---- */

/* Reads what little may be left of a body; true at its end. */
static bool body_finished(struct link *link, const struct wire *wire)
{
	char scratch[4096];
	int64_t length = 0;
	const char *told = env_get(wire, "CONTENT_LENGTH");
	if (link->patient)
		set_timeout(link->fcgi.ipcFd, SO_RCVTIMEO, RECEIVE_SECONDS);
	link->patient = false;
	if (!empty(told) && (!parse_int(told, 0, INT64_MAX, &length) || length - link->body_read > LEFT_MOST))
		return false;
	for (int64_t left = LEFT_MOST; left > 0 && !link->fcgi.in->isClosed; left -= (int64_t)sizeof scratch)
		FCGX_GetStr(scratch, sizeof scratch, link->fcgi.in);
	return wire_whole(link);
}

/* Closing a socket in which something is unread would cut the answer; so what still comes is read for a moment. */
static void close_late(int fd)
{
	char scratch[4096];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	shutdown(fd, SHUT_WR);
	for (int64_t until = clock_ms() + 2000, left; (left = until - clock_ms()) > 0;)
		if (poll(&p, 1, (int)left) != 1 || recv(fd, scratch, sizeof scratch, MSG_DONTWAIT) <= 0)
			break;
	close(fd);
}

/* One request; false when the connection cannot be used again. *clean: nothing is left in it. */
static bool serve_one(const struct app *app, struct link *link, struct arena *arena, bool *clean)
{
	struct wire wire = { .env = link->fcgi.envp, .read = wire_read, .whole = wire_whole, .patience = wire_patience,
		.write = wire_write, .answer = wire_answer, .send_file = wire_send_file, .send_stream = wire_send_stream, .arg = link };
	bool keep = link->fcgi.keepConnection != 0;
	link->body_read = 0;
	/* A peer that was cut among its parameters has said only half of what it wants. */
	if (FCGX_GetError(link->fcgi.in) != 0 || link->fcgi.role != RESPONDER)
		return false;
	alarm(HANG_SECONDS);
	request_serve(app, &wire, arena);
	*clean = body_finished(link, &wire);
	alarm(0);
	turn_end();
	link->fcgi.keepConnection = 1; /* closed by us, not by libfcgi */
	FCGX_Finish_r(&link->fcgi);
	arena_reset(arena);
	return keep && *clean && link->fcgi.ipcFd >= 0;
}

static void serve_connection(const struct app *app, int fd, struct arena *arena)
{
	struct link link = {0};
	bool clean = true;
	FCGX_InitRequest(&link.fcgi, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	link.fcgi.ipcFd = fd;
	do {
		link.fcgi.keepConnection = 1;
		if (FCGX_Accept_r(&link.fcgi) != 0)
			return; /* libfcgi has closed it */
	} while (serve_one(app, &link, arena, &clean) && !app_stopping);
	if (link.fcgi.ipcFd < 0)
		return;
	FCGX_Free(&link.fcgi, 0);
	if (clean)
		close(fd);
	else
		close_late(fd);
}

void serve(const struct app *app, int listener)
{
	struct arena *arena = arena_new(0);
	sigset_t blocked, waiting;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &waiting);
	sigdelset(&waiting, SIGTERM);
	if (FCGX_Init() != 0)
		die("libfcgi does not start");
	while (!app_stopping) {
		int fd = next_connection(listener, &waiting);
		if (fd >= 0)
			serve_connection(app, fd, arena);
	}
	arena_free(arena);
}
