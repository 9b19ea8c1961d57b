/* link: one request from nginx and its connection to an app, from the first byte to the last. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate.h"
#include "gate_address.h"
#include "network.h"

enum { HEAD_MS = 10000, CONNECT_MS = 5000, LAST_MS = 3000 };

struct link *links;
size_t n_links, n_dead;

void link_new(int fd)
{
	struct link *l = calloc(1, sizeof *l);

	if (!l)
		die("out of memory");
	l->nginx = (struct side){ .fd = fd, .link = l };
	l->app = (struct side){ .fd = -1, .link = l };
	l->deadline = clock_ms() + HEAD_MS;
	l->next = links;
	if (links)
		links->prev = l;
	links = l;
	n_links++;
	loop_watch(&l->nginx, EPOLLIN);
}

static void side_close(struct side *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->events = 0;
	buf_free(&s->waits);
	s->written = 0;
}

/* Its memory goes at the end of the round: events for it may be waiting. */
void link_close(struct link *l)
{
	if (l->dead)
		return;
	l->dead = true;
	n_dead++;
	side_close(&l->nginx);
	side_close(&l->app);
	buf_free(&l->head);
	if (l->pass)
		pass_leave(l->pass);
	l->pass = NULL;
}

/* What each side waits for follows from the stage. A side whose bytes cannot be passed on is not read; that it has gone is told in any case. */
static void watch(struct link *l)
{
	uint32_t nginx = side_waits(&l->nginx) ? EPOLLOUT : 0, app = side_waits(&l->app) ? EPOLLOUT : 0;

	if (l->stage == STAGE_LAST || l->stage == STAGE_HEAD || ((l->stage >= STAGE_ASKED) && !side_waits(&l->app) && (l->tunnel || !l->body_done)))
		nginx |= EPOLLIN;
	if (l->stage == STAGE_CONNECT)
		app |= EPOLLOUT;
	if (l->stage == STAGE_ASKED || (l->stage == STAGE_FLOW && !side_waits(&l->nginx)))
		app |= EPOLLIN;
	loop_watch(&l->nginx, nginx | EPOLLRDHUP);
	if (l->app.fd >= 0)
		loop_watch(&l->app, app);
}

/* ---- an answer of ours --------------------------------------------------------------------------------------------- */

static void answer(struct link *l, struct arena *arena, enum trouble trouble, enum may why, const char *app)
{
	struct buf out = { 0 };

	buf_in(&out, arena);
	trouble_write(arena, &out, trouble, why, app, l->page);
	side_close(&l->app);
	l->stage = STAGE_LAST;
	l->deadline = clock_ms() + LAST_MS;
	if (!side_write(&l->nginx, out.at, out.n)) {
		link_close(l);
		return;
	}
	/* nginx goes when it has all; until then its bytes are read, so that a large body does not break the answer. */
	watch(l);
}

/* ---- the request ----------------------------------------------------------------------------------------------------- */

static bool begin_connect(struct link *l, const char *address)
{
	struct sockaddr_storage to;
	socklen_t n;
	int on = 1;

	if (!network_socket(address, &to, &n))
		return false;
	l->app.fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->app.fd < 0)
		return false;
	setsockopt(l->app.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(l->app.fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	if (connect(l->app.fd, (struct sockaddr *)&to, n) != 0 && errno != EINPROGRESS)
		return false;
	l->stage = STAGE_CONNECT;
	l->deadline = clock_ms() + CONNECT_MS;
	return true;
}

/* The request as the app gets it waits for the connection; so does what came of its body. */
static bool prepare(struct link *l, struct ctx *ctx, const struct ask *ask, size_t head, const struct may_answer *to)
{
	struct buf out = { 0 };
	const char *secret, *add;
	size_t taken;

	if (!app_secret(ctx, &to->app, &secret))
		return false;
	add = offer_header(ctx->arena, to->offer, secret);
	buf_in(&out, ctx->arena);
	ask_write(ask, app_host(ctx->arena, ask->app), add, &out);
	buf_add(&l->app.waits, out.at, out.n);
	l->websocket = ask->websocket;
	l->body = body_of(ask);
	l->body_done = ask->body == BODY_NONE || (ask->body == BODY_LENGTH && ask->length == 0);
	if (l->body_done)
		return true;
	if (!body_take(&l->body, l->head.at + head, l->head.n - head, &taken, &l->body_done))
		return false;
	buf_add(&l->app.waits, l->head.at + head, taken);
	return true;
}

/* The head is whole: judged, and the way to the app begins. */
static void decide(struct link *l, struct ctx *ctx, size_t head)
{
	struct ask *ask = NEW(ctx->arena, struct ask);
	struct may_answer to = { 0 };
	enum may m;

	if (!ask_read(ctx->arena, l->head.at, head, ask) || !app_id_ok(ask->app)) {
		answer(l, ctx->arena, TROUBLE_BAD, MAY, NULL);
		return;
	}
	l->page = ask->page;
	if (!ask_origin_good(ask, app_host(ctx->arena, ask->app))) {
		answer(l, ctx->arena, TROUBLE_ORIGIN, MAY, ask->app);
		return;
	}
	m = may(ctx, &(struct may_ask){ ask->seat, ask->user, ask->app }, true, &to);
	if (m == MAY && !prepare(l, ctx, ask, head, &to))
		m = MAY_UNKNOWN;
	if (m != MAY) {
		if (m == MAY_UNKNOWN)
			log_line(ctx, "%s", ctx->error.detail ? ctx->error.detail : "a request could not be prepared");
		answer(l, ctx->arena, TROUBLE_MAY, m, ask->app);
		return;
	}
	l->pass = pass_take(&(struct may_ask){ ask->seat, ask->user, ask->app }, &to);
	if (!l->pass)
		answer(l, ctx->arena, TROUBLE_MANY, MAY, ask->app);
	else if (!begin_connect(l, to.app.address))
		answer(l, ctx->arena, TROUBLE_NO_ANSWER, MAY, ask->app);
	buf_free(&l->head);
}

/* Adds what is there to the head that is being read; false: it has ended, or is too long. */
static bool read_head(struct link *l, int fd, size_t *n)
{
	static char some[HEAD_MOST];
	ssize_t got = recv(fd, some, sizeof some, MSG_DONTWAIT);

	*n = 0;
	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got == 0)
		return false;
	buf_add(&l->head, some, (size_t)got);
	*n = head_end(l->head.at, l->head.n);
	return *n > 0 ? *n <= HEAD_MOST : l->head.n < HEAD_MOST;
}

static void on_request(struct link *l, struct ctx *ctx)
{
	size_t n;

	if (!read_head(l, l->nginx.fd, &n))
		link_close(l);
	else if (n > 0)
		decide(l, ctx, n);
}

/* ---- the answer -------------------------------------------------------------------------------------------------------- */

static void on_connected(struct link *l, struct ctx *ctx)
{
	int error = 0;
	socklen_t n = sizeof error;

	if (getsockopt(l->app.fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0 || error) {
		answer(l, ctx->arena, TROUBLE_NO_ANSWER, MAY, l->pass->app);
		return;
	}
	l->stage = STAGE_ASKED;
	l->deadline = 0;
	if (!side_flush(&l->app))
		answer(l, ctx->arena, TROUBLE_NO_ANSWER, MAY, l->pass->app);
}

static void on_answer(struct link *l, struct ctx *ctx)
{
	struct buf out = { 0 };
	struct answer a = { .interim = true };
	size_t n;

	if (!read_head(l, l->app.fd, &n)) {
		answer(l, ctx->arena, TROUBLE_BROKEN, MAY, l->pass->app);
		return;
	}
	buf_in(&out, ctx->arena);
	for (size_t from = 0; n > 0 && a.interim; n = a.interim ? head_end(l->head.at, l->head.n) : n) {
		if (!answer_write(ctx->arena, l->head.at, n, l->websocket, &a, &out)) {
			answer(l, ctx->arena, TROUBLE_BROKEN, MAY, l->pass->app);
			return;
		}
		from = n;
		memmove(l->head.at, l->head.at + from, l->head.n - from);
		l->head.n -= from;
	}
	if (a.interim)
		return;
	l->stage = STAGE_FLOW;
	l->tunnel = a.status == 101;
	buf_add(&out, l->head.at, l->head.n);
	buf_free(&l->head);
	if (!side_write(&l->nginx, out.at, out.n))
		link_close(l);
}

/* ---- events -------------------------------------------------------------------------------------------------------------- */

static void from_nginx(struct link *l, uint32_t events, struct ctx *ctx)
{
	static char nothing[PIECE];

	if (l->stage == STAGE_HEAD) {
		on_request(l, ctx);
	} else if (l->stage == STAGE_LAST) {
		if (recv(l->nginx.fd, nothing, sizeof nothing, MSG_DONTWAIT) == 0)
			link_close(l);
	} else if (events & EPOLLIN && l->stage >= STAGE_ASKED && (l->tunnel || !l->body_done)) {
		if (!flow(l, &l->nginx, &l->app))
			link_close(l);
	} else if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
		link_close(l);
	}
}

/* An app that is done: what it said last still has to reach nginx. */
static void app_ended(struct link *l)
{
	side_close(&l->app);
	l->ended = true;
	l->stage = STAGE_LAST;
	l->deadline = side_waits(&l->nginx) ? clock_ms() + 600000 : 0;
	if (!side_waits(&l->nginx))
		link_close(l);
}

static void from_app(struct link *l, struct ctx *ctx)
{
	if (l->stage == STAGE_CONNECT)
		on_connected(l, ctx);
	else if (l->stage == STAGE_ASKED)
		on_answer(l, ctx);
	else if (l->stage == STAGE_FLOW && !side_waits(&l->nginx) && !flow(l, &l->app, &l->nginx))
		app_ended(l);
}

void link_event(struct side *s, uint32_t events)
{
	static struct ctx ctx = { .tag = "link" };
	struct link *l = s->link;

	if (l->dead)
		return;
	if (!ctx.arena)
		ctx.arena = arena_new(0);
	if (events & EPOLLOUT && !(s == &l->app && l->stage == STAGE_CONNECT) && !side_flush(s) && !(s == &l->app && app_deaf(l)))
		link_close(l);
	else if (s == &l->nginx && events & ~(uint32_t)EPOLLOUT)
		from_nginx(l, events, &ctx);
	else if (s == &l->app && (l->stage == STAGE_CONNECT || events & ~(uint32_t)EPOLLOUT))
		from_app(l, &ctx);
	if (l->ended && !side_waits(&l->nginx))
		link_close(l);
	if (!l->dead)
		watch(l);
	forget(&ctx);
	arena_reset(ctx.arena);
}

void link_late(struct link *l)
{
	struct ctx ctx = { .arena = NULL };

	if (l->stage != STAGE_CONNECT) {
		link_close(l);
		return;
	}
	ctx.arena = arena_new(0);
	answer(l, ctx.arena, TROUBLE_NO_ANSWER, MAY, l->pass->app);
	arena_free(ctx.arena);
}
