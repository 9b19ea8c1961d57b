#include "jwt.h"

#include <sodium.h>
#include <string.h>

#include "conf.h"
#include "people.h"
#include "replace.h"

#define POLLER "naru-poller"

static const char *mac(struct arena *arena, struct bytes key, const char *signed_text)
{
	crypto_auth_hmacsha256_state state;
	unsigned char out[crypto_auth_hmacsha256_BYTES];

	crypto_auth_hmacsha256_init(&state, key.at, key.n);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)signed_text, strlen(signed_text));
	crypto_auth_hmacsha256_final(&state, out);
	return base64url(arena, out, sizeof out);
}

const char *jwt_text(struct arena *arena, struct bytes key, const char *user, int64_t when, int64_t seconds)
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	const char *payload = text(arena, "{\"exp\":%lld,\"iat\":%lld,\"sun\":\"%s\"}", (long long)(when + seconds), (long long)when, user);
	const char *both = text(arena, "%s.%s", base64url(arena, header, strlen(header)), base64url(arena, payload, strlen(payload)));

	return text(arena, "%s.%s", both, mac(arena, key, both));
}

/* The key outlives every request: it is kept in memory that is not swapped and not dumped. */
static bool site_key(struct ctx *ctx, struct bytes *out)
{
	static struct bytes kept;
	struct bytes file;
	unsigned char *copy;

	if (kept.n == 0) {
		if (!file_read(ctx, conf_path(ctx->arena, "keys/slurm-jwt.key"), 4096, &file))
			return false;
		if (file.n < 16)
			return fail(ctx, KIND_INTERNAL, tr(ctx, "The portal is not set up completely. Please tell the support of the centre."), "slurm-jwt.key is shorter than 16 bytes");
		copy = sodium_malloc(file.n);
		if (!copy)
			die("no memory for the scheduler's key");
		memcpy(copy, file.at, file.n);
		kept = (struct bytes){ copy, file.n };
	}
	*out = kept;
	return true;
}

bool jwt_sign(struct ctx *ctx, const char *user, int64_t seconds, const char **out)
{
	struct bytes key;

	if (!user_name_ok(user) || same(user, "root") || same(user, "slurm"))
		return fail(ctx, KIND_INTERNAL, tr(ctx, "This account cannot use the batch system."), "no scheduler token for %s", user);
	if (!site_key(ctx, &key))
		return false;
	*out = jwt_text(ctx->arena, key, user, now(), seconds);
	return true;
}

static bool write_one(struct ctx *ctx, const char *cluster)
{
	const char *path = conf_path(ctx->arena, text(ctx->arena, "poller/%s.jwt", cluster));
	const char *token;

	if (!jwt_sign(ctx, POLLER, JWT_POLLER_SECONDS, &token))
		return false;
	return file_replace(ctx, path, token);
}

bool jwt_pollers(struct ctx *ctx)
{
	struct texts clusters = conf_names("cluster");

	for (size_t i = 0; i < clusters.n; i++) {
		const char *section = text(ctx->arena, "cluster %s", clusters.at[i]);

		if (!same(conf_get(section, "driver", "slurm"), "slurm") || strchr(clusters.at[i], '/'))
			continue;
		if (!write_one(ctx, clusters.at[i]))
			return false;
	}
	return true;
}
