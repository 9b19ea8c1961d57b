/*
 * Text in CP949.
 * link: fcgi-apps/files/korean.c
 * flags: -iquote fcgi-apps/files
 */
#include <string.h>

#include "korean.h"
#include "tap.h"

static struct arena *a;

static const struct { const char *name, *in; bool middle; const char *want; } texts[] = {
	{ "EUC-KR", "\xb3\xaa\xb7\xe7\n", false, "나루\n" }, { "a letter that only CP949 has", "\x8c\x63", false, "똠" },
	{ "mixed with ASCII", "a,\xb0\xa1;b\tc\r\n", false, "a,가;b\tc\r\n" }, { "cut at its end", "\xb0\xa1\xb0", false, "가" },
	{ "cut at its beginning", "\xa1\n\xb0\xa1", true, "\n가" }, { "cut, but not in the middle of a file", "\xa1\n\xb0\xa1", false, NULL },
	{ "no text", "\xb0\xa1\x01", false, NULL }, { "Latin-1", "caf\xe9 \xe0 la", false, NULL }, { "nothing", "", false, NULL }, { "0xff", "\xff\xff", false, NULL },
};

int main(void)
{
	a = arena_new(0);
	for (size_t i = 0; i < COUNT(texts); i++)
		is(korean_text(a, texts[i].in, strlen(texts[i].in), texts[i].middle), texts[i].want, "%s", texts[i].name);
	ok(!korean_text(a, "\xb0\xa1\0", 3, false), "NUL");
	char *many = arena_alloc(a, 200001);
	for (size_t i = 0; i < 200000; i += 2)
		memcpy(many + i, "\xb0\xa1", 2);
	const char *all = korean_text(a, many, 200000, false);
	is_int(all ? strlen(all) : 0, 300000, "a long one");
	arena_free(a);
	return done_testing();
}
