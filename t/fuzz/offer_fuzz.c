/* Any bytes as an entry of the catalogue and as a reference of an image: refused with the line, or every value keeps what offer.h says. */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "offer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool sound(struct offer_bounds b)
{
	return b.least >= 0 && b.least <= b.preset && b.preset <= b.most;
}

static void check(struct ctx *ctx, const struct offer *o)
{
	const char *header = offer_header(ctx->arena, o, "secret");

	if (empty(o->title[LANG_EN]) || !o->title[LANG_KO] || !o->help[LANG_KO] || o->port < 1 || o->port > 65535)
		abort();
	if (!sound(o->cpu_milli) || !sound(o->memory_mb) || !sound(o->gpus) || !sound(o->hours) || !o->cpu_milli.least)
		abort();
	if (header && (!strstr(header, "secret") && o->gate != OFFER_BASIC))
		abort();
	if (header && strpbrk(header, "\r\n"))
		abort();
	if (!empty(o->ready) && (o->ready[0] != '/' || o->ready[1] == '/'))
		abort();
	offer_on_engine(o, "demo");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = { .arena = arena_new(0) };
	struct offer o;

	if (offer_parse(&ctx, "fuzz", (struct bytes){ data, size }, &o))
		check(&ctx, &o);
	else if (ctx.error.kind == KIND_NONE || empty(ctx.error.detail))
		abort();
	forget(&ctx);
	const char *reference = arena_copy(ctx.arena, data, size);

	if (image_allowed(&ctx, reference) && (strlen(reference) > 255 || strpbrk(reference, " \t\n;$\"'\\") || reference[0] == '-' || strstr(reference, "..")))
		abort();
	arena_free(ctx.arena);
	return 0;
}
