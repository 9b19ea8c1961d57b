/* ready: asking an app itself, with its own secret, as the gateway will. */
#include "deployer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web.h"

enum { PROBE_MS = 1000, MOST_ANSWER = 1 << 20 };

static bool address_of(const char *address, struct sockaddr_in *out)
{
	const char *colon = strrchr(address, ':');
	char ip[INET_ADDRSTRLEN] = "";
	int64_t port;

	if (!colon || (size_t)(colon - address) >= sizeof ip || !parse_int(colon + 1, 1, 65535, &port))
		return false;
	memcpy(ip, address, (size_t)(colon - address));
	*out = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	return inet_pton(AF_INET, ip, &out->sin_addr) == 1;
}

bool ready_open(const char *address)
{
	struct sockaddr_in to;
	int fd = address_of(address, &to) ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1, e = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t n = sizeof e;

	if (fd < 0)
		return false;
	bool open = connect(fd, (struct sockaddr *)&to, sizeof to) == 0
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
