/*
 * The deployer's children: one for each key, a share for each user and kind, and a wait after a failure.
 * flags: -Ifcgi-apps/deployer
 * link: fcgi-apps/deployer/children.c
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "deployer.h"
#include "tap.h"

enum { A_WHILE_MS = 10000 };

static struct arena *arena;

/* As the deployer asks for `act ID`: a process that stays until it is killed. */
static bool start(enum child_kind kind, const char *user, const char *key)
{
	const char *words[] = { "stay", NULL };

	return spawn(&(struct child_job){ kind, user, key, words, -1 });
}

static int start_many(enum child_kind kind, const char *user, int n)
{
	int started = 0;

	for (int i = 0; i < n; i++)
		started += start(kind, user, text(arena, "%d %s %d", (int)kind, user, i));
	return started;
}

static bool end(const char *key, const char *how)
{
	const char *words[] = { how, NULL };

	return spawn(&(struct child_job){ CHILD_LOG, "erin", key, words, -1 });
}

static bool reaped(void)
{
	for (int i = 0; i < A_WHILE_MS / 5; i++) {
		if (children_reap())
			return true;
		usleep(5000);
	}
	return false;
}

/* Until it may be started, or not within `ms`. */
static bool in_time(const char *key, int ms)
{
	for (int64_t end_ms = clock_ms() + ms; clock_ms() < end_ms; usleep(5000))
		if (end(key, "well"))
			return true;
	return false;
}

static void shares(void)
{
	int first = start_many(CHILD_START, "alice", 200);

	ok(first > 0 && first <= 16, "a user who asks for 200 starts has %d at a time", first);
	ok(!start(CHILD_START, "alice", "one more"), "and no other");
	ok(!start(CHILD_START, "alice", text(arena, "%d alice 0", (int)CHILD_START)), "none twice");
	ok(start(CHILD_START, "bob", "his"), "while another user starts theirs");
	ok(start(CHILD_STOP, "alice", "stop"), "what ends apps does not wait behind what starts them");
	ok(start(CHILD_LOG, "alice", "log") && start(CHILD_VOLUME, "alice", "volume") && start(CHILD_MAIL, "alice", "mail"), "nor does anything else");
	ok(start(CHILD_SITE, "", "watch a") && start(CHILD_SITE, "", "watch b"), "nor the site's own");
}

static void full(void)
{
	int sum = 0;

	for (int i = 0; i < 60; i++)
		sum += start_many(CHILD_START, text(arena, "user%d", i), 200);
	ok(sum > 100 && sum < 200, "60 users who start all they can have %d processes", sum);
	ok(start(CHILD_STOP, "carol", "her stop") && start(CHILD_LOG, "carol", "her log"), "and there is place for what is no start");
	ok(start(CHILD_SITE, "", "watch c"), "and for the site");
}

static void failures(void)
{
	ok(end("ends", "well") && reaped() && end("ends", "well") && reaped(), "one that ended well may come again at once");
	ok(end("fails", "badly") && reaped() && !end("fails", "well"), "one that failed waits");
	ok(in_time("fails", A_WHILE_MS) && reaped(), "and may come again after a while");
	ok(!start(CHILD_LOG, "erin", memset(arena_alloc(arena, 1000), 'x', 999)), "a key that is too long is none");
}

/* The log would name each. */
static void all_end(void)
{
	int before = dup(2), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(nowhere, 2);
	children_kill();
	bool any = reaped();
	dup2(before, 2);
	ok(any, "all end with the deployer");
}

int main(int argc, char **argv)
{
	if (argc > 1 && same(argv[1], "stay"))
		for (;;)
			pause();
	if (argc > 1)
		return same(argv[1], "badly");
	program = "children_test";
	arena = arena_new(0);
	shares();
	full();
	failures();
	all_end();
	arena_free(arena);
	return done_testing();
}
