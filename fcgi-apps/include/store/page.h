/*
 * page: one page of a sorted folder in bounded memory. All rows of the folder are offered in any order; the first `limit` behind the page before
 * are kept in a heap. Order: folders first, then the query's key, then the name as bytes. Also the text of page keys.
 */
#ifndef NARU_STORE_PAGE_H
#define NARU_STORE_PAGE_H

#include "store/driver.h"

struct page {
	struct rows *out;
	const struct row_query *q;
	struct row after;
	size_t n;
	bool later, more;                 /* there is a page before; there are rows behind this one */
};

/* Takes memory for out->at. 0, ENOMEM, or EINVAL for a q->after that page_end() did not write. */
int page_begin(struct page *, const struct row_query *, struct rows *out);
/* Does the name pass the query's match, and is it no user's trash? Rows that do not must not be offered. */
bool page_wants(const struct row_query *, const char *name);
void page_offer(struct page *, const struct row *);
/* Sorts what was kept and writes n, total and next. */
void page_end(struct page *);

/* For unsorted pages: "u" and any bytes (at most 255, without NUL) in hexadecimal, and back. False: not such a key. */
void page_mark_write(char *to, size_t n, const char *mark);
bool page_mark_read(const char *key, char mark[WIRE_NAME_MOST + 1]);

#endif
