/* context: the first error of a piece of work, and its deadline. */
#include "base.h"

bool fail(struct ctx *ctx, enum kind kind, const char *message, const char *detail, ...)
{
	if (ctx->error.kind != KIND_NONE)
		return false;
	ctx->error.kind = kind;
	ctx->error.message = message;
	if (detail) {
		va_list args;
		va_start(args, detail);
		ctx->error.detail = vtext(ctx->arena, detail, args);
		va_end(args);
	}
	return false;
}

void forget(struct ctx *ctx)
{
	ctx->error = (struct error){0};
}

int ctx_left_ms(const struct ctx *ctx, int most)
{
	if (ctx->deadline == 0)
		return most;
	int64_t left = ctx->deadline - clock_ms();
	return left < 1 ? 1 : left > most ? most : (int)left;
}
