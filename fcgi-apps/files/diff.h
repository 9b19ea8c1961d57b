/* diff: two texts line by line. */
#ifndef NARU_FILES_DIFF_H
#define NARU_FILES_DIFF_H

#include "base.h"

enum { DIFF_CONTEXT = 3, DIFF_ROWS_MOST = 600, DIFF_EDITS_MOST = 1000, DIFF_LINES_MOST = 100000 };

/* '-': only in the old text, '+': only in the new one, ' ': in both, '~': lines that are in both were left out here. Numbers from 1. */
struct diff_row { char kind; int64_t old, new; const char *text; };
/* cut: there are more than DIFF_ROWS_MOST rows. */
struct diff { const struct diff_row *at; size_t n; bool cut; };

/* What makes the new text of the old one, shortest where it is at most DIFF_EDITS_MOST lines, else everything between the first and the last
 * line that differ. Lines end with LF; whether the last one does makes no difference. All in the arena. */
struct diff diff_lines(struct arena *, const char *old, const char *new);

#endif
