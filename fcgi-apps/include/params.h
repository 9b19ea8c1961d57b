/*
 * params: names and values of a query or an urlencoded body (WHATWG URL, "application/x-www-form-urlencoded").
 * Does not block; everything lives in the arena.
 */
#ifndef NARU_PARAMS_H
#define NARU_PARAMS_H

#include "base.h"

enum { PARAMS_MOST = 1000 };

struct param { const char *name, *value; };
struct params { struct param *at; size_t n, cap; };

/* Adds the pairs of `text`. False (KIND_BAD_REQUEST) on a broken %, NUL, bytes that are no UTF-8, or more than PARAMS_MOST pairs. */
bool params_parse(struct ctx *, struct params *, const char *text, size_t n) MUST_CHECK;
bool params_add(struct ctx *, struct params *, const char *name, const char *value) MUST_CHECK;
/* First value of a name, or NULL; *doubled (may be NULL) tells whether it came more than once. */
const char *params_get(const struct params *, const char *name, bool *doubled);
struct texts params_all(struct arena *, const struct params *, const char *name);
/* %XX decoded; '+' becomes a space if plus. NULL when it is broken or holds a NUL. */
char *percent_decode(struct arena *, const char *text, size_t n, bool plus);

#endif
