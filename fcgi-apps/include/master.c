/*
 * master: the process that owns the socket and keeps the workers. It never reads a request. SIGTERM: workers finish what they have.
 * SIGHUP: the program file is executed again in this process with the same socket, then the old workers are let go; connections wait
 * in the socket's queue meanwhile, so none is lost.
 */
#include "app_private.h"
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

enum { WORKERS = 3, MOST_WORKERS = 64, SOCKET_FD = 3, BACKLOG = 511, DRAIN_SECONDS = 30 };

struct master {
	const struct app *app;
	char **argv;
	char path[512];                 /* of the program file, before anybody replaced it */
	int listener, workers;
	pid_t pids[MOST_WORKERS + 1];   /* the last one ticks */
	int64_t started[MOST_WORKERS + 1];
};

/* Workers only note that they are to stop; a handler for SIGCHLD makes it wait for sigtimedwait() instead of being ignored. */
static void on_signal(int number)
{
	if (number == SIGTERM)
		app_stopping = 1;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGCHLD, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* ---- the socket ---- */

static int inherited_socket(void)
{
	const char *count = getenv("LISTEN_FDS"), *owner = getenv("LISTEN_PID");
	int64_t n, pid;
	if (!count || !owner || !parse_int(count, 1, 1, &n) || !parse_int(owner, 1, INT32_MAX, &pid) || pid != getpid())
		return -1;
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	return SOCKET_FD;
}

/* Bound and listening under another name first: at its own name there is always a socket that answers, an old one or the new one. */
static int bind_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int n = snprintf(address.sun_path, sizeof address.sun_path, "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof address.sun_path)
		die("the socket's path is too long: %s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mode_t mask = umask(0117);
	unlink(address.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0 || rename(address.sun_path, path) != 0)
		die("%s: %s", path, strerror(errno));
	umask(mask);
	return fd;
}

static int open_listener(const char *path)
{
	int fd = inherited_socket();
	if (fd < 0 && !path)
		die("no socket: give --socket PATH");
	if (fd < 0)
		fd = bind_socket(path);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

/* ---- children ---- */

static void in_child(void)
{
	signal(SIGALRM, SIG_DFL); /* ends a worker that hangs, see serve.c */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* of a terminal: the master decides */
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void start_app(const struct app *app)
{
	struct ctx ctx = { .arena = arena_new(0) };
	if (app->start && !app->start(&ctx)) {
		log_line(NULL, "cannot start: %s", ctx.error.detail ? ctx.error.detail : "no reason given");
		sleep(1); /* not a tight loop while a disk is full */
		_exit(75);
	}
	arena_free(ctx.arena);
}

static void tick_forever(const struct app *app)
{
	struct arena *arena = arena_new(0);
	while (!app_stopping && getppid() != 1) {
		struct ctx ctx = { .arena = arena, .tag = "tick", .deadline = clock_ms() + 60000 };
		if (!app->tick(&ctx))
			log_line(&ctx, "%s", ctx.error.detail ? ctx.error.detail : ctx.error.message ? ctx.error.message : "failed");
		arena_reset(arena);
		for (int64_t until = clock_ms() + app->every * 1000; !app_stopping && clock_ms() < until;)
			usleep(200000);
	}
	arena_free(arena);
}

static void spawn(struct master *m, int slot)
{
	if (m->pids[slot] > 0 || (slot == MOST_WORKERS && !m->app->tick))
		return;
	/* A worker that died young waits a moment, so that a broken start does not burn the machine. */
	if (clock_ms() - m->started[slot] < 500 && m->started[slot])
		usleep(100000);
	m->started[slot] = clock_ms();
	pid_t pid = fork();
	if (pid < 0) {
		log_line(NULL, "fork: %s", strerror(errno));
		return;
	}
	m->pids[slot] = pid;
	if (pid > 0)
		return;
	in_child();
	transfers_worker(slot);
	start_app(m->app);
	if (slot == MOST_WORKERS)
		tick_forever(m->app);
	else
		serve(m->app, m->listener);
	exit(0);
}

static void spawn_all(struct master *m)
{
	for (int i = 0; i < m->workers; i++)
		spawn(m, i);
	spawn(m, MOST_WORKERS);
}

static bool reap(struct master *m)
{
	int status;
	bool any = false;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		for (int i = 0; i <= MOST_WORKERS; i++) {
			if (m->pids[i] != pid)
				continue;
			m->pids[i] = 0;
			transfers_gone(i);
			any = true;
			if (!app_stopping && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
				log_line(NULL, "worker %d ended by %s %d", (int)pid, WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		}
	return any;
}

static void tell_workers(struct master *m, int number)
{
	for (int i = 0; i <= MOST_WORKERS; i++)
		if (m->pids[i] > 0)
			kill(m->pids[i], number);
}

static void drain(struct master *m)
{
	tell_workers(m, SIGTERM);
	for (int64_t until = clock_ms() + DRAIN_SECONDS * 1000; clock_ms() < until; usleep(20000)) {
		bool left = false;
		reap(m);
		for (int i = 0; i <= MOST_WORKERS; i++)
			left |= m->pids[i] > 0;
		if (!left)
			return;
	}
	tell_workers(m, SIGKILL);
}

/* Does the program file run at all? Asked before the old workers are let go. */
static bool program_runs(const char *path)
{
	char *const arguments[] = { (char *)(uintptr_t)path, (char *)(uintptr_t)"--routes", NULL };
	pid_t pid = fork();
	if (pid == 0) {
		int nothing = open("/dev/null", O_RDWR);
		dup2(nothing, STDOUT_FILENO);
		alarm(5);
		execv(path, arguments);
		_exit(127);
	}
	int status = -1;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/*
 * Does not return if all is well. The old workers are this process's children still; the new program reaps them. Signals stay blocked: the
 * new program takes those that come meanwhile when it is ready for them.
 */
static void exec_again(struct master *m)
{
	char pid[24];
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	if (!program_runs(m->path)) {
		log_line(NULL, "%s does not run, going on as before", m->path);
		return;
	}
	/* A descriptor that is duplicated loses close-on-exec, and systemd's convention wants it at 3. */
	if (m->listener == SOCKET_FD)
		fcntl(SOCKET_FD, F_SETFD, 0);
	else if (dup2(m->listener, SOCKET_FD) < 0)
		return;
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", pid, 1);
	tell_workers(m, SIGTERM);
	execv(m->path, m->argv);
	die("%s: %s", m->path, strerror(errno));
}

/* The master takes its signals one by one where it waits, so none can come between a check and the wait. */
static sigset_t master_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	return set;
}

static int run(struct master *m)
{
	sigset_t set = master_signals();
	struct timespec patience = { .tv_sec = 1 };
	catch_signals();
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (;;) {
		reap(m);
		spawn_all(m);
		int number = sigtimedwait(&set, NULL, &patience);
		if (number == SIGTERM || number == SIGINT)
			break;
		if (number == SIGHUP)
			exec_again(m);
	}
	app_stopping = 1;
	log_line(NULL, "told to stop");
	drain(m);
	return 0;
}

static int print_routes(const struct app *app)
{
	static const char *const roles[] = { "public", "expired", "user", "admin" };
	for (size_t i = 0; i < app->n; i++)
		printf("%s %s %s %s %s\n", method_name(app->routes[i].method), app->routes[i].path, roles[app->routes[i].role],
			app->routes[i].scope ? app->routes[i].scope : "-", app->routes[i].help ? app->routes[i].help : "");
	return 0;
}

int app_main(const struct app *app, int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' }, { "workers", required_argument, NULL, 'w' }, { "routes", no_argument, NULL, 'r' }, {0},
	};
	static struct master m;
	const char *path = NULL;
	int64_t workers = app->workers ? app->workers : WORKERS;
	program = app->name;
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == 'r')
			return print_routes(app);
		if (option == 's')
			path = optarg;
		else if (option != 'w' || !parse_int(optarg, 1, MOST_WORKERS, &workers))
			die("usage: naru-%s --socket PATH [--workers N] | --routes", app->name);
	}
	if (sodium_init() < 0)
		die("libsodium does not start");
	conf_start();
	m.app = app;
	m.argv = argv;
	m.workers = (int)workers;
	if (readlink("/proc/self/exe", m.path, sizeof m.path - 1) < 0)
		die("/proc/self/exe: %s", strerror(errno));
	m.listener = open_listener(path);
	transfers_start(m.workers);
	return run(&m);
}
