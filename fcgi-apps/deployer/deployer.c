/* naru-deployer: see deployer.h. The first process answers asks and starts the others; none of them outlives it. */
#include "deployer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster.h"
#include "conf.h"
#include "daemon.h"

enum { ROUND_MS = 1000, IDLE_EVERY_MS = 60000 };

static bool again;
static int64_t idle_next;

void look_again(void)
{
	again = true;
}

/* ---- what there is to do ------------------------------------------------------------------------------------------ */

static bool wants_act(const struct deployment *app)
{
	if (same(app->wanted, "gone"))
		return true;
	return same(app->wanted, "run") ? app_holds(app) && !same(app->state, APP_RUNNING) : app_holds(app);
}

static void look_at(struct ctx *ctx, struct db *db, const struct closed *closed, const struct deployment *app)
{
	const char *words[] = { "act", app->id, NULL };

	if (!clock_closed(ctx, db, closed, app)) {
		forget(ctx);
		return;
	}
	if (wants_act(app))
		spawn(&(struct child_job){ same(app->wanted, "run") ? CHILD_START : CHILD_STOP, app->user, text(ctx->arena, "act %s", app->id), words, -1 });
	else if (!clock_app(ctx, db, app))
		forget(ctx);
}

static void look_at_all(struct db *db)
{
	struct ctx ctx = { .arena = arena_new(0), .tag = "look" };
	struct closed closed = closed_owners(&ctx);
	struct app_list apps;

	again = false;
	if (!keep_all(&ctx, db, &apps) || !volumes_look(&ctx, db))
		log_line(&ctx, "%s (%s)", ctx.error.message, ctx.error.detail ? ctx.error.detail : "");
	else
		for (size_t i = 0; i < apps.n; i++)
			look_at(&ctx, db, &closed, &apps.at[i]);
	arena_free(ctx.arena);
}

static void keep_watches(void)
{
	struct texts engines = cluster_engines();
	struct arena *arena = arena_new(0);

	for (size_t i = 0; i < engines.n; i++) {
		const char *words[] = { "watch", engines.at[i], NULL };

		spawn(&(struct child_job){ CHILD_SITE, "", text(arena, "watch %s", engines.at[i]), words, -1 });
	}
	if (idle_next <= clock_ms()) {
		static const char *const words[] = { "idle", NULL };

		spawn(&(struct child_job){ CHILD_SITE, "", "idle", words, -1 });
		idle_next = clock_ms() + IDLE_EVERY_MS;
	}
	arena_free(arena);
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
	again = children_reap() || again;
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
			desk_serve(&deployer_desk, listener, db);
		if (again || round <= clock_ms())
			look_at_all(db);
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
	children_kill();
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
	if (argc == 5 && same(argv[1], "image"))
		return image_main(argv[2], argv[3], argv[4]);
	if (argc == 2 && same(argv[1], "idle"))
		return idle_main();
	if (argc == 4 && same(argv[1], "idle") && parse_int(argv[3], GPUS_UNKNOWN, 100, &most))
		return idle_one_main(argv[2], most);
	if (argc == 3 && same(argv[1], "mail"))
		return mail_main(argv[2]);
	die("usage: naru-deployer --socket PATH");
}
