/*
 * The head of a request on its way to an app: what is refused, what is left out, what is added.
 * link: fcgi-apps/gate/head.c
 * flags: -Ifcgi-apps/gate
 */
#include "head.h"

#include <string.h>

#include "tap.h"

static struct arena *arena;

static bool reads(const char *s, struct head *head)
{
	return head_read(arena, (struct bytes){ (const unsigned char *)s, strlen(s) }, head);
}

static bool has(const char *whole, const char *part)
{
	return strstr(whole, part) != NULL;
}

static const char *written(const char *s, const char *extra)
{
	struct head head;

	return reads(s, &head) ? (const char *)head_write(arena, &head, extra).at : "refused";
}

#define LINES(lines) "GET /a?b HTTP/1.1\r\nHost: x.apps.y\r\n" lines "\r\n"

static void test_refused(void)
{
	static const char *const wrong[] = {
		"\r\n", "GET /\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET / b HTTP/1.1\r\nHost: a\r\n\r\n",
		LINES("Host: b\r\n"), LINES("no colon\r\n"), LINES(": empty\r\n"), LINES("a b: c\r\n"), LINES("A: b\r\n folded\r\n"), LINES("A: b\nC: d\r\n"),
		LINES("Naru-User: a\r\nnaru-user: b\r\n"), LINES("Naru-Seat: a\r\nNaru-Seat: b\r\n"), LINES("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
		LINES("Content-Length: 1\r\nContent-Length: 2\r\n"), LINES("A: \x01\r\n"), LINES("Origin: a\r\nOrigin: b\r\n"),
	};
	struct head head;

	for (size_t i = 0; i < COUNT(wrong); i++)
		ok(!reads(wrong[i], &head), "refused: number %zu", i);
	ok(!head_read(arena, (struct bytes){ (const unsigned char *)"GET / HTTP/1.1\r\nHost: a\r\nA: \0\r\n\r\n", 36 }, &head), "refused: a NUL");
	ok(reads(LINES("A: b\r\n"), &head) && same(head.method, "GET") && same(head.host, "x.apps.y"), "a plain one is read");
	ok(head_length("a\r\n\r\nb", 6) == 5 && head_length("a\r\n\r", 4) == 0, "where it ends");
}

static void test_written(void)
{
	const char *w = written(LINES("Naru-User: a\r\nNaru-Seat: s\r\nNARU-X: y\r\nProxy: p\r\nKeep-Alive: 1\r\nAccept: z\r\n"), NULL);

	ok(has(w, "GET /a?b HTTP/1.1\r\nHost: x.apps.y\r\n") && has(w, "Accept: z\r\n"), "the request itself stays");
	ok(!has(w, "Naru") && !has(w, "NARU") && !has(w, "Proxy") && !has(w, "Keep-Alive"), "the portal's headers and those of one hop go");
	ok(has(w, "\r\nConnection: close\r\n\r\n"), "one request a connection");
	w = written(LINES("Connection: upgrade\r\nUpgrade: WebSocket\r\n"), NULL);
	ok(has(w, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n") && !has(w, "close"), "a WebSocket is one");
	w = written(LINES("Connection: upgrade\r\nUpgrade: h2c\r\n"), NULL);
	ok(!has(w, "h2c") && has(w, "Connection: close"), "no other protocol");
}

static void test_secret(void)
{
	const char *w = written(LINES("Authorization: Bearer x\r\nCookie: a=b\r\n"), "Authorization: token s3cret");

	ok(has(w, "Authorization: token s3cret\r\n") && !has(w, "Bearer") && has(w, "Cookie: a=b\r\n"), "a header takes the visitor's place");
	w = written(LINES("Authorization: Bearer x\r\nX-Secret: mine\r\n"), "X-Secret: s3cret");
	ok(has(w, "X-Secret: s3cret\r\n") && !has(w, "mine") && !has(w, "Bearer"), "of any name");
	w = written(LINES("Cookie: a=b; code=mine; __Host-naru-app=seat;c=d\r\nCookie: __host-naru=x; codes=1\r\n"), "Cookie: code=s3cret");
	ok(has(w, "Cookie: a=b; c=d; codes=1; code=s3cret\r\n"), "a cookie joins the visitor's, without the portal's");
	w = written(LINES("Cookie: __Host-naru-app=seat; __Host-naru=x\r\n"), NULL);
	ok(!has(w, "Cookie"), "no cookie is left");
}

static bool from(const char *method, const char *lines)
{
	struct head head;

	return reads(text(arena, "%s / HTTP/1.1\r\nHost: a\r\n%s\r\n", method, lines), &head) && head_origin_ok(&head, "https://a");
}

static void test_origin(void)
{
	ok(from("POST", "Origin: https://a\r\n") && from("POST", "") && from("GET", "Origin: https://b\r\n"), "own pages, programs, and reading");
	ok(!from("POST", "Origin: https://b\r\n") && !from("DELETE", "Origin: null\r\n") && !from("POST", "Origin: https://a.b\r\n"), "no other page changes anything");
	ok(!from("GET", "Origin: https://b\r\nUpgrade: websocket\r\n") && from("GET", "Origin: https://a\r\nUpgrade: websocket\r\n"), "or opens a WebSocket");
}

int main(void)
{
	arena = arena_new(0);
	test_refused();
	test_written();
	test_secret();
	test_origin();
	arena_free(arena);
	return done_testing();
}
