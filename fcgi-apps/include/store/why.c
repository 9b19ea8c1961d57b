#include "store/why.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

static _Thread_local char words[WHY_MOST];
static const char *hidden; /* set before there are threads */

/* Line ends, escapes of a terminal (those of Latin-1, too), and what turns the direction of writing. */
static bool steers(uint32_t letter)
{
	return letter < ' ' || (letter >= 0x7f && letter < 0xa0) || (letter >= 0x2028 && letter <= 0x202e) || (letter >= 0x2066 && letter <= 0x2069);
}

/* It goes to a page and to a log: nothing that steers either, no half letters. */
static void make_plain(char *s)
{
	uint32_t letter;
	for (size_t n; *s; s += n ? n : 1) {
		n = utf8_next(s, &letter);
		if (n == 0)
			*s = '?';
		else if (steers(letter))
			memset(s, ' ', n);
	}
}

int why(int code, const char *fmt, ...)
{
	char text[WHY_MOST]; /* the words of before may be among the arguments */
	va_list v;
	va_start(v, fmt);
	vsnprintf(text, sizeof text, fmt, v);
	va_end(v);
	make_plain(text);
	if (!empty(hidden) && strstr(text, hidden))
		snprintf(text, sizeof text, "…");
	memcpy(words, text, sizeof words);
	return code;
}

void why_hide(const char *secret)
{
	hidden = secret;
}

void why_forget(void)
{
	words[0] = 0;
}

const char *why_words(void)
{
	return words;
}
