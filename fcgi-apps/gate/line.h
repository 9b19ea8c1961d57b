/* line: the lines of a head, and names that are ours. */
#ifndef NARU_GATE_LINE_H
#define NARU_GATE_LINE_H

#include "head.h"

struct lines { const char *at; size_t n; };

/* The next line without its end; NULL: there is none, or it holds a byte that has no place in a head. */
const char *next_line(struct lines *, struct arena *);
/* "Name: value" up to the empty line. False: malformed, folded or too many. */
bool read_lines(struct lines *, struct arena *, struct line *out, size_t *n);
/* A cookie that only the portal sets. */
bool is_own_cookie(const char *name, size_t n);

#endif
