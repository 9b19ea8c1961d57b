/* form_pattern: brackets are what differs: ECMAScript wants punctuation in them escaped, POSIX takes the backslash there literally. */
#include "form_pattern.h"

#include <string.h>

static bool is_named_class(const char *s)
{
	return s[0] == '[' && s[1] != '\0' && strchr(":.=", s[1]) != NULL;
}

/* A '-' that stands for itself: first or last. */
static bool is_plain_dash(const char *s, const char *first)
{
	return *s == '-' && (s == first || s[1] == ']');
}

/* After "[": writes the set and returns the place behind its "]"; NULL: cannot be said. */
static const char *put_set(struct buf *b, const char *s)
{
	if (*s == '^')
		buf_char(b, *s++);
	const char *first = s;
	for (; *s && (*s != ']' || s == first); s++) {
		if (is_named_class(s))
			return NULL;
		if (strchr("()[]{}/\\|&!#%,:;<=>@`~", *s) || is_plain_dash(s, first))
			buf_char(b, '\\');
		buf_char(b, *s);
	}
	if (!*s)
		return NULL;
	buf_char(b, ']');
	return s + 1;
}

const char *form_pattern(struct arena *arena, const char *grammar)
{
	struct buf b = { 0 };
	buf_in(&b, arena);
	for (const char *s = grammar; *s;) {
		char c = *s++;
		buf_char(&b, c);
		if (c == '\\' && *s)
			buf_char(&b, *s++);
		else if (c == '[' && !(s = put_set(&b, s)))
			return NULL;
	}
	return buf_cstr(&b);
}
