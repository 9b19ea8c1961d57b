/* utf8: decodes strictly: no overlong forms, no surrogates, nothing above U+10FFFF. */
#include "utf8.h"

static size_t length_of(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead < 0xe0)
		return 2;
	if (lead >= 0xe0 && lead < 0xf0)
		return 3;
	return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

size_t utf8_next(const char *s, uint32_t *character)
{
	static const unsigned char lead_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = length_of((unsigned char)s[0]);
	uint32_t all = (unsigned char)s[0] & lead_bits[n];

	if (n == 0)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80) /* the final NUL stops here too */
			return 0;
		all = all << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (all < least[n] || (all >= 0xd800 && all < 0xe000) || all > 0x10ffff)
		return 0;
	*character = all;
	return n;
}

size_t utf8_count(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}
