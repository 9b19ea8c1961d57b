/*
 * Addresses of apps as text, of both families, and asking an app there.
 *
 * link: fcgi-apps/deployer/ready.c
 * flags: -iquote fcgi-apps/deployer
 */
#include "deployer.h"
#include "network.h"
#include "state_site.h"
#include "tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/wait.h>

/* The address as a socket has it, written again; "" for what is none. */
static const char *again(struct arena *arena, const char *address)
{
	struct sockaddr_storage to;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)&to;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)&to;
	char ip[INET6_ADDRSTRLEN] = "";
	socklen_t size;

	if (!network_socket(address, &to, &size))
		return "";
	if (to.ss_family == AF_INET6 && size == sizeof *v6 && inet_ntop(AF_INET6, &v6->sin6_addr, ip, sizeof ip))
		return text(arena, "[%s]:%d", ip, ntohs(v6->sin6_port));
	return to.ss_family == AF_INET && size == sizeof *v4 && inet_ntop(AF_INET, &v4->sin_addr, ip, sizeof ip) ? text(arena, "%s:%d", ip, ntohs(v4->sin_port)) : "?";
}

static void test_text(struct arena *arena)
{
	static const char *const good[] = { "10.1.2.3:80", "127.0.0.1:65535", "[fd00::3]:80", "[::1]:1", "[2001:db8:1:2:3:4:5:6]:8888" };
	static const char *const bad[] = { "", ":", ":80", "10.1.2.3", "10.1.2.3:", "10.1.2.3:0", "10.1.2.3:65536", "10.1.2.3:80x", "10.1.2.3:-1", "10.1.2:80", "fd00::3:80",
		"[fd00::3]", "[fd00::3]:", "[fd00::3:80", "fd00::3]:80", "[]:80", "[:80", "[10.1.2.3]:80", "[::ffff:10.1.2.3]:80", "[fd00::3%eth0]:80", "[[fd00::3]]:80",
		"localhost:80", " 10.1.2.3:80", "[2001:db8:1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:1:2:3:4:5:6:7]:80" };

	for (size_t i = 0; i < COUNT(good); i++)
		is(again(arena, good[i]), good[i], "an address: %s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		is(again(arena, bad[i]), "", "none: %s", bad[i]);
}

/* ---- an app that answers -------------------------------------------------------------------------------------------- */

static void answer_all(int listener)
{
	static const char said[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhi\n";
	char got[4096];

	for (;;) {
		int client = accept(listener, NULL, NULL);

		if (read(client, got, sizeof got) > 0 && write(client, said, sizeof said - 1) < 0)
			_exit(1);
		close(client);
	}
}

/* A listener on a port that is free; -1: this machine has no such address. */
static int listen_on(const char *any, struct sockaddr_storage *at, socklen_t *size)
{
	int fd;

	if (!network_socket(any, at, size))
		die("%s", any);
	if (at->ss_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)at)->sin6_port = 0;
	else
		((struct sockaddr_in *)(void *)at)->sin_port = 0;
	fd = socket(at->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && bind(fd, (struct sockaddr *)at, *size) == 0 && listen(fd, 16) == 0 && getsockname(fd, (struct sockaddr *)at, size) == 0 ? fd : -1;
}

static void test_app(struct ctx *ctx, const char *host)
{
	struct sockaddr_storage at;
	socklen_t size;
	int fd = listen_on(text(ctx->arena, "%s:1", host), &at, &size);
	struct offer web = { .name = "x", .gate = OFFER_NONE, .ready = "/" };
	struct deployment app = { .id = "abcdefgh23" };
	struct bytes body;

	if (fd < 0) {
		pass("%s: an address that this machine does not have", host);
		return;
	}
	/* The port is at the same place in both. */
	app.address = text(ctx->arena, "%s:%d", host, ntohs(((struct sockaddr_in *)(void *)&at)->sin_port));
	pid_t child = fork();

	if (child == 0)
		answer_all(fd);
	close(fd);
	ok(ready_open(app.address), "%s: somebody listens", host);
	ok(ready_probe(ctx, &web, &app, app.address), "%s: and answers", host);
	ok(ready_get(ctx, &web, &app, "/state", &body) && body.n == 3, "%s: with a page", host);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	ok(!ready_open(app.address) && !ready_probe(ctx, &web, &app, app.address), "%s: nobody listens any more", host);
	forget(ctx);
}

int main(void)
{
	struct ctx ctx = state_start((const char *const[]){ "db", NULL }, "");

	test_text(ctx.arena);
	test_app(&ctx, "127.0.0.1");
	test_app(&ctx, "[::1]");
	arena_free(ctx.arena);
	return done_testing();
}
