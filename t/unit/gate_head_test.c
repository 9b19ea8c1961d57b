/*
 * The heads of requests on their way to an app and of answers on their way back: what is refused, left out, added; where a body ends.
 * link: fcgi-apps/gate/head.c fcgi-apps/gate/line.c fcgi-apps/gate/answer.c fcgi-apps/gate/body.c
 * flags: -Ifcgi-apps/gate
 */
#include "head.h"

#include <string.h>

#include "tap.h"

static struct arena *arena;

#define OURS "Naru-App: abcdefghij\r\nNaru-User: alice\r\nNaru-Seat: seat\r\nNaru-Address: 192.0.2.7\r\n"
#define LINES(lines) "GET /a?b HTTP/1.1\r\nHost: x.apps.y\r\n" OURS lines "\r\n"
#define HOST "x.apps.y"

static bool reads(const char *s, struct ask *ask)
{
	return ask_read(arena, s, strlen(s), ask);
}

static bool has(const char *whole, const char *part)
{
	return strstr(whole, part) != NULL;
}

static const char *written(const char *s, const char *add)
{
	struct ask *ask = NEW(arena, struct ask);
	struct buf out;

	buf_in(&out, arena);
	if (!reads(s, ask))
		return "refused";
	ask_write(ask, HOST, add, &out);
	return buf_cstr(&out);
}

static void test_refused(void)
{
	static const char *const wrong[] = {
		"\r\n", "GET /\r\n" OURS "\r\n", "GET http://a/ HTTP/1.1\r\n" OURS "\r\n", "GET / b HTTP/1.1\r\n" OURS "\r\n", "get / HTTP/1.1\r\n" OURS "\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n", LINES("no colon\r\n"), LINES(": empty\r\n"), LINES("a b: c\r\n"), LINES("a : c\r\n"), LINES(" folded\r\n"),
		LINES("naru-user: bob\r\n"), LINES("NARU-SEAT: other\r\n"), LINES("Naru-App: klmnopqrst\r\n"), LINES("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
		LINES("Content-Length: 1\r\nContent-Length: 1\r\n"), LINES("Content-Length: -1\r\n"), LINES("Content-Length: 1x\r\n"),
		LINES("Transfer-Encoding: gzip, chunked\r\n"), LINES("A: \x01\r\n"), LINES("A: b\rC: d\r\n"),
	};
	struct ask *ask = NEW(arena, struct ask);
	static const char nul[] = LINES("A: \0b\r\n");

	for (size_t i = 0; i < COUNT(wrong); i++)
		ok(!reads(wrong[i], ask), "refused: number %zu", i);
	ok(!ask_read(arena, nul, sizeof nul - 1, ask), "refused: a NUL");
	ok(reads(LINES("A: b\r\n"), ask) && same(ask->method, "GET") && same(ask->target, "/a?b") && same(ask->user, "alice"), "a plain one is read");
	ok(head_end("a\r\n\r\nb", 6) == 5 && head_end("a\r\n\r", 4) == 0 && head_end("", 0) == 0, "where it ends");
}

static void test_written(void)
{
	const char *w = written(LINES("NARU-X: y\r\nX-Forwarded-For: 1.1.1.1\r\nProxy: p\r\nKeep-Alive: 1\r\nRemote-User: root\r\nAccept: z\r\n"), NULL);

	ok(starts_with(w, "GET /a?b HTTP/1.1\r\nHost: " HOST "\r\n") && has(w, "Accept: z\r\n"), "the request itself stays");
	ok(!has(w, "aru-") && !has(w, "NARU") && !has(w, "Proxy") && !has(w, "Keep-Alive") && !has(w, "root"), "the portal's headers and those of one hop go");
	ok(has(w, "X-Forwarded-For: 192.0.2.7\r\n") && !has(w, "1.1.1.1"), "the address is what nginx saw");
	ok(has(w, "Connection: close\r\n"), "one request a connection");
	w = written(LINES("Connection: upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n"), NULL);
	ok(has(w, "Upgrade: websocket\r\nConnection: Upgrade\r\n") && !has(w, "close"), "a WebSocket is one");
	w = written(LINES("Connection: upgrade\r\nUpgrade: h2c\r\n"), NULL);
	ok(!has(w, "h2c") && has(w, "Connection: close"), "no other protocol");
}

static void test_secret(void)
{
	const char *w = written(LINES("Authorization: Bearer x\r\nCookie: a=b\r\n"), "Authorization: token s3cret");

	ok(has(w, "Authorization: token s3cret\r\n") && !has(w, "Bearer") && has(w, "Cookie: a=b\r\n"), "a header takes the visitor's place");
	w = written(LINES("Authorization: Bearer naru_token\r\nX-Secret: mine\r\n"), "X-Secret: s3cret");
	ok(has(w, "X-Secret: s3cret\r\n") && !has(w, "mine") && !has(w, "naru_token"), "of any name; a token of the portal goes");
	w = written(LINES("Cookie: a=b; code=mine; __Host-naru-app=seat;c=d\r\nCookie: __host-naru=x; codes=1\r\n"), "Cookie: code=s3cret");
	ok(has(w, "Cookie: a=b; c=d; codes=1; code=s3cret\r\n"), "a cookie joins the visitor's, without the portal's");
	ok(!has(written(LINES("Cookie: __Host-naru-app=seat; __Host-naru=x\r\n"), NULL), "Cookie"), "no cookie is left");
}

static bool from(const char *method, const char *lines)
{
	struct ask *ask = NEW(arena, struct ask);

	return reads(text(arena, "%s / HTTP/1.1\r\n" OURS "%s\r\n", method, lines), ask) && ask_origin_good(ask, "a");
}

static void test_origin(void)
{
	ok(from("POST", "Origin: https://a\r\n") && from("POST", "") && from("GET", ""), "own pages, and programs");
	ok(!from("POST", "Origin: https://b\r\n") && !from("DELETE", "Origin: null\r\n") && !from("POST", "Origin: https://a.b\r\n") && !from("POST", "Origin: http://a\r\n"),
		"no other page changes anything");
	ok(!from("GET", "Origin: https://b\r\nUpgrade: websocket\r\n") && !from("GET", "Upgrade: websocket\r\n") && from("GET", "Origin: https://a\r\nUpgrade: websocket\r\n"),
		"or opens a WebSocket");
	ok(from("GET", "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"), "a link leads here");
	ok(!from("GET", "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n"), "another app's page embeds nothing");
	ok(!from("POST", "Origin: https://a\r\nOrigin: https://b\r\n"), "two origins are none");
}

static const char *answered(const char *s, bool websocket, struct answer *a)
{
	struct buf out;

	buf_in(&out, arena);
	buf_text(&out, "");
	return answer_write(arena, s, strlen(s), websocket, a, &out) ? buf_cstr(&out) : "refused";
}

static void test_answer(void)
{
	struct answer a;
	const char *w = answered("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nSet-Cookie: a=b; domain=y; Path=/\r\nSet-Cookie: __Host-naru-app=evil; Path=/\r\n"
		"X-Accel-Redirect: /x\r\nClear-Site-Data: \"*\"\r\nNaru-User: root\r\nX-Own: 1\r\n\r\n", false, &a);

	ok(a.status == 200 && starts_with(w, "HTTP/1.1 200 OK\r\n") && has(w, "Content-Length: 1\r\n") && has(w, "X-Own: 1\r\n"), "an answer is passed on");
	ok(has(w, "Set-Cookie: a=b; Path=/\r\n") && !has(w, "evil"), "its cookies are of its own host, and none of the portal's");
	ok(!has(w, "X-Accel") && !has(w, "Clear-Site-Data") && !has(w, "Naru-"), "nothing speaks to nginx or for the portal");
	answered("HTTP/1.1 100 Continue\r\n\r\n", false, &a);
	ok(a.interim, "100 is left out");
	ok(same(answered("HTTP/1.1 101 Switching Protocols\r\n\r\n", false, &a), "refused"), "101 to who did not ask is refused");
	ok(has(answered("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", true, &a), "Connection: Upgrade\r\n"), "and passed on to who did");
	ok(same(answered("SSH-2.0-x\r\n\r\n", false, &a), "refused") && same(answered("HTTP/1.1 9999\r\n\r\n", false, &a), "refused")
		&& same(answered("HTTP/1.1 200 OK\r\nbroken\r\n\r\n", false, &a), "refused"), "no HTTP is no answer");
}

/* Takes the bytes in steps; how many were taken, -1: malformed, -2: it goes on. */
static int taken(enum body_kind kind, int64_t length, const char *s, size_t step)
{
	struct body body = body_of(&(struct ask){ .body = kind, .length = length });
	size_t n = strlen(s), all = 0;
	bool end = false;

	while (!end && all < n) {
		size_t now_taken = 0;

		if (!body_take(&body, s + all, step < n - all ? step : n - all, &now_taken, &end))
			return -1;
		all += now_taken;
	}
	return end ? (int)all : -2;
}

static void test_body(void)
{
	static const char chunks[] = "3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\nGET /next";

	for (size_t step = 1; step < 40; step += 6) {
		ok(taken(BODY_LENGTH, 4, "abcdGET /next", step) == 4, "a length ends it, %zu bytes a time", step);
		ok(taken(BODY_CHUNKED, 0, chunks, step) == (int)(strlen(chunks) - strlen("GET /next")), "chunks end it, %zu bytes a time", step);
	}
	ok(taken(BODY_CHUNKED, 0, "x\r\n", 3) == -1 && taken(BODY_CHUNKED, 0, "\r\n", 2) == -1 && taken(BODY_CHUNKED, 0, "1\r\nab\r\n", 9) == -1
		&& taken(BODY_CHUNKED, 0, "1\nab", 9) == -1 && taken(BODY_CHUNKED, 0, "ffffffffffffffffff\r\n", 30) == -1, "malformed chunks are refused");
	ok(taken(BODY_CHUNKED, 0, "3\r\nab", 9) == -2 && taken(BODY_LENGTH, 9, "ab", 9) == -2, "an unfinished one goes on");
}

int main(void)
{
	arena = arena_new(0);
	test_refused();
	test_written();
	test_secret();
	test_origin();
	test_answer();
	test_body();
	arena_free(arena);
	return done_testing();
}
