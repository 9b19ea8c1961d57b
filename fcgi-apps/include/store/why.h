/*
 * why: what the other side said, beside an error's code. Drivers of remote stores set it on the way out, the connector sends it along, and
 * the page shows it as the server's own words. One text a thread.
 */
#ifndef NARU_STORE_WHY_H
#define NARU_STORE_WHY_H

#include "base.h"

#define WHY_MOST 400 /* bytes, with the NUL */

/* Keeps the words (cut to WHY_MOST, control characters and what is no UTF-8 replaced) and returns `code`: `return why(EACCES, "530 %s", line);` */
PRINTF_LIKE(2, 3) int why(int code, const char *fmt, ...);
/* Words that hold this are not kept: a server may say what was sent to it. The text must stay. */
void why_hide(const char *secret);
void why_forget(void);
const char *why_words(void); /* "" for none */

#endif
