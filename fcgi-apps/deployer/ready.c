/* ready: asking an app itself, with its own secret, as the gateway will. */
#include "deployer.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "network.h"
#include "web.h"

enum { PROBE_MS = 1000, MOST_ANSWER = 1 << 20 };

bool ready_open(const char *address)
{
	struct sockaddr_storage to;
	socklen_t size, n = sizeof(int);
	int fd = network_socket(address, &to, &size) ? socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1, e = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (fd < 0)
		return false;
	bool open = connect(fd, (struct sockaddr *)&to, size) == 0
		|| (errno == EINPROGRESS && poll(&p, 1, PROBE_MS) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n) == 0 && e == 0);

	close(fd);
	return open;
}

/* The header that carries the secret; NULL: none. */
static bool gate_header(struct ctx *ctx, const struct offer *o, const struct deployment *a, const char **out)
{
	const char *secret;

	*out = NULL;
	if (o->gate == OFFER_NONE)
		return true;
	if (!app_secret(ctx, a, &secret))
		return false;
	*out = offer_header(ctx->arena, o, secret);
	return true;
}

static bool call(struct ctx *ctx, const struct offer *o, const struct deployment *a, const char *address, const char *path, struct web_answer *answer)
{
	const char *headers[] = { NULL, NULL };
	struct web_request request = { .method = "GET", .url = text(ctx->arena, "http://%s%s", address, path), .headers = headers,
		.most = MOST_ANSWER, .checked_address = true };

	return gate_header(ctx, o, a, &headers[0]) && web_call(ctx, &request, answer);
}

bool ready_probe(struct ctx *ctx, const struct offer *o, const struct deployment *a, const char *address)
{
	struct ctx own = { .arena = ctx->arena, .tag = ctx->tag, .deadline = clock_ms() + PROBE_MS };
	struct web_answer answer = { 0 };

	if (!ready_open(address))
		return false;
	return empty(o->ready) || (call(&own, o, a, address, o->ready, &answer) && answer.status < 500);
}

bool ready_get(struct ctx *ctx, const struct offer *o, const struct deployment *a, const char *path, struct bytes *out)
{
	struct web_answer answer = { 0 };

	if (empty(a->address) || !call(ctx, o, a, a->address, path, &answer))
		return false;
	*out = answer.body;
	return answer.status == 200 ? true : fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The app does not say whether it is in use."), "%s: %d", path, answer.status);
}
