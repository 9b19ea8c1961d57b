/*
 * Records of naru-preview as HTML: elements, texts, and where links lead.
 * link: fcgi-apps/files/rendered.c
 * flags: -iquote fcgi-apps/files
 */
#include <string.h>

#include "preview_wire.h"
#include "previews.h"
#include "tap.h"

static struct ctx ctx;
static const struct rendered where = { .place = "/files/in/home", .folder = "/a%20b/c", .pictures = "/files/preview/home/x.ipynb?n=" };

static const struct { const char *link, *want; } links[] = {
	{ "x.md", "/files/in/home/a%20b/c/x.md" }, { "./x.md", "/files/in/home/a%20b/c/x.md" }, { "../x.md", "/files/in/home/a%20b/x.md" },
	{ "../../../../etc/passwd", "/files/in/home/etc/passwd" }, { "/top.md", "/files/in/home/top.md" }, { "/", "/files/in/home" },
	{ "d/../e", "/files/in/home/a%20b/c/e" }, { "x%20y.md#part", "/files/in/home/a%20b/c/x%20y.md" }, { "x.md?a=b", "/files/in/home/a%20b/c/x.md" },
	{ "한.md", "/files/in/home/a%20b/c/%ED%95%9C.md" }, { "a\"b<c>", "/files/in/home/a%20b/c/a%22b%3Cc%3E" }, { "a//b", "/files/in/home/a%20b/c/a/b" },
	{ "%2e%2e/%2e%2e/%2e%2e/x", "/files/in/home/a%20b/c/%2e%2e/%2e%2e/%2e%2e/x" }, { "..//evil.example", "/files/in/home/a%20b/evil.example" },
	{ "https://a.example/?x=\"&y='", "https://a.example/?x=%22&y=%27" }, { "HTTP://a.example", "HTTP://a.example" }, { "mailto:a@b.example", "mailto:a@b.example" },
	{ "javascript:alert(1)", NULL }, { "JavaScript:x", NULL }, { "data:text/html,x", NULL }, { "vbscript:x", NULL }, { "file:///etc/passwd", NULL },
	{ "//evil.example", NULL }, { "\\\\evil.example", NULL }, { "#part", NULL }, { "?x", NULL }, { "", NULL }, { "java\tscript:x", NULL },
	{ "\1javascript:x", NULL }, { " javascript:x", NULL }, { "ftp://a", NULL }, { "a:b", NULL },
};

static void put(struct buf *b, int what, int element, const char *s)
{
	size_t n = strlen(s);
	unsigned char head[PREVIEW_HEAD] = { (unsigned char)what, (unsigned char)element, (unsigned char)n, (unsigned char)(n >> 8), 0, 0 };
	buf_add(b, head, sizeof head);
	buf_text(b, s);
}

static const char *page_of(const struct buf *b)
{
	const char *page = "(refused)";
	if (!rendered_page(&ctx, (struct bytes){ (const unsigned char *)b->at, b->n }, &where, &page))
		forget(&ctx);
	return page;
}

static struct buf *fresh(void)
{
	struct buf *b = NEW(ctx.arena, struct buf);
	buf_in(b, ctx.arena);
	return b;
}

static void test_pages(void)
{
	struct buf *b = fresh();
	put(b, PREVIEW_OPEN, PREVIEW_PARAGRAPH, "");
	put(b, PREVIEW_TEXT, 0, "<script> & \"");
	put(b, PREVIEW_OPEN, PREVIEW_LINK, "javascript:x");
	put(b, PREVIEW_TEXT, 0, "x");
	put(b, PREVIEW_CLOSE, 0, "");
	put(b, PREVIEW_END, 0, "");
	is(page_of(b), "<p>&lt;script&gt; &amp; &#34;x</p>\n", "texts are escaped, bad links are none, what is open is closed");
	b = fresh();
	put(b, PREVIEW_CLOSE, 0, "");
	put(b, PREVIEW_OPEN, PREVIEW_LINK, "a");
	put(b, PREVIEW_OPEN, PREVIEW_IMAGE, "b");
	put(b, PREVIEW_CLOSE, 0, "");
	put(b, PREVIEW_CLOSE, 0, "");
	put(b, PREVIEW_OPEN, PREVIEW_NUMBERED, "7");
	put(b, PREVIEW_OPEN, PREVIEW_PICTURE, "3");
	put(b, PREVIEW_OPEN, PREVIEW_PICTURE, "3\" onload=\"x");
	put(b, PREVIEW_END, 0, "");
	is(page_of(b), "<a href=\"/files/in/home/a%20b/c/a\">[Picture] </a><ol start=\"7\">\n<p><img class=\"picture\" loading=\"lazy\" "
		"src=\"/files/preview/home/x.ipynb?n=3\" alt=\"Picture 3 of the notebook\"></p>\n</ol>\n", "one link in another is enough; numbers are numbers");
	b = fresh();
	put(b, PREVIEW_OPEN, PREVIEW_ELEMENTS, "");
	put(b, PREVIEW_END, 0, "");
	is(page_of(b), "(refused)", "an element that is none");
	b = fresh();
	put(b, PREVIEW_TEXT, 0, "x");
	is(page_of(b), "(refused)", "no end");
	b->n--;
	is(page_of(b), "(refused)", "cut");
}

int main(void)
{
	ctx.arena = arena_new(0);
	for (size_t i = 0; i < COUNT(links); i++)
		is(rendered_address(ctx.arena, &where, links[i].link, strlen(links[i].link)), links[i].want, "link %s", links[i].link);
	test_pages();
	arena_free(ctx.arena);
	return done_testing();
}
