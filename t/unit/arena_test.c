/* Arenas: zeroed and aligned memory, limits, clean-ups in their order, use after a reset. */
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "tap.h"

static char order[16];
static size_t n_order;

static void note(void *arg)
{
	if (n_order < sizeof order - 1)
		order[n_order++] = *(const char *)arg;
}

static bool zeroed(const unsigned char *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (at[i])
			return false;
	return true;
}

static void test_alloc(void)
{
	static const size_t sizes[] = { 0, 1, 7, 16, 17, 4096, 65535, 65536, 65537, 1 << 20 };
	struct arena *arena = arena_new(0);

	for (int round = 0; round < 3; round++) {
		bool good = true;
		for (size_t i = 0; i < COUNT(sizes); i++) {
			unsigned char *at = arena_alloc(arena, sizes[i]);
			good = good && at && (uintptr_t)at % 16 == 0 && zeroed(at, sizes[i]);
			memset(at, 0xaa, sizes[i]);
		}
		ok(good, "zeroed and aligned in round %d", round);
		arena_reset(arena);
	}
	is(arena_copy(arena, "naru", 2), "na", "a copy ends with NUL");
	is(arena_copy(arena, NULL, 0), "", "a copy of nothing");
	arena_free(arena);
	arena_free(NULL);
}

static void test_cleanups(void)
{
	char a = 'a', b = 'b', c = 'c';
	struct arena *arena = arena_new(0);

	arena_defer(arena, note, &a);
	arena_defer(arena, note, &b);
	arena_reset(arena);
	is(order, "ba", "last first");
	arena_reset(arena);
	is(order, "ba", "once only");
	arena_defer(arena, note, &c);
	arena_free(arena);
	is(order, "bac", "also when freed");
}

/* What ends the process does it in a child. */
static int child_status(void (*fn)(void))
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		fn();
		_exit(0);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void over_limit(void)
{
	struct arena *arena = arena_new(1 << 20);

	for (int i = 0; i < 64; i++)
		arena_alloc(arena, 60000);
}

static void within_limit(void)
{
	struct arena *arena = arena_new(1 << 20);

	for (int i = 0; i < 1000; i++) {
		arena_alloc(arena, 500000);
		arena_reset(arena);
	}
	arena_free(arena);
}

static void absurd(void)
{
	arena_alloc(arena_new(0), SIZE_MAX - 8);
}

int main(void)
{
	test_alloc();
	test_cleanups();
	is_int(child_status(over_limit), 70, "going over the limit ends the process");
	is_int(child_status(within_limit), 0, "a reset gives the room back");
	is_int(child_status(absurd), 70, "so does a size that is no size");
	return done_testing();
}
