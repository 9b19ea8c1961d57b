/* csrf_test: which POSTs come from a page of ours. */
#include "frame_site.h"
#include "tap.h"

#define SECRET "0123456789abcdef0123456789abcdef"

static struct arena *arena;

static const struct { const char *lines; bool good; } origins[] = {
	{ "HTTP_HOST=h:1", true },
	{ "HTTP_HOST=h:1\nHTTP_ORIGIN=https://h:1", true },
	{ "HTTP_HOST=h:1\nHTTP_ORIGIN=https://h:1\nHTTP_SEC_FETCH_SITE=same-origin", true },
	{ "HTTP_HOST=h:1\nHTTP_SEC_FETCH_SITE=none", true },
	{ "HTTP_HOST=h:1\nHTTP_ORIGIN=", true },
	{ "HTTP_HOST=h:1\nHTTP_ORIGIN=http://h:1", false },
	{ "HTTP_HOST=h:1\nHTTP_ORIGIN=https://h", false },
	{ "HTTP_HOST=h:1\nHTTP_ORIGIN=https://h:12", false },
	{ "HTTP_HOST=h:1\nHTTP_ORIGIN=https://h:1.evil.example", false },
	{ "HTTP_HOST=h:1\nHTTP_ORIGIN=https://h:1/", false },
	{ "HTTP_HOST=h:1\nHTTP_ORIGIN=null", false },
	{ "HTTP_HOST=h:1\nHTTP_SEC_FETCH_SITE=same-site", false },
	{ "HTTP_HOST=h:1\nHTTP_SEC_FETCH_SITE=cross-site\nHTTP_ORIGIN=https://h:1", false },
	{ "HTTP_ORIGIN=https://h:1", false },
};

static void test_origins(void)
{
	struct site s;
	for (size_t i = 0; i < COUNT(origins); i++) {
		site_begin(&s, arena, origins[i].lines);
		is_int(csrf_origin(&s.r), origins[i].good, "origin %zu", i);
		is_int(s.ctx.error.kind, origins[i].good ? KIND_NONE : KIND_FORBIDDEN, "its answer");
	}
}

static bool field(struct site *s, const char *given)
{
	s->state.csrf_checked = false;
	bool good = csrf_field(&s->r, given);
	is_int(s->state.csrf_checked, good, "only a good secret allows changes");
	forget(&s->ctx);
	return good;
}

static void test_fields(void)
{
	static const struct route closed = { POST, "/", NULL, .role = ROLE_PUBLIC };
	struct site s;
	site_begin(&s, arena, "HTTP_COOKIE=__Host-naru-form=" SECRET);
	ok(field(&s, SECRET), "nobody's form with its cookie");
	ok(!field(&s, "1123456789abcdef0123456789abcdef"), "another secret");
	ok(!field(&s, NULL), "none");
	s.state.route = &closed;
	ok(!field(&s, SECRET), "a route that does not take nobody's forms");
	s.r.who = (struct identity){ .user = "alice", .csrf = "abcdefghijklmnopqrstuvwxyz" };
	ok(!field(&s, SECRET), "the cookie is nothing when somebody is signed in");
	ok(field(&s, "abcdefghijklmnopqrstuvwxyz"), "the session's secret");
	ok(!field(&s, "abcdefghijklmnopqrstuvwxy"), "less of it");
	ok(!field(&s, ""), "nothing of it");
	s.r.who.csrf = "";
	ok(!field(&s, ""), "an empty secret is none");
	s.r.who.csrf = "short";
	ok(!field(&s, "short"), "nor is a short one");
	site_begin(&s, arena, "HTTP_COOKIE=a=b");
	ok(!field(&s, SECRET), "no cookie");
}

static void test_keys(void)
{
	ok(key_valid("abcdefghijklmnopqrstuv"), "128 bits");
	ok(!key_valid("") && !key_valid("abc") && !key_valid("abcdefghijklmnop qrstu") && !key_valid("abcdefghijklmnopqrst\n"), "what is no key");
	ok(!key_valid("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "too long");
}

int main(void)
{
	arena = arena_new(0);
	test_origins();
	test_fields();
	test_keys();
	arena_free(arena);
	return done_testing();
}
