/* request_test: a request from its environment to its answer, without a socket. What needs one is in t/app.t and t/sockets.t. */
#include "frame_site.h"
#include "tap.h"

#include <stdlib.h>

static struct arena *arena;
static int ran;

static struct reply run_it(struct req *r)
{
	ran++;
	return reply_text(r, "text/plain", r->path, strlen(r->path));
}

static struct reply go(struct req *r) { return reply_go(r, req_query(r, "to"), NULL); }

static struct reply long_flash(struct req *r)
{
	struct buf b;
	buf_in(&b, r->ctx->arena);
	for (int i = 0; i < 3000; i++)
		buf_text(&b, "한");
	return reply_go(r, "/", buf_cstr(&b));
}

static const struct route routes[] = {
	{ GET, "/", run_it, .role = ROLE_PUBLIC }, { GET, "/me", run_it, .role = ROLE_USER }, { POST, "/me", run_it, .role = ROLE_USER },
	{ GET, "/go", go, .role = ROLE_PUBLIC }, { GET, "/flash", long_flash, .role = ROLE_PUBLIC },
};
static const struct app app = { .name = "t", .routes = routes, .n = COUNT(routes) };

#define ALICE "NARU_IDENTITY=1\nNARU_USER=alice\nNARU_UID=20001\nNARU_GID=30000\nNARU_ROLE=user\nNARU_CSRF=0123456789abcdef0123\nNARU_LANG=en\n"
#define NOBODY "NARU_IDENTITY=0\nNARU_USER=\n"

/* Status of the answer; 0: none. The whole answer is in site.out. */
static struct site site;
static int ask(const char *lines, const char *body)
{
	site_begin(&site, arena, lines);
	site_body(&site, body, strlen(body));
	ran = 0;
	request_serve(&app, &site.wire, arena);
	const char *out = buf_cstr(&site.out);
	return starts_with(out, "Status: ") ? (int)strtol(out + 8, NULL, 10) : 0;
}

static void test_order(void)
{
	is_int(ask("", ""), 0, "nothing said, nothing answered");
	is_int(ask(ALICE "REQUEST_URI=/me\n", ""), 0, "no method: cut");
	is_int(ask(ALICE "REQUEST_METHOD=GET\n", ""), 400, "no address");
	is_int(ask("REQUEST_METHOD=GET\nREQUEST_URI=/\n", ""), 403, "no identity, even at a public page");
	is_int(ask(NOBODY "REQUEST_METHOD=GET\nREQUEST_URI=/\n", ""), 200, "a public page");
	is_int(ask(NOBODY "REQUEST_METHOD=GET\nREQUEST_URI=/me\n", ""), 401, "nobody");
	is_int(ran, 0, "did not run");
	is_int(ask(ALICE "REQUEST_METHOD=GET\nREQUEST_URI=/me?a=1\n", ""), 200, "alice");
	is_int(ask(ALICE "REQUEST_METHOD=GET\nREQUEST_URI=/me?a=%zz\n", ""), 400, "a bad query");
	is_int(ask(ALICE "NARU_ROLE=admin\nREQUEST_METHOD=GET\nREQUEST_URI=/me\n", ""), 403, "doubled");
	is_int(ask(NOBODY "NARU_UID=0\nREQUEST_METHOD=GET\nREQUEST_URI=/\n", ""), 200, "no identity is read without a user");
}

static void test_posts(void)
{
#define POST_ME ALICE "REQUEST_METHOD=POST\nREQUEST_URI=/me\nCONTENT_TYPE=application/x-www-form-urlencoded\n"
	is_int(ask(POST_ME, "csrf=0123456789abcdef0123&key=abcdefghijklmnopqrstuv"), 200, "a good POST");
	is_int(ran, 1, "ran once");
	is_int(ask(POST_ME "CONTENT_LENGTH=100\n", "csrf=0123456789abcdef0123"), 400, "cut");
	is_int(ask(POST_ME "CONTENT_LENGTH=99999999\n", "csrf=0123456789abcdef0123"), 413, "too large is said before it is read");
	is_int((int64_t)site.body_n, 25, "nothing was read");
	is_int(ask(POST_ME "CONTENT_LENGTH=-1\n", "csrf=0123456789abcdef0123"), 400, "a negative length");
	is_int(ask(POST_ME, ""), 403, "no secret");
	is_int(ask(POST_ME "HTTP_SEC_FETCH_SITE=cross-site\n", "csrf=0123456789abcdef0123"), 403, "from elsewhere");
	is_int(ran, 0, "did not run");
}

static void goes(const char *to, const char *wanted)
{
	is_int(ask(text(arena, NOBODY "REQUEST_METHOD=GET\nREQUEST_URI=/go?to=%s\n", to), ""), 303, "to %s", to);
	ok(strstr(buf_cstr(&site.out), text(arena, "\r\nLocation: %s\r\n", wanted)) != NULL, "goes to %s", wanted);
}

static void test_go(void)
{
	goes("/jobs/1?a=b%23c", "/jobs/1?a=b#c");
	static const char *const foreign[] = { "//evil.example", "/%5Cevil.example", "https://evil.example", "javascript:x", "", "/a%0D%0AX-Evil:1", "/a%20b", "/%09/evil.example" };
	for (size_t i = 0; i < COUNT(foreign); i++)
		goes(foreign[i], "/");
	is_int(ask(NOBODY "REQUEST_METHOD=GET\nREQUEST_URI=/flash\n", ""), 303, "a long message");
	ok(site.out.n < 4096, "fits into the headers");
	ok(strstr(buf_cstr(&site.out), "%ED%95%9C%E2%80%A6;") != NULL, "and is cut behind a letter");
}

int main(void)
{
	arena = arena_new(0);
	test_order();
	test_posts();
	test_go();
	arena_free(arena);
	return done_testing();
}
