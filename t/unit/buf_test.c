/* Buffers on the heap and in an arena grow alike, and always end with a NUL when asked. */
#include <stdlib.h>

#include "base.h"
#include "tap.h"

static void fill(struct buf *b, const char *name)
{
	is(buf_cstr(b), "", "%s: empty at first", name);
	buf_text(b, "a");
	buf_text(b, NULL);
	buf_char(b, 'b');
	buf_add(b, "cd\0e", 4);
	buf_add(b, NULL, 0);
	buf_printf(b, "%d%s", 7, "x");
	ok(b->n == 8 && memcmp(buf_cstr(b), "abcd\0e7x", 9) == 0, "%s: all of it, with NUL inside and behind", name);
	for (int i = 0; i < 10000; i++)
		buf_printf(b, "%04d", i);
	is_int(b->n, 40008, "%s: grows", name);
	is(buf_cstr(b) + 40004, "9999", "%s: and keeps its end", name);
	ok(memcmp(b->at, "abcd\0e7x00000001", 16) == 0, "%s: and its beginning", name);
}

int main(void)
{
	struct arena *arena = arena_new(0);
	struct buf heap = {0}, in;

	fill(&heap, "heap");
	buf_free(&heap);
	ok(!heap.at && heap.n == 0, "freed");
	fill(&heap, "heap again");
	buf_free(&heap);
	buf_in(&in, arena);
	fill(&in, "arena");
	buf_free(&in);
	ok(in.arena == arena && in.n == 0, "a freed one stays in its arena");
	fill(&in, "arena again");
	buf_in(&in, arena);
	is_int(in.n, 0, "buf_in() empties");
	arena_free(arena);
	return done_testing();
}
