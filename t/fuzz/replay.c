/*
 * replay: runs a fuzz target without a fuzzer, as a TAP program: each file of its corpus, and deterministic damage of each file.
 *
 *   x_fuzz [FILE…]            without files: t/fuzz/corpus/x/ and what is in it
 *   NARU_FUZZ_ROUNDS=100000   damaged copies of each file (100); a longer hunt than the suite's
 *
 * A target that finds something wrong aborts, so a finding is a test that ends without its plan; the damaged input is then in x_fuzz.found
 * of the folder $NARU_FUZZ_KEEP. With clang, -fsanitize=fuzzer takes the place of this file.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base.h"
#include "tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 1 << 20 };

static uint64_t seed;

static size_t chance(size_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return below ? (size_t)((seed >> 33) % below) : 0;
}

/* One change: a bit, a byte with a meaning, a piece cut out, a piece doubled. */
static size_t damage(uint8_t *at, size_t n, size_t room)
{
	static const uint8_t telling[] = { 0, 1, 0x7f, 0x80, 0xff, '"', '\'', '<', '{', '}', '%', '/', '.', '=', '\n', '\r' };
	size_t where = chance(n), length = chance(n - where) + 1;

	if (n == 0)
		return 0;
	switch (chance(4)) {
	case 0:
		at[where] ^= (uint8_t)(1u << chance(8));
		return n;
	case 1:
		at[where] = telling[chance(sizeof telling)];
		return n;
	case 2:
		memmove(at + where, at + where + length, n - where - length);
		return n - length;
	default:
		if (n + length > room)
			return n;
		memmove(at + where + length, at + where, n - where);
		return n + length;
	}
}

static void keep(const uint8_t *at, size_t n)
{
	const char *folder = getenv("NARU_FUZZ_KEEP");
	char path[512];
	FILE *f;

	if (!folder || snprintf(path, sizeof path, "%s/%s.found", folder, program_invocation_short_name) >= (int)sizeof path)
		return;
	f = fopen(path, "wb");
	if (f) {
		fwrite(at, 1, n, f);
		fclose(f);
	}
}

/* A copy of just its size, so that a sanitizer sees a read behind the end. */
static void one(const uint8_t *at, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		die("out of memory");
	memcpy(copy, at, n);
	keep(copy, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void replay(const char *path)
{
	static uint8_t whole[MOST], work[MOST];
	const char *rounds = getenv("NARU_FUZZ_ROUNDS");
	int64_t times = 100;
	FILE *f = fopen(path, "rb");

	if (!ok(f != NULL, "%s can be read", path) || !f)
		return;
	size_t n = fread(whole, 1, sizeof whole, f);
	fclose(f);
	one(whole, n);
	if (rounds && !parse_int(rounds, 0, INT64_MAX, &times))
		die("NARU_FUZZ_ROUNDS is a number");
	for (seed = n; times-- > 0;) {
		size_t size = n;
		memcpy(work, whole, n);
		for (size_t changes = 1 + chance(4); changes-- > 0;)
			size = damage(work, size, sizeof work);
		one(work, size);
	}
	pass("%s and what comes of it", path);
}

static void replay_folder(const char *folder)
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);
	char path[1024];

	ok(n > 2, "%s has something in it", folder);
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.' && snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name) < (int)sizeof path)
			replay(path);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

int main(int argc, char **argv)
{
	char folder[512];
	int length = (int)(strlen(program_invocation_short_name) - strlen("_fuzz"));

	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc < 2 && snprintf(folder, sizeof folder, "t/fuzz/corpus/%.*s", length, program_invocation_short_name) < (int)sizeof folder)
		replay_folder(folder);
	return done_testing();
}
