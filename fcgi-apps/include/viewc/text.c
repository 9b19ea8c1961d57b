/* text: growing text, C string literals and error lines. */
#include "viewc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(struct vtext *t, size_t more)
{
	if (t->cap - t->n > more)
		return;
	size_t cap = t->cap ? t->cap : 256;
	while (cap - t->n <= more)
		cap *= 2;
	char *at = realloc(t->at, cap);
	if (!at) {
		fputs("viewc: out of memory\n", stderr);
		exit(1);
	}
	t->at = at;
	t->cap = cap;
}

void vtext_add(struct vtext *t, const char *s, size_t n)
{
	need(t, n);
	if (n)
		memcpy(t->at + t->n, s, n);
	t->n += n;
	t->at[t->n] = '\0';
}

void vtext_char(struct vtext *t, char c)
{
	vtext_add(t, &c, 1);
}

__attribute__((nonnull)) static void add_va(struct vtext *t, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	if (n > 0) {
		need(t, (size_t)n + 1);
		vsnprintf(t->at + t->n, (size_t)n + 1, fmt, again);
		t->n += (size_t)n;
	}
	va_end(again);
}

void vtext_printf(struct vtext *t, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	add_va(t, fmt, ap);
	va_end(ap);
}

void vtext_free(struct vtext *t)
{
	free(t->at);
	*t = (struct vtext){ 0 };
}

void source_free(struct source *s)
{
	free(s->path);
	free(s->at);
}

/* '?' is escaped against trigraphs; control and foreign bytes become three octal digits, which end by themselves. */
void vtext_quote(struct vtext *t, const char *s, size_t n)
{
	vtext_char(t, '"');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == '\n')
			vtext_add(t, "\\n", 2);
		else if (c == '\t')
			vtext_add(t, "\\t", 2);
		else if (c == '"' || c == '\\' || c == '?')
			vtext_printf(t, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			vtext_printf(t, "\\%03o", c);
		else
			vtext_char(t, (char)c);
	}
	vtext_char(t, '"');
}

bool viewc_error(struct viewc *c, const char *fmt, ...)
{
	if (c->failed)
		return false;
	c->failed = true;
	vtext_printf(c->errors, "%s:%u: error: ", c->path, c->line);
	va_list ap;
	va_start(ap, fmt);
	add_va(c->errors, fmt, ap);
	va_end(ap);
	vtext_char(c->errors, '\n');
	return false;
}
