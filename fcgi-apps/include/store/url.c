#include "store/url.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

void url_host(struct buf *b, const char *scheme, const char *host, int64_t port)
{
	bool v6 = strchr(host, ':') && *host != '[';
	buf_printf(b, "%s://%s%s%s:%" PRId64, scheme, v6 ? "[" : "", host, v6 ? "]" : "", port);
}

static bool plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~/", c));
}

void url_path(struct buf *b, const char *path)
{
	for (; *path; path++) {
		if (plain((unsigned char)*path))
			buf_char(b, *path);
		else
			buf_printf(b, "%%%02X", (unsigned)(unsigned char)*path);
	}
}

static int nibble(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
	return at ? (int)(at - digits) : -1;
}

bool url_decode(const char *from, size_t n, char *to, size_t room)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)from[i];
		if (c == '%') {
			int high = i + 2 < n ? nibble(from[i + 1]) : -1, low = high < 0 ? -1 : nibble(from[i + 2]);
			c = low < 0 ? 0 : high << 4 | low;
			i += 2;
		}
		if (c == 0 || k + 1 >= room)
			return false;
		to[k++] = (char)c;
	}
	to[k] = 0;
	return true;
}
