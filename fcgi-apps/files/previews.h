/* previews: what the page of a file shows of it besides its text, and the ways there. */
#ifndef NARU_FILES_PREVIEWS_H
#define NARU_FILES_PREVIEWS_H

#include "files.h"

/* ---- which (previews.c) ---- */
enum look { LOOK_TEXT, LOOK_LINES, LOOK_TABLE, LOOK_PAGE, LOOK_PICTURE, LOOK_BYTES };
/* What a file of this name shows first, and what ?look= asks for instead. */
enum look look_of(struct req *, const char *name);
/* The ways to look at it, as links. */
struct look_link_list look_links(struct req *, const char *url, const char *name, enum look);
/* "&from=…" for the links of a page that was reached from a job, else "". */
const char *back_kept(struct req *);
/* Fills m->sheet, m->page or m->picture; if it cannot, why is in the context. Blocks for the store and for naru-preview. */
bool preview_fill(struct req *, struct file *m, struct where *, const struct entry *, enum look) MUST_CHECK;
/* Some rows of a table (sheet.c): m->sheet. False: why not is in the context. */
bool sheet_fill(struct req *, struct file *m, struct where *, const struct entry *) MUST_CHECK;
/* At most `most` bytes of a file of `size` from `offset` on, into the arena, a NUL behind them (text.c). Without STORE_CAN_PART and
 * STORE_CAN_SEEK only from 0. Fewer than there should be is an error. */
bool content_read(struct req *, struct where *, int64_t size, int64_t offset, int64_t most, char **, size_t *n) MUST_CHECK;
/* The part of the text that is asked for (text.c): m->content, m->lines, m->hex and the ways to other parts. */
bool text_fill(struct req *, struct file *m, struct where *, const struct entry *, enum look) MUST_CHECK;
/* Most bytes of a file that the editor takes. */
int64_t edit_most(void);

/* ---- naru-preview (run.c) ---- */
/* Runs it on what the descriptor gives; blocks up to the context's deadline. `how` and `number` (NULL: none) as its manual says. *out is
 * in the arena. False with a message that says why nothing is shown. */
bool preview_run(struct ctx *, const char *how, const char *number, int fd, struct bytes *out) MUST_CHECK;

/* ---- its answer (rendered.c) ---- */
struct rendered {
	const char *place;    /* address of the place's top, where "/…" leads */
	const char *folder;   /* path in the place, percent-encoded: relative links lead from there */
	const char *pictures; /* address that a number is added to; NULL: no pictures */
};
/* The records as HTML, from a table of elements of ours: whatever the records are, no other element, attribute or scheme comes out, and all are
 * closed. False (KIND_UNAVAILABLE) if they do not end as they should or are too much for a page. */
bool rendered_page(struct ctx *, struct bytes records, const struct rendered *, const char **markup) MUST_CHECK;
/* Where a link of a text in `folder` of a place leads: an address of http, https or mailto, or a page of ours; NULL: nowhere. */
const char *rendered_address(struct arena *, const struct rendered *, const char *link, size_t n);

/* ---- parts of text (source.c) ---- */
/* Text with a number before each line; each number is a link to its line. `first`: number of the first line. */
const char *source_lines(const struct ctx *, const char *text, int64_t first);
/* Bytes as offset, hexadecimal numbers and letters, 16 a line. */
const char *source_bytes(struct arena *, const void *, size_t n);

#endif
