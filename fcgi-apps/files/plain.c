#include "plain.h"

#include <sodium.h>
#include <string.h>

static const char mark[] = "\xef\xbb\xbf";

/* Lines as they end; false: a character is in the way. */
static bool take_lines(const char *s, size_t n, char *to, size_t *with, size_t *without)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		bool pair = c == '\r' && i + 1 < n && s[i + 1] == '\n';
		if ((c < 0x20 && c != '\n' && c != '\t' && !pair) || c == 0x7f)
			return false;
		*with += pair;
		*without += c == '\n' && (i == 0 || s[i - 1] != '\r');
		if (!pair)
			*to++ = (char)c;
	}
	*to = 0;
	return true;
}

bool plain_take(struct ctx *c, struct bytes file, struct plain *p)
{
	const char *s = (const char *)file.at;
	size_t n = file.n, with = 0, without = 0;
	p->mark = n >= 3 && memcmp(s, mark, 3) == 0;
	if (p->mark) {
		s += 3;
		n -= 3;
	}
	if (n && !utf8_valid(s, n))
		return fail(c, KIND_INVALID, tr(c, "This file is not text in UTF-8, so it cannot be edited here: it would be damaged. Download it and use a program of yours."), "not UTF-8");
	char *to = arena_alloc(c->arena, n + 1);
	if (!take_lines(s, n, to, &with, &without))
		return fail(c, KIND_INVALID, tr(c, "This file holds control characters, which a form would lose, so it cannot be edited here. Download it and use a program of yours."), "control characters");
	p->text = to;
	p->crlf = with > without;
	p->mixed = with && without;
	return true;
}

struct bytes plain_give(struct arena *a, const char *text, bool crlf, bool with_mark)
{
	struct buf b = { 0 };
	buf_in(&b, a);
	buf_room(&b, strlen(text) + 4);
	if (with_mark)
		buf_add(&b, mark, 3);
	for (size_t n; *text; text += n) {
		n = strcspn(text, "\n");
		buf_add(&b, text, n);
		if (text[n]) {
			buf_text(&b, crlf ? "\r\n" : "\n");
			n++;
		}
	}
	return (struct bytes){ (const unsigned char *)buf_cstr(&b), b.n };
}

const char *plain_print(struct arena *a, struct bytes file)
{
	unsigned char print[16];
	crypto_generichash(print, sizeof print, file.at, file.n, NULL, 0);
	return hex(a, print, sizeof print);
}
