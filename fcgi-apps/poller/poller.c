/* naru-poller: one process for each [cluster NAME], started again when it ends. See poller.h, and watch.c for what it does. */
#include "poller.h"

#include "conf.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CLUSTERS = 32, RESTART_S = 2, READERS_MS = 60000 };
/* Room for a list of 100 MB as records. */
static const size_t arena_limit = (size_t)1 << 30;

static volatile sig_atomic_t ending;

static void on_end(int number)
{
	(void)number;
	ending = 1;
}

/* TERM and INT end, HUP ends too: the supervisor starts the next with the new settings. No SA_RESTART: sleeping must be cut short. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_end };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void pause_ms(int ms)
{
	struct timespec time = { ms / 1000, (long)(ms % 1000) * 1000000L };

	if (!ending)
		nanosleep(&time, NULL);
}

/* ---- the process of one cluster ---- */

static void log_error(const struct ctx *ctx)
{
	log_line(ctx, "%s (%s)", ctx->error.message, ctx->error.detail != NULL ? ctx->error.detail : "no detail");
}

/* The environment may be out of reach for a while (disk full, not yet made): try again, do not spin. */
static void open_state(struct watch *watch)
{
	while (watch->db == NULL) {
		struct arena *arena = arena_new(0);
		struct ctx ctx = { .arena = arena, .tag = watch->name };

		if (!db_open(&ctx, "sched", DB_READ_WRITE, &watch->db) || !watch_start(&ctx, watch)) {
			log_error(&ctx);
			db_close(watch->db);
			watch->db = NULL;
			pause_ms(2000);
		}
		arena_free(arena);
	}
}

__attribute__((noreturn)) static void run_cluster(const char *name, const struct sched_driver *driver)
{
	struct watch watch = { .name = name, .driver = driver };
	struct arena *arena = arena_new(arena_limit);
	int64_t check = 0;

	watch.own = arena_new(0);
	watch.nodes_arena = arena_new(0);
	watch.waiting_arena = arena_new(0);
	open_state(&watch);
	for (;;) {
		struct ctx ctx = { .arena = arena, .tag = name };

		pause_ms(watch_round(&ctx, &watch));
		arena_reset(arena);
		if (clock_ms() >= check) {
			db_check_readers(watch.db);
			check = clock_ms() + READERS_MS;
		}
	}
}

/* ---- the parent ---- */

struct child { const char *name; const struct sched_driver *driver; pid_t pid; };

static void start_child(struct child *child)
{
	pid_t parent = getpid();

	child->pid = fork();
	if (child->pid < 0)
		die("fork: %s", strerror(errno));
	if (child->pid > 0)
		return;
	/* A signal ends it at once: what is not committed has not happened. */
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(0);
	run_cluster(child->name, child->driver);
}

static size_t find_clusters(struct ctx *ctx, struct child *children)
{
	struct texts names = sched_clusters();
	size_t n = 0;

	for (size_t i = 0; i < names.n && n < MOST_CLUSTERS; i++) {
		struct child child = { .name = names.at[i] };

		if (sched_driver_of(ctx, child.name, &child.driver)) {
			children[n++] = child;
			continue;
		}
		log_line(ctx, "cluster %s: %s (%s)", child.name, ctx->error.message, ctx->error.detail != NULL ? ctx->error.detail : "");
		forget(ctx);
	}
	return n;
}

static void end_children(struct child *children, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (children[i].pid > 0)
			kill(children[i].pid, SIGTERM);
	for (size_t i = 0; i < n; i++)
		while (children[i].pid > 0 && waitpid(children[i].pid, NULL, 0) < 0 && errno == EINTR)
			;
}

/* A process that ended is started again, but not faster than every RESTART_S seconds. */
static void supervise(struct child *children, size_t n)
{
	while (!ending) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);

		if (pid < 0 && errno == ECHILD)
			pause_ms(10000);
		for (size_t i = 0; pid > 0 && i < n && !ending; i++)
			if (children[i].pid == pid) {
				log_line(NULL, "the process of cluster %s ended with status %d", children[i].name, status);
				children[i].pid = 0;
				pause_ms(RESTART_S * 1000);
				if (!ending)
					start_child(&children[i]);
			}
	}
}

int main(int argc, char **argv)
{
	struct child children[MOST_CLUSTERS];
	struct ctx ctx = { .arena = arena_new(0) };
	size_t n;

	(void)argv;
	program = "naru-poller";
	if (argc > 1)
		die("no arguments are understood; settings are in $NARU_CONF");
	conf_start();
	catch_signals();
	n = find_clusters(&ctx, children);
	if (n == 0)
		log_line(NULL, "there is no cluster to watch");
	for (size_t i = 0; i < n; i++)
		start_child(&children[i]);
	supervise(children, n);
	end_children(children, n);
	arena_free(ctx.arena);
	return 0;
}
