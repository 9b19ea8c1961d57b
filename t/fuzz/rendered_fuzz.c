/*
 * Any bytes as records of naru-preview: the page that comes of them has no element but ours, all closed in order, and no address but of http,
 * https, mailto or of our own files.
 * link: fcgi-apps/files/rendered.c
 * flags: -iquote fcgi-apps/files
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "previews.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const known[] = {
	"p", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code", "em", "strong", "del", "br", "hr", "table", "tbody", "tr", "th",
	"td", "a", "img",
};
static const char *const addresses[] = { "http://", "https://", "mailto:", "/files/in/home", "/files/preview/home/x.ipynb?n=" };

static bool starts_with_one(const char *s, size_t n)
{
	for (size_t i = 0; i < COUNT(addresses); i++)
		if (n >= strlen(addresses[i]) && strncasecmp(s, addresses[i], strlen(addresses[i])) == 0)
			return true;
	return false;
}

/* The values of a tag's attributes; every one is in double quotes. */
static void check_tag(const char *tag, size_t n)
{
	if (n > 2 && memmem(tag, n, " on", 3) && !memmem(tag, n, "alt=\"", 5))
		abort();
	const char *end = tag + n;
	for (const char *at = tag; (at = memmem(at, (size_t)(end - at), "=\"", 2)); at++) {
		const char *value = at + 2, *close = memchr(value, '"', (size_t)(end - value));
		bool address = at - tag >= 4 && (memcmp(at - 4, "href", 4) == 0 || memcmp(at - 3, "src", 3) == 0);
		if (!close || (address && !starts_with_one(value, (size_t)(close - value))))
			abort();
	}
}

static void check(const char *page)
{
	const char *open[1000];
	size_t depth = 0;
	for (const char *s = page; (s = strchr(s, '<')); s++) {
		const char *name = s + 1 + (s[1] == '/'), *end = strchr(s, '>');
		size_t n = strcspn(name, " >"), i = 0;
		while (i < COUNT(known) && !(strlen(known[i]) == n && memcmp(known[i], name, n) == 0))
			i++;
		if (i == COUNT(known) || !end)
			abort();
		check_tag(s, (size_t)(end - s));
		bool empty_one = same(known[i], "br") || same(known[i], "hr") || same(known[i], "img");
		if (s[1] == '/' ? !depth || open[--depth] != known[i] : !empty_one && depth == COUNT(open))
			abort();
		if (s[1] != '/' && !empty_one)
			open[depth++] = known[i];
	}
	if (depth)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct rendered where = { .place = "/files/in/home", .folder = "/a%20b/c", .pictures = "/files/preview/home/x.ipynb?n=" };
	struct ctx c = { .arena = arena_new(0) };
	const char *page = NULL;
	if (rendered_page(&c, (struct bytes){ data, n }, &where, &page))
		check(page);
	arena_free(c.arena);
	return 0;
}
