/* encode: bytes as hexadecimal and URL-safe base64 (RFC 4648, section 5, without padding). */
#include "base.h"

#include <string.h>

#include <sodium.h>

char *hex(struct arena *arena, const void *data, size_t n)
{
	char *out = arena_alloc(arena, 2 * n + 1);
	sodium_bin2hex(out, 2 * n + 1, data, n);
	return out;
}

bool unhex(struct arena *arena, const char *s, struct bytes *out)
{
	size_t n = s ? strlen(s) : 1, got = 0;
	if (n % 2)
		return false;
	unsigned char *at = arena_alloc(arena, n / 2 + 1);
	if (sodium_hex2bin(at, n / 2, s, n, NULL, &got, NULL) != 0 || got != n / 2)
		return false;
	*out = (struct bytes){ at, got };
	return true;
}

char *base64url(struct arena *arena, const void *data, size_t n)
{
	size_t room = sodium_base64_encoded_len(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *out = arena_alloc(arena, room);
	sodium_bin2base64(out, room, data, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return out;
}

static bool decode(struct arena *arena, const char *s, int variant, struct bytes *out)
{
	size_t n = s ? strlen(s) : 0, got = 0;
	const char *end = NULL;
	if (!s)
		return false;
	unsigned char *at = arena_alloc(arena, n + 1);
	if (sodium_base642bin(at, n, s, n, NULL, &got, &end, variant) != 0 || *end)
		return false;
	*out = (struct bytes){ at, got };
	return true;
}

bool unbase64url(struct arena *arena, const char *s, struct bytes *out)
{
	return decode(arena, s, sodium_base64_VARIANT_URLSAFE_NO_PADDING, out);
}

bool unbase64(struct arena *arena, const char *s, struct bytes *out)
{
	return decode(arena, s, sodium_base64_VARIANT_ORIGINAL, out);
}

char *random_token(struct arena *arena, unsigned bits)
{
	unsigned char raw[64];
	size_t n = bits / 8 > sizeof raw ? sizeof raw : bits / 8;
	random_bytes(raw, n);
	char *out = base64url(arena, raw, n);
	sodium_memzero(raw, sizeof raw);
	return out;
}
