/* Any bytes as a stored record: they are refused, or packing what was read gives bytes that read the same. */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#define RECORD job
#include "record_def.h"
#define RECORD account
#include "record_def.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct record *record, struct bytes in, void *object)
{
	struct ctx ctx = { .arena = arena_new(0) };

	if (record_unpack(&ctx, record, in, object)) {
		struct bytes once = record_pack(ctx.arena, record, object);
		if (!record_unpack(&ctx, record, once, object))
			abort();
		struct bytes twice = record_pack(ctx.arena, record, object);
		if (once.n != twice.n || memcmp(once.at, twice.at, once.n) != 0)
			abort();
	} else if (ctx.error.kind != KIND_INTERNAL) {
		abort();
	}
	arena_free(ctx.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct job job;
	struct account account;

	check(&job_record, (struct bytes){ data, size }, &job);
	check(&account_record, (struct bytes){ data, size }, &account);
	return 0;
}
