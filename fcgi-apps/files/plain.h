/* plain: a text file's bytes as what an editor in a form shows, and back: a form knows neither the kind of line end nor a byte order mark. */
#ifndef NARU_FILES_PLAIN_H
#define NARU_FILES_PLAIN_H

#include "base.h"

struct plain { const char *text; /* lines end with LF */ bool crlf; /* most of them did with CR LF */ bool mixed, mark; };

/* False (KIND_INVALID) with why it cannot be edited: no UTF-8, control characters, a CR alone. */
bool plain_take(struct ctx *, struct bytes file, struct plain *) MUST_CHECK;
/* Exactly the text, with these ends; plain_give() of what plain_take() gave is the file itself, unless its ends were mixed. */
struct bytes plain_give(struct arena *, const char *text, bool crlf, bool mark);
/* What tells one content from another, as text. */
const char *plain_print(struct arena *, struct bytes file);

#endif
