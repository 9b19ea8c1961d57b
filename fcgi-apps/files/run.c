/* run: naru-preview for one file. It gets the file and a pipe for its answer, and nothing else of this process. */
#include "previews.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preview_wire.h"
#include "program.h"

enum { ANSWER_MOST = 25 << 20, RUN_MS = 6000 };

struct run { pid_t pid; int answer; const char *how, *number; };

static _Noreturn void become_preview(const struct run *run, int fd, int in, int out)
{
	char *const argv[] = { (char[]){ "naru-preview" }, (char *)(uintptr_t)run->how, (char *)(uintptr_t)run->number, NULL }, *const env[] = { NULL };
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(in, 0) == 0 && dup2(out, 1) == 1 && (fd == 3 || dup2(fd, 3) == 3)) {
		close(2);
		close_range(4, ~0u, 0);
		execveat(3, "", argv, env, AT_EMPTY_PATH);
	}
	_exit(127);
}

static bool cannot(struct ctx *c, const char *what)
{
	return fail(c, KIND_UNAVAILABLE, tr(c, "Previews do not work on this site now. Download the file to see it."), "naru-preview: %s: %s", what, strerror(errno));
}

/* The program is opened each time, so that a new one serves as soon as it is there. */
static bool start(struct ctx *c, struct run *run, int in)
{
	int ends[2], preview = program_beside("naru-preview");
	if (preview < 0)
		return cannot(c, "open");
	if (pipe2(ends, O_CLOEXEC) < 0) {
		close(preview);
		return cannot(c, "pipe");
	}
	run->pid = fork();
	if (run->pid == 0)
		become_preview(run, preview, in, ends[1]);
	close(preview);
	close(ends[1]);
	run->answer = ends[0];
	if (run->pid > 0)
		return true;
	close(ends[0]);
	return cannot(c, "fork");
}

/* All that comes, in time. */
static bool read_answer(struct ctx *c, const struct run *run, struct buf *b)
{
	static char block[65536];
	int64_t until = clock_ms() + ctx_left_ms(c, RUN_MS);
	for (;;) {
		struct pollfd p = { .fd = run->answer, .events = POLLIN };
		int64_t left = until - clock_ms();
		if (left <= 0 || b->n > ANSWER_MOST || poll(&p, 1, (int)left) == 0)
			return false;
		ssize_t n = read(run->answer, block, sizeof block);
		if (n == 0)
			return true;
		if (n > 0)
			buf_add(b, block, (size_t)n);
		else if (errno != EINTR)
			return false;
	}
}

static int finish(const struct run *run, bool in_time)
{
	int status = 0;
	close(run->answer);
	if (!in_time)
		kill(run->pid, SIGKILL);
	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		;
	return in_time && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool say_why(struct ctx *c, int status)
{
	if (status == PREVIEW_UNKNOWN)
		return fail(c, KIND_INVALID, tr(c, "The name promises something that can be shown, but the content is of another kind. Download it, or look at its bytes."), "preview: unknown");
	if (status == PREVIEW_TOO_LARGE)
		return fail(c, KIND_TOO_LARGE, tr(c, "This is too large to be shown here. Download it to see it."), "preview: too large");
	return fail(c, KIND_INVALID, tr(c, "This cannot be shown: the file is damaged, or it takes too long. Download it to look at it with a program of yours."),
		"preview: ended with %d", status);
}

bool preview_run(struct ctx *c, const char *how, const char *number, int fd, struct bytes *out)
{
	struct run run = { .how = how, .number = number };
	struct buf b = { 0 };
	lseek(fd, 0, SEEK_SET); /* a pipe has no place to go to */
	if (!start(c, &run, fd))
		return false;
	bool in_time = read_answer(c, &run, &b);
	int status = finish(&run, in_time);
	if (status == PREVIEW_DONE)
		*out = (struct bytes){ (const unsigned char *)arena_copy(c->arena, b.n ? b.at : "", b.n), b.n };
	buf_free(&b);
	return status == PREVIEW_DONE || say_why(c, status);
}
