/* pass: the rights under which links are open. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "gate.h"

enum { UNKNOWN_ROUNDS = 3, NOTE_MS = 20000 };

static struct pass *passes;

static char *copy(const char *s)
{
	char *c = strdup(s);

	if (!c)
		die("out of memory");
	return c;
}

static struct pass *pass_new(const struct may_ask *ask, const struct deployment *app)
{
	struct pass *p = calloc(1, sizeof *p);

	if (!p)
		die("out of memory");
	*p = (struct pass){ .next = passes, .seat = copy(ask->seat), .user = copy(ask->user), .app = copy(ask->app), .address = copy(app->address),
		.generation = app->generation };
	return passes = p;
}

static bool fits(const struct pass *p, const struct may_ask *ask, const struct deployment *app)
{
	return same(p->seat, ask->seat) && same(p->app, ask->app) && same(p->user, ask->user) && p->generation == app->generation && same(p->address, app->address);
}

static size_t open_of(const char *user, const char *app)
{
	size_t n = 0;

	for (struct pass *p = passes; p; p = p->next)
		if ((user && same(p->user, user)) || (app && same(p->app, app)))
			n += p->links;
	return n;
}

struct pass *pass_take(const struct may_ask *ask, const struct may_answer *answer)
{
	struct pass *p = passes;

	if (open_of(ask->user, NULL) >= (size_t)conf_int("gate", "user-connections", 1000) || open_of(NULL, ask->app) >= (size_t)conf_int("gate", "app-connections", 1000))
		return NULL;
	while (p && !fits(p, ask, &answer->app))
		p = p->next;
	if (!p)
		p = pass_new(ask, &answer->app);
	p->links++;
	p->used = now();
	return p;
}

void pass_leave(struct pass *p)
{
	p->links--;
}

static void pass_free(struct pass *p)
{
	free(p->seat);
	free(p->user);
	free(p->app);
	free(p->address);
	free(p);
}

/* Kept for a while without links, for the note of what was used. */
static void drop_unused(void)
{
	for (struct pass **at = &passes; *at;) {
		struct pass *p = *at;

		if (p->links > 0 || p->used + 120 > now()) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		pass_free(p);
	}
}

/* A database that does not answer for a moment is no reason to cut anybody; for longer it is, since nobody knows. */
static bool still_good(struct ctx *ctx, struct pass *p)
{
	struct may_ask ask = { p->seat, p->user, p->app };
	struct may_answer answer;
	enum may m = may(ctx, &ask, false, &answer);

	if (m == MAY_UNKNOWN) {
		log_line(ctx, "%s", ctx->error.detail ? ctx->error.detail : "the databases do not answer");
		forget(ctx);
		return ++p->unknown < UNKNOWN_ROUNDS;
	}
	p->unknown = 0;
	return m == MAY && answer.app.generation == p->generation && same(answer.app.address, p->address);
}

static void cut(struct pass *p)
{
	size_t n = 0;

	for (struct link *l = links, *next; l; l = next) {
		next = l->next;
		if (l->pass != p)
			continue;
		link_close(l);
		n++;
	}
	log_line(NULL, "%s at %s: %zu connections were cut", p->user, p->app, n);
}

/* For account: a session whose app is worked with is not idle. The file is whole or not there. */
static void note_used(struct arena *arena)
{
	const char *path = conf_path(arena, draining ? "gate/used-before" : "gate/used"), *fresh = text(arena, "%s.new", path);
	struct buf b = { 0 };
	int fd;

	buf_in(&b, arena);
	for (struct pass *p = passes; p; p = p->next)
		buf_printf(&b, "%s %lld\n", p->seat, (long long)p->used);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return;
	if (write(fd, b.at ? b.at : "", b.n) == (ssize_t)b.n)
		rename(fresh, path);
	close(fd);
}

void pass_round(void)
{
	static struct ctx ctx = { .tag = "round" };
	static int64_t note, readers;

	if (!ctx.arena)
		ctx.arena = arena_new(0);
	for (struct pass *p = passes; p; p = p->next) {
		if (p->links > 0 && !still_good(&ctx, p))
			cut(p);
		arena_reset(ctx.arena);
	}
	if (clock_ms() >= note) {
		note = clock_ms() + NOTE_MS;
		note_used(ctx.arena);
		drop_unused();
	}
	if (clock_ms() >= readers) {
		readers = clock_ms() + 60000;
		may_check_readers();
	}
	arena_reset(ctx.arena);
}
