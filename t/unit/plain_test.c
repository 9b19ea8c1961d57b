/*
 * Files as an editor shows them, and back: byte for byte what they were.
 * link: fcgi-apps/files/plain.c
 * flags: -iquote fcgi-apps/files
 */
#include <string.h>

#include "plain.h"
#include "tap.h"

static struct ctx ctx;

static const struct { const char *name, *file, *text; bool crlf, mixed, mark; } files[] = {
	{ "Unix", "a\nb\n", "a\nb\n", false, false, false }, { "Windows", "a\r\nb\r\n", "a\nb\n", true, false, false },
	{ "no last line end", "a\nb", "a\nb", false, false, false }, { "nor with Windows' ends", "a\r\nb", "a\nb", true, false, false },
	{ "empty", "", "", false, false, false }, { "one line end", "\n", "\n", false, false, false },
	{ "a byte order mark", "\xef\xbb\xbf" "a\n", "a\n", false, false, true }, { "Korean", "나루\n", "나루\n", false, false, false },
	{ "a space at each end, empty lines", " \n\n\n ", " \n\n\n ", false, false, false }, { "tabs", "\ta\n", "\ta\n", false, false, false },
};

static const struct { const char *name, *file; size_t n; } refused[] = {
	{ "NUL", "a\0b", 3 }, { "no UTF-8", "\xb0\xa1\n", 3 }, { "a lone CR", "a\rb\n", 4 }, { "ESC", "\x1b[31m", 5 }, { "form feed", "a\f\n", 3 }, { "DEL", "\x7f", 1 },
	{ "UTF-16", "\xff\xfe" "a\0", 4 }, { "CR at the end", "a\r", 2 },
};

static struct bytes of(const char *s, size_t n)
{
	return (struct bytes){ (const unsigned char *)s, n };
}

int main(void)
{
	struct plain p;
	ctx.arena = arena_new(0);
	for (size_t i = 0; i < COUNT(files); i++) {
		struct bytes file = of(files[i].file, strlen(files[i].file));
		ok(plain_take(&ctx, file, &p), "%s", files[i].name);
		is(p.text, files[i].text, "its text");
		ok(p.crlf == files[i].crlf && p.mixed == files[i].mixed && p.mark == files[i].mark, "its ends");
		struct bytes back = plain_give(ctx.arena, p.text, p.crlf, p.mark);
		ok(back.n == file.n && memcmp(back.at, file.at, file.n) == 0, "and back");
		is(plain_print(ctx.arena, back), plain_print(ctx.arena, file), "the same print");
	}
	for (size_t i = 0; i < COUNT(refused); i++) {
		ok(!plain_take(&ctx, of(refused[i].file, refused[i].n), &p) && ctx.error.kind == KIND_INVALID, "refused: %s", refused[i].name);
		forget(&ctx);
	}
	ok(plain_take(&ctx, of("a\r\nb\nc\r\n", 8), &p) && p.mixed && p.crlf, "mixed ends: most are Windows'");
	struct bytes all = plain_give(ctx.arena, p.text, p.crlf, false);
	ok(all.n == 9 && memcmp(all.at, "a\r\nb\r\nc\r\n", 9) == 0, "then all are");
	ok(!same(plain_print(ctx.arena, of("a", 1)), plain_print(ctx.arena, of("b", 1))), "other content, other print");
	arena_free(ctx.arena);
	return done_testing();
}
