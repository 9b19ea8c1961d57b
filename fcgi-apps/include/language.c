/* language: messages in the user's language. The catalogue is sorted by its English text. */
#include "base.h"
#include "catalogue.h"

#include <string.h>

static const char *const codes[LANG_COUNT] = { [LANG_EN] = "en", [LANG_KO] = "ko" };

const char *lang_code(enum lang lang)
{
	return codes[lang < LANG_COUNT ? lang : LANG_EN];
}

bool lang_parse(const char *code, enum lang *out)
{
	for (int i = 0; i < LANG_COUNT; i++)
		if (same(code, codes[i])) {
			*out = (enum lang)i;
			return true;
		}
	return false;
}

const char *tr_lang(enum lang lang, const char *english)
{
	size_t low = 0, high = catalogue_size;
	if (lang != LANG_KO || !english)
		return english;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(english, catalogue[middle].english);
		if (order == 0)
			return catalogue[middle].korean;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return english;
}

const char *tr(const struct ctx *ctx, const char *english)
{
	return tr_lang(ctx->lang, english);
}

#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* ops/catalogue refuses a translation with other directives */
char *say(struct ctx *ctx, const char *english, ...)
{
	va_list args;
	va_start(args, english);
	char *out = vtext(ctx->arena, tr(ctx, english), args);
	va_end(args);
	return out;
}
