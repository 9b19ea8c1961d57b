/*
 * proxy: a TCP proxy that does to a connection what networks do: cuts it after so many bytes, holds it, resets it, garbles it, makes it slow or far.
 *
 *   proxy LISTEN TARGET PORT...      PORT: a number or FIRST-LAST (of which some may be taken); LISTEN:PORT leads to TARGET:PORT
 *
 * Says "ready" once it listens. Commands, one a line on its standard input, each answered by a line "ok …":
 *   plain              nothing is done any more, and what is held goes on
 *   cut DIR N          the connection ends with the N-th byte from now on in this direction (up: to the target), over all connections; once
 *   reset DIR N        the same, with a reset to both ends
 *   stall DIR N        from then on nothing passes in that direction, until "plain"
 *   garble DIR N       the 16 bytes behind it are turned over; once
 *   rate N             bytes a second in each direction of a connection; 0: any
 *   delay MS           each byte arrives so much later
 *   refuse             new connections are reset; "plain" takes them again
 *   drop               all connections end now
 *   count              "ok CONNECTIONS UP DOWN" since the start
 * It ends with its standard input.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base.h"

enum { ROOM = 4 << 20, PIECE = 64 << 10, MARKS = 4096, MOST = 400, LISTENERS = 4096 };
enum fault { PLAIN, CUT, RESET, STALL, GARBLE };
static const char *const faults[] = { "plain", "cut", "reset", "stall", "garble" };

/* One direction of a connection: a ring of bytes, and when each piece of them is due. */
struct lane {
	int from, to;
	unsigned char *ring;
	size_t head, n;
	struct { int64_t due; size_t n; } mark[MARKS];
	size_t first, marks;
	bool ended, told;        /* the sender's end was seen; was passed on */
	int64_t next;            /* with a rate: when the next bytes may go */
};
struct link { struct lane *lane[2]; int client, server; };

static struct link links[MOST];
static size_t n_links;
static struct { int fd, port; } listeners[LISTENERS];
static size_t n_listeners;
static int doors; /* all listeners, in one epoll: FTP has thousands */
static const char *target;
static struct { enum fault what; int64_t after; } fault[2];
static int64_t passed[2], taken, rate, delay_ms;
static bool refusing;

static int64_t micro(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static struct sockaddr_in address(const char *host, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
		die("%s is no address", host);
	return a;
}

/* False: somebody else is there. */
static bool listen_at(const char *host, int port)
{
	struct sockaddr_in a = address(host, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (n_listeners == LISTENERS)
		die("too many ports");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 128)) {
		close(fd);
		return false;
	}
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = n_listeners };
	if (epoll_ctl(doors, EPOLL_CTL_ADD, fd, &e))
		die("epoll: %s", strerror(errno));
	listeners[n_listeners].fd = fd;
	listeners[n_listeners++].port = port;
	return true;
}

/* ---- connections ---- */

static void with_reset(int fd)
{
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
}

static void end_link(size_t i, bool reset)
{
	struct link *l = &links[i];
	if (reset) {
		with_reset(l->client);
		with_reset(l->server);
	}
	close(l->client);
	close(l->server);
	for (int d = 0; d < 2; d++) {
		free(l->lane[d]->ring);
		free(l->lane[d]);
	}
	links[i] = links[--n_links];
}

static struct lane *new_lane(int from, int to)
{
	struct lane *a = calloc(1, sizeof *a);
	if (!a || !(a->ring = malloc(ROOM)))
		die("no memory");
	a->from = from;
	a->to = to;
	return a;
}

static void plain_socket(int fd)
{
	fcntl(fd, F_SETFL, O_NONBLOCK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
}

static void take(int listener, int port)
{
	int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (client < 0)
		return;
	struct sockaddr_in a = address(target, port);
	int server = refusing || n_links == MOST ? -1 : socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server < 0 || connect(server, (struct sockaddr *)&a, sizeof a)) {
		with_reset(client);
		close(client);
		if (server >= 0)
			close(server);
		return;
	}
	plain_socket(client);
	plain_socket(server);
	taken++;
	links[n_links++] = (struct link){ { new_lane(client, server), new_lane(server, client) }, client, server };
}

static void take_some(void)
{
	struct epoll_event e[16];
	int n = epoll_wait(doors, e, COUNT(e), 0);
	for (int i = 0; i < n; i++)
		take(listeners[e[i].data.u64].fd, listeners[e[i].data.u64].port);
}

/* ---- bytes ---- */

static size_t room(const struct lane *a)
{
	return a->ended || a->marks == MARKS ? 0 : ROOM - a->n < PIECE ? ROOM - a->n : PIECE;
}

/* False: the connection broke. */
static bool fill(struct lane *a)
{
	size_t at = (a->head + a->n) % ROOM, most = room(a);
	if (most > ROOM - at)
		most = ROOM - at;
	if (!most)
		return true;
	ssize_t k = read(a->from, a->ring + at, most);
	if (k < 0)
		return errno == EAGAIN || errno == EINTR;
	if (k == 0) {
		a->ended = true;
		return true;
	}
	size_t last = (a->first + a->marks++) % MARKS;
	a->mark[last].due = micro() + delay_ms * 1000;
	a->mark[last].n = (size_t)k;
	a->n += (size_t)k;
	return true;
}

/* How much of the lane may go now. */
static size_t ready(const struct lane *a, int d, int64_t t)
{
	if (!a->marks || a->mark[a->first].due > t || a->next > t)
		return 0;
	size_t n = a->mark[a->first].n;
	if (n > ROOM - a->head)
		n = ROOM - a->head;
	if (rate && n > (size_t)rate / 50 + 1)
		n = (size_t)rate / 50 + 1;
	if (fault[d].what != PLAIN && (int64_t)n > fault[d].after && (fault[d].what == STALL || fault[d].after > 0))
		n = (size_t)fault[d].after;
	return n;
}

static void turn_over(struct lane *a, int d, size_t n)
{
	if (fault[d].what != GARBLE || fault[d].after > 0)
		return;
	for (size_t i = 0; i < n && i < 16; i++)
		a->ring[a->head + i] ^= 0x5a;
	fault[d].what = PLAIN;
}

static void gone(struct lane *a, int d, size_t n, int64_t t)
{
	a->head = (a->head + n) % ROOM;
	a->n -= n;
	if (!(a->mark[a->first].n -= n)) {
		a->first = (a->first + 1) % MARKS;
		a->marks--;
	}
	passed[d] += (int64_t)n;
	if (fault[d].what != PLAIN)
		fault[d].after -= (int64_t)n;
	if (rate)
		a->next = t + (int64_t)n * 1000000 / rate;
}

/* False: the connection ends, as it broke or as was asked for (*reset). */
static bool pass(struct lane *a, int d, bool *reset)
{
	for (size_t n; (n = ready(a, d, micro())) > 0;) {
		turn_over(a, d, n);
		ssize_t k = send(a->to, a->ring + a->head, n, MSG_NOSIGNAL);
		if (k < 0)
			return errno == EAGAIN || errno == EINTR;
		gone(a, d, (size_t)k, micro());
		if (fault[d].after > 0 || (fault[d].what != CUT && fault[d].what != RESET))
			continue;
		*reset = fault[d].what == RESET;
		fault[d].what = PLAIN;
		return false;
	}
	if (a->ended && !a->n && !a->told) {
		a->told = true;
		shutdown(a->to, SHUT_WR);
	}
	return true;
}

static bool over(const struct link *l)
{
	return l->lane[0]->told && l->lane[1]->told;
}

/* ---- commands ---- */

static void all_end(void)
{
	while (n_links)
		end_link(n_links - 1, false);
}

static bool set_fault(const char *what, const char *way, long n)
{
	int d = !strcmp(way, "up") ? 0 : !strcmp(way, "down") ? 1 : -1;
	for (int k = CUT; d >= 0 && k <= GARBLE; k++)
		if (!strcmp(what, faults[k])) {
			fault[d].what = (enum fault)k;
			fault[d].after = n > 0 || k == STALL || k == GARBLE ? n : 1;
			return true;
		}
	return false;
}

static void plain(void)
{
	fault[0].what = fault[1].what = PLAIN;
	rate = delay_ms = 0;
	refusing = false;
}

static bool obey(const char *line)
{
	char what[16] = "", arg[16] = "";
	long n = 0;
	int k = sscanf(line, "%15s %15s %ld", what, arg, &n);
	if (k == 3)
		return set_fault(what, arg, n);
	if (!strcmp(what, "plain"))
		plain();
	else if (!strcmp(what, "refuse"))
		refusing = true;
	else if (!strcmp(what, "drop"))
		all_end();
	else if (k == 2 && !strcmp(what, "rate"))
		rate = strtol(arg, NULL, 10);
	else if (k == 2 && !strcmp(what, "delay"))
		delay_ms = strtol(arg, NULL, 10);
	else
		return !strcmp(what, "count");
	return true;
}

/* Whole lines of the standard input; false at its end. */
static bool listen_to_orders(void)
{
	static char line[256];
	static size_t have;
	ssize_t k = read(STDIN_FILENO, line + have, sizeof line - 1 - have);
	if (k <= 0)
		return false;
	have += (size_t)k;
	line[have] = 0;
	for (char *end; (end = strchr(line, '\n'));) {
		*end = 0;
		printf(obey(line) ? "ok %lld %lld %lld\n" : "what?\n", (long long)taken, (long long)passed[0], (long long)passed[1]);
		have -= (size_t)(end + 1 - line);
		memmove(line, end + 1, have + 1);
	}
	fflush(stdout);
	return have < sizeof line - 1;
}

/* ---- the loop ---- */

static int64_t wait_for(const struct lane *a, int64_t t)
{
	int64_t due = a->marks ? a->mark[a->first].due : INT64_MAX;
	if (due < a->next)
		due = a->next;
	return due <= t ? 0 : due - t;
}

/* What to wait for at both ends of a connection; the time until something of it is due is taken into *wait. */
static void want(struct link *l, struct pollfd p[2], int64_t *wait)
{
	int64_t t = micro();
	p[0] = (struct pollfd){ .fd = l->client };
	p[1] = (struct pollfd){ .fd = l->server };
	for (int d = 0; d < 2; d++) {
		struct lane *a = l->lane[d];
		if (room(a))
			p[d].events |= POLLIN;
		int64_t due = wait_for(a, t);
		if (a->marks && due == 0 && ready(a, d, t))
			p[!d].events |= POLLOUT;
		else if (a->marks && due > 0 && due < *wait)
			*wait = due;
	}
	for (int e = 0; e < 2; e++)
		if (!p[e].events)
			p[e].fd = -1; /* else its end would wake us without end */
}

static void carry(size_t i, const struct pollfd p[2])
{
	bool reset = false, well = true;
	for (int d = 0; d < 2 && well; d++)
		well = (!p[d].revents || fill(links[i].lane[d])) && pass(links[i].lane[d], d, &reset);
	if (!well || over(&links[i]))
		end_link(i, reset);
}

static void serve(void)
{
	static struct pollfd p[2 + 2 * MOST];
	int64_t wait = 1000000;
	size_t n = 2, had = n_links;
	p[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = doors, .events = POLLIN };
	for (size_t i = 0; i < n_links; i++)
		want(&links[i], p + n + 2 * i, &wait);
	struct timespec t = { .tv_sec = wait / 1000000, .tv_nsec = wait % 1000000 * 1000 };
	if (ppoll(p, (nfds_t)(n + 2 * n_links), &t, NULL) < 0 && errno != EINTR)
		die("poll: %s", strerror(errno));
	for (size_t i = had; i-- > 0;)
		carry(i, p + n + 2 * i);
	if (p[1].revents)
		take_some();
	if (p[0].revents && !listen_to_orders())
		exit(0);
}

static void listen_at_all(const char *host, const char *ports)
{
	char *more;
	long first = strtol(ports, &more, 10), last = *more == '-' ? strtol(more + 1, NULL, 10) : first;
	for (long port = first; port <= last; port++)
		if (!listen_at(host, (int)port) && first == last)
			die("%s port %ld: %s", host, port, strerror(errno));
}

static void many_descriptors(void)
{
	struct rlimit most;
	if (getrlimit(RLIMIT_NOFILE, &most))
		return;
	most.rlim_cur = most.rlim_max;
	setrlimit(RLIMIT_NOFILE, &most);
}

int main(int argc, char **argv)
{
	program = "proxy";
	if (argc < 4)
		die("usage: proxy LISTEN TARGET PORT...");
	signal(SIGPIPE, SIG_IGN);
	many_descriptors();
	doors = epoll_create1(EPOLL_CLOEXEC);
	target = argv[2];
	for (int i = 3; i < argc; i++)
		listen_at_all(argv[1], argv[i]);
	printf("ready\n");
	fflush(stdout);
	for (;;)
		serve();
}
