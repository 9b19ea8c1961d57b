/* row: what drivers do alike with an entry. */
#include "store/driver.h"

/* FNV-1a, 64 bits: not against malice, only to tell one state from the next. */
int64_t row_change(const void *data, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (const unsigned char *p = data; n > 0; p++, n--)
		h = (h ^ *p) * 0x100000001b3u;
	return h >> 1 ? (int64_t)(h >> 1) : 1;
}
