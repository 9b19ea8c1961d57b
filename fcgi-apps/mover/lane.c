/* lane: a forked process with connectors of its own that does one file after another. Task and result are messages of the stores' wire. */
#include "working.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/client.h"
#include "store/wire.h"

enum { FOREVER_MS = 3600000, STORES_MS = 30000, BATCH_BYTES = 32 << 20, LANE_BYTES = 1 << 20 };

static struct wire message;

/* ---- hands ---------------------------------------------------------------------------------------------------------- */

bool hands_open(struct hands *h)
{
	struct ctx ctx = { .arena = h->arena, .tag = h->ctx->tag, .deadline = clock_ms() + STORES_MS };

	if ((h->from || store_open(&ctx, h->t->from_errand, h->t->from_place, &h->from)) && (h->to || store_open(&ctx, h->t->to_errand, h->t->to_place, &h->to)))
		return true;
	h->ctx->error = ctx.error;
	return false;
}

void hands_failed(struct hands *h, struct result *out)
{
	const char *words = "";
	int code = store_failure(&words);

	out->code = code > 0 ? code : EIO;
	out->outcome = rules_bad(out->code) == BAD_FILE ? OUT_FAILED : OUT_LATER;
	snprintf(out->words, sizeof out->words, "%s", words);
	forget(h->ctx);
}

/* ---- the lane's side --------------------------------------------------------------------------------------------------- */

static bool read_task(struct task *t)
{
	int64_t number;

	if (wire_open(&message, &number) != WIRE_OK)
		return false;
	*t = (struct task){ .number = number };
	t->size = wire_int(&message);
	t->modified = wire_int(&message);
	t->doubt = wire_flag(&message);
	t->from = wire_text(&message);
	t->to = wire_text(&message);
	return wire_end(&message);
}

static bool tell(int fd, const struct result *r)
{
	wire_begin(&message, WIRE_OK, r->number);
	wire_put_int(&message, r->size);
	wire_put_int(&message, r->outcome);
	wire_put_int(&message, r->act);
	wire_put_int(&message, r->code);
	wire_put_text(&message, r->words);
	wire_put_text(&message, r->name);
	return wire_send(fd, &message, -1, clock_ms() + FOREVER_MS) == 0;
}

/* Files that are done together: their content, then their names go to the disk in one go. */
struct batch { struct task tasks[LANE_BATCH]; struct file files[LANE_BATCH]; struct result results[LANE_BATCH]; size_t n; int64_t bytes; };

static bool more_waits(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && p.revents & POLLIN;
}

/* False: the end. */
static bool take_one(int fd, struct batch *b, struct arena *arena)
{
	struct task *task = &b->tasks[b->n];
	int e = wire_receive(fd, &message, NULL, clock_ms() + FOREVER_MS);

	if (e == ETIMEDOUT)
		return true;
	if (e || !read_task(task))
		return false;
	task->from = arena_copy(arena, task->from, strlen(task->from));
	task->to = arena_copy(arena, task->to, strlen(task->to));
	b->n++;
	return true;
}

static bool any(const struct batch *b, enum stage stage)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->files[i].stage == stage)
			return true;
	return false;
}

/* Without it nothing is lost yet: what was not synced is in doubt. */
static void sync_if(struct hands *h, const struct batch *b, enum stage stage)
{
	if (b->n > 1 && h->to && any(b, stage) && !store_sync(h->ctx, h->to))
		forget(h->ctx);
}

static void finish_all(struct hands *h, struct batch *b)
{
	sync_if(h, b, STAGE_WRITTEN);
	for (size_t i = 0; i < b->n; i++)
		file_named(&b->files[i]);
	sync_if(h, b, STAGE_NAMED);
	for (size_t i = 0; i < b->n; i++)
		file_left(&b->files[i]);
}

static bool serve_some(int fd, struct hands *h, struct batch *b)
{
	struct arena *arena = arena_new(0);
	struct ctx ctx = { .arena = arena, .tag = h->t->id };
	bool good = true;

	b->n = 0;
	b->bytes = 0;
	h->ctx = &ctx;
	do {
		size_t at = b->n;

		good = take_one(fd, b, arena);
		if (!good || b->n == at)
			break;
		b->files[at] = (struct file){ .h = h, .task = &b->tasks[at], .out = &b->results[at], .batched = true };
		file_begin(&b->files[at]);
		b->bytes += b->tasks[at].size;
	} while (b->n < LANE_BATCH && b->bytes < BATCH_BYTES && more_waits(fd));
	if (good)
		finish_all(h, b);
	for (size_t i = 0; good && i < b->n; i++)
		good = tell(fd, &b->results[i]);
	atomic_store(&h->shared->now, 0);
	arena_free(arena);
	return good;
}

__attribute__((noreturn)) static void lane_main(int fd, pid_t parent, const struct transfer *t, struct lane_shared *shared)
{
	static struct batch batch;
	struct hands h = { .arena = arena_new(0), .t = t, .shared = shared };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || dup2(fd, 3) < 0)
		_exit(1);
	close_range(4, ~0U, 0);
	signal(SIGTERM, SIG_DFL);
	while (serve_some(3, &h, &batch))
		;
	_exit(0);
}

/* ---- the other side ------------------------------------------------------------------------------------------------------ */

bool lane_start(struct lane *lane, const struct transfer *t)
{
	int pair[2];
	pid_t parent = getpid();

	lane->shared = mmap(NULL, sizeof *lane->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (lane->shared == MAP_FAILED || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return false;
	pid_t pid = fork();

	for (int i = 0; i < 2; i++)
		setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &(int){ LANE_BYTES }, sizeof(int));
	if (pid == 0)
		lane_main(pair[1], parent, t, lane->shared);
	close(pair[1]);
	lane->fd = pair[0];
	return pid > 0;
}

bool lane_send(struct lane *lane, const struct task *t)
{
	wire_begin(&message, WIRE_OK, t->number);
	wire_put_int(&message, t->size);
	wire_put_int(&message, t->modified);
	wire_put_int(&message, t->doubt);
	wire_put_text(&message, t->from);
	wire_put_text(&message, t->to);
	return wire_send(lane->fd, &message, -1, clock_ms() + STORES_MS) == 0;
}

bool lane_receive(struct lane *lane, struct arena *arena, struct result *r)
{
	int64_t number;

	if (wire_receive(lane->fd, &message, NULL, clock_ms() + STORES_MS) || wire_open(&message, &number) != WIRE_OK)
		return false;
	*r = (struct result){ .number = number };
	r->size = wire_int(&message);
	r->outcome = (enum outcome)wire_int(&message);
	r->act = (enum act)wire_int(&message);
	r->code = (int)wire_int(&message);
	snprintf(r->words, sizeof r->words, "%s", wire_text(&message));
	const char *name = wire_text(&message);

	r->name = arena_copy(arena, name, strlen(name));
	return wire_end(&message);
}
