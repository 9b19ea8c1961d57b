/*
 * otp: one-time codes (RFC 6238: SHA-1, 6 digits, 30 s, as every phone application speaks it) and recovery codes.
 * A code is good for one step before and after the clock's, and only once: the counter of the last one used is in the account.
 */
#ifndef NARU_ACCOUNT_OTP_H
#define NARU_ACCOUNT_OTP_H

#include "people.h"

enum { OTP_SECRET_BYTES = 20, OTP_STEP = 30, RECOVERY_CODES = 10 };

struct bytes otp_secret(struct arena *);
/* Spaces in the code are ignored. *counter: the step it belongs to. */
bool otp_match(struct bytes secret, const char *code, int64_t when, int64_t *counter);
bool otp_enrolled(const struct account *);
/* Takes a code or a recovery code and marks it used in the record (save it in the same transaction). */
bool otp_use(struct arena *, struct account *, const char *code, int64_t when);
/* Ten new recovery codes in `codes`, their hashes in the record. */
void otp_recovery(struct arena *, struct account *, struct texts *codes);
/* The secret as people type it: "abcd efgh …". */
const char *otp_text(struct arena *, struct bytes secret);
/* otpauth://totp/… for the QR code. */
const char *otp_uri(struct arena *, const char *issuer, const char *user, struct bytes secret);

#endif
