/* multipart_test: parts as they were sent, however the bytes arrive; what is cut or malformed is refused. */
#include "frame_site.h"
#include "multipart.h"
#include "tap.h"

#include <stdlib.h>

static struct arena *arena;

#define TYPE "multipart/form-data; boundary=BoUnDaRy"
#define PART(head, body) "--BoUnDaRy\r\nContent-Disposition: form-data; " head "\r\n\r\n" body "\r\n"
#define END "--BoUnDaRy--\r\n"

/* All parts as "field|file|size|content\n", or "!kind". Content is cut at 40 bytes. */
static const char *parse(const char *body, size_t n, size_t step, size_t block)
{
	static struct site s;
	struct upload part;
	struct buf out;
	bool more;
	char *room = arena_alloc(arena, block);
	site_begin(&s, arena, "A=b");
	site_body(&s, body, n);
	s.step = step;
	buf_in(&out, arena);
	if (!multipart_begin(&s.r, TYPE, 0))
		return "!begin";
	for (;;) {
		if (!multipart_next(&s.r, &part, &more))
			return text(arena, "!%d", (int)s.ctx.error.kind);
		if (!more)
			return buf_cstr(&out);
		size_t size = 0;
		struct buf content;
		buf_in(&content, arena);
		for (size_t got = 1; got > 0; size += got) {
			if (!multipart_read(&s.r, room, block, &got))
				return text(arena, "!%d", (int)s.ctx.error.kind);
			buf_add(&content, room, got);
		}
		buf_printf(&out, "%s|%s|%zu|%.40s\n", part.field, part.file_name ? part.file_name : "-", size, buf_cstr(&content));
	}
}

static const struct { const char *body, *wanted; } cases[] = {
	{ PART("name=\"a\"", "1") END, "a|-|1|1\n" },
	{ PART("name=\"a\"", "") END, "a|-|0|\n" },
	{ PART("name=\"a\"; filename=\"f.txt\"", "x\r\ny") PART("name=\"b\"", "2") END, "a|f.txt|4|x\r\ny\nb|-|1|2\n" },
	{ PART("name=\"a\"; filename=\"\"", "") END, "a||0|\n" },
	{ PART("filename=\"name=\\\"; name=\"a\"", "1") END, "a|name=\\|1|1\n" },
	{ PART("name=\"q%22%0D%0A%41\"", "1") END, "q\"\r\n%41|-|1|1\n" },
	{ PART("name=\"a\"", "\r\n--BoUnDaR\r\n--BoUnDar\r\n-") END, "a|-|25|\r\n--BoUnDaR\r\n--BoUnDar\r\n-\n" },
	{ PART("name=\"a\"", "--BoUnDaRy") END, "a|-|10|--BoUnDaRy\n" },
	{ "preamble\r\n" PART("name=\"a\"", "1") END "epilogue", "a|-|1|1\n" },
	{ "--BoUnDaRy\r\nContent-Type: text/plain\r\ncontent-disposition: Form-Data; NAME=\"a\"\r\n\r\n1\r\n" END, "a|-|1|1\n" },
	{ END, "" },
	{ "", "!1" },
	{ "--BoUnDaRy", "!1" },
	{ "--BoUnDaRy\r\n", "!1" },
	{ "--BoUnDaRy\r\n\r\n1\r\n" END, "!1" },
	{ "--BoUnDaRyX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n" END, "!1" },
	{ PART("name=\"a\"", "1"), "!1" },
	{ PART("name=\"a\"", "1") "--BoUnDaRy-", "!1" },
	{ PART("filename=\"a\"", "1") END, "!1" },
	{ PART("name=a", "1") END, "!1" },
	{ PART("name=\"\xff\"", "1") END, "!1" },
};

static void test_cases(void)
{
	static const size_t steps[] = { 0, 1, 2, 3, 7 }, blocks[] = { 1, 2, 13, 4096 };
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t s = 0; s < COUNT(steps); s++)
			for (size_t b = 0; b < COUNT(blocks); b++)
				is(parse(cases[i].body, strlen(cases[i].body), steps[s], blocks[b]), cases[i].wanted, "case %zu by %zu into %zu", i, steps[s], blocks[b]);
}

static void test_large(void)
{
	struct buf b;
	buf_in(&b, arena);
	buf_text(&b, "--BoUnDaRy\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\n");
	for (int i = 0; i < 300000; i++)
		buf_text(&b, "\r\n--BoU");
	buf_text(&b, "\r\n" END);
	is(strrchr(parse(b.at, b.n, 0, 65536), '|') ? "whole" : "", "whole", "2 MB of nearly boundaries");
	is(text(arena, "%.12s", parse(b.at, b.n, 5000, 65536)), "a|b|2100000|", "their size");
	struct buf heads;
	buf_in(&heads, arena);
	buf_text(&heads, "--BoUnDaRy\r\n");
	for (int i = 0; i < 40000; i++)
		buf_text(&heads, "X-Header: 0123456789\r\n");
	is(parse(heads.at, heads.n, 0, 4096), "!1", "headers without an end");
	struct buf many;
	buf_in(&many, arena);
	for (int i = 0; i < 1001; i++)
		buf_text(&many, PART("name=\"a\"", "1"));
	buf_text(&many, END);
	is(parse(many.at, many.n, 0, 4096), "!1", "1,001 parts");
	static const char nul[] = "--BoUnDaRy\r\nContent-Disposition: form-data; name=\"a\0b\"\r\n\r\n1\r\n" END;
	is(parse(nul, sizeof nul - 1, 0, 4096), "!1", "NUL in a header");
}

static void test_limits(void)
{
	static const char body[] = PART("name=\"a\"", "0123456789") END;
	struct site s;
	struct upload part;
	bool more;
	const char *value;
	site_begin(&s, arena, "A=b");
	site_body(&s, body, sizeof body - 1);
	ok(multipart_begin(&s.r, TYPE, 20), "a limit");
	ok(!multipart_next(&s.r, &part, &more), "is kept");
	is_int(s.ctx.error.kind, KIND_TOO_LARGE, "as too large");
	site_begin(&s, arena, "A=b");
	site_body(&s, body, sizeof body - 1);
	ok(multipart_begin(&s.r, TYPE, 0) && multipart_next(&s.r, &part, &more) && !multipart_text(&s.r, 9, &value), "a text over its limit");
	is_int(s.ctx.error.kind, KIND_TOO_LARGE, "is too large");
	static const char *const types[] = { "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
		"multipart/form-data; boundary=12345678901234567890123456789012345678901234567890123456789012345678901" };
	for (size_t i = 0; i < COUNT(types); i++) {
		site_begin(&s, arena, "A=b");
		ok(!multipart_begin(&s.r, types[i], 0), "no boundary: %s", types[i]);
	}
}

int main(void)
{
	arena = arena_new((size_t)2 << 30);
	test_cases();
	test_large();
	test_limits();
	arena_free(arena);
	return done_testing();
}
