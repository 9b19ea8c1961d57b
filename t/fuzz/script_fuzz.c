/*
 * Any bytes as a job script: what is read is canonical, and written down again reads back the same.
 * flags: -Ifcgi-apps/batchjob
 * link: fcgi-apps/batchjob/ask.c fcgi-apps/batchjob/script.c fcgi-apps/batchjob/template.c
 */
#include <stdlib.h>
#include <string.h>

#include "script.h"
#include "template.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void check_values(struct ctx *ctx, const struct ask *ask)
{
	for (int i = 0; i < ASK_COUNT; i++) {
		const char *value = ask->value[i];
		if (!value)
			continue;
		for (const char *s = value; *s; s++)
			if ((unsigned char)*s < 0x20)
				abort();
		if (i != ASK_HOLD && !same(ask_rows[i].tidy(ctx->arena, value), value))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = { .arena = arena_new(0) };
	const char *script = script_lines(ctx.arena, arena_copy(ctx.arena, data, size));
	struct ask ask, again;
	struct findings found = { 0 }, none = { 0 };
	struct template t;
	script_check(&ctx, script, &found);
	script_read(&ctx, script, NULL, &ask, &found);
	check_values(&ctx, &ask);
	script_read(&ctx, script_write(ctx.arena, "#!/bin/sh", &ask, "true\n"), NULL, &again, &none);
	for (int i = 0; i < ASK_COUNT; i++)
		if (!same(ask.value[i], again.value[i]))
			abort();
	if (none.n)
		abort();
	if (utf8_valid(script, strlen(script)))
		(void)!template_parse(&ctx, "fuzz", script, &t);
	arena_free(ctx.arena);
	return 0;
}
