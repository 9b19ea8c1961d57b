/* record: the records of preview_wire.h. */
#include "preview.h"

#include <string.h>

void record(enum preview_record what, enum preview_element element, const char *text, size_t n)
{
	unsigned char head[PREVIEW_HEAD] = {
		(unsigned char)what, (unsigned char)element, (unsigned char)n, (unsigned char)(n >> 8), (unsigned char)(n >> 16), (unsigned char)(n >> 24),
	};
	out_add(head, sizeof head);
	out_add(text, n);
}

void open_element(enum preview_element element, const char *text)
{
	record(PREVIEW_OPEN, element, text, text ? strlen(text) : 0);
}

void close_element(enum preview_element element)
{
	record(PREVIEW_CLOSE, element, NULL, 0);
}

void say_text(const char *text, size_t n)
{
	if (n)
		record(PREVIEW_TEXT, 0, text, n);
}
