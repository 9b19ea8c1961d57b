/* utf8: characters: one at a time for the writers of HTML and JSON, and how many there are. */
#ifndef NARU_UTF8_H
#define NARU_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length of the character at the NUL-terminated `s` and its number; 0 if the bytes there are no UTF-8 (take one byte and go on). */
size_t utf8_next(const char *s, uint32_t *character);
/* Characters of a valid text. */
size_t utf8_count(const char *);

#endif
