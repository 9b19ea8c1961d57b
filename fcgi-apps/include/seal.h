/*
 * seal: secrets that are written and never read back by whoever wrote them. seal() needs the public key alone ([site] state/keys/stores.pub); only
 * who can read stores.key, the launcher, opens what was sealed. Source: libsodium, crypto_box_seal. Does not block.
 */
#ifndef NARU_SEAL_H
#define NARU_SEAL_H

#include "base.h"

/* "" seals to "", no bytes to "". */
bool seal(struct ctx *, const char *secret, const char **sealed) MUST_CHECK;
bool seal_bytes(struct ctx *, struct bytes secret, const char **sealed) MUST_CHECK;
/* KIND_INTERNAL if it was not sealed for this site's key. */
bool unseal(struct ctx *, const char *sealed, const char **secret) MUST_CHECK;
bool unseal_bytes(struct ctx *, const char *sealed, struct bytes *secret) MUST_CHECK;

#endif
