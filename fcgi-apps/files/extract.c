#include "extract.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf.h"
#include "program.h"
#include "store/wire.h"
#include "unpack_wire.h"

#define CALL_MS 120000
#define SILENCE_MS 120000
#define FREE_BYTES ((int64_t)128 << 20)  /* below this much content, no archive is a bomb */
#define RATIO_MOST 300                   /* above it, content that is so many times the archive is */

struct extraction {
	struct req *r;
	struct ctx ctx;             /* its arena is for one entry */
	struct store *store;
	unsigned can;
	struct task *task;
	const char *folder;
	char made[WIRE_PATH_MOST + 1]; /* the folder that was made last */
	int from;                   /* what naru-unpack says */
	int64_t archive, entries, bytes, entries_most, bytes_most;
	char block[UNPACK_BLOCK];
};

struct head { char kind; int64_t mode, modified; char name[UNPACK_NAME + 1]; };

/* ---- names ---- */

static const char *const ends[] = { ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tgz", ".tbz2", ".txz", ".tar", ".zip" };

static size_t end_of(const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < COUNT(ends); i++) {
		size_t k = strlen(ends[i]);
		if (n > k && strcasecmp(name + n - k, ends[i]) == 0)
			return k;
	}
	return 0;
}

bool extract_can(const char *name)
{
	return end_of(name) > 0;
}

const char *extract_stem(struct arena *a, const char *name)
{
	return arena_copy(a, name, strlen(name) - end_of(name));
}

char *extract_path(struct arena *a, const char *name)
{
	const char *path = "";
	if (*name == '/')
		return NULL;
	struct texts parts = split(a, name, '/');
	for (size_t i = 0; i < parts.n; i++) {
		if (!*parts.at[i] || same(parts.at[i], "."))
			continue;
		if (!name_good(parts.at[i]))
			return NULL;
		path = path_join(a, path, parts.at[i]);
	}
	return arena_copy(a, path, strlen(path));
}

/* ---- what naru-unpack says ---- */

static bool damaged(struct extraction *x)
{
	return fail(&x->ctx, KIND_INVALID, tr(&x->ctx, "The archive is damaged, or its kind is not known. What could be read of it is there."), "unpack");
}

static bool take(struct extraction *x, void *to, size_t n)
{
	for (char *at = to; n > 0;) {
		struct pollfd p = { .fd = x->from, .events = POLLIN };
		ssize_t k = poll(&p, 1, SILENCE_MS) == 1 ? read(x->from, at, n) : 0;
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return damaged(x);
		at += k;
		n -= (size_t)k;
	}
	return true;
}

static bool take_number(struct extraction *x, size_t n, uint64_t *v)
{
	unsigned char at[8] = { 0 };
	*v = 0;
	if (!take(x, at, n))
		return false;
	for (size_t i = 0; i < n; i++)
		*v |= (uint64_t)at[i] << (8 * i);
	return true;
}

static bool take_head(struct extraction *x, struct head *h)
{
	uint64_t mode, modified, n;
	if (!take_number(x, 4, &mode) || !take_number(x, 8, &modified) || !take_number(x, 4, &n) || n > UNPACK_NAME || !take(x, h->name, n))
		return x->ctx.error.kind == KIND_NONE ? damaged(x) : false;
	h->name[n] = 0;
	h->mode = (int64_t)(mode & 0777);
	h->modified = (int64_t)modified;
	return strlen(h->name) == n || damaged(x);
}

/* ---- limits ---- */

static bool within(struct extraction *x)
{
	if (x->bytes > FREE_BYTES && x->bytes / RATIO_MOST > x->archive)
		return fail(&x->ctx, KIND_TOO_LARGE, tr(&x->ctx, "The archive holds far more than its size allows to think: it looks like a trap, and was stopped."), "bomb");
	if (x->bytes > x->bytes_most || x->entries > x->entries_most)
		return fail(&x->ctx, KIND_TOO_LARGE, tr(&x->ctx, "The archive holds more than this site allows. What came first is there."), "too much");
	if (clock_ms() > x->r->ctx->deadline)
		return fail(&x->ctx, KIND_TIMEOUT, tr(&x->ctx, "It took too long and was stopped. What came first is there. Take large archives apart in a job."), "time");
	return true;
}

/* ---- making ---- */

static bool make_folders(struct extraction *x, const char *path)
{
	struct ctx *c = &x->ctx;
	if (same(path, x->made) || same(path, x->folder))
		return true;
	if (!make_folders(x, path_folder(c->arena, path)))
		return false;
	if (!store_make_folder(c, x->store, path) && c->error.kind != KIND_CONFLICT)
		return false;
	forget(c);
	memcpy(x->made, path, strlen(path) + 1);
	return true;
}

/* Its content to a new file, or (fd -1) to nowhere. *whole: it did not break off. */
static bool pour(struct extraction *x, int fd, bool *whole)
{
	for (uint64_t n;;) {
		if (!take_number(x, 4, &n))
			return false;
		if (n == UNPACK_GOOD || n == UNPACK_DAMAGED) {
			*whole = n == UNPACK_GOOD;
			return true;
		}
		if (n > UNPACK_BLOCK)
			return damaged(x);
		if (!take(x, x->block, n))
			return false;
		x->bytes += (int64_t)n;
		task_tell(x->task, x->entries, x->bytes);
		if (!within(x) || (fd >= 0 && !store_write(&x->ctx, fd, x->block, n)))
			return false;
	}
}

/* Only whether its owner may run it is kept of its rights. */
static bool finish(struct extraction *x, int fd, const char *path, const struct head *h)
{
	if (!store_commit_dated(&x->ctx, x->store, fd, path, true, h->modified < 0 ? -1 : h->modified))
		return false;
	if ((h->mode & 0100) && (x->can & STORE_CAN_MODES) && !store_set_mode(&x->ctx, x->store, path, 0755))
		forget(&x->ctx);
	return true;
}

/* After a failure: true, it concerns this entry alone, and the others may go on. */
static bool can_go_on(struct extraction *x, const struct head *h)
{
	const char *words;
	enum kind k = x->ctx.error.kind;
	if (store_failure(&words) == WIRE_E_PROOF || (k != KIND_INVALID && k != KIND_CONFLICT && k != KIND_NOT_FOUND && k != KIND_FORBIDDEN))
		return false;
	task_left_out(x->task, h->name, x->ctx.error.message);
	forget(&x->ctx);
	return true;
}

static bool make_file(struct extraction *x, const char *path, const struct head *h)
{
	int fd;
	bool whole;
	if (!make_folders(x, path_folder(x->ctx.arena, path)) || !store_create(&x->ctx, x->store, path, -1, &fd))
		return can_go_on(x, h) && pour(x, -1, &whole);
	if (!pour(x, fd, &whole))
		return false;
	if (whole)
		return finish(x, fd, path, h) || can_go_on(x, h);
	task_left_out(x->task, h->name, tr(&x->ctx, "Its content is damaged."));
	return true;
}

static const char *why_not(struct extraction *x, char kind)
{
	return kind == 'l' ? tr(&x->ctx, "Links are not taken out of archives.") : kind == 'x' ? tr(&x->ctx, "It needs a password.")
		: tr(&x->ctx, "It is a device, a pipe or a socket.");
}

static bool make_entry(struct extraction *x, const struct head *h)
{
	bool whole;
	const char *below = extract_path(x->ctx.arena, h->name), *path = below ? path_join(x->ctx.arena, x->folder, below) : "";
	if (below && *below && h->kind == 'f')
		return make_file(x, path, h);
	if (below && h->kind == 'd')
		return !*below || make_folders(x, path) || can_go_on(x, h);
	task_left_out(x->task, h->name, !below || !*below ? tr(&x->ctx, "Its name leads out of the folder, or cannot be a name.") : why_not(x, h->kind));
	return h->kind != 'f' || pour(x, -1, &whole);
}

/* One entry; *more false: that was all. What one of them cannot do (a name that the store refuses) does not stop the others; a full disk does. */
static bool one(struct extraction *x, bool *more)
{
	static struct head h;
	arena_reset(x->ctx.arena);
	x->ctx.deadline = clock_ms() + CALL_MS;
	if (!take(x, &h.kind, 1))
		return false;
	*more = h.kind != 'E';
	if (!*more)
		return true;
	if (!strchr("fdlox", h.kind))
		return damaged(x);
	x->entries++;
	return take_head(x, &h) && within(x) && make_entry(x, &h);
}

/* ---- the process ---- */

static pid_t start(struct extraction *x, int archive)
{
	char *const argv[] = { (char[]){ "naru-unpack" }, NULL }, *const env[] = { NULL };
	int program_fd = program_beside("naru-unpack"), out[2];
	if (program_fd < 0 || pipe2(out, O_CLOEXEC) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		if (dup2(archive, 0) >= 0 && dup2(out[1], 1) >= 0)
			execveat(program_fd, "", argv, env, AT_EMPTY_PATH);
		_exit(127);
	}
	close(program_fd);
	close(out[1]);
	x->from = out[0];
	if (pid < 0)
		close(out[0]);
	return pid;
}

static bool all(struct extraction *x, int archive)
{
	pid_t pid = start(x, archive);
	if (pid < 0)
		return fail(&x->ctx, KIND_UNAVAILABLE, tr(&x->ctx, "The work could not be started. Try again in a moment."), "unpack: %s", strerror(errno));
	bool good = true;
	for (bool more = true; good && more;)
		good = one(x, &more);
	close(x->from);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return good;
}

bool extract_run(struct req *r, struct where *w, struct task *task, void *folder)
{
	static struct extraction x;
	struct store_file f;
	if (!store_read(r->ctx, w->store, w->path, &f))
		return false;
	x = (struct extraction){
		.r = r, .ctx = *r->ctx, .store = w->store, .can = w->can, .task = task, .folder = folder, .archive = f.entry.size,
		.entries_most = conf_int("files", "archive-entries", 1000000), .bytes_most = conf_int("files", "archive-gib", 1024) << 30,
	};
	x.ctx.arena = arena_new(0);
	bool good = all(&x, f.fd);
	task_tell(task, x.entries, x.bytes);
	r->ctx->error = x.ctx.error; /* its arena stays: the process ends */
	return good;
}
