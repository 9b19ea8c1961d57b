#include "store/why.h"

#include <stdarg.h>
#include <stdio.h>

#include "utf8.h"

static _Thread_local char words[WHY_MOST];

/* It goes to a page and to a log: no line ends, no escapes of a terminal, no half letters. */
static void make_plain(char *s)
{
	uint32_t letter;
	for (size_t n; *s; s += n ? n : 1) {
		n = utf8_next(s, &letter);
		if (n == 0)
			*s = '?';
		else if (letter < ' ' || letter == 0x7f)
			*s = ' ';
	}
}

int why(int code, const char *fmt, ...)
{
	va_list v;
	va_start(v, fmt);
	vsnprintf(words, sizeof words, fmt, v);
	va_end(v);
	make_plain(words);
	return code;
}

void why_forget(void)
{
	words[0] = 0;
}

const char *why_words(void)
{
	return words;
}
