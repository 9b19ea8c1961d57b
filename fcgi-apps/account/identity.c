#include "identity_driver.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

/* Made with the same cost as every hash of ours, so that comparing with it takes the same time. Its password is 32 random bytes that nobody kept. */
static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$RDSNw7hw9fADTKKrGNdojQ$c9UNNcRm4vYG3Rb6pQIYXT6thyVN+IguzbPDtRI68lg";

const struct identity_driver *identity(void)
{
	static const struct identity_driver *const drivers[] = { &identity_local, &identity_ldap };
	const char *name = conf_get("account", "identity", "local");

	for (size_t i = 0; i < COUNT(drivers); i++)
		if (same(name, drivers[i]->name))
			return drivers[i];
	die("[account] identity = %s: there is local and ldap", name);
}

bool password_hash(struct ctx *ctx, const char *password, const char **out)
{
	char *hash = arena_alloc(ctx->arena, crypto_pwhash_STRBYTES);

	if (crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The portal is short of memory now. Please try again in a minute."), "crypto_pwhash_str");
	*out = hash;
	return true;
}

bool password_right(const char *hash, const char *password)
{
	bool known = !empty(hash);
	bool right = crypto_pwhash_str_verify(known ? hash : nobody, password, strlen(password)) == 0;

	return known && right;
}
