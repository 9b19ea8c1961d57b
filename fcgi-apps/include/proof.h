/*
 * proof: a short-lived signed statement who the user is, made by account, checked by the launcher and others.
 * Text: base64url(record of schema/proof.def) "." base64url(Ed25519 signature over the first part's text). Keys: [site] state/keys/proof.key
 * (raw libsodium secret key, account's only) and proof.pub. Does not block.
 */
#ifndef NARU_PROOF_H
#define NARU_PROOF_H

#include "base.h"
#define RECORD proof
#include "record_def.h"

/* Any statement of account's that only account can have made. `what` keeps one kind from being taken for another ("ticket:"; a proof's is
 * ""). statement_check() knows nothing of times. */
bool statement_sign(struct ctx *, const char *what, struct bytes, const char **out) MUST_CHECK;
bool statement_check(struct ctx *, const char *what, const char *text, struct bytes *out) MUST_CHECK;

bool proof_sign(struct ctx *, const struct proof *, const char **out) MUST_CHECK;
/* How long one counts; what ends later comes from before the clock was set back, and does not count. */
enum { PROOF_SECONDS = 60 };

/* False (KIND_FORBIDDEN) when it is malformed, has a wrong signature, is past .expires or too far from it, or is not for one of `modules` (NULL: any). */
bool proof_check(struct ctx *, const char *text, const char *const *modules, struct proof *out) MUST_CHECK;

#endif
