/*
 * One HTTP call: answers, faults, limits, and that nothing but GET is ever sent twice. The other side is a child process on a unix socket.
 * flags: -It
 */
#include "tap.h"
#include "web.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/naru-web-XXXXXX";
static char path[64];
static pid_t server;
static int counter; /* a pipe: one byte for each request that the server read */

/* Reads a request up to the end of its headers and, with a length, its body. */
static bool read_request(int fd, char *out, size_t size)
{
	size_t n = 0;

	for (;;) {
		ssize_t got = read(fd, out + n, size - 1 - n);
		char *end, *length;

		if (got <= 0)
			return false;
		n += (size_t)got;
		out[n] = '\0';
		end = strstr(out, "\r\n\r\n");
		if (end == NULL)
			continue;
		length = strcasestr(out, "content-length: ");
		if (length == NULL || strlen(end + 4) >= (size_t)strtol(length + 16, NULL, 10))
			return true;
	}
}

static void say_all(int fd, const char *answer)
{
	if (write(fd, answer, strlen(answer)) < 0)
		_exit(0);
}

static void endless(int fd)
{
	static char part[65536];

	say_all(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
	memset(part, 'x', sizeof part);
	while (write(fd, part, sizeof part) > 0)
		;
}

/* False: the connection is to be closed. */
static bool answer(int fd, const char *request, int *served)
{
	(*served)++;
	if (strstr(request, "/hello") != NULL)
		say_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	else if (strstr(request, "/echo") != NULL)
		say_all(fd, strstr(request, "X-Test: 1") != NULL && strstr(request, "{\"a\":1}") != NULL && strstr(request, "application/json") != NULL ?
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
	else if (strstr(request, "/parts") != NULL) {
		for (int i = 0; i < 3; i++) {
			say_all(fd, i == 0 ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n" : i == 1 ? "3\r\ntwo\r\n" : "0\r\n\r\n");
			usleep(100000);
		}
	} else if (strstr(request, "/later") != NULL)
		say_all(fd, "HTTP/1.1 429 Later\r\nRetry-After: 7\r\nContent-Length: 3\r\n\r\nbad");
	else if (strstr(request, "/error") != NULL)
		say_all(fd, "HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nbad");
	else if (strstr(request, "/move") != NULL)
		say_all(fd, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n");
	else if (strstr(request, "/short") != NULL) {
		say_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
		return false;
	} else if (strstr(request, "/endless") != NULL)
		endless(fd);
	else if (strstr(request, "/hang") != NULL)
		sleep(10);
	else if (strstr(request, "/connection") != NULL)
		say_all(fd, *served > 1 ? "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nkept" : "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew");
	else
		return false; /* /drop */
	return true;
}

static void serve(int listener, int count)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL), served = 0;
		char request[65536];

		if (fd < 0)
			continue;
		if (fork() == 0) {
			while (read_request(fd, request, sizeof request)) {
				if (write(count, "x", 1) != 1 || !answer(fd, request, &served))
					break;
			}
			_exit(0);
		}
		close(fd);
	}
}

static void start(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), ends[2];

	if (mkdtemp(folder) == NULL || pipe(ends) != 0)
		die("no folder");
	snprintf(path, sizeof path, "%s/sock", folder);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0)
		die("no socket");
	server = fork();
	if (server == 0) {
		setpgid(0, 0);
		serve(listener, ends[1]);
	}
	close(listener);
	close(ends[1]);
	counter = ends[0];
}

static int requests_seen(void)
{
	struct pollfd wait = { .fd = counter, .events = POLLIN };
	char bytes[64];

	if (poll(&wait, 1, 300) <= 0)
		return 0;
	return (int)read(counter, bytes, sizeof bytes);
}

static bool call(struct ctx *ctx, const char *method, const char *where, const char *body, struct web_answer *out)
{
	static const char *const headers[] = { "X-Test: 1", NULL };
	struct web_request request = { .method = method, .url = text(ctx->arena, "http://localhost%s", where), .unix_socket = path, .headers = headers,
		.body = { (const unsigned char *)body, body != NULL ? strlen(body) : 0 }, .content_type = body != NULL ? "application/json" : NULL,
		.most = 1 << 20 };

	forget(ctx);
	return web_call(ctx, &request, out);
}

static void test_answers(struct ctx *ctx)
{
	struct web_answer out;

	ok(call(ctx, "GET", "/hello", NULL, &out) && out.status == 200 && same((const char *)out.body.at, "hello"), "GET");
	ok(call(ctx, "POST", "/echo", "{\"a\":1}", &out) && same((const char *)out.body.at, "ok"), "POST with headers and body");
	ok(call(ctx, "GET", "/error", NULL, &out) && out.status == 500 && same((const char *)out.body.at, "bad"), "an error status is an answer");
	ok(call(ctx, "GET", "/move", NULL, &out) && out.status == 302, "redirects are not followed");
	ok(call(ctx, "DELETE", "/hello", NULL, &out) && out.status == 200, "DELETE");
	ok(call(ctx, "GET", "/connection", NULL, &out) && call(ctx, "GET", "/connection", NULL, &out) && same((const char *)out.body.at, "kept"),
		"GET keeps its connection");
	ok(call(ctx, "POST", "/connection", "{}", &out) && same((const char *)out.body.at, "new"), "POST gets a new one");
}

static void test_faults(struct ctx *ctx)
{
	struct web_answer out;
	int64_t begun;

	ok(!call(ctx, "GET", "/short", NULL, &out) && ctx->error.kind == KIND_UNAVAILABLE, "an answer that is cut is none");
	ok(!call(ctx, "GET", "/endless", NULL, &out) && ctx->error.kind == KIND_TOO_LARGE, "an endless answer is cut off");
	begun = clock_ms();
	ctx->deadline = begun + 500;
	ok(!call(ctx, "POST", "/hang", "{}", &out) && ctx->error.kind == KIND_TIMEOUT && out.sent, "a server that hangs: the request may have been taken");
	ok(clock_ms() - begun < 3000, "the deadline holds");
	ctx->deadline = 0;
	requests_seen();
	ok(!call(ctx, "POST", "/drop", "{}", &out) && out.sent, "closed after the request: it may have been taken");
	is_int(requests_seen(), 1, "and it was sent once");
	call(ctx, "GET", "/hello", NULL, &out);
	requests_seen();
	ok(!call(ctx, "POST", "/drop", "{}", &out), "the same with a connection that was kept");
	is_int(requests_seen(), 1, "also once");
}

struct parts { size_t n; char text[16]; bool enough; };

static bool take_part(void *arg, struct bytes part)
{
	struct parts *parts = arg;

	for (size_t i = 0; i < part.n && parts->n + 1 < sizeof parts->text; i++)
		parts->text[parts->n++] = (char)part.at[i];
	return !parts->enough;
}

static void test_parts(struct ctx *ctx)
{
	struct parts all = { 0 }, first = { .enough = true }, none = { 0 };
	struct web_request request = { .method = "GET", .url = "http://localhost/parts", .unix_socket = path, .part = take_part, .part_arg = &all, .most = 4 };
	struct web_answer out;

	forget(ctx);
	ok(web_call(ctx, &request, &out) && same(all.text, "onetwo") && out.body.n == 0, "an answer in parts: %s", all.text);
	request.part_arg = &first;
	ok(web_call(ctx, &request, &out) && same(first.text, "one"), "and only its first: %s", first.text);
	request.part_arg = &none;
	request.url = "http://localhost/later";
	ok(web_call(ctx, &request, &out) && none.n == 0 && out.status == 429 && same((const char *)out.body.at, "bad"), "a refusal is a whole answer");
	is_int(out.retry_after, 7, "that tells when to come again");
	ok(call(ctx, "GET", "/hello", NULL, &out) && out.retry_after == 0, "others do not");
	request = (struct web_request){ .method = "PUT", .url = "http://localhost/connection", .unix_socket = path, .again = true };
	ok(call(ctx, "GET", "/connection", NULL, &out) && web_call(ctx, &request, &out) && same((const char *)out.body.at, "kept"),
		"what may be sent twice uses the connection that was kept");
}

static void test_refused(struct ctx *ctx)
{
	struct web_request request = { .method = "GET", .url = "http://localhost/x", .unix_socket = "/tmp/naru-web-nothing/sock" };
	struct web_answer out;

	forget(ctx);
	ok(!web_call(ctx, &request, &out) && ctx->error.kind == KIND_UNAVAILABLE && !out.sent, "no server: certainly not sent");
	request = (struct web_request){ .method = "GET", .url = "http://192.0.2.1/x" };
	forget(ctx);
	ok(!web_call(ctx, &request, &out) && ctx->error.kind == KIND_UNAVAILABLE, "plain http to another machine is refused at once");
	request.url = "file:///etc/passwd";
	forget(ctx);
	ok(!web_call(ctx, &request, &out), "file: is refused");
	request.url = "ftp://localhost/x";
	forget(ctx);
	ok(!web_call(ctx, &request, &out), "ftp: is refused");
}

int main(void)
{
	struct ctx ctx = { .arena = arena_new(0) };

	start();
	test_answers(&ctx);
	test_faults(&ctx);
	test_parts(&ctx);
	test_refused(&ctx);
	kill(-server, SIGKILL);
	waitpid(server, NULL, 0);
	unlink(path);
	rmdir(folder);
	arena_free(ctx.arena);
	return done_testing();
}
