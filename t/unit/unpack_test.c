/* naru-unpack: what it says of whole, cut and strange archives, and that it has locked itself in. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cage.h"
#include "tap.h"

static char program_path[4096];
static unsigned char out[1 << 20];
static size_t n_out;
static int status;

/* Its answer to these bytes on a pipe. */
static void unpack(const void *bytes, size_t n)
{
	int in[2], from[2];
	if (pipe(in) || pipe(from))
		exit(1);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(from[1], 1);
		close(in[1]);
		close(from[0]);
		execl(program_path, "naru-unpack", (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(from[1]);
	if (n && write(in[1], bytes, n) < 0)
		diag("it has ended before all was written");
	close(in[1]);
	n_out = 0;
	for (ssize_t k; (k = read(from[0], out + n_out, sizeof out - n_out)) > 0;)
		n_out += (size_t)k;
	close(from[0]);
	waitpid(pid, &status, 0);
}

static bool ends_with(char c)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 && n_out > 0 && out[n_out - 1] == (unsigned char)c;
}

/* A tar of one file "a" that says "hello". */
static size_t make_tar(unsigned char at[2048])
{
	unsigned sum = 0;
	memset(at, 0, 2048);
	memcpy(at, "a", 1);
	memcpy(at + 100, "0004755", 7);
	memcpy(at + 124, "00000000005", 11);
	memcpy(at + 136, "07346545000", 11);
	memcpy(at + 148, "        ", 8);
	at[156] = '0';
	memcpy(at + 257, "ustar\0" "00", 8);
	for (int i = 0; i < 512; i++)
		sum += at[i];
	snprintf((char *)at + 148, 8, "%06o", sum);
	memcpy(at + 512, "hello", 5);
	return 2048;
}

static void answers(void)
{
	unsigned char tar[2048];
	static const unsigned char entry[] = "f\xed\x01\0\0\0\xca\x9a\x3b\0\0\0\0\1\0\0\0a\5\0\0\0hello\0\0\0\0E";
	size_t n = make_tar(tar);
	unpack(tar, n);
	ok(n_out == sizeof entry - 1 && memcmp(out, entry, n_out) == 0, "a file, without its set-uid bit");
	unpack(tar, 514);
	ok(ends_with('B') || ends_with('E'), "cut in its content: ends");
	ok(n_out > 4 && memcmp(out + n_out - 5, "\xff\xff\xff\xff", 4) == 0, "and says that the content is damaged");
	unpack("no archive at all", 17);
	ok(ends_with('N') && n_out == 1, "what is none");
	unpack("", 0);
	ok(n_out == 1, "nothing");
	tar[0] = 'b'; /* the sum is wrong now */
	unpack(tar, n);
	ok(ends_with('N') || ends_with('B'), "a head that is wrong");
}

/* Each byte of a small archive changed in turn: it always ends, by itself. */
static void flips(void)
{
	unsigned char tar[2048];
	int bad = 0;
	for (size_t at = 0; at < 300; at += 7) {
		size_t n = make_tar(tar);
		tar[at] ^= 0x5a;
		unpack(tar, n);
		bad += !WIFEXITED(status) || WEXITSTATUS(status) != 0 || n_out == 0;
	}
	is_int(bad, 0, "changed bytes end in an answer");
}

/* How a process ends that does this in the cage. */
static int caged(void (*deed)(void))
{
	int s;
	pid_t pid = fork();
	if (pid == 0) {
		cage_enter(5, (size_t)256 << 20);
		deed();
		cage_leave(0);
	}
	waitpid(pid, &s, 0);
	return s;
}

static void nothing(void) { free(malloc(1 << 20)); }
static void make_child(void) { (void)!fork(); }
static void send_signal(void) { kill(getppid(), SIGCONT); }
static void write_error(void) { (void)!write(2, "x", 1); }
static void open_file(void) { cage_leave(open("/etc/passwd", O_RDONLY) >= 0 ? 9 : 0); }

static void cage(void)
{
	ok(caged(nothing) == 0, "in the cage there is memory");
	ok(caged(open_file) == 0, "no file");
#if !defined(__SANITIZE_ADDRESS__)
	ok(WIFSIGNALED(caged(make_child)), "no other process");
	ok(WIFSIGNALED(caged(send_signal)), "no signal to others");
	ok(WIFSIGNALED(caged(write_error)), "no other descriptor");
#else
	(void)make_child;
	(void)send_signal;
	(void)write_error;
#endif
}

int main(int argc, char **argv)
{
	(void)argc;
	const char *slash = strrchr(argv[0], '/');
	snprintf(program_path, sizeof program_path, "%.*s/../bin/naru-unpack", slash ? (int)(slash - argv[0]) : 1, slash ? argv[0] : ".");
	program = "test";
	signal(SIGPIPE, SIG_IGN);
	answers();
	flips();
	cage();
	return done_testing();
}
