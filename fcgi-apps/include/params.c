/* params: see params.h. */
#include "params.h"

#include <string.h>

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *percent_decode(struct arena *arena, const char *in, size_t n, bool plus)
{
	char *out = arena_alloc(arena, n + 1), *to = out;
	for (size_t i = 0; i < n; i++) {
		char c = in[i];
		if (c == '%') {
			int high = i + 2 < n ? digit(in[i + 1]) : -1, low = i + 2 < n ? digit(in[i + 2]) : -1;
			if (high < 0 || low < 0)
				return NULL;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c == '\0')
			return NULL;
		*to++ = c;
	}
	return out;
}

bool params_add(struct ctx *ctx, struct params *params, const char *name, const char *value)
{
	if (params->n >= PARAMS_MOST)
		return fail(ctx, KIND_BAD_REQUEST, say(ctx, "The request has more than %d fields and was not read.", PARAMS_MOST), "too many fields");
	if (params->n == params->cap) {
		size_t cap = params->cap ? 2 * params->cap : 32;
		struct param *more = NEW_ARRAY(ctx->arena, struct param, cap);
		if (params->n)
			memcpy(more, params->at, params->n * sizeof *more);
		params->at = more;
		params->cap = cap;
	}
	params->at[params->n++] = (struct param){ name, value };
	return true;
}

static bool add_pair(struct ctx *ctx, struct params *params, const char *pair, size_t n)
{
	const char *equals = memchr(pair, '=', n);
	size_t name_n = equals ? (size_t)(equals - pair) : n;
	char *name = percent_decode(ctx->arena, pair, name_n, true);
	char *value = equals ? percent_decode(ctx->arena, equals + 1, n - name_n - 1, true) : arena_copy(ctx->arena, "", 0);
	if (!name || !value || !utf8_valid(name, strlen(name)) || !utf8_valid(value, strlen(value)))
		return fail(ctx, KIND_BAD_REQUEST, tr(ctx, "The request holds text that is not UTF-8 or cannot be decoded, so it was not read."), "bad text in a field");
	return params_add(ctx, params, name, value);
}

bool params_parse(struct ctx *ctx, struct params *params, const char *in, size_t n)
{
	while (n > 0) {
		const char *end = memchr(in, '&', n);
		size_t length = end ? (size_t)(end - in) : n;
		if (length > 0 && !add_pair(ctx, params, in, length))
			return false;
		size_t used = end ? length + 1 : length;
		in += used;
		n -= used;
	}
	return true;
}

const char *params_get(const struct params *params, const char *name, bool *doubled)
{
	const char *found = NULL;
	for (size_t i = 0; i < params->n; i++) {
		if (!same(params->at[i].name, name))
			continue;
		if (found && doubled)
			*doubled = true;
		if (!found)
			found = params->at[i].value;
	}
	return found;
}

struct texts params_all(struct arena *arena, const struct params *params, const char *name)
{
	const char **at = NEW_ARRAY(arena, const char *, params->n + 1);
	size_t n = 0;
	for (size_t i = 0; i < params->n; i++)
		if (same(params->at[i].name, name))
			at[n++] = params->at[i].value;
	return (struct texts){ at, n };
}
