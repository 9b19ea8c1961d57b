/* source: text with a number before each line, and bytes that are no text. */
#include "previews.h"

#include <string.h>

enum { LINKS_MOST = 20000 /* lines of which each is a target; beyond, they have numbers only */ };

static size_t count_lines(const char *s)
{
	size_t n = 0;
	for (; (s = strchr(s, '\n')); s++)
		n++;
	return n;
}

static int digits(long long n)
{
	int count = 1;
	while ((n /= 10))
		count++;
	return count < 6 ? count : 6;
}

const char *source_lines(const struct ctx *c, const char *s, int64_t line)
{
	struct out o = { .ctx = c };
	bool links = count_lines(s) < LINKS_MOST;
	buf_in(&o.buf, c->arena);
	for (; *s; line++) {
		size_t n = strcspn(s, "\n");
		long long number = (long long)line;
		if (links)
			buf_printf(&o.buf, "%*s<a class=\"line\" id=\"L%lld\" href=\"#L%lld\">%lld</a>  ", 6 - digits(number), "", number, number, number);
		else
			buf_printf(&o.buf, "%6lld  ", number);
		put_html(&o, arena_copy(c->arena, s, n));
		buf_char(&o.buf, '\n');
		s += n + (s[n] != 0);
	}
	return buf_cstr(&o.buf);
}

const char *source_bytes(struct arena *a, const void *at, size_t n)
{
	const unsigned char *p = at;
	struct buf b = { 0 };
	buf_in(&b, a);
	for (size_t i = 0; i < n; i += 16) {
		buf_printf(&b, "%08zx", i);
		for (size_t k = i; k < i + 16; k++)
			if (k < n)
				buf_printf(&b, "%s %02x", k % 8 ? "" : " ", p[k]);
			else
				buf_printf(&b, "%s   ", k % 8 ? "" : " ");
		buf_text(&b, "  ");
		for (size_t k = i; k < i + 16 && k < n; k++)
			buf_char(&b, p[k] >= 0x20 && p[k] < 0x7f ? (char)p[k] : '.');
		buf_char(&b, '\n');
	}
	return buf_cstr(&b);
}
