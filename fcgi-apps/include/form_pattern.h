/* form_pattern: a field's grammar (POSIX extended, whole value) as HTML's pattern= (ECMAScript with the v flag). */
#ifndef NARU_FORM_PATTERN_H
#define NARU_FORM_PATTERN_H

#include "base.h"

/* NULL if it cannot be said there: named classes, which a browser would read as something else. */
const char *form_pattern(struct arena *, const char *grammar);

#endif
