/*
 * serve: FastCGI (specification 1.0) by libfcgi, with our own accept in front of it and our own way to send files.
 *
 * libfcgi accepts from anybody and waits for ever, so we accept: the peer's uid is checked and the socket gets its time-outs. It is then
 * handed over as a connection that libfcgi believes to have kept alive (ipcFd, keepConnection), with no socket to accept from (-1).
 */
#include "app_private.h"
#include "conf.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <fcgiapp.h>

enum { RECEIVE_SECONDS = 5, SEND_SECONDS = 60, RECORD = 65528, FCGI_STDOUT_TYPE = 6 };

struct link { FCGX_Request fcgi; int fd; };

volatile int app_stopping;

static bool peer_allowed(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof peer;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
		return false;
	if (peer.uid == 0 || (int64_t)peer.uid == conf_int("site", "nginx-uid", 0))
		return true;
	log_line(NULL, "refused a connection of uid %u", (unsigned)peer.uid);
	return false;
}

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
	if (!peer_allowed(fd)) {
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
	return got > 0 ? (size_t)got : 0;
}

static bool wire_write(void *arg, const void *data, size_t n)
{
	struct link *link = arg;
	return FCGX_PutStr(data, (int)n, link->fcgi.out) == (int)n;
}

static bool write_all(int fd, const void *data, size_t n, int flags)
{
	const char *p = data;
	while (n > 0) {
		ssize_t done = send(fd, p, n, flags | MSG_NOSIGNAL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

/* A file's bytes go straight from the page cache to the socket, each record behind its header. */
static bool send_record(struct link *link, int fd, off_t *offset, size_t n)
{
	int id = link->fcgi.requestId;
	unsigned char header[8] = { 1, FCGI_STDOUT_TYPE, (unsigned char)(id >> 8), (unsigned char)id, (unsigned char)(n >> 8), (unsigned char)n };
	if (!write_all(link->fcgi.ipcFd, header, sizeof header, MSG_MORE))
		return false;
	while (n > 0) {
		ssize_t done = sendfile(link->fcgi.ipcFd, fd, offset, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false; /* cut, or the file became shorter */
		n -= (size_t)done;
	}
	return true;
}

static bool wire_send_file(void *arg, int fd, int64_t offset, int64_t length)
{
	struct link *link = arg;
	off_t at = (off_t)offset;
	if (FCGX_FFlush(link->fcgi.out) != 0)
		return false;
	while (length > 0) {
		size_t n = length > RECORD ? RECORD : (size_t)length;
		if (!send_record(link, fd, &at, n)) {
			/* The record's length is promised already: only closing tells nginx that the rest is missing. */
			shutdown(link->fcgi.ipcFd, SHUT_RDWR);
			return false;
		}
		length -= (int64_t)n;
	}
	return true;
}

/* ---- requests of one connection ---- */

static void serve_connection(const struct app *app, int fd, struct arena *arena)
{
	struct link link = { .fd = fd };
	FCGX_InitRequest(&link.fcgi, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	link.fcgi.ipcFd = fd;
	link.fcgi.keepConnection = 1;
	while (FCGX_Accept_r(&link.fcgi) == 0) {
		struct wire wire = { .env = link.fcgi.envp, .read = wire_read, .write = wire_write, .send_file = wire_send_file, .arg = &link };
		request_serve(app, &wire, arena);
		FCGX_Finish_r(&link.fcgi);
		arena_reset(arena);
		if (link.fcgi.ipcFd < 0 || app_stopping)
			break;
		link.fcgi.keepConnection = 1; /* as it was for this one: closed otherwise */
	}
	if (link.fcgi.ipcFd >= 0)
		FCGX_Free(&link.fcgi, 1);
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
