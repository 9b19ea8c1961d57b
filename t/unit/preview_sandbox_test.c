/*
 * The sandbox of naru-preview: what a program in it still can do, and that everything else ends it.
 * link: fcgi-apps/preview/sandbox.c
 * flags: -iquote fcgi-apps/preview
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "preview.h"
#include "tap.h"

/* The call itself: a sanitizer's _exit() does more than the sandbox lets it. */
static _Noreturn void leave(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

void stop(enum preview_status status)
{
	leave(status);
}

static int may_write(void) { return write(1, "", 0) == 0; }
static int may_allocate(void) { char *at = malloc(1 << 20); return at && memset(at, 1, 1 << 20) && malloc(20 << 20); }
static int may_read(void) { char c; return read(0, &c, 1) == 1 && c == 'x'; }

static int opens(void) { return open("/etc/passwd", O_RDONLY) >= 0; }
static int makes_socket(void) { return socket(AF_INET, SOCK_STREAM, 0) >= 0; }
static int forks(void) { return syscall(SYS_fork) >= 0; }
static int executes(void) { char *const argv[] = { (char[]){ "true" }, NULL }; return execv("/bin/true", argv) == 0; }
static int reads_another(void) { char c; return read(3, &c, 1) > 0; }
static int writes_another(void) { return write(2, "x", 1) == 1; }
static int kills(void) { return kill(getppid(), 0) == 0; }
static int runs_memory(void) { return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED; }
static int maps_file(void) { return mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 0, 0) != MAP_FAILED; }
static int traces(void) { return syscall(SYS_ptrace, 0, 0, 0, 0) == 0; }
static int looks_at_time(void) { return syscall(SYS_uname, (char[400]){ 0 }) == 0; }
#ifndef __SANITIZE_ADDRESS__
static int takes_much(void) { return malloc((size_t)1 << 30) != NULL; }
#endif

/* The child's status; what it was given on descriptors 0, 1 and 3. */
static int run(int (*what)(void))
{
	int in[2], status = 0;
	if (pipe(in) || write(in[1], "x", 1) != 1)
		die("pipe");
	pid_t pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(open("/dev/null", O_WRONLY), 1);
		dup2(open("/etc/passwd", O_RDONLY), 3);
		sandbox();
		leave(what() ? 42 : 43);
	}
	close(in[0]);
	close(in[1]);
	waitpid(pid, &status, 0);
	return status;
}

static const struct { const char *name; int (*what)(void); } allowed[] = { { "writes its answer", may_write }, { "has memory", may_allocate }, { "reads the file", may_read } };

static const struct { const char *name; int (*what)(void); } forbidden[] = {
	{ "open a file", opens }, { "make a socket", makes_socket }, { "fork", forks }, { "execute", executes }, { "read another descriptor", reads_another },
	{ "write to another descriptor", writes_another }, { "send signals", kills }, { "have memory that runs", runs_memory }, { "map the file", maps_file },
	{ "trace", traces }, { "ask the kernel for anything else", looks_at_time },
};

int main(void)
{
	for (size_t i = 0; i < COUNT(allowed); i++) {
		int status = run(allowed[i].what);
		ok(WIFEXITED(status) && WEXITSTATUS(status) == 42, "it %s", allowed[i].name);
	}
	for (size_t i = 0; i < COUNT(forbidden); i++) {
		int status = run(forbidden[i].what);
#ifdef __SANITIZE_ADDRESS__
		ok(WIFEXITED(status) && WEXITSTATUS(status) == 43, "it cannot %s", forbidden[i].name);
#else
		ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "it is killed when it tries to %s", forbidden[i].name);
#endif
	}
#ifndef __SANITIZE_ADDRESS__
	int status = run(takes_much);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 43, "it gets no gigabyte");
#endif
	return done_testing();
}
