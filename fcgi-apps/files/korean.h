/* korean: text in CP949 (which holds EUC-KR), as older Korean programs and Excel write it, in UTF-8. For looking at only. */
#ifndef NARU_FILES_KOREAN_H
#define NARU_FILES_KOREAN_H

#include "base.h"

/* The text in UTF-8, in the arena; NULL if it is none in CP949. A letter that is cut at its end is left out, and with `middle` one byte of a
 * letter that is cut at its beginning. */
const char *korean_text(struct arena *, const char *, size_t n, bool middle);

#endif
