#include "store/s3_clean.h"

#include <stdlib.h>
#include <string.h>

static char *put(char *out, const void *at, size_t n)
{
	memcpy(out, at, n);
	return out + n;
}

/* ---- references ---- */

static bool allowed(unsigned long letter)
{
	return letter >= ' ' ? letter < 0xd800 || (letter > 0xdfff && letter != 0xfffe && letter != 0xffff && letter <= 0x10ffff) : letter == '\t' || letter == '\n' || letter == '\r';
}

/* Can it go on with this byte? "&#" and digits, or "&#x" and hexadecimal ones. */
static bool goes_on(const struct s3_clean *c, char next)
{
	if (c->n == 1)
		return next == '#';
	if (c->n == 2 && next == 'x')
		return true;
	return c->n < 12 && (next == ';' || memchr("0123456789abcdefABCDEF", next, 22) != NULL);
}

static char *reference(struct s3_clean *c, char *out)
{
	bool hex = c->held[2] == 'x';
	c->held[c->n] = 0;
	bool good = allowed(strtoul(c->held + (hex ? 3 : 2), NULL, hex ? 16 : 10));
	out = good ? put(out, c->held, c->n) : put(out, "?", 1);
	c->n = 0;
	return out;
}

/* ---- letters ---- */

static size_t length(char lead)
{
	unsigned char c = (unsigned char)lead;
	return c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 1;
}

static char *letter(struct s3_clean *c, char *out)
{
	bool good = utf8_valid(c->held, c->n) && (c->n != 3 || (memcmp(c->held, "\xef\xbf\xbe", 3) != 0 && memcmp(c->held, "\xef\xbf\xbf", 3) != 0));
	out = good ? put(out, c->held, c->n) : put(out, "?", 1);
	c->n = 0;
	return out;
}

/* ---- bytes ---- */

/* What was held does not go on with `next`: an "&" is left to the reader of the XML, half a letter is none. */
static char *give_up(struct s3_clean *c, char *out)
{
	out = c->held[0] == '&' ? put(out, c->held, c->n) : put(out, "?", 1);
	c->n = 0;
	return out;
}

static char *begin(struct s3_clean *c, char next, char *out)
{
	unsigned char byte = (unsigned char)next;
	if (byte < 0x80 && next != '&')
		return put(out, allowed(byte) ? &next : "?", 1);
	c->held[c->n++] = next;
	return byte >= 0x80 && length(next) == 1 ? letter(c, out) : out;
}

static char *go_on(struct s3_clean *c, char next, char *out)
{
	bool amp = c->held[0] == '&';
	if (amp ? !goes_on(c, next) : ((unsigned char)next & 0xc0) != 0x80)
		return begin(c, next, give_up(c, out));
	c->held[c->n++] = next;
	if (amp)
		return next == ';' ? reference(c, out) : out;
	return c->n == length(c->held[0]) ? letter(c, out) : out;
}

size_t s3_clean(struct s3_clean *c, const char *at, size_t n, char *out)
{
	const char *first = out;
	for (; n; n--, at++)
		out = c->n ? go_on(c, *at, out) : begin(c, *at, out);
	return (size_t)(out - first);
}
