#include "seal.h"

#include <sodium.h>
#include <string.h>

#include "conf.h"

static bool key_file(struct ctx *c, const char *name, size_t n, struct bytes *out)
{
	if (sodium_init() < 0)
		die("libsodium does not start");
	if (!file_read(c, conf_path(c->arena, name), n + 1, out))
		return false;
	return out->n == n ? true : fail(c, KIND_INTERNAL, NULL, "%s: not a key", name);
}

bool seal(struct ctx *c, const char *secret, const char **sealed)
{
	return seal_bytes(c, (struct bytes){ (const unsigned char *)secret, secret ? strlen(secret) : 0 }, sealed);
}

bool seal_bytes(struct ctx *c, struct bytes secret, const char **sealed)
{
	struct bytes public;
	*sealed = "";
	if (secret.n == 0)
		return true;
	if (!key_file(c, "keys/stores.pub", crypto_box_PUBLICKEYBYTES, &public))
		return false;
	unsigned char *box = arena_alloc(c->arena, secret.n + crypto_box_SEALBYTES);
	crypto_box_seal(box, secret.at, secret.n, public.at);
	*sealed = base64url(c->arena, box, secret.n + crypto_box_SEALBYTES);
	return true;
}

static bool open_box(struct ctx *c, struct bytes key, struct bytes box, struct bytes *secret)
{
	unsigned char public[crypto_box_PUBLICKEYBYTES];
	const unsigned char *own = (const unsigned char *)key.at, *in = (const unsigned char *)box.at;
	if (box.n < crypto_box_SEALBYTES)
		return false;
	char *out = arena_alloc(c->arena, box.n - crypto_box_SEALBYTES + 1);
	crypto_scalarmult_base(public, own);
	out[box.n - crypto_box_SEALBYTES] = 0;
	*secret = (struct bytes){ (unsigned char *)out, box.n - crypto_box_SEALBYTES };
	return crypto_box_seal_open((unsigned char *)out, in, box.n, public, own) == 0;
}

/* What was opened has a NUL behind it. */
bool unseal(struct ctx *c, const char *sealed, const char **secret)
{
	struct bytes opened;
	bool good = unseal_bytes(c, sealed, &opened);
	*secret = good && opened.n ? (const char *)opened.at : "";
	return good;
}

bool unseal_bytes(struct ctx *c, const char *sealed, struct bytes *secret)
{
	struct bytes key, box;
	*secret = (struct bytes){ 0 };
	if (empty(sealed))
		return true;
	if (!key_file(c, "keys/stores.key", crypto_box_SECRETKEYBYTES, &key))
		return false;
	bool opened = unbase64url(c->arena, sealed, &box) && open_box(c, key, box, secret);
	sodium_memzero((void *)(uintptr_t)key.at, key.n);
	return opened ? true : fail(c, KIND_INTERNAL, NULL, "a sealed secret that this site's key does not open");
}
