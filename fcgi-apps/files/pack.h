/*
 * pack: an archive of entries of a place, made on the way out: it is never whole anywhere, and takes the same memory for one file and a million.
 *
 * Names are UTF-8 where they can be, and their bytes where not; links are kept as links and never followed; what cannot be read (or no more to its
 * end) is named in a last entry NARU-ERRORS.txt, so the rest is a good archive. [files] archive-entries and archive-gib are the most it holds.
 */
#ifndef NARU_FILES_PACK_H
#define NARU_FILES_PACK_H

#include "files.h"

enum pack_kind { PACK_TAR, PACK_TAR_GZ, PACK_ZIP };
struct pack;
struct pack_counts { int64_t entries, bytes, left_out; };

/* The kind that a name's end tells, ".tar", ".tar.gz", ".tgz", ".zip"; false: none. */
bool pack_kind_of(const char *name, enum pack_kind *);
const char *pack_end(enum pack_kind);  /* ".tar" … */
/* Of these names in a folder, which stand at the archive's top; no names: all that is in it, below `title`. Lives as long as the request. */
struct pack *pack_new(struct req *, struct where *, const char *folder, struct texts names, const char *title, enum pack_kind);
/* For reply_stream(): the next bytes, none at the end. False, after fail(): it cannot go on. */
bool pack_more(void *pack, struct bytes *);
struct pack_counts pack_counts(const struct pack *);

#endif
