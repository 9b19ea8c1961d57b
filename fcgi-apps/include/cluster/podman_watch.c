/* Changes and logs of podman: see podman.h. */
#include "cluster/podman.h"

#include "sched/slurm_json.h"

#include <string.h>
#include <time.h>

/* ---- changes --------------------------------------------------------------------------------------------------------- */

enum { LOOK_BACK_S = 3, FRAME = 8 };

struct events { struct ctx *ctx; const char *engine; struct buf text; bool came; };

/* A whole line ends the call: the deployer looks then. */
static bool take_part(void *arg, struct bytes part)
{
	struct events *events = arg;

	buf_add(&events->text, part.at, part.n);
	events->came = memchr(events->text.at, '\n', events->text.n) != NULL;
	return !events->came && events->text.n < 1 << 16;
}

static const char *moment(struct arena *arena, int64_t seconds, int64_t nanoseconds)
{
	time_t when = (time_t)seconds;
	char out[32] = "";
	struct tm parts;

	gmtime_r(&when, &parts);
	strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", &parts);
	return text(arena, "%s.%09lldZ", out, (long long)nanoseconds);
}

/* The time of the last whole event; podman tells those after it. A line that is no event counts as one of now. */
static const char *last_time(struct events *events)
{
	const char *at = buf_cstr(&events->text), *end;
	int64_t last = 0;

	for (; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		struct error before = events->ctx->error;
		tree *event;

		if (cluster_json(events->ctx, events->engine, (struct bytes){ (const unsigned char *)at, (size_t)(end - at) }, &event)) {
			int64_t when = slurm_int(event, "timeNano", 0);

			last = when > last ? when : last;
		}
		events->ctx->error = before;
	}
	if (last <= 0 || last > INT64_C(4102444800) * 1000000000) /* the year 2100 */
		return moment(events->ctx->arena, now(), 0);
	return moment(events->ctx->arena, last / 1000000000, last % 1000000000);
}

static const char *path_of(struct arena *arena, const char *since, int64_t until)
{
	static const char *const names[] = { "start", "died", "remove" };
	tree *filters = tree_new(arena), *list;
	const char *path = text(arena, "events?stream=true&since=%s&until=%lld", since, (long long)until);

	list = tree_put_list(filters, "event");
	for (size_t i = 0; i < COUNT(names); i++)
		tree_add_text(list, names[i]);
	tree_add_text(tree_put_list(filters, "type"), "container");
	tree_add_text(tree_put_list(filters, "label"), text(arena, MANIFEST_SITE "=%s", cluster_site(arena)));
	return podman_with_filters(arena, path, filters);
}

static bool overtime(struct ctx *ctx, int64_t until_ms)
{
	if (ctx->error.kind != KIND_TIMEOUT || clock_ms() < until_ms - 50)
		return false;
	forget(ctx);
	return true;
}

/* A stream that ends too soon, or a podman that keeps no events: nobody may ask again and again. */
static bool wait_until(int64_t when)
{
	int64_t left = when - clock_ms();
	struct timespec pause = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };

	if (left > 0)
		nanosleep(&pause, NULL);
	return true;
}

/* The cursor is a time, always as long as the one before, and is written over it: whoever watches does so for months. */
static void set_cursor(const char **cursor, struct arena *keep, const char *when)
{
	if (*cursor == NULL)
		*cursor = arena_copy(keep, when, strlen(when));
	else if (strlen(*cursor) == strlen(when))
		memcpy((char *)(uintptr_t)*cursor, when, strlen(when));
}

bool podman_wait(struct ctx *ctx, const char *engine, int seconds, struct arena *keep, const char **cursor, bool *changed)
{
	struct events events = { .ctx = ctx, .engine = engine };
	struct podman_call call = { .method = "GET", .plain = true, .part = take_part, .part_arg = &events };
	struct podman_answer answer;
	int64_t until = now() + seconds + 1, deadline = ctx->deadline, own = clock_ms() + 1000LL * seconds;
	bool good;

	if (*cursor == NULL)
		set_cursor(cursor, keep, moment(ctx->arena, now() - LOOK_BACK_S, 0));
	buf_in(&events.text, ctx->arena);
	call.path = path_of(ctx->arena, *cursor, until);
	if (deadline == 0 || own < deadline)
		ctx->deadline = own; /* an idle stream does not always end at `until` */
	good = podman_call(ctx, engine, &call, 0, &answer) || (podman_said(&answer, "cannot read events") && (forget(ctx), true));
	ctx->deadline = deadline;
	*changed = events.came;
	if (events.came)
		set_cursor(cursor, keep, last_time(&events));
	if (good && !events.came)
		return wait_until(own);
	return good || overtime(ctx, own);
}

/* ---- logs ------------------------------------------------------------------------------------------------------------------ */

/* The payload of each frame: a byte for the stream, three zeros, four of length. What is no frame ends it. */
static void unframe(struct buf *out, struct bytes from)
{
	for (size_t at = 0; from.n - at >= FRAME;) {
		const unsigned char *head = from.at + at;
		size_t n = (size_t)head[4] << 24 | (size_t)head[5] << 16 | (size_t)head[6] << 8 | head[7], left = from.n - at - FRAME;

		if (head[0] > 2 || head[1] != 0 || head[2] != 0 || head[3] != 0)
			return;
		n = n < left ? n : left;
		buf_add(out, head + FRAME, n);
		at += FRAME + n;
	}
}

struct bytes podman_frames(struct arena *arena, struct bytes from, size_t most)
{
	const char *begin;
	struct buf out;

	buf_in(&out, arena);
	unframe(&out, from);
	if (out.n <= most)
		return (struct bytes){ (const unsigned char *)buf_cstr(&out), out.n };
	begin = memchr(out.at + out.n - most - 1, '\n', most);
	begin = begin != NULL ? begin + 1 : out.at + out.n - most;
	return (struct bytes){ (const unsigned char *)begin, out.n - (size_t)(begin - out.at) };
}

bool podman_log(struct ctx *ctx, const char *engine, const char *user, const char *id, size_t most, struct bytes *out)
{
	const char *name = cluster_name(ctx->arena, id);
	struct podman_call call = { .method = "GET", .plain = true, .most = (size_t)64 << 20 };
	struct podman_answer answer;
	tree *container;

	if (!podman_inspect(ctx, engine, user, name, &container) || container == NULL)
		return ctx->error.kind == KIND_NONE;
	/* With "tail" podman 4.3 leaves out what was written without an end of line; the log has its limit anyway. */
	call.path = text(ctx->arena, "containers/%s/logs?stdout=true&stderr=true", name);
	if (!podman_call(ctx, engine, &call, 404, &answer))
		return false;
	if (answer.status == 200)
		*out = podman_frames(ctx->arena, answer.body, most);
	return true;
}
