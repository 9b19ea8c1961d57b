/* cookie_test: finding one cookie in what a browser sends. */
#include "app_private.h"
#include "tap.h"

static const struct { const char *header, *value; } cases[] = {
	{ NULL, NULL }, { "", NULL }, { "c", NULL }, { "c=", "" }, { "c=1", "1" }, { " c=1", "1" }, { "a=2; c=1", "1" }, { "a=2;c=1;d=3", "1" },
	{ "cc=2; c=1", "1" }, { "c=1; c=2", "1" }, { "xc=2", NULL }, { "C=1", NULL }, { "c =1", NULL }, { "c=1  ", "1" }, { "c=a=b", "a=b" },
	{ ";;;c=1;;", "1" }, { "a; c=1", "1" }, { "a=\"; c=1\"", "1\"" }, { "=x; c=1", "1" }, { "c=\xff", "\xff" }, { "; ; ;", NULL }, { "c=\t ", "" },
};

int main(void)
{
	struct arena *arena = arena_new(0);
	for (size_t i = 0; i < COUNT(cases); i++)
		is(cookie_find(arena, cases[i].header, "c"), cases[i].value, "'%s'", cases[i].header ? cases[i].header : "(none)");
	is(cookie_find(arena, "__Host-naru-flash=a; __Host-naru=b", "__Host-naru"), "b", "a name that begins another");
	arena_free(arena);
	return done_testing();
}
