/* catalogue: the translations, made by ops/catalogue from the *.po files; sorted by `english` as bytes. */
#ifndef NARU_CATALOGUE_H
#define NARU_CATALOGUE_H

#include <stddef.h>

struct translation { const char *english, *korean; };
extern const struct translation catalogue[];
extern const size_t catalogue_size;

#endif
