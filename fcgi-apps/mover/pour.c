/*
 * pour: content from one descriptor to another inside a lane. Two files of the system: the kernel copies (or shares the blocks); a pipe at either end:
 * pages are moved. Only a hash makes this process look at what it carries.
 */
#include "working.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <time.h>
#include <unistd.h>

#include "store/client.h"

enum { PIECE = 1 << 20, BIG_PIECE = 16 << 20, SLOW_PIECE = 64 << 10, READ_MS = 120000 };

/* ---- how fast ----------------------------------------------------------------------------------------------------- */

static int64_t rate_of(const struct hands *h)
{
	return h->shared ? atomic_load(&h->shared->rate) : 0;
}

static size_t piece(const struct hands *h, size_t usual)
{
	return rate_of(h) ? SLOW_PIECE : usual;
}

/* Waits until so much may have been moved. What was not used of the time before is lost. */
static void moved(struct hands *h, size_t n)
{
	int64_t rate = rate_of(h), at = clock_ms();

	atomic_fetch_add(&h->shared->now, (int64_t)n);
	atomic_fetch_add(&h->shared->moved, (int64_t)n);
	if (!rate)
		return;
	h->due = (h->due > at - 100 ? h->due : at) + (int64_t)n * 1000 / rate;
	int64_t wait = h->due - at;

	if (wait > 0)
		nanosleep(&(struct timespec){ .tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1000000 }, NULL);
}

/* ---- without looking ------------------------------------------------------------------------------------------------- */

/* File to file; file systems that cannot copy between themselves get it by the page cache. */
static ssize_t between_files(int from, int to, size_t most, bool *by_hand)
{
	ssize_t k = *by_hand ? -1 : copy_file_range(from, NULL, to, NULL, most, 0);

	if (k < 0 && (*by_hand || errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS || errno == EPERM)) {
		*by_hand = true;
		k = sendfile(to, from, NULL, most < PIECE ? most : PIECE);
	}
	return k;
}

static bool system_failed(struct hands *h, int code)
{
	return client_fail(h->ctx, code, "copy");
}

static bool pour_files(struct hands *h, int from, int to, int64_t *n)
{
	bool by_hand = false;

	for (;;) {
		ssize_t k = between_files(from, to, piece(h, BIG_PIECE), &by_hand);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return system_failed(h, errno);
		if (k == 0)
			return true;
		sync_file_range(to, *n, k, SYNC_FILE_RANGE_WRITE);
		*n += k;
		moved(h, (size_t)k);
	}
}

static ssize_t read_some(int from, void *room, size_t most)
{
	for (;;) {
		ssize_t k = read(from, room, most);

		if (k >= 0 || (errno != EINTR && errno != EAGAIN))
			return k;
		if (errno == EAGAIN && poll(&(struct pollfd){ .fd = from, .events = POLLIN }, 1, READ_MS) != 1) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
}

/* A store that was told the size reads no further, so the source's end is looked for without the target. */
static bool at_end(int from)
{
	char one;

	return read_some(from, &one, 1) == 0;
}

static bool pour_pipe(struct hands *h, int from, int to, int64_t size, int64_t *n)
{
	for (size_t k = 1; k && *n != size; *n += (int64_t)k) {
		size_t most = piece(h, PIECE);

		if (size > *n && (int64_t)most > size - *n)
			most = (size_t)(size - *n);
		if (!store_take(h->ctx, to, from, most, &k))
			return false;
		moved(h, k);
	}
	if (*n == size && !at_end(from))
		++*n; /* more than it was said to be: the caller sees that it changed */
	return true;
}

/* ---- looking ------------------------------------------------------------------------------------------------------------ */

/* to -1: only the hash. */
static bool pour_hashing(struct hands *h, int from, int to, unsigned char *hash, int64_t *n)
{
	crypto_generichash_state state;
	static unsigned char room[256 << 10];

	crypto_generichash_init(&state, NULL, 0, 32);
	for (;;) {
		ssize_t k = read_some(from, room, piece(h, sizeof room));

		if (k < 0)
			return system_failed(h, errno);
		if (k == 0)
			break;
		crypto_generichash_update(&state, room, (unsigned long long)k);
		if (to >= 0 && !store_write(h->ctx, to, room, (size_t)k))
			return false;
		*n += k;
		if (to >= 0)
			moved(h, (size_t)k);
	}
	crypto_generichash_final(&state, hash, 32);
	return true;
}

bool pour(struct hands *h, const struct store_file *from, bool from_seeks, int to, bool to_seeks, unsigned char *hash, int64_t *n)
{
	if (hash)
		return pour_hashing(h, from->fd, to, hash, n);
	return from_seeks && to_seeks ? pour_files(h, from->fd, to, n) : pour_pipe(h, from->fd, to, from->entry.size, n);
}

bool pour_hash(struct hands *h, struct store *s, const char *path, unsigned char *hash)
{
	struct store_file file;
	int64_t n = 0;

	if (!store_read(h->ctx, s, path, &file))
		return false;
	bool good = pour_hashing(h, file.fd, -1, hash, &n);

	close(file.fd);
	return good && store_read_end(h->ctx, s, &file);
}
