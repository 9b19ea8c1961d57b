/*
 * Heads of requests and answers as the gate reads and writes them, and where bodies end.
 * flags: -Ifcgi-apps/gate
 * link: fcgi-apps/gate/head.c fcgi-apps/gate/line.c fcgi-apps/gate/answer.c fcgi-apps/gate/body.c
 */
#include "head.h"
#include "tap.h"

#define HOST "abcdefghij.apps.localhost:8443"
#define TOLD "Naru-App: abcdefghij\r\nNaru-User: alice\r\nNaru-Seat: seat\r\nNaru-Address: 192.0.2.7\r\n"

static struct arena *arena;

static bool reads(const char *head, struct ask *ask)
{
	return ask_read(arena, head, strlen(head), ask);
}

static bool refused(const char *head)
{
	return !reads(head, NEW(arena, struct ask));
}

static const char *written(const char *lines, const char *add)
{
	struct ask *ask = NEW(arena, struct ask);
	struct buf out = { 0 };

	if (!reads(text(arena, "GET /a?b=c HTTP/1.1\r\nHost: visitor\r\n" TOLD "%s\r\n", lines), ask))
		return "(refused)";
	buf_in(&out, arena);
	ask_write(ask, HOST, add, &out);
	return buf_cstr(&out);
}

static bool has(const char *head, const char *line)
{
	return strstr(head, text(arena, "\r\n%s\r\n", line)) != NULL;
}

static void test_read(void)
{
	struct ask *ask = NEW(arena, struct ask);

	ok(reads("GET / HTTP/1.1\r\n" TOLD "\r\n", ask) && same(ask->user, "alice") && same(ask->app, "abcdefghij") && ask->body == BODY_NONE, "a plain request");
	ok(reads("PUT /x HTTP/1.1\r\n" TOLD "Content-Length: 12\r\n\r\n", ask) && ask->body == BODY_LENGTH && ask->length == 12, "with a length");
	ok(reads("PUT /x HTTP/1.1\r\n" TOLD "Transfer-Encoding: chunked\r\n\r\n", ask) && ask->body == BODY_CHUNKED, "in chunks");
	ok(refused("GET / HTTP/1.1\r\n\r\n"), "nothing that nginx says");
	ok(refused("GET / HTTP/1.1\r\n" TOLD "Naru-User: root\r\n\r\n") && refused("GET / HTTP/1.1\r\n" TOLD "naru-app: x\r\n\r\n"), "who it is said twice");
	ok(refused("GET / HTTP/1.1\r\nNaru-App: a\r\nNaru-User: \r\nNaru-Seat: b\r\nNaru-Address: c\r\n\r\n"), "or said as nothing");
	ok(refused("PUT / HTTP/1.1\r\n" TOLD "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"), "two lengths");
	ok(refused("PUT / HTTP/1.1\r\n" TOLD "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), "a length and chunks");
	ok(refused("PUT / HTTP/1.1\r\n" TOLD "Transfer-Encoding: gzip, chunked\r\n\r\n"), "another coding");
	ok(refused("PUT / HTTP/1.1\r\n" TOLD "Content-Length: -1\r\n\r\n") && refused("PUT / HTTP/1.1\r\n" TOLD "Content-Length: 1x\r\n\r\n")
		&& refused("PUT / HTTP/1.1\r\n" TOLD "Content-Length: \r\n\r\n"), "a length that is none");
	ok(refused("GET http://x/ HTTP/1.1\r\n" TOLD "\r\n") && refused("GET / HTTP/1.0\r\n" TOLD "\r\n") && refused("GET /\r\n" TOLD "\r\n"), "other first lines");
	ok(refused("GET / HTTP/1.1\r\n" TOLD "X: a\rb\r\n\r\n") && refused("GET / HTTP/1.1\r\n" TOLD "X : a\r\n\r\n")
		&& refused("GET / HTTP/1.1\r\n" TOLD "X: a\r\n folded\r\n\r\n") && refused("GET / HTTP/1.1\r\n" TOLD "nothing\r\n\r\n"), "lines that are none");
	ok(head_end("a\r\nb\r\n\r\nrest", 12) == 8 && head_end("a\n\nb", 4) == 3 && head_end("a\r\n\r", 4) == 0 && head_end("", 0) == 0, "where a head ends");
}

static bool good_from(const char *first, const char *lines)
{
	struct ask *ask = NEW(arena, struct ask);

	return reads(text(arena, "%s HTTP/1.1\r\n" TOLD "%s\r\n", first, lines), ask) && ask_origin_good(ask, HOST);
}

#define SOCKET "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n"

static void test_origin(void)
{
	ok(good_from("GET /", "") && good_from("POST /", "") && good_from("POST /", "Origin: https://" HOST "\r\nSec-Fetch-Site: same-origin\r\n"), "the app's own pages, and programs");
	ok(!good_from("POST /", "Origin: https://localhost:8443\r\n") && !good_from("POST /", "Origin: null\r\n") && !good_from("DELETE /", "Origin: http://" HOST "\r\n"),
		"no other origin changes anything");
	ok(!good_from("POST /", "Sec-Fetch-Site: same-site\r\n") && !good_from("POST /", "Sec-Fetch-Site: cross-site\r\n"), "nor another host of the same site");
	ok(!good_from("GET /data", "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n"), "nor reads data");
	ok(!good_from("GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"), "nor frames it");
	ok(good_from("GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"), "but links may be followed");
	ok(!good_from("GET /", "Origin: https://evil.example\r\n"), "a page elsewhere that says so does not even read");
	ok(good_from("GET /ws", SOCKET "Origin: https://" HOST "\r\n") && !good_from("GET /ws", SOCKET) && !good_from("GET /ws", SOCKET "Origin: https://" HOST ".evil\r\n")
		&& !good_from("GET /ws", SOCKET "Origin: https://klmnopqrst.apps.localhost:8443\r\n"), "a WebSocket says that it is the app's own");
	ok(!good_from("GET /ws", SOCKET "Origin: https://" HOST "\r\nOrigin: https://evil.example\r\n"), "once");
	ok(!good_from("GET /ws", SOCKET "Origin: https://" HOST "\r\nSec-Fetch-Site: same-site\r\n"), "and is");
}

static void test_write(void)
{
	const char *head = written("X-Own: 1\r\nX-Forwarded-For: 10.0.0.1\r\nForwarded: for=x\r\nX-Forwarded-User: root\r\nX-Naru-User: root\r\nNaru-Other: 1\r\n"
		"Connection: keep-alive, X-Own\r\nTE: trailers\r\nProxy: x\r\n", NULL);

	ok(starts_with(head, "GET /a?b=c HTTP/1.1\r\nHost: " HOST "\r\n"), "the app's own host");
	ok(has(head, "X-Own: 1") && has(head, "X-Forwarded-For: 192.0.2.7") && has(head, "X-Forwarded-Proto: https") && has(head, "Connection: close"), "what it needs");
	ok(!strstr(head, "10.0.0.1") && !strstr(head, "root") && !strstr(head, "Naru-") && !strstr(head, "Forwarded: for") && !strstr(head, "TE:") && !strstr(head, "keep-alive"),
		"nothing that a visitor says of others, and nothing of ours");
	head = written("Cookie: a=1; __Host-naru-app=seat; b=2\r\nCookie: __host-NARU=x;c=3; __Secure-naru-x=1\r\n", NULL);
	ok(has(head, "Cookie: a=1; b=2; c=3"), "cookies but ours, in one line") || (diag("%s", head), 0);
	ok(!strstr(written("Cookie: __Host-naru-app=seat\r\n", NULL), "Cookie"), "and none if there are no others");
	head = written("Cookie: code=mine; a=1; code = too\r\n", "Cookie: code=secret");
	ok(has(head, "Cookie: a=1; code=secret"), "a secret in a cookie takes the place of the visitor's") || (diag("%s", head), 0);
	head = written("Authorization: Basic eA==\r\nauthorization: token mine\r\n", "Authorization: token secret");
	ok(has(head, "Authorization: token secret") && !strstr(head, "eA==") && !strstr(head, "mine"), "and one in a header too");
	ok(has(written("Authorization: Basic eA==\r\n", NULL), "Authorization: Basic eA=="), "without one the visitor's goes on");
	ok(!strstr(written("Authorization: Bearer naru_abc\r\n", NULL), "naru_") && !strstr(written("Authorization: bearer   naru_abc\r\n", NULL), "naru_"), "but not a token of the portal");
	head = written(SOCKET, NULL);
	ok(has(head, "Upgrade: websocket") && has(head, "Connection: Upgrade") && has(head, "Sec-WebSocket-Key: x"), "a WebSocket is asked for");
	ok(!strstr(written("Upgrade: h2c\r\n", NULL), "Upgrade"), "nothing else is");
}

static const char *answered(const char *head, bool websocket)
{
	struct buf out = { 0 };
	struct answer a;

	buf_in(&out, arena);
	if (!answer_write(arena, head, strlen(head), websocket, &a, &out))
		return NULL;
	return a.interim ? "interim" : buf_cstr(&out);
}

static void test_answer(void)
{
	const char *head = answered("HTTP/1.1 200 OK\r\nX-Own: 1\r\nSet-Cookie: a=b; Domain=localhost; Path=/\r\nSet-Cookie: __Host-naru=x; Path=/\r\nset-cookie: c=d;domain = .x;DOMAIN=y\r\n"
		"Set-Cookie: naked\r\nX-Accel-Redirect: /static/x\r\nClear-Site-Data: \"*\"\r\nNaru-User: root\r\nConnection: keep-alive\r\nStrict-Transport-Security: max-age=0\r\n\r\n", false);

	ok(starts_with(head, "HTTP/1.1 200 OK\r\nX-Own: 1\r\n"), "an answer goes on");
	ok(has(head, "Set-Cookie: a=b; Path=/") && has(head, "Set-Cookie: c=d"), "with cookies of its own host alone") || (diag("%s", head), 0);
	ok(!strstr(head, "naru") && !strstr(head, "naked") && !strstr(head, "X-Accel") && !strstr(head, "Clear-Site") && !strstr(head, "root") && !strstr(head, "max-age=0")
		&& has(head, "Connection: close"), "and nothing that reaches further");
	ok(same(answered("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", false), "interim") && same(answered("HTTP/1.1 100 Continue\r\n\r\n", true), "interim"), "what comes before is left out");
	head = answered("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: y\r\n\r\n", true);
	ok(head && has(head, "Upgrade: websocket") && has(head, "Sec-WebSocket-Accept: y"), "a WebSocket begins");
	ok(!answered("HTTP/1.1 101 Switching Protocols\r\n\r\n", false), "not without having been asked for");
	ok(!answered("HTTP/2 200\r\n\r\n", false) && !answered("hello\r\n\r\n", false) && !answered("HTTP/1.1 20 OK\r\n\r\n", false) && !answered("HTTP/1.1 999 X\r\n\r\n", false), "what is no answer");
	ok(!answered("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", false) && !answered("HTTP/1.1 200 OK\r\nX y: a\r\n\r\n", false) && !answered("HTTP/1.1 200 O\x01K\r\n\r\n", false), "or has lines that are none");
	ok(answered("HTTP/1.0 200 OK\nX: a\n\n", false) != NULL, "old servers end lines without a CR");
}

/* Taken in pieces of any size the end must be the same. -1: malformed; else the bytes that belong to the body, 1000 more if it is complete. */
static int chunks(const char *bytes, size_t step)
{
	struct ask ask = { .body = BODY_CHUNKED };
	struct body b = body_of(&ask);
	size_t n = strlen(bytes), sum = 0;
	bool end = false;

	for (size_t i = 0; i < n && !end; i += step) {
		size_t part = n - i < step ? n - i : step, taken = 0;

		if (!body_take(&b, bytes + i, part, &taken, &end))
			return -1;
		sum += taken;
		if (taken < part)
			break;
	}
	return (int)sum + (end ? 1000 : 0);
}

static void test_body(void)
{
	struct ask ask = { .body = BODY_LENGTH, .length = 5 };
	struct body b = body_of(&ask);
	size_t taken;
	bool end;
	int bad = 0;
	static const struct { const char *bytes; int want; } cases[] = {
		{ "0\r\n\r\n", 1005 }, { "5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n", 1015 }, { "a;x=y\r\n0123456789\r\n0\r\nX: y\r\n\r\nmore", 1030 }, { "5\r\nhel", 6 },
		{ "\r\n", -1 }, { "x\r\n", -1 }, { "5\nhello", -1 }, { "5\r\nhelloX", -1 }, { "5\r\nhello\r\n0\r\n\rX", -1 }, { "ffffffffffffffffffff\r\n", -1 },
		{ "0x5\r\nhello", -1 }, { " 5\r\nhello", -1 }, { "5;\nhello", -1 }, { "00\r\n\r\n", 1006 }, { "0\r\nX: y\n", -1 },
	};

	ok(body_take(&b, "hello", 3, &taken, &end) && taken == 3 && !end, "a part of a body");
	ok(body_take(&b, "lo more", 7, &taken, &end) && taken == 2 && end, "and its end");
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t step = 1; step < 40; step++)
			if (chunks(cases[i].bytes, step) != cases[i].want) {
				diag("case %zu in pieces of %zu: %d", i, step, chunks(cases[i].bytes, step));
				bad++;
			}
	ok(bad == 0, "chunks end where they end, however they come");
}

int main(void)
{
	arena = arena_new(0);
	test_read();
	test_origin();
	test_write();
	test_answer();
	test_body();
	arena_free(arena);
	return done_testing();
}
