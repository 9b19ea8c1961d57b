/* New files: content into a descriptor of the connector's, then a name for it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "store.h"
#include "store/client.h"
#include "store/take.h"

/* Making a file's content durable may take as long as writing it did. */
#define COMMIT_MS 120000
#define USUAL_MS 10000
#define WRITE_MS 60000 /* until a store takes more */

/* ---- new files ---- */

struct made { struct store on; int fd; int64_t handle, written; bool done; struct made *before; };

/* Made and not committed, in this process, of requests that are not over. */
static struct made *all_made;

/* The end of the request: what was not committed is dropped by closing the connection. */
static void forget_made(void *arg)
{
	struct made *m = arg;
	for (struct made **p = &all_made; *p; p = &(*p)->before)
		if (*p == m) {
			*p = m->before;
			break;
		}
	close(m->fd);
	if (!m->done)
		client_drop(&m->on);
}

static bool make(struct ctx *c, struct store *s, int *fd)
{
	struct wire *in;
	if (!client_ask(c, s, false, &in, fd))
		return false;
	int64_t handle = wire_int(in);
	if (!wire_end(in) || *fd < 0) {
		if (*fd >= 0)
			close(*fd);
		return client_nonsense(c, s, "descriptor");
	}
	if (!(s->can & STORE_CAN_SEEK))
		fcntl(*fd, F_SETFL, O_NONBLOCK); /* a pipe: its reader may be a server that has stopped */
	struct made *m = NEW(c->arena, struct made);
	*m = (struct made){ .on = *s, .fd = *fd, .handle = handle, .before = all_made };
	all_made = m;
	arena_defer(c->arena, forget_made, m);
	return true;
}

bool store_create(struct ctx *c, struct store *s, const char *path, int64_t size, int *fd)
{
	struct wire *w = client_about(c, WIRE_CREATE, path, USUAL_MS);
	if (!w)
		return false;
	wire_put_int(w, size);
	return make(c, s, fd);
}

bool store_create_kept(struct ctx *c, struct store *s, const char *path, const char *keep, int *fd)
{
	struct wire *w = client_about(c, WIRE_KEPT, path, USUAL_MS);
	if (!w)
		return false;
	wire_put_text(w, keep);
	return make(c, s, fd);
}

const char *store_kept_path(struct arena *a, const char *path, const char *keep)
{
	const char *slash = strrchr(path, '/');
	return text(a, "%.*s.naru-part-%s", slash ? (int)(slash - path + 1) : 0, path, keep);
}

static struct made *made_with(int fd)
{
	struct made *m = all_made;
	while (m && m->fd != fd)
		m = m->before;
	return m;
}

/* The kernel begins to write what is complete while the next block comes in. */
static void start_writing(int fd, size_t n)
{
	off_t at = lseek(fd, 0, SEEK_CUR), block = 8 << 20;
	if (at >= block && at / block != (at - (off_t)n) / block)
		sync_file_range(fd, at / block * block - block, block, SYNC_FILE_RANGE_WRITE);
}

size_t store_read_at(int fd, void *to, size_t n, int64_t offset)
{
	size_t got = 0;
	while (got < n) {
		ssize_t k = pread(fd, (char *)to + got, n - got, offset + (int64_t)got);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			break;
		got += (size_t)k;
	}
	return got;
}

static bool ask_commit(struct ctx *c, struct made *m, int64_t size, const char *path, bool replace, int64_t modified)
{
	struct ctx longer = *c;
	longer.deadline = 0;
	struct wire *w = client_begin(&longer, WIRE_COMMIT, COMMIT_MS);
	wire_put_int(w, m->handle);
	wire_put_text(w, path);
	wire_put_int(w, replace);
	wire_put_int(w, size);
	wire_put_int(w, modified < -1 ? -1 : modified);
	return client_simple(c, &m->on, true);
}

/* Nobody reads the pipe any more: the connector tells what its server said when it is asked to finish. Of a size that did not come, so that it
 * cannot be finished, even if the server had all that it was told to expect. */
static bool why_not(struct ctx *c, struct made *m)
{
	return ask_commit(c, m, m->written + 1, ".naru-part-never", false, -1) ? client_fail(c, EPIPE, "write") : false;
}

void store_wrote(int fd, size_t n)
{
	struct made *m = made_with(fd);
	if (m)
		m->written += (int64_t)n;
	start_writing(fd, n);
}

bool store_broken(struct ctx *c, int fd)
{
	struct made *m = made_with(fd);
	return m ? why_not(c, m) : client_fail(c, EPIPE, "write");
}

bool store_write(struct ctx *c, int fd, const void *data, size_t n)
{
	for (const char *from = data; n > 0;) {
		ssize_t k = write(fd, from, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && errno == EAGAIN && poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, WRITE_MS) == 1)
			continue;
		if (k < 0 && errno == EAGAIN)
			return client_fail(c, ETIMEDOUT, "write");
		if (k < 0 && errno == EPIPE)
			return store_broken(c, fd);
		if (k <= 0)
			return client_fail(c, k < 0 ? errno : ENOSPC, "write");
		store_wrote(fd, (size_t)k);
		from += k;
		n -= (size_t)k;
	}
	return true;
}

bool store_commit(struct ctx *c, struct store *s, int fd, const char *path, bool replace)
{
	return store_commit_dated(c, s, fd, path, replace, -1);
}

bool store_commit_dated(struct ctx *c, struct store *s, int fd, const char *path, bool replace, int64_t modified)
{
	struct made *m = made_with(fd);
	if (!m || m->done)
		die("store_commit: descriptor %d was not made by store_create()", fd);
	if (!path || !wire_path_good(path))
		return client_fail(c, WIRE_E_PATH, "path");
	if (!ask_commit(c, m, m->written, path, replace, modified))
		return false;
	m->done = true;
	*s = m->on;
	return true;
}
