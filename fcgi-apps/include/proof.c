/* proof: signed with Ed25519 (libsodium, RFC 8032). The keys are read once a process. */
#include "proof.h"
#include "conf.h"

#include <string.h>

#include <sodium.h>

static bool read_key(struct ctx *ctx, const char *name, unsigned char *key, size_t size, bool *have)
{
	struct bytes file;
	if (*have)
		return true;
	if (!file_read(ctx, conf_path(ctx->arena, name), size, &file))
		return false;
	if (file.n != size)
		return fail(ctx, KIND_INTERNAL, tr(ctx, "The portal's signing key cannot be used."), "%s: %zu bytes, expected %zu", name, file.n, size);
	memcpy(key, file.at, size);
	return *have = true;
}

static const char *signed_part(struct ctx *ctx, const char *what, const char *first)
{
	return *what ? text(ctx->arena, "%s%s", what, first) : first;
}

bool statement_sign(struct ctx *ctx, const char *what, struct bytes packed, const char **out)
{
	static unsigned char key[crypto_sign_SECRETKEYBYTES];
	static bool have;
	unsigned char signature[crypto_sign_BYTES];
	if (!read_key(ctx, "keys/proof.key", key, sizeof key, &have))
		return false;
	const char *first = base64url(ctx->arena, packed.at, packed.n), *part = signed_part(ctx, what, first);
	crypto_sign_detached(signature, NULL, (const unsigned char *)part, strlen(part), key);
	*out = text(ctx->arena, "%s.%s", first, base64url(ctx->arena, signature, sizeof signature));
	return true;
}

bool proof_sign(struct ctx *ctx, const struct proof *proof, const char **out)
{
	return statement_sign(ctx, "", record_pack(ctx->arena, &proof_record, proof), out);
}

static bool refuse(struct ctx *ctx, const char *why)
{
	return fail(ctx, KIND_FORBIDDEN, tr(ctx, "Your sign-in could not be proven to this service. Please load the page again."), "proof: %s", why);
}

bool statement_check(struct ctx *ctx, const char *what, const char *given, struct bytes *out)
{
	static unsigned char key[crypto_sign_PUBLICKEYBYTES];
	static bool have;
	if (!read_key(ctx, "keys/proof.pub", key, sizeof key, &have))
		return false;
	const char *dot = given && strlen(given) < 8192 ? strchr(given, '.') : NULL;
	if (!dot)
		return refuse(ctx, "malformed");
	const char *first = arena_copy(ctx->arena, given, (size_t)(dot - given)), *part = signed_part(ctx, what, first);
	struct bytes signature;
	if (!unbase64url(ctx->arena, first, out) || !unbase64url(ctx->arena, dot + 1, &signature) || signature.n != crypto_sign_BYTES)
		return refuse(ctx, "malformed");
	if (crypto_sign_verify_detached(signature.at, (const unsigned char *)part, strlen(part), key) != 0)
		return refuse(ctx, "wrong signature");
	return true;
}

static bool listed(const char *module, const char *const *modules)
{
	for (; *modules; modules++)
		if (same(module, *modules))
			return true;
	return false;
}

bool proof_check(struct ctx *ctx, const char *given, const char *const *modules, struct proof *out)
{
	struct bytes packed;
	if (!statement_check(ctx, "", given, &packed) || !record_unpack(ctx, &proof_record, packed, out))
		return false;
	/* One from before the clock was set back must not count for longer. */
	if (out->expires <= now() || out->expires > now() + PROOF_SECONDS)
		return refuse(ctx, "expired");
	if (modules && !listed(out->module, modules))
		return refuse(ctx, "for another module");
	return true;
}
