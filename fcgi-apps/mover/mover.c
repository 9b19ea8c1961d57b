/* naru-mover: see moving.h. The first process answers asks and starts the others; none of them outlives it. */
#include "moving.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf.h"
#include "daemon.h"

enum { ROUND_MS = 1000, FORGET_EVERY = 600, LATER_S = 2, MOST_LATER_S = 600 };

static bool again;
static struct db *records;
static char last_user[128];

void look_again(void)
{
	again = true;
}

static void tell(struct ctx *ctx)
{
	log_line(ctx, "%s (%s)", ctx->error.message, ctx->error.detail ? ctx->error.detail : "");
	forget(ctx);
}

/* ---- starting ---------------------------------------------------------------------------------------------------- */

static bool begin(struct ctx *ctx, struct db_write *db, struct transfer *t, void *arg)
{
	bool *good = arg;

	(void)ctx;
	(void)db;
	*good = same(t->state, TRANSFER_QUEUED);
	if (!*good)
		return true;
	t->state = TRANSFER_RUNNING;
	t->run++;
	t->code = 0;
	t->words = NULL;
	t->as_of = now();
	if (!t->started || t->walk == WALK_CLEAR)
		t->started = now();
	return true;
}

static bool start_one(struct ctx *ctx)
{
	struct transfer t;
	bool found = false, good = false;

	if (children_running() >= (int)conf_int("mover", "running", 8) || !queue_next(ctx, records, last_user, child_load, &found, &t) || !found)
		return false;
	if (!keep_change(ctx, records, t.id, &found, begin, &good) || !good || !child_start(&t, "work"))
		return false;
	if (strlen(t.user) < sizeof last_user)
		memcpy(last_user, t.user, strlen(t.user) + 1);
	return true;
}

/* ---- ends ---------------------------------------------------------------------------------------------------------- */

/* It did not say itself how it ended: it is taken up again, later each time. */
static bool crashed(struct ctx *ctx, struct db_write *db, struct transfer *t, void *arg)
{
	(void)ctx;
	(void)db;
	(void)arg;
	if (!same(t->state, TRANSFER_RUNNING))
		return true;
	int64_t wait = t->tries > 8 ? MOST_LATER_S : (int64_t)LATER_S << t->tries;

	t->tries++;
	t->state = TRANSFER_WAITING;
	t->next_try = now() + (wait > MOST_LATER_S ? MOST_LATER_S : wait) - (t->tries == 1 ? LATER_S - 1 : 0);
	t->code = MOVER_E_CRASHED;
	t->words = NULL;
	t->speed = 0;
	return true;
}

/* A big file that will not be finished is not left to lie in the folder. */
static void tidy_after(struct ctx *ctx, const char *id)
{
	struct transfer t;
	bool found = false;

	if (keep_read(ctx, records, id, &found, &t) && found && same(t.state, TRANSFER_CANCELLED) && !t.dry)
		child_start(&t, "tidy");
}

static void on_end(const char *id, bool tidied, int status)
{
	struct ctx ctx = { .arena = arena_new(0), .tag = id };
	bool found;

	if (!WIFEXITED(status))
		log_line(&ctx, "its process ended with signal %d", WTERMSIG(status));
	if (!tidied && !keep_change(&ctx, records, id, &found, crashed, NULL))
		tell(&ctx);
	if (!tidied)
		tidy_after(&ctx, id);
	arena_free(ctx.arena);
	again = true;
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
	children_reap(on_end);
	return go_on;
}

static void look(void)
{
	struct ctx ctx = { .arena = arena_new(0), .tag = "look" };
	int64_t next = 0;
	bool left = false;

	again = false;
	children_hurry();
	if (!queue_due(&ctx, records, &next))
		tell(&ctx);
	while (start_one(&ctx))
		arena_reset(ctx.arena);
	if (ctx.error.kind)
		tell(&ctx);
	if (!keep_sweep(&ctx, records, &left))
		tell(&ctx);
	again = again || left;
	arena_free(ctx.arena);
}

static void tidy(int64_t rounds)
{
	struct ctx ctx = { .arena = arena_new(0), .tag = "tidy" };

	if (rounds % 60 == 0)
		db_check_readers(records);
	if (rounds % FORGET_EVERY == 0 && !queue_forget(&ctx, records))
		tell(&ctx);
	arena_free(ctx.arena);
}

static void serve(int listener)
{
	struct pollfd p[2] = { { .fd = listener, .events = POLLIN }, { .fd = daemon_signals(), .events = POLLIN } };
	int64_t round = 0, rounds = 0;

	for (;;) {
		int64_t left = round - clock_ms();

		if (poll(p, 2, again || left < 0 ? 0 : (int)left) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));
		if (p[1].revents && !on_signal(p[1].fd))
			return;
		if (p[0].revents)
			desk_serve(&mover_desk, listener, records);
		if (!again && round > clock_ms())
			continue;
		look();
		if (round <= clock_ms()) {
			tidy(rounds++);
			round = clock_ms() + ROUND_MS;
		}
	}
}

static int serve_main(const char *path)
{
	struct ctx ctx = { .arena = arena_new(0) };
	int listener;

	umask(0007);
	if (!db_open(&ctx, "transfers", DB_READ_WRITE, &records) || !queue_recover(&ctx, records))
		die("%s (%s)", ctx.error.message, ctx.error.detail ? ctx.error.detail : "");
	listener = desk_listen(path);
	log_line(NULL, "ready");
	serve(listener);
	children_kill();
	arena_free(ctx.arena);
	return 0;
}

int main(int argc, char **argv)
{
	program = "naru-mover";
	conf_start();
	if (argc == 3 && same(argv[1], "--socket"))
		return serve_main(argv[2]);
	signal(SIGPIPE, SIG_IGN);
	umask(0007);
	if (argc == 3 && same(argv[1], "work"))
		return work_main(argv[2]);
	if (argc == 3 && same(argv[1], "tidy"))
		return tidy_main(argv[2]);
	die("usage: naru-mover --socket PATH");
}
