#include "line.h"

#include <string.h>
#include <strings.h>

const char *next_line(struct lines *l, struct arena *arena)
{
	const char *end = l->n ? memchr(l->at, '\n', l->n) : NULL, *line;
	size_t n;

	if (!end)
		return NULL;
	n = (size_t)(end - l->at);
	line = arena_copy(arena, l->at, n > 0 && l->at[n - 1] == '\r' ? n - 1 : n);
	l->at += n + 1;
	l->n -= n + 1;
	for (size_t i = 0; i + (n > 0 && end[-1] == '\r') < n; i++)
		if (((unsigned char)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
			return NULL;
	return line;
}

/* RFC 9110, 5.6.2. */
static bool token_char(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool split_line(const char *line, struct arena *arena, struct line *out)
{
	size_t name = 0, n;
	const char *value;

	while (token_char((unsigned char)line[name]))
		name++;
	if (name == 0 || line[name] != ':')
		return false;
	value = line + name + 1;
	value += strspn(value, " \t");
	n = strlen(value);
	while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
		n--;
	out->name = arena_copy(arena, line, name);
	out->value = arena_copy(arena, value, n);
	return true;
}

bool read_lines(struct lines *l, struct arena *arena, struct line *out, size_t *n)
{
	const char *line;

	for (*n = 0; (line = next_line(l, arena)) != NULL; ++*n) {
		if (!*line)
			return true;
		if (*n == HEAD_LINES || !split_line(line, arena, &out[*n]))
			return false;
	}
	return false;
}

bool is_own_cookie(const char *name, size_t n)
{
	static const char *const begin[] = { "__Host-naru", "__Secure-naru" };

	for (size_t i = 0; i < COUNT(begin); i++)
		if (n >= strlen(begin[i]) && strncasecmp(name, begin[i], strlen(begin[i])) == 0)
			return true;
	return false;
}
