#include "store/terms.h"

#include <string.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Behind one character: a letter may have several bytes. */
static const char *step(const char *s)
{
	s++;
	while (((unsigned char)*s & 0xc0) == 0x80)
		s++;
	return s;
}

/* Of several stars only the last one ever has to be tried again, so this takes no more than the product of both lengths. */
static bool glob(const char *pattern, const char *s)
{
	const char *star = NULL, *from = s;
	while (*s) {
		if (*pattern == '*') {
			star = ++pattern;
			from = s;
		} else if (*pattern == '?') {
			pattern++;
			s = step(s);
		} else if (*pattern && lower(*pattern) == lower(*s)) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star;
			s = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool terms_seen(const struct store_terms *t, const char *name)
{
	return t->dots || *name != '.';
}

bool terms_name(const struct store_terms *t, const char *name)
{
	if (empty(t->name))
		return true;
	return strpbrk(t->name, "*?") ? glob(t->name, name) : strcasestr(name, t->name) != NULL;
}

bool terms_kind(const struct store_terms *t, int kind)
{
	bool sized = t->at_least >= 0 || t->at_most >= 0;
	return (!t->kind || t->kind == kind) && (!sized || kind == ENTRY_FILE);
}

bool terms_ask(const struct store_terms *t)
{
	return t->at_least >= 0 || t->at_most >= 0 || t->since || t->before;
}

bool terms_facts(const struct store_terms *t, int kind, int64_t size, int64_t modified)
{
	return terms_kind(t, kind) && (t->at_least < 0 || size >= t->at_least) && (t->at_most < 0 || size <= t->at_most)
		&& (!t->since || modified >= t->since) && (!t->before || modified < t->before);
}

bool store_fits(const struct store_terms *t, const struct entry *e)
{
	return terms_seen(t, e->name) && terms_name(t, e->name) && terms_facts(t, e->kind, e->size, e->modified);
}
