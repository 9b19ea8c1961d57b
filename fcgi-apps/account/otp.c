#include "otp.h"

#include <liboath/oath.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 6, CODE_LETTERS = 16 };

struct bytes otp_secret(struct arena *arena)
{
	unsigned char *at = arena_alloc(arena, OTP_SECRET_BYTES);

	random_bytes(at, OTP_SECRET_BYTES);
	return (struct bytes){ at, OTP_SECRET_BYTES };
}

/* Digits of the code without the spaces people type; false when it is anything else. */
static bool digits(const char *code, char out[DIGITS + 1])
{
	size_t n = 0;

	for (; *code; code++) {
		if (*code == ' ')
			continue;
		if (*code < '0' || *code > '9' || n == DIGITS)
			return false;
		out[n++] = *code;
	}
	out[n] = '\0';
	return n == DIGITS;
}

bool otp_match(struct bytes secret, const char *code, int64_t when, int64_t *counter)
{
	const char *key = (const char *)secret.at;
	char typed[DIGITS + 1], right[DIGITS + 1];
	bool match = false;

	if (secret.n == 0 || when < 2 * OTP_STEP || !digits(code, typed))
		return false;
	for (int64_t step = when / OTP_STEP - 1; step <= when / OTP_STEP + 1; step++) {
		if (oath_hotp_generate(key, secret.n, (uint64_t)step, DIGITS, false, OATH_HOTP_DYNAMIC_TRUNCATION, right) != OATH_OK)
			return false;
		if (sodium_memcmp(typed, right, DIGITS) == 0) {
			*counter = step;
			match = true;
		}
	}
	return match;
}

bool otp_enrolled(const struct account *a)
{
	return a->otp_secret.n > 0;
}

/* Recovery codes are read in lower case and without dashes and spaces. */
static const char *plain(struct arena *arena, const char *code)
{
	char *out = arena_alloc(arena, strlen(code) + 1), *to = out;

	for (; *code; code++) {
		if (*code == '-' || *code == ' ')
			continue;
		*to++ = (char)(*code >= 'A' && *code <= 'Z' ? *code - 'A' + 'a' : *code);
	}
	return out;
}

static bool recovery_use(struct arena *arena, struct account *a, const char *code)
{
	const char *hash = secret_hash(arena, plain(arena, code));
	const char **rest = NEW_ARRAY(arena, const char *, a->recovery.n + 1);
	size_t n = 0;
	bool hit = false;

	for (size_t i = 0; i < a->recovery.n; i++) {
		if (!hit && same(a->recovery.at[i], hash))
			hit = true;
		else
			rest[n++] = a->recovery.at[i];
	}
	a->recovery = (struct texts){ rest, n };
	return hit;
}

bool otp_use(struct arena *arena, struct account *a, const char *code, int64_t when)
{
	int64_t counter;

	if (!otp_enrolled(a))
		return false;
	if (!otp_match(a->otp_secret, code, when, &counter))
		return recovery_use(arena, a, code);
	if (counter <= a->otp_counter)
		return false;
	a->otp_counter = counter;
	return true;
}

/* No letters that are mistaken for others; 31 letters, 16 of them: 79 bits. */
static const char *recovery_code(struct arena *arena)
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
	char *out = arena_alloc(arena, CODE_LETTERS + 4);
	size_t n = 0;

	for (int i = 0; i < CODE_LETTERS; i++) {
		if (i > 0 && i % 4 == 0)
			out[n++] = '-';
		out[n++] = letters[randombytes_uniform(sizeof letters - 1)];
	}
	return out;
}

void otp_recovery(struct arena *arena, struct account *a, struct texts *codes)
{
	const char **shown = NEW_ARRAY(arena, const char *, RECOVERY_CODES);
	const char **hashes = NEW_ARRAY(arena, const char *, RECOVERY_CODES);

	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		shown[i] = recovery_code(arena);
		hashes[i] = secret_hash(arena, plain(arena, shown[i]));
	}
	a->recovery = (struct texts){ hashes, RECOVERY_CODES };
	*codes = (struct texts){ shown, RECOVERY_CODES };
}

static const char *base32(struct arena *arena, struct bytes secret)
{
	char *raw = NULL;
	size_t n = 0;
	const char *out;

	if (oath_base32_encode((const char *)secret.at, secret.n, &raw, &n) != OATH_OK)
		die("no memory for a base32 text");
	out = arena_copy(arena, raw, strcspn(raw, "="));
	free(raw);
	return out;
}

const char *otp_text(struct arena *arena, struct bytes secret)
{
	const char *letters = base32(arena, secret);
	char *out = arena_alloc(arena, 2 * strlen(letters) + 1);
	size_t n = 0;

	for (size_t i = 0; letters[i]; i++) {
		if (i > 0 && i % 4 == 0)
			out[n++] = ' ';
		out[n++] = letters[i];
	}
	return out;
}

static const char *percent(struct arena *arena, const char *raw)
{
	struct buf out = { 0 };

	buf_in(&out, arena);
	for (; *raw; raw++) {
		unsigned char c = (unsigned char)*raw;

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c))
			buf_char(&out, *raw);
		else
			buf_printf(&out, "%%%02X", c);
	}
	return arena_copy(arena, out.at, out.n);
}

const char *otp_uri(struct arena *arena, const char *issuer, const char *user, struct bytes secret)
{
	const char *name = percent(arena, issuer);

	return text(arena, "otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=6&period=30",
		name, percent(arena, user), base32(arena, secret), name);
}
