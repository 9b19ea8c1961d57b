/*
 * sift: one page of a listing that comes whole and in the server's own order (WebDAV, FTP). Sorted pages go through page.h. Unsorted pages end when
 * they are full; the next one begins behind the last name, or, if that has gone, behind as many entries. All in bounded memory.
 */
#ifndef NARU_STORE_SIFT_H
#define NARU_STORE_SIFT_H

#include "store/page.h"

#define SIFT_PART ".naru-part-" /* names of unfinished files; never listed */

struct sift {
	const struct row_query *q;
	struct rows *out;
	struct page page;
	bool sorted, late;              /* late: too large to sort in time */
	bool begun, by_number, full;    /* of an unsorted page: past the page before; found by its number; nothing more is wanted */
	int64_t seen, skip, since;
	int64_t last_seen;              /* where the last row of a full page was */
	char mark[WIRE_NAME_MOST + 1];
};

/* May an entry of this name be shown? */
bool sift_name_good(const char *);
/* A new name for an unfinished file. */
void sift_part_name(char to[40]);

/* Takes memory for out->at. 0, ENOMEM, or EINVAL for a q->after that is none. */
int sift_begin(struct sift *, const struct row_query *, struct rows *out);
/* False: no more is wanted. */
bool sift_offer(struct sift *, const struct row *);
/* After the listing: must it be read once more? */
bool sift_again(struct sift *);
void sift_end(struct sift *);

#endif
