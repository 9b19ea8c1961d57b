/*
 * naru-gate: between nginx and users' apps.
 *
 *   naru-gate --socket PATH
 *
 * SIGHUP executes the program file again on the same socket; a child keeps what is open until it ends by itself. Settings: [gate].
 */
#include "gate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "conf.h"
#include "daemon.h"

enum { AT_ONCE = 256, ROUND_MS = 1000, BACKLOG = 4096, SPARE = 64 };

int loop = -1;
bool draining;
static int listener = -1, signals = -1;
static size_t most_links;
static char **arguments;

void loop_watch(struct side *s, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = s };

	if (s->events == events)
		return;
	/* With no events it is taken out: of a side that has gone epoll would tell again and again. */
	if (epoll_ctl(loop, !events ? EPOLL_CTL_DEL : s->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, s->fd, &e) != 0)
		log_line(NULL, "epoll_ctl: %s", strerror(errno));
	s->events = events;
}

static void watch_fd(int fd, int *id)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = id };

	if (fd >= 0 && epoll_ctl(loop, EPOLL_CTL_ADD, fd, &e) != 0)
		die("epoll_ctl: %s", strerror(errno));
}

static void loop_start(void)
{
	loop = epoll_create1(EPOLL_CLOEXEC);
	if (loop < 0)
		die("epoll_create1: %s", strerror(errno));
	watch_fd(listener, &listener);
	watch_fd(signals, &signals);
}

/* ---- the socket ------------------------------------------------------------------------------------------------------ */

/* The folder's group is nginx's. */
static int listen_at(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof to.sun_path)
		die("%s: too long", path);
	memcpy(to.sun_path, path, strlen(path));
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof to) != 0 || chmod(path, 0660) != 0 || listen(fd, BACKLOG) != 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

static void accept_some(void)
{
	for (int i = 0; i < AT_ONCE; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		if (n_links >= most_links || !daemon_peer(fd))
			close(fd);
		else
			link_new(fd);
	}
}

/* Two descriptors a link. */
static void set_limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		die("getrlimit: %s", strerror(errno));
	r.rlim_cur = r.rlim_max < 65536 ? r.rlim_max : 65536;
	setrlimit(RLIMIT_NOFILE, &r);
	most_links = (size_t)(r.rlim_cur - SPARE) / 2;
}

/* ---- signals ----------------------------------------------------------------------------------------------------------- */

/* In the child: what is open lives on here and nowhere else, as long as there is a gate at all. */
static void keep_open_ones(pid_t parent)
{
	draining = true;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(0);
	may_reopen();
	close(listener);
	close(loop);
	close(signals);
	listener = -1;
	signals = daemon_signals();
	loop_start();
	for (struct link *l = links; l; l = l->next) {
		uint32_t nginx = l->nginx.events, app = l->app.events;

		l->nginx.events = l->app.events = 0;
		if (!l->dead && nginx)
			loop_watch(&l->nginx, nginx);
		if (!l->dead && app)
			loop_watch(&l->app, app);
	}
}

static void let_go(void)
{
	for (struct link *l = links; l; l = l->next)
		link_close(l);
}

/* The number of the process stays, so its supervisor sees no change. */
static void execute_again(void)
{
	pid_t parent = getpid(), child = draining || !n_links ? 0 : fork();
	char number[16] = "";
	sigset_t none;

	if (draining)
		return;
	if (n_links && child == 0) {
		keep_open_ones(parent);
		return;
	}
	if (child < 0) {
		log_line(NULL, "fork: %s; going on as before", strerror(errno));
		return;
	}
	let_go();
	snprintf(number, sizeof number, "%d", listener);
	setenv("NARU_GATE_LISTENER", number, 1);
	fcntl(listener, F_SETFD, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(arguments[0], arguments);
	log_line(NULL, "%s: %s; going on as before", arguments[0], strerror(errno));
	fcntl(listener, F_SETFD, FD_CLOEXEC);
	signals = daemon_signals();
	watch_fd(signals, &signals);
}

/* False: time to end. */
static bool on_signals(void)
{
	struct signalfd_siginfo s;

	while (read(signals, &s, sizeof s) == (ssize_t)sizeof s) {
		if (s.ssi_signo == SIGTERM || s.ssi_signo == SIGINT)
			return false;
		if (s.ssi_signo == SIGHUP)
			execute_again();
	}
	return true;
}

/* ---- the loop -------------------------------------------------------------------------------------------------------------- */

static void bury(void)
{
	for (struct link *l = links, *next; l; l = next) {
		next = l->next;
		if (!l->dead)
			continue;
		if (l->prev)
			l->prev->next = next;
		else
			links = next;
		if (next)
			next->prev = l->prev;
		free(l);
		n_links--;
		n_dead--;
	}
}

/* What waits too long for a head or an app, and once a second whether all may go on. */
static void round_of_time(void)
{
	int64_t now_ms = clock_ms();

	for (struct link *l = links; l; l = l->next)
		if (!l->dead && l->deadline && l->deadline <= now_ms)
			link_late(l);
	pass_round();
}

static void serve(void)
{
	int64_t next = 0;

	while (!draining || n_links > 0) {
		struct epoll_event events[AT_ONCE];
		int64_t left = next - clock_ms();
		int n = epoll_wait(loop, events, AT_ONCE, left > 0 ? (int)left : 0);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == &listener)
				accept_some();
			else if (events[i].data.ptr != &signals)
				link_event(events[i].data.ptr, events[i].events);
		}
		for (int i = 0; i < n; i++)
			if (events[i].data.ptr == &signals && !on_signals())
				return;
		if (clock_ms() >= next) {
			round_of_time();
			next = clock_ms() + ROUND_MS;
		}
		if (n_dead > 0)
			bury();
	}
}

int main(int argc, char **argv)
{
	const char *inherited = getenv("NARU_GATE_LISTENER");
	int64_t fd;

	program = "naru-gate";
	conf_start();
	if (argc != 3 || !same(argv[1], "--socket"))
		die("usage: naru-gate --socket PATH");
	arguments = argv;
	umask(0007);
	set_limits();
	prctl(PR_SET_DUMPABLE, 0);
	if (inherited && parse_int(inherited, 3, INT32_MAX, &fd) && fcntl((int)fd, F_SETFD, FD_CLOEXEC) == 0)
		listener = (int)fd;
	else
		listener = listen_at(argv[2]);
	unsetenv("NARU_GATE_LISTENER");
	signals = daemon_signals();
	loop_start();
	log_line(NULL, "ready");
	serve();
	return 0;
}
