/* params_test: names and values of queries and urlencoded bodies: what is decoded, what is refused, and how many. */
#include <string.h>

#include "params.h"
#include "tap.h"

static struct ctx ctx;

/* in: the text; out: "name=value" joined by '|', NULL: refused. */
static const struct { const char *in, *out; } cases[] = {
	{ "", "" },
	{ "a=b", "a=b" },
	{ "a", "a=" },
	{ "a=", "a=" },
	{ "=b", "=b" },
	{ "a=b=c", "a=b=c" },
	{ "&&a=1&&b=2&", "a=1|b=2" },
	{ "a=1&a=2", "a=1|a=2" },
	{ "a+b=c+d", "a b=c d" },
	{ "a%20b=%2B%26%3D", "a b=+&=" },
	{ "n=%ea%b9%80", "n=\xea\xb9\x80" },
	{ "n=%EA%B9%80", "n=\xea\xb9\x80" },
	{ "n=\xea\xb9\x80", "n=\xea\xb9\x80" },
	{ "a=%0d%0a%1b", "a=\r\n\x1b" },
	{ "a=%", NULL },
	{ "a=%4", NULL },
	{ "a=%4g", NULL },
	{ "a=%-1", NULL },
	{ "%=a", NULL },
	{ "a=%00", NULL },
	{ "a%00b=c", NULL },
	{ "a=%ff", NULL },
	{ "a=%c0%af", NULL },
	{ "a=%ed%a0%80", NULL },
	{ "a=%f4%90%80%80", NULL },
	{ "a=%ea%b9", NULL },
	{ "%ff=a", NULL },
	{ "good=1&a=%ff", NULL },
};

static const char *joined(const struct params *p)
{
	struct buf b;

	buf_in(&b, ctx.arena);
	for (size_t i = 0; i < p->n; i++)
		buf_printf(&b, "%s%s=%s", i ? "|" : "", p->at[i].name, p->at[i].value);
	return buf_cstr(&b);
}

static void test_cases(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct params p = {0};
		bool good = params_parse(&ctx, &p, cases[i].in, strlen(cases[i].in));
		is(good ? joined(&p) : NULL, cases[i].out, "'%s'", cases[i].in);
		is_int(ctx.error.kind, good ? KIND_NONE : KIND_BAD_REQUEST, "and the kind");
		forget(&ctx);
	}
	struct params p = {0};
	ok(!params_parse(&ctx, &p, "a=b\0c", 5), "a NUL as it is");
	forget(&ctx);
	ok(params_parse(&ctx, &p, "x=1&y=22222", 8) && same(joined(&p), "x=1|y=22"), "no farther than told");
}

static void test_many(void)
{
	struct params p = {0};
	struct buf b;

	buf_in(&b, ctx.arena);
	for (int i = 0; i < PARAMS_MOST; i++)
		buf_printf(&b, "f%d=%d&", i, i);
	ok(params_parse(&ctx, &p, b.at, b.n), "as many as allowed");
	is_int(p.n, PARAMS_MOST, "are all there");
	is(params_get(&p, "f999", NULL), "999", "the last, too");
	ok(!params_add(&ctx, &p, "one", "more"), "one more is refused");
	is_int(ctx.error.kind, KIND_BAD_REQUEST, "as a bad request");
	forget(&ctx);
}

static void test_get(void)
{
	struct params p = {0};
	bool doubled = false;

	ok(params_parse(&ctx, &p, "a=1&b=2&a=3", 11), "read");
	is(params_get(&p, "b", &doubled), "2", "one");
	ok(!doubled, "came once");
	is(params_get(&p, "c", &doubled), NULL, "one that is not there");
	ok(!doubled, "came not at all");
	is(params_get(&p, "a", &doubled), "1", "the first of two");
	ok(doubled, "and it is told");
	struct texts all = params_all(ctx.arena, &p, "a");
	ok(all.n == 2 && same(all.at[0], "1") && same(all.at[1], "3"), "all in their order");
	is_int(params_all(ctx.arena, &p, "c").n, 0, "none");
}

static void test_decode(void)
{
	is(percent_decode(ctx.arena, "a+b%2f", 6, false), "a+b/", "a plus stays one in a path");
	is(percent_decode(ctx.arena, "a+b", 3, true), "a b", "and is a space in a form");
	is(percent_decode(ctx.arena, "%41%42", 3, false), "A", "no farther than told");
	is(percent_decode(ctx.arena, "%41%42", 5, false), NULL, "a cut one");
	is(percent_decode(ctx.arena, "\xff", 1, false), "\xff", "any byte but NUL");
}

int main(void)
{
	ctx.arena = arena_new(0);
	test_cases();
	test_many();
	test_get();
	test_decode();
	arena_free(ctx.arena);
	return done_testing();
}
