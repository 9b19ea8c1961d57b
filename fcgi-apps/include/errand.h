/*
 * errand: leave to act for somebody who is not there, for one purpose. A proof (proof.h) lives a minute; a transfer or a shared folder outlives it.
 *
 *   1  account signs a mandate for a POST of a module that wants "errand" (r->who.errand): who, and which program may show it (the holder).
 *   2  That module narrows it at once with errand_seal(): one path of one place, what may be done there, until when. The sealed text alone is
 *      stored; nobody but the launcher can open it, and the mandate never leaves it again.
 *   3  The holder gives the sealed text to store_open() in the place of a proof, as often as it needs. Paths are then relative to the errand's.
 *
 * Whoever steals sealed errands can do with them what each allows, and only as the holder's uid. It counts as long as the owner's account
 * does, with the groups that the owner still has. Nothing here blocks. Why: ops/decisions/090-errands.md.
 */
#ifndef NARU_ERRAND_H
#define NARU_ERRAND_H

#include "base.h"
#define RECORD mandate
#include "record_def.h"
#define RECORD errand
#include "record_def.h"

enum errand_right {
	ERRAND_READ = 1,  /* list and read */
	ERRAND_WRITE = 2, /* everything */
	ERRAND_DROP = 4,  /* new files and folders; no listing, no reading, nothing replaced */
	ERRAND_SHARE = 16, /* list, and the entries in access control lists of .who alone */
	ERRAND_EXACT = 8, /* beside another: no link may stand on the way to .path (which is for strangers, and others may write above it) */
};

#define ERRAND_MARK "errand:" /* how a sealed one begins */
enum { ERRAND_DAYS_MOST = 365 };

/* account's. */
bool mandate_sign(struct ctx *, const struct mandate *, const char **out) MUST_CHECK;
/* When the mandate ends, in seconds since 1970. KIND_FORBIDDEN when there is none (NULL), or it does not hold. */
bool mandate_ends(struct ctx *, const char *mandate, int64_t *ends) MUST_CHECK;

/* Seals an errand. .place as for store_open(); .path: a folder or file in it, "" for all; .rights: READ, WRITE, DROP, SHARE, EXACT; .who: of SHARE, "u20002" or "g30001"; .until: seconds
 * since 1970, 0: as long as the mandate. KIND_INVALID if .until is later than that, or the path is none. *sealed lives in the arena. */
bool errand_seal(struct ctx *, const struct errand *, const char **sealed) MUST_CHECK;
/* The launcher's: opens one that is shown for `place`. KIND_FORBIDDEN if it was tampered with, has ended, or is for another place. Whose uid
 * may show it and whether the owner still has an account is not looked at. */
bool errand_open(struct ctx *, const char *sealed, const char *place, struct errand *, struct mandate *) MUST_CHECK;
bool errand_is(const char *proof_or_errand);

#endif
