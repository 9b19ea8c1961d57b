/* stream: content between a pipe and a thread: slow, given up, cut short, lied about, many at a time. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base.h"
#include "store/stream.h"
#include "store/why.h"
#include "tap.h"

/* What a work of these tests does, and what became of it. */
struct job { int64_t size, cut; int result, sleep_ms; const char *words; _Atomic(int64_t) moved; atomic_int frees; };

static struct streams all;
static int64_t handle;
static int fd;

static void nap(int ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

static unsigned char byte_at(int64_t at)
{
	return (unsigned char)(at * 7 + (at >> 9) * 13);
}

static void fill(unsigned char *to, size_t n, int64_t from)
{
	for (size_t i = 0; i < n; i++)
		to[i] = byte_at(from + (int64_t)i);
}

static void freed(void *arg)
{
	atomic_fetch_add(&((struct job *)arg)->frees, 1);
}

/* Gives `size` bytes, or `cut` of them, and ends with the result. */
static int give(struct stream *s, void *arg)
{
	struct job *j = arg;
	unsigned char block[7001];
	int64_t most = j->cut ? j->cut : j->size;
	while (j->moved < most) {
		size_t n = most - j->moved < (int64_t)sizeof block ? (size_t)(most - j->moved) : sizeof block;
		fill(block, n, j->moved);
		if (j->sleep_ms)
			nap(j->sleep_ms);
		if (!stream_put(s, block, n))
			return ECANCELED;
		j->moved += (int64_t)n;
	}
	return j->words ? why(j->result, "%s", j->words) : j->result;
}

/* Takes what comes and looks at it; stops after `cut`. */
static int take(struct stream *s, void *arg)
{
	struct job *j = arg;
	unsigned char block[5000], want[5000];
	for (;;) {
		ssize_t n = j->size ? stream_fill(s, block, sizeof block) : stream_get(s, block, sizeof block);
		if (n < 0)
			return ECANCELED;
		if (n == 0)
			return j->words ? why(j->result, "%s", j->words) : j->result;
		fill(want, (size_t)n, j->moved);
		j->moved += n;
		if (memcmp(block, want, (size_t)n))
			return EIO;
		if (j->cut && j->moved >= j->cut)
			return j->result;
		if (j->sleep_ms)
			nap(j->sleep_ms);
	}
}

/* Waits without the pipe until it is given up. */
static int hang(struct stream *s, void *arg)
{
	(void)arg;
	while (!stream_given_up(s))
		nap(20);
	return ECANCELED;
}

static bool write_all(int64_t n)
{
	unsigned char block[4096];
	int64_t at = 0;
	while (at < n) {
		size_t k = n - at < (int64_t)sizeof block ? (size_t)(n - at) : sizeof block;
		fill(block, k, at);
		ssize_t done = write(fd, block, k);
		if (done <= 0)
			return false;
		at += done;
	}
	return true;
}

/* Reads to the end: how much, or -1 if it is something else. */
static int64_t read_all(int slow_ms)
{
	unsigned char block[30000], want[30000];
	int64_t at = 0;
	for (ssize_t k; (k = read(fd, block, sizeof block)) > 0; at += k) {
		fill(want, (size_t)k, at);
		if (memcmp(block, want, (size_t)k))
			return -1;
		if (slow_ms)
			nap(slow_ms);
	}
	return at;
}

static int result(int64_t *bytes)
{
	int e;
	for (int i = 0; (e = stream_result(&all, handle, bytes)) == EINPROGRESS && i < 500; i++)
		nap(10);
	return e;
}

static int finish(int64_t size, int ms)
{
	return stream_finish(&all, handle, size, clock_ms() + ms);
}

/* ---- reading ---- */

static void reads(void)
{
	static const int64_t sizes[] = { 0, 1, 7001, 65536, 3000000 };
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct job j = { .size = sizes[i] };
		int64_t bytes = -1;
		ok(stream_read(&all, give, &j, freed, &handle, &fd) == 0 && stream_arg(&all, handle) == &j, "a source of %lld bytes", (long long)sizes[i]);
		ok(read_all(0) == sizes[i], "all of it comes");
		ok(result(&bytes) == 0 && bytes == sizes[i] && !stream_busy(&all), "and is said to be all");
		close(fd);
		stream_close(&all, handle);
		ok(j.frees == 1 && !stream_arg(&all, handle), "and is freed once");
	}
}

static void bad_reads(void)
{
	int64_t bytes = -1;
	struct job broken = { .size = 100000, .cut = 50000, .result = EIO, .words = "the\nserver's" };
	ok(stream_read(&all, give, &broken, freed, &handle, &fd) == 0 && read_all(0) == 50000, "a source that breaks off");
	why_forget();
	ok(result(&bytes) == EIO && bytes == 50000, "says so");
	is(why_words(), "the server's", "in the server's words");
	close(fd);
	struct job slow = { .size = 30000, .sleep_ms = 100 };
	ok(stream_read(&all, give, &slow, freed, &handle, &fd) == 0 && stream_result(&all, handle, &bytes) == EINPROGRESS && stream_busy(&all), "a slow one is not over");
	ok(read_all(0) == 30000 && result(&bytes) == 0, "and comes to its end");
	close(fd);
	struct job large = { .size = 4 << 20 };
	ok(stream_read(&all, give, &large, freed, &handle, &fd) == 0 && read_all(3) == 4 << 20 && result(&bytes) == 0, "a slow reader gets all of a fast one");
	close(fd);
	stream_close_all(&all);
	ok(broken.frees == 1 && slow.frees == 1 && large.frees == 1, "all are freed");
	ok(stream_result(&all, handle, &bytes) == ENOENT && stream_finish(&all, handle, 1, 0) == ENOENT, "and not known any more");
}

static void given_up(void)
{
	int64_t bytes;
	struct job j = { .size = 1 << 30 };
	ok(stream_read(&all, give, &j, freed, &handle, &fd) == 0, "a source that nobody reads to its end");
	nap(50);
	ok(j.moved < 8 << 20, "it does not run ahead: %lld bytes", (long long)j.moved);
	close(fd);
	ok(result(&bytes) == ECANCELED && bytes < 8 << 20, "the pipe is closed: it ends");
	stream_close(&all, handle);
	struct job k = { .size = 1 << 30 };
	ok(stream_read(&all, give, &k, freed, &handle, &fd) == 0, "another");
	int64_t before = clock_ms();
	stream_close(&all, handle);
	ok(clock_ms() - before < 1000 && k.frees == 1, "closed while its pipe is full");
	close(fd);
	struct job waits = { 0 };
	ok(stream_read(&all, hang, &waits, freed, &handle, &fd) == 0, "one that waits for its server");
	stream_close_all(&all);
	ok(waits.frees == 1 && read_all(0) == 0, "is given up, too");
	close(fd);
}

/* ---- writing ---- */

static void writes(void)
{
	static const int64_t sizes[] = { 0, 1, 4999, 5000, 5001, 65536, 3000000 };
	for (size_t i = 0; i < COUNT(sizes); i++)
		for (int filled = 0; filled < 2; filled++) {
			struct job j = { .size = filled };
			ok(stream_write(&all, take, &j, freed, &handle, &fd) == 0 && write_all(sizes[i]), "%lld bytes are written", (long long)sizes[i]);
			ok(finish(sizes[i], 5000) == 0 && j.moved == sizes[i] && stream_busy(&all), "all have come, the pipe still open");
			ok(finish(sizes[i], 5000) == 0, "asked again, the same");
			close(fd);
			stream_close(&all, handle);
			ok(j.frees == 1 && !stream_busy(&all), "and closed");
		}
}

static void closed_early(void)
{
	struct job j = { 0 };
	ok(stream_write(&all, take, &j, freed, &handle, &fd) == 0 && write_all(10000), "a front that closes its pipe");
	close(fd);
	nap(50);
	ok(finish(10000, 5000) == 0 && j.moved == 10000, "before it says how much it was");
	stream_close(&all, handle);
	struct job k = { 0 };
	ok(stream_write(&all, take, &k, freed, &handle, &fd) == 0 && write_all(10000), "one that goes away");
	close(fd);
	int64_t before = clock_ms();
	stream_close(&all, handle);
	ok(clock_ms() - before < 1000 && k.frees == 1, "is not waited for");
}

static void lies(void)
{
	struct job less = { 0 }, more = { 0 }, open_end = { 0 }, late = { .sleep_ms = 5 };
	ok(stream_write(&all, take, &less, freed, &handle, &fd) == 0 && write_all(10000), "10,000 bytes");
	close(fd);
	ok(finish(20000, 5000) == EPROTO, "are not 20,000");
	stream_close(&all, handle);
	ok(stream_write(&all, take, &more, freed, &handle, &fd) == 0 && write_all(10000), "10,000 bytes");
	int64_t before = clock_ms();
	ok(finish(9000, 5000) == EPROTO && clock_ms() - before < 1000, "nor 9,000, and that is known at once");
	close(fd);
	stream_close(&all, handle);
	ok(stream_write(&all, take, &open_end, freed, &handle, &fd) == 0 && write_all(100), "100 of 200, and the pipe stays open");
	ok(finish(200, 200) == ETIMEDOUT, "are waited for");
	ok(write_all(0) && finish(-1, 100) == ENOENT, "less than none is no size");
	unsigned char rest[100];
	fill(rest, sizeof rest, 100);
	ok(write(fd, rest, sizeof rest) == sizeof rest && finish(200, 5000) == 0, "and taken when they come");
	close(fd);
	stream_close(&all, handle);
	ok(stream_write(&all, take, &late, freed, &handle, &fd) == 0 && write_all(300000) && finish(300000, 1) == ETIMEDOUT, "a slow server has not got all in a millisecond");
	ok(finish(300000, 10000) == 0, "but later");
	close(fd);
	stream_close(&all, handle);
}

static void refusals(void)
{
	struct job full = { .cut = 20000, .result = ENOSPC };
	ok(stream_write(&all, take, &full, freed, &handle, &fd) == 0, "a server that refuses in the middle");
	bool all_of_it = write_all(20 << 20);
	ok(!all_of_it && errno == EPIPE, "the front gets EPIPE");
	ok(finish(20 << 20, 5000) == ENOSPC, "and then the reason");
	close(fd);
	stream_close(&all, handle);
	struct job end = { .result = EACCES, .words = "552 No." };
	ok(stream_write(&all, take, &end, freed, &handle, &fd) == 0 && write_all(10), "one that refuses at the end");
	why_forget();
	ok(finish(10, 5000) == EACCES && same(why_words(), "552 No."), "says why");
	close(fd);
	struct job wrong = { 0 };
	int64_t bytes, right = handle;
	ok(stream_read(&all, give, &wrong, NULL, &handle, &fd) == 0 && finish(0, 100) == ENOENT, "a source is not finished");
	handle = right;
	ok(stream_result(&all, handle, &bytes) == ENOENT, "a target has no result");
	close(fd);
	stream_close_all(&all);
}

/* ---- many ---- */

static void many(void)
{
	struct job j[STREAM_MOST + 1] = { 0 };
	int fds[STREAM_MOST], e = 0;
	int64_t handles[STREAM_MOST], bytes;
	for (int i = 0; i < STREAM_MOST; i++) {
		j[i].size = 100000;
		e = e ? e : stream_read(&all, give, &j[i], freed, &handles[i], &fds[i]);
	}
	ok(e == 0, "%d at once", STREAM_MOST);
	nap(50);
	fd = -1;
	j[STREAM_MOST].size = 1;
	for (int i = 0; i < STREAM_MOST; i++) {
		handle = handles[i];
		fd = fds[i];
		bool good = read_all(0) == 100000 && result(&bytes) == 0;
		if (!good)
			e = 1;
		close(fd);
	}
	ok(e == 0, "each gives all");
	ok(stream_read(&all, give, &j[STREAM_MOST], freed, &handle, &fd) == 0 && read_all(0) == 1, "one more takes the place of one that is over");
	close(fd);
	ok(j[0].frees == 1 && j[1].frees == 0, "of the oldest");
	ok(stream_result(&all, handles[1], &bytes) == 0 && bytes == 100000, "how the others have ended can still be asked");
	stream_close_all(&all);
	for (int i = 0; i < STREAM_MOST; i++)
		e += j[i].frees != 1;
	ok(e == 0, "all are freed once");
}

static void too_many(void)
{
	struct job j[STREAM_MOST + 1] = { 0 };
	int fds[STREAM_MOST], e = 0;
	for (int i = 0; i < STREAM_MOST; i++)
		e = e ? e : stream_write(&all, take, &j[i], freed, &handle, &fds[i]);
	ok(e == 0, "%d are written at once", STREAM_MOST);
	ok(stream_write(&all, take, &j[STREAM_MOST], freed, &handle, &fd) == EMFILE && stream_read(&all, give, &j[STREAM_MOST], freed, &handle, &fd) == EMFILE,
		"none of them makes room");
	ok(j[STREAM_MOST].frees == 0, "what was not begun is still the caller's");
	int64_t before = clock_ms();
	stream_close_all(&all);
	ok(clock_ms() - before < 2000, "all are given up in %lld ms", (long long)(clock_ms() - before));
	for (int i = 0; i < STREAM_MOST; i++)
		close(fds[i]);
}

/* Starts and ends at every moment, for a sanitizer to look at. */
static void at_random(void)
{
	struct job j[300] = { 0 };
	int e = 0;
	srand(7);
	for (size_t i = 0; i < COUNT(j); i++) {
		bool reading = i % 2;
		j[i].size = rand() % 200000;
		if ((reading ? stream_read : stream_write)(&all, reading ? give : take, &j[i], freed, &handle, &fd)) {
			e++;
			continue;
		}
		unsigned char block[4096] = { 0 };
		fill(block, sizeof block, 0);
		if (rand() % 3 && (reading ? read(fd, block, sizeof block) : write(fd, block, sizeof block)) < 0)
			e++;
		if (rand() % 2)
			close(fd), fd = -1;
		if (rand() % 2)
			stream_close(&all, handle);
		if (fd >= 0)
			close(fd);
		if (i % 10 == 9)
			stream_close_all(&all);
	}
	for (size_t i = 0; i < COUNT(j); i++)
		e += j[i].frees != 1;
	ok(e == 0, "300 that end at any moment");
}

static int open_descriptors(void)
{
	int n = 0;
	for (int i = 0; i < 1000; i++)
		n += fcntl(i, F_GETFD) >= 0;
	return n;
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	program = "test";
	int before = open_descriptors();
	reads();
	bad_reads();
	given_up();
	writes();
	closed_early();
	lies();
	refusals();
	many();
	too_many();
	at_random();
	is_int(open_descriptors(), before, "no descriptor is left open");
	return done_testing();
}
