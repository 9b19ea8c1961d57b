/* naru-deployer: see deployer.h. The first process answers asks and starts the others; none of them outlives it. */
#include "deployer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cluster.h"
#include "conf.h"
#include "daemon.h"

enum { MOST_CHILDREN = 256, ROUND_MS = 1000, SLOWEST_MS = 30000, IDLE_EVERY_MS = 60000, KEY = 120 };

/* A process for one key ("act abc…"). One that failed is not started again before .next. */
struct child { char key[KEY]; pid_t pid; int64_t next; int failures; };

static struct child children[MOST_CHILDREN];
static bool again;
static int64_t idle_next;

void look_again(void)
{
	again = true;
}

/* ---- children ------------------------------------------------------------------------------------------------- */

static struct child *place_of(const char *key)
{
	struct child *free_place = NULL;

	for (size_t i = 0; i < MOST_CHILDREN; i++) {
		if (same(children[i].key, key))
			return &children[i];
		if (!free_place && !children[i].pid && (!children[i].key[0] || children[i].next <= clock_ms()))
			free_place = &children[i];
	}
	if (!free_place || strlen(key) >= KEY)
		return NULL;
	*free_place = (struct child){ 0 };
	memcpy(free_place->key, key, strlen(key) + 1);
	return free_place;
}

__attribute__((noreturn)) static void become(const char *const *words, int fd, pid_t parent)
{
	const char *argv[8] = { "naru-deployer" };
	sigset_t none;

	for (size_t i = 0; words[i] && i + 2 < COUNT(argv); i++)
		argv[i + 1] = words[i];
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (fd >= 0 && (fd == 3 ? fcntl(3, F_SETFD, 0) : dup2(fd, 3)) < 0)
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	_exit(127);
}

bool spawn(const char *key, const char *const *words, int fd)
{
	struct child *child = place_of(key);
	pid_t parent = getpid();

	if (!child || child->pid || child->next > clock_ms())
		return false;
	child->pid = fork();
	if (child->pid == 0)
		become(words, fd, parent);
	if (child->pid < 0) {
		log_line(NULL, "fork: %s", strerror(errno));
		child->pid = 0;
	}
	return child->pid > 0;
}

/* Each failure in a row doubles the wait, from a quarter of a second on. */
static void child_ended(struct child *child, int status)
{
	bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	child->pid = 0;
	child->failures = good ? 0 : child->failures + 1;
	if (good) {
		child->key[0] = '\0';
	} else {
		int64_t wait = child->failures > 7 ? SLOWEST_MS : (int64_t)125 << child->failures;

		child->next = clock_ms() + (wait > SLOWEST_MS ? SLOWEST_MS : wait);
		if (!WIFEXITED(status))
			log_line(NULL, "%s ended with signal %d", child->key, WTERMSIG(status));
	}
	again = true;
}

static void reap(void)
{
	int status;

	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		for (size_t i = 0; i < MOST_CHILDREN; i++)
			if (children[i].pid == pid)
				child_ended(&children[i], status);
}

static void end_all(void)
{
	for (size_t i = 0; i < MOST_CHILDREN; i++)
		if (children[i].pid > 0)
			kill(children[i].pid, SIGKILL);
}

/* ---- what there is to do ------------------------------------------------------------------------------------------ */

static bool wants_act(const struct deployment *app)
{
	if (same(app->wanted, "gone"))
		return true;
	return same(app->wanted, "run") ? app_holds(app) && !same(app->state, APP_RUNNING) : app_holds(app);
}

static void look_at(struct ctx *ctx, struct db *db, const struct deployment *app)
{
	const char *words[] = { "act", app->id, NULL };

	if (wants_act(app))
		spawn(text(ctx->arena, "act %s", app->id), words, -1);
	else if (!clock_app(ctx, db, app))
		forget(ctx);
}

static void look_at_apps(struct db *db)
{
	struct ctx ctx = { .arena = arena_new(0), .tag = "look" };
	struct app_list apps;

	again = false;
	if (!keep_all(&ctx, db, &apps))
		log_line(&ctx, "%s (%s)", ctx.error.message, ctx.error.detail ? ctx.error.detail : "");
	else
		for (size_t i = 0; i < apps.n; i++)
			look_at(&ctx, db, &apps.at[i]);
	arena_free(ctx.arena);
}

static void keep_watches(void)
{
	struct texts engines = cluster_engines();

	for (size_t i = 0; i < engines.n; i++) {
		char key[KEY];
		const char *words[] = { "watch", engines.at[i], NULL };

		if (snprintf(key, sizeof key, "watch %s", engines.at[i]) < KEY)
			spawn(key, words, -1);
	}
	if (idle_next <= clock_ms()) {
		static const char *const idle[] = { "idle", NULL };

		spawn("idle", idle, -1);
		idle_next = clock_ms() + IDLE_EVERY_MS;
	}
}

/* ---- the loop -------------------------------------------------------------------------------------------------------- */

/* False: time to end. The supervisor starts the next with the new program and the new settings. */
static bool on_signal(int fd)
{
	struct signalfd_siginfo s;
	bool go_on = true;

	while (read(fd, &s, sizeof s) == (ssize_t)sizeof s)
		if (s.ssi_signo != SIGCHLD)
			go_on = false;
	reap();
	return go_on;
}

static void serve(int listener, struct db *db)
{
	struct pollfd p[2] = { { .fd = listener, .events = POLLIN }, { .fd = daemon_signals(), .events = POLLIN } };
	int64_t round = 0, readers = 0;

	for (;;) {
		int64_t left = round - clock_ms();

		if (poll(p, 2, again ? 0 : left > 0 ? (int)left : 0) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));
		if (p[1].revents && !on_signal(p[1].fd))
			return;
		if (p[0].revents)
			desk_serve(listener, db);
		if (again || round <= clock_ms())
			look_at_apps(db);
		if (round > clock_ms())
			continue;
		keep_watches();
		round = clock_ms() + ROUND_MS;
		if (readers++ % 60 == 0)
			db_check_readers(db);
	}
}

static int serve_main(const char *path)
{
	struct ctx ctx = { .arena = arena_new(0) };
	struct db *db;
	int listener;

	umask(0007);
	if (!db_open(&ctx, "apps", DB_READ_WRITE, &db))
		die("%s (%s)", ctx.error.message, ctx.error.detail ? ctx.error.detail : "");
	listener = desk_listen(path);
	log_line(NULL, "ready");
	serve(listener, db);
	end_all();
	arena_free(ctx.arena);
	return 0;
}

int main(int argc, char **argv)
{
	int64_t most = 0;

	program = "naru-deployer";
	conf_start();
	if (argc == 3 && same(argv[1], "--socket"))
		return serve_main(argv[2]);
	signal(SIGPIPE, SIG_IGN);
	umask(0007);
	if (argc == 3 && same(argv[1], "act"))
		return act_main(argv[2]);
	if (argc == 3 && same(argv[1], "watch"))
		return watch_main(argv[2]);
	if (argc == 5 && same(argv[1], "log") && parse_int(argv[3], 0, INT32_MAX, &most))
		return log_main(argv[2], most, argv[4]);
	if (argc == 5 && same(argv[1], "volume"))
		return volume_main(argv[2], argv[3], argv[4]);
	if (argc == 2 && same(argv[1], "idle"))
		return idle_main();
	if (argc == 4 && same(argv[1], "mail"))
		return mail_main(argv[2], argv[3]);
	die("usage: naru-deployer --socket PATH");
}
