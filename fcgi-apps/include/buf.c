/* buf: a growing buffer, on the heap or in an arena. */
#include "base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_room(struct buf *b, size_t more)
{
	if (more > SIZE_MAX / 4 - b->n)
		die("a text grows over all bounds");
	size_t need = b->n + more + 1;
	if (need <= b->cap)
		return;
	size_t cap = b->cap ? b->cap : 256;
	while (cap < need)
		cap *= 2;
	if (b->arena) {
		char *copy = arena_room(b->arena, cap);
		if (b->n)
			memcpy(copy, b->at, b->n);
		b->at = copy;
	} else {
		b->at = realloc(b->at, cap);
		if (!b->at)
			die("out of memory for a text of %zu bytes", cap);
	}
	b->cap = cap;
}

void buf_in(struct buf *b, struct arena *arena)
{
	*b = (struct buf){ .arena = arena };
}

void buf_add(struct buf *b, const void *data, size_t n)
{
	buf_room(b, n);
	if (n)
		memcpy(b->at + b->n, data, n);
	b->n += n;
}

void buf_text(struct buf *b, const char *s)
{
	if (s)
		buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_room(b, 1);
	b->at[b->n++] = c;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args, again;
	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		die("a text cannot be formatted");
	buf_room(b, (size_t)n);
	vsnprintf(b->at + b->n, (size_t)n + 1, fmt, again);
	va_end(again);
	b->n += (size_t)n;
}

void buf_free(struct buf *b)
{
	if (!b->arena)
		free(b->at);
	*b = (struct buf){ .arena = b->arena };
}

const char *buf_cstr(struct buf *b)
{
	buf_room(b, 0);
	b->at[b->n] = '\0';
	return b->at;
}
