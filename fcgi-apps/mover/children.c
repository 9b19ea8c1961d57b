/* children: the processes that work at transfers. Each leads a group of its own, its lanes; none outlives the daemon. */
#include "moving.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_CHILDREN = 64, NAME = 128, PATIENCE_MS = 2000 };

struct child { pid_t pid; bool tidies; char id[24], user[NAME], from[NAME], to[NAME]; int64_t hurry; };

static struct child children[MOST_CHILDREN];

static void copy(char *to, size_t n, const char *from)
{
	size_t k = strlen(from);

	if (k >= n)
		k = n - 1;
	memcpy(to, from, k);
	to[k] = '\0';
}

static struct child *find(const char *id)
{
	for (size_t i = 0; i < MOST_CHILDREN; i++)
		if (children[i].pid && same(children[i].id, id))
			return &children[i];
	return NULL;
}

bool child_runs(const char *id)
{
	return find(id) != NULL;
}

int children_running(void)
{
	int n = 0;

	for (size_t i = 0; i < MOST_CHILDREN; i++)
		n += children[i].pid != 0;
	return n;
}

static bool uses(const struct child *c, const char *user, const char *place)
{
	return place && same(c->user, user) && (same(c->from, place) || same(c->to, place));
}

struct load child_load(const struct transfer *t)
{
	struct load load = { 0 };

	for (size_t i = 0; i < MOST_CHILDREN; i++) {
		const struct child *c = &children[i];

		if (!c->pid)
			continue;
		load.of_user += same(c->user, t->user);
		load.of_from += uses(c, t->user, t->from_place);
		load.of_to += uses(c, t->user, t->to_place);
	}
	return load;
}

__attribute__((noreturn)) static void become(const char *what, const char *id, pid_t parent)
{
	const char *argv[] = { "naru-mover", what, id, NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	_exit(127);
}

bool child_start(const struct transfer *t, const char *what)
{
	struct child *c = children;
	pid_t parent = getpid();

	while (c < children + MOST_CHILDREN && c->pid)
		c++;
	if (c == children + MOST_CHILDREN || find(t->id))
		return false;
	c->pid = fork();
	if (c->pid == 0)
		become(what, t->id, parent);
	if (c->pid < 0) {
		log_line(NULL, "fork: %s", strerror(errno));
		c->pid = 0;
		return false;
	}
	setpgid(c->pid, c->pid);
	c->hurry = 0;
	c->tidies = same(what, "tidy");
	copy(c->id, sizeof c->id, t->id);
	copy(c->user, sizeof c->user, t->user);
	copy(c->from, sizeof c->from, t->from_place);
	copy(c->to, sizeof c->to, t->to_place);
	return true;
}

void child_stop(const char *id)
{
	struct child *c = find(id);

	if (!c || c->hurry)
		return;
	kill(c->pid, SIGTERM);
	c->hurry = clock_ms() + PATIENCE_MS;
}

void children_hurry(void)
{
	for (size_t i = 0; i < MOST_CHILDREN; i++)
		if (children[i].pid && children[i].hurry && children[i].hurry <= clock_ms())
			kill(-children[i].pid, SIGKILL);
}

bool children_reap(void (*ended)(const char *id, bool tidied, int status))
{
	bool any = false;
	int status;

	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0; any = true)
		for (size_t i = 0; i < MOST_CHILDREN; i++)
			if (children[i].pid == pid) {
				kill(-pid, SIGKILL); /* lanes that are left */
				children[i].pid = 0;
				ended(children[i].id, children[i].tidies, status);
			}
	return any;
}

void children_kill(void)
{
	for (size_t i = 0; i < MOST_CHILDREN; i++)
		if (children[i].pid)
			kill(-children[i].pid, SIGKILL);
}
