/*
 * children: processes of this program, one for each key ("act abc…"). Each belongs to a user or to the site. A user has a share of each kind, so
 * nobody fills the table with what hangs, and what ends apps never waits behind what starts them. Whoever finds no place asks again later.
 */
#include "deployer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_CHILDREN = 256, MOST_STARTS = 160, FIRST_MS = 125, SLOWEST_MS = 30000, KEY = 160, USER = 80 };

/* Of a user, at a time. */
static const int share_of[CHILD_KINDS] = { [CHILD_SITE] = MOST_CHILDREN, [CHILD_START] = 8, [CHILD_STOP] = 4, [CHILD_VOLUME] = 2, [CHILD_LOG] = 3,
	[CHILD_IMAGE] = 2, [CHILD_MAIL] = 1 };

/* One that failed is kept without a process and not started again before .next. */
struct child { char key[KEY], user[USER]; enum child_kind kind; pid_t pid; int64_t next; int failures; };

static struct child children[MOST_CHILDREN];

/* ---- places --------------------------------------------------------------------------------------------------- */

static struct child *find(const char *key)
{
	for (size_t i = 0; i < MOST_CHILDREN; i++)
		if (children[i].key[0] && same(children[i].key, key))
			return &children[i];
	return NULL;
}

/* An empty one, else one that waits after a failure: that it failed is forgotten, and it begins anew when it is asked for. */
static struct child *free_place(void)
{
	struct child *best = NULL;

	for (size_t i = 0; i < MOST_CHILDREN; i++) {
		if (!children[i].key[0])
			return &children[i];
		if (!children[i].pid && (!best || children[i].next < best->next))
			best = &children[i];
	}
	return best;
}

static bool share_left(const struct child_job *job)
{
	int own = 0, starts = 0;

	for (size_t i = 0; i < MOST_CHILDREN; i++) {
		const struct child *c = &children[i];

		own += c->pid && c->kind == job->kind && same(c->user, job->user);
		starts += c->pid && c->kind == CHILD_START;
	}
	return own < share_of[job->kind] && (job->kind != CHILD_START || starts < MOST_STARTS);
}

static struct child *place_for(const struct child_job *job)
{
	struct child *child = find(job->key);

	if (child ? child->pid || child->next > clock_ms() : strlen(job->key) >= KEY || strlen(job->user) >= USER)
		return NULL;
	if (!share_left(job) || (!child && !(child = free_place())))
		return NULL;
	if (!same(child->key, job->key))
		*child = (struct child){ 0 };
	memcpy(child->key, job->key, strlen(job->key) + 1);
	memcpy(child->user, job->user, strlen(job->user) + 1);
	child->kind = job->kind;
	return child;
}

/* ---- their lives ---------------------------------------------------------------------------------------------- */

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

bool spawn(const struct child_job *job)
{
	struct child *child = place_for(job);
	pid_t parent = getpid();

	if (!child)
		return false;
	child->pid = fork();
	if (child->pid == 0)
		become(job->words, job->fd, parent);
	if (child->pid < 0) {
		log_line(NULL, "fork: %s", strerror(errno));
		*child = (struct child){ 0 };
		return false;
	}
	return true;
}

/* Each failure in a row doubles the wait, from a quarter of a second on. */
static void ended(struct child *child, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		*child = (struct child){ 0 };
		return;
	}
	child->pid = 0;
	child->failures++;
	int64_t wait = child->failures > 7 ? SLOWEST_MS : (int64_t)FIRST_MS << child->failures;

	child->next = clock_ms() + (wait > SLOWEST_MS ? SLOWEST_MS : wait);
	if (!WIFEXITED(status))
		log_line(NULL, "%s ended with signal %d", child->key, WTERMSIG(status));
}

bool children_reap(void)
{
	bool any = false;
	int status;

	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0; any = true)
		for (size_t i = 0; i < MOST_CHILDREN; i++)
			if (children[i].pid == pid)
				ended(&children[i], status);
	return any;
}

void children_kill(void)
{
	for (size_t i = 0; i < MOST_CHILDREN; i++)
		if (children[i].pid > 0)
			kill(children[i].pid, SIGKILL);
}
