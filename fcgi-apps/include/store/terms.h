/*
 * terms: does an entry fit what is searched for (struct store_terms of store.h)? The name first, which costs nothing to know. Does not block.
 */
#ifndef NARU_STORE_TERMS_H
#define NARU_STORE_TERMS_H

#include "store.h"

/* May it be shown, and be entered if it is a folder? */
bool terms_seen(const struct store_terms *, const char *name);
bool terms_name(const struct store_terms *, const char *name);
/* Without what has to be asked of each entry. */
bool terms_kind(const struct store_terms *, int kind);
/* Must size and time be known? */
bool terms_ask(const struct store_terms *);
bool terms_facts(const struct store_terms *, int kind, int64_t size, int64_t modified);

#endif
