/* A copy inside the place. Blocks are shared where the file system can, copied by the kernel where it cannot, and go through here only where
 * the two are strangers to each other. Holes stay holes: a file of 100 TB that holds nothing is copied in no time. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base.h"
#include "store/posix.h"

#define AT_ONCE (64 << 20)      /* bytes between two looks at the clock */

static int write_all(int to, const char *from, size_t n, off_t at)
{
	while (n > 0) {
		ssize_t k = pwrite(to, from, n, at);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k < 0 ? errno : ENOSPC;
		from += k;
		at += k;
		n -= (size_t)k;
	}
	return 0;
}

static int by_hand(int from, int to, off_t at, off_t end, int64_t until)
{
	static char block[1 << 18];
	while (at < end) {
		size_t want = end - at < (off_t)sizeof block ? (size_t)(end - at) : sizeof block;
		ssize_t k = pread(from, block, want, at);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k < 0 ? errno : 0;
		int e = write_all(to, block, (size_t)k, at);
		if (e)
			return e;
		at += k;
		if (clock_ms() > until)
			return ETIMEDOUT;
	}
	return 0;
}

static bool strangers(int e)
{
	return e == EXDEV || e == EINVAL || e == ENOSYS || e == EOPNOTSUPP || e == EPERM;
}

static int by_kernel(int from, int to, off_t at, off_t end, int64_t until)
{
	while (at < end) {
		off_t in = at, out = at, left = end - at;
		ssize_t k = copy_file_range(from, &in, to, &out, left < AT_ONCE ? (size_t)left : AT_ONCE, 0);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return strangers(errno) ? by_hand(from, to, at, end, until) : errno;
		if (k == 0)
			return by_hand(from, to, at, end, until); /* its end, or a file system that only says so */
		at += k;
		if (clock_ms() > until)
			return ETIMEDOUT;
	}
	return 0;
}

static int pour(int from, int to, off_t size, int64_t until)
{
	for (off_t at = 0; at < size;) {
		off_t data = lseek(from, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			break;
		off_t end = data < 0 ? size : lseek(from, data, SEEK_HOLE);
		data = data < 0 ? at : data;
		end = end < 0 || end > size ? size : end;
		int e = by_kernel(from, to, data, end, until);
		if (e)
			return e;
		at = end;
	}
	return ftruncate(to, size) < 0 ? errno : 0;
}

/* Rights and time of the source; never its set-uid bits. */
static int dress(int to, const struct stat *s)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_OMIT }, s->st_mtim };
	return fchmod(to, s->st_mode & 0777) < 0 || futimens(to, t) < 0 ? errno : 0;
}

static int fill(int from, int to, int64_t until)
{
	struct stat s;
	if (fstat(from, &s) < 0)
		return errno;
	int e = ioctl(to, FICLONE, from) == 0 ? 0 : pour(from, to, s.st_size, until);
	return e ? e : dress(to, &s);
}

int posix_copy(void *state, const char *from, const char *to, bool replace, int64_t until)
{
	struct row r;
	int64_t handle;
	int in, out;
	int e = posix_read(state, from, 0, -1, &r, &handle, &in);
	if (e)
		return e;
	e = posix_create(state, to, r.size, &handle, &out);
	if (!e) {
		e = fill(in, out, until);
		if (!e)
			e = posix_commit(state, handle, to, replace, r.size, until);
		if (e)
			posix_abort(state, handle);
	}
	close(in);
	return e;
}
