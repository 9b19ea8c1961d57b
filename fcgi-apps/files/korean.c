#include "korean.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

/* Bytes that no text holds; without this, many a binary file would be Korean. */
static bool is_texty(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)s[i] < 0x20 && !strchr("\t\n\r\f\x1b", s[i])) || s[i] == 0x7f || s[i] == 0)
			return false;
	return true;
}

static bool convert(const char *s, size_t n, char *to, size_t room)
{
	static iconv_t from = (iconv_t)-1;
	if (from == (iconv_t)-1 && (from = iconv_open("UTF-8", "CP949")) == (iconv_t)-1)
		return false;
	char *in = (char *)(uintptr_t)s, *out = to;
	size_t left = n, out_left = room;
	iconv(from, NULL, NULL, NULL, NULL);
	bool all = iconv(from, &in, &left, &out, &out_left) != (size_t)-1 || (errno == EINVAL && left == 1);
	*out = 0;
	return all;
}

const char *korean_text(struct arena *a, const char *s, size_t n, bool middle)
{
	if (!n || !is_texty(s, n))
		return NULL;
	size_t room = 3 * n; /* two bytes become three */
	char *to = arena_alloc(a, room + 1);
	if (convert(s, n, to, room) || (middle && convert(s + 1, n - 1, to, room)))
		return to;
	return NULL;
}
