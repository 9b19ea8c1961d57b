/* arena: memory of one request, freed at one place. Blocks are chained; the first one stays over a reset. */
#include "base.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 64 * 1024, ALIGN = 16 };
static const size_t PRESET_LIMIT = (size_t)256 << 20;

struct block { struct block *next; size_t size, used; };
struct cleanup { struct cleanup *next; void (*fn)(void *); void *arg; };

struct arena {
	struct block *first, *current;
	struct cleanup *cleanups;
	size_t limit, total;
};

static struct block *block_new(size_t size)
{
	struct block *b = malloc(sizeof *b + ALIGN + size);
	if (!b)
		die("out of memory for %zu bytes", size);
	*b = (struct block){ .size = size };
	return b;
}

static unsigned char *block_data(struct block *b)
{
	uintptr_t at = (uintptr_t)(b + 1);
	return (unsigned char *)b + (((at + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1)) - (uintptr_t)b);
}

struct arena *arena_new(size_t limit)
{
	struct arena *a = calloc(1, sizeof *a);
	if (!a)
		die("out of memory");
	a->limit = limit ? limit : PRESET_LIMIT;
	return a;
}

static void grow(struct arena *a, size_t size)
{
	size_t block = size > FIRST_BLOCK ? size : FIRST_BLOCK;
	a->total += block;
	if (a->total > a->limit + FIRST_BLOCK)
		die("a request wants more than %zu bytes of memory", a->limit);
	struct block *b = block_new(block);
	if (!a->first)
		a->first = b;
	else
		a->current->next = b;
	a->current = b;
}

void *arena_room(struct arena *a, size_t size)
{
	if (size > SIZE_MAX / 2)
		die("a request wants %zu bytes of memory", size);
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!a->current || a->current->size - a->current->used < size)
		grow(a, size);
	unsigned char *at = block_data(a->current) + a->current->used;
	a->current->used += size;
	return at;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(arena_room(a, size), 0, size);
}

void arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
	struct cleanup *c = NEW(a, struct cleanup);
	*c = (struct cleanup){ a->cleanups, fn, arg };
	a->cleanups = c;
}

char *arena_copy(struct arena *a, const void *data, size_t size)
{
	char *copy = arena_room(a, size + 1);
	if (size)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

static void run_cleanups(struct arena *a)
{
	while (a->cleanups) {
		struct cleanup *c = a->cleanups;
		a->cleanups = c->next;
		c->fn(c->arg);
	}
}

static void free_blocks(struct block *b)
{
	while (b) {
		struct block *next = b->next;
		free(b);
		b = next;
	}
}

void arena_reset(struct arena *a)
{
	run_cleanups(a);
	if (!a->first)
		return;
	free_blocks(a->first->next);
	a->first->next = NULL;
	a->first->used = 0;
	a->current = a->first;
	a->total = a->first->size;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	run_cleanups(a);
	free_blocks(a->first);
	free(a);
}
