/* Names, labels and answers that all drivers share: see manifest.h. */
#include "cluster/manifest.h"

#include "apps.h"
#include "conf.h"

#include <sodium.h>
#include <string.h>

enum { LONGEST_LABEL = 63, DEEPEST = 32 };

const char *cluster_name(struct arena *arena, const char *id)
{
	return text(arena, "naru-%s", id);
}

bool cluster_is_id(const char *id)
{
	return id != NULL && strlen(id) == APP_ID && id[0] >= 'a' && id[0] <= 'z' && strspn(id, "abcdefghijklmnopqrstuvwxyz234567") == APP_ID;
}

static bool letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_label(const char *value, size_t n)
{
	if (n == 0 || n > LONGEST_LABEL || !letter_or_digit(value[0]) || !letter_or_digit(value[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!letter_or_digit(value[i]) && strchr("-_.", value[i]) == NULL)
			return false;
	return true;
}

const char *cluster_label(struct arena *arena, const char *value)
{
	size_t n = strlen(value), kept = n < 40 ? n : 40;
	unsigned char hash[16];
	char *out;

	if (is_label(value, n))
		return arena_copy(arena, value, n);
	crypto_generichash(hash, sizeof hash, (const unsigned char *)value, n, NULL, 0);
	out = arena_copy(arena, value, kept);
	for (size_t i = 0; i < kept; i++)
		if (!letter_or_digit(out[i]))
			out[i] = '-';
	return text(arena, "x%s-%s", out, hex(arena, hash, 8));
}

const char *cluster_site(struct arena *arena)
{
	return cluster_label(arena, conf_get("site", "host", "naru"));
}

static void release(void *arg)
{
	json_object_put(arg);
}

static bool only_space(const unsigned char *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strchr(" \t\r\n", at[i]) == NULL || at[i] == '\0')
			return false;
	return true;
}

bool cluster_json(struct ctx *ctx, const char *engine, struct bytes from, struct json_object **out)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEEPEST);
	struct json_object *made = NULL;
	bool good = false;

	*out = NULL;
	if (tokener == NULL)
		die("manifest: no memory");
	if (from.n > 0 && from.n < INT32_MAX) {
		made = json_tokener_parse_ex(tokener, (const char *)from.at, (int)from.n);
		good = json_tokener_get_error(tokener) == json_tokener_success &&
			only_space(from.at + json_tokener_get_parse_end(tokener), from.n - json_tokener_get_parse_end(tokener));
	}
	json_tokener_free(tokener);
	if (made != NULL)
		arena_defer(ctx->arena, release, made);
	if (!good || made == NULL)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster sent an answer that cannot be read. Naru keeps asking."), "%s: no JSON, %zu bytes",
			engine, from.n);
	*out = made;
	return true;
}

struct bytes cluster_json_text(struct arena *arena, struct json_object *from)
{
	size_t n;
	const char *at = json_object_to_json_string_length(from, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);

	return (struct bytes){ (const unsigned char *)arena_copy(arena, at, n), n };
}
