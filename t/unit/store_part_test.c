/* New files where the file system has no nameless ones (O_TMPFILE): the same contract, with a hidden name until the commit. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base.h"
#include "store.h"
#include "tap.h"

/* Such a file system, as the code under test sees it. */
static int poor_openat(int dir, const char *name, int flags, ...)
{
	va_list v;
	va_start(v, flags);
	mode_t mode = flags & O_CREAT ? va_arg(v, mode_t) : 0;
	va_end(v);
	if ((flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return openat(dir, name, flags, mode);
}
#define openat poor_openat
#include "store/posix_create.c"
#undef openat

static char folder[] = "/tmp/naru-part-XXXXXX";
static void *state;

static const char *read_at(const char *name)
{
	static char block[100], path[200];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, block, sizeof block - 1);
	if (fd >= 0)
		close(fd);
	block[n < 0 ? 0 : n] = 0;
	return n < 0 ? NULL : block;
}

/* Entries on the disk that a listing does not show. */
static int hidden_entries(void)
{
	int n = 0;
	DIR *d = opendir(folder);
	for (const struct dirent *e; d && (e = readdir(d));)
		n += !strncmp(e->d_name, POSIX_PART, sizeof POSIX_PART - 1);
	if (d)
		closedir(d);
	return n;
}

static size_t listed(void)
{
	struct rows r;
	int e = posix_driver.list(state, &(struct row_query){ .path = "", .after = "", .match = "", .order = STORE_BY_NAME, .limit = 100, .until = clock_ms() + 1000 }, &r);
	free(r.at);
	return e ? 999 : r.n;
}

static int64_t begin_file(const char *content)
{
	int64_t handle = 0;
	int fd;
	if (posix_driver.create(state, "new", -1, &handle, &fd) || write(fd, content, strlen(content)) < 0)
		return 0;
	return handle;
}

int main(void)
{
	ok(mkdtemp(folder) && posix_driver.open(&(struct remote){ .path = folder }, &state) == 0, "a place");
	int64_t h = begin_file("one");
	ok(h > 0 && hidden_entries() == 1, "a file is begun under a hidden name");
	ok(listed() == 0, "which no listing shows");
	ok(posix_driver.commit(state, h, "a", false, 3, 0) == 0 && same(read_at("a"), "one") && hidden_entries() == 0, "it gets its name");
	h = begin_file("two");
	ok(posix_driver.commit(state, h, "a", false, 3, 0) == EEXIST && same(read_at("a"), "one"), "a name that is taken is not taken over");
	ok(posix_driver.commit(state, h, "a", true, 3, 0) == 0 && same(read_at("a"), "two") && hidden_entries() == 0, "unless it shall be");
	h = begin_file("three");
	ok(posix_driver.abort(state, h) == 0 && hidden_entries() == 0 && listed() == 1, "one that is dropped is gone");
	h = begin_file("four");
	ok(h > 0 && posix_driver.pending(state), "one that is not finished");
	posix_driver.close(state);
	ok(hidden_entries() == 0 && same(read_at("a"), "two"), "is gone with the connector");
	char path[200];
	snprintf(path, sizeof path, "%s/a", folder);
	ok(unlink(path) == 0 && rmdir(folder) == 0, "nothing else is left");
	return done_testing();
}
