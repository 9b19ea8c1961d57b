#include "file_names.h"

#include <string.h>

#include "store.h"

/* ---- paths ---- */

char *path_join(struct arena *a, const char *folder, const char *name)
{
	return *folder ? text(a, "%s/%s", folder, name) : text(a, "%s", name);
}

char *path_folder(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	return arena_copy(a, path, slash ? (size_t)(slash - path) : 0);
}

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

const char *name_copy(struct arena *a, const char *name, int copy)
{
	const char *dot = strchr(*name ? name + 1 : name, '.');
	size_t stem = dot ? (size_t)(dot - name) : strlen(name);
	return text(a, "%.*s (%d)%s", (int)stem, name, copy, dot ? dot : "");
}

bool path_within(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	return n == 0 || (strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/'));
}

bool name_good(const char *name)
{
	return *name && !starts_with(name, STORE_TRASH) && strlen(name) <= 255 && !strchr(name, '/') && !same(name, ".") && !same(name, "..");
}

const char *name_shown(struct arena *a, const char *name)
{
	char *copy = arena_copy(a, name, strlen(name));
	if (!utf8_valid(copy, strlen(copy)))
		for (char *s = copy; *s; s++)
			if ((unsigned char)*s >= 0x80)
				*s = '?';
	return copy;
}

/* ---- in forms and addresses ---- */

static bool unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

static void put_encoded(struct buf *b, const char *s, bool slashes)
{
	for (; *s; s++)
		if (unreserved(*s) || (slashes && *s == '/'))
			buf_char(b, *s);
		else
			buf_printf(b, "%%%02X", (unsigned)(unsigned char)*s);
}

char *files_url(struct arena *a, const char *prefix, const char *place, const char *path)
{
	struct buf b = { 0 };
	buf_in(&b, a);
	buf_text(&b, prefix);
	buf_char(&b, '/');
	put_encoded(&b, place, false);
	if (*path)
		buf_char(&b, '/');
	put_encoded(&b, path, true);
	return arena_copy(a, b.at, b.n);
}

char *key_of(struct arena *a, const char *name)
{
	struct buf b = { 0 };
	buf_in(&b, a);
	put_encoded(&b, name, false);
	return arena_copy(a, b.at, b.n);
}

char *path_encoded(struct arena *a, const char *path)
{
	struct buf b = { 0 };
	buf_in(&b, a);
	put_encoded(&b, path, true);
	return arena_copy(a, b.at, b.n);
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *path_decoded(struct arena *a, const char *key)
{
	char *name = arena_alloc(a, strlen(key) + 1), *to = name;
	for (const char *s = key; *s; s++) {
		int high = *s == '%' ? nibble(s[1]) : 0, low = *s == '%' && high >= 0 ? nibble(s[2]) : 0;
		if (high < 0 || low < 0 || (*s == '%' && high + low == 0))
			return NULL;
		*to++ = *s == '%' ? (char)(high * 16 + low) : *s;
		s += *s == '%' ? 2 : 0;
	}
	return name;
}

char *key_name(struct arena *a, const char *key)
{
	char *name = path_decoded(a, key);
	return name && name_good(name) ? name : NULL;
}

char *key_path(struct arena *a, const char *key)
{
	char *path = path_decoded(a, key);
	if (!path || !*path)
		return path;
	struct texts parts = split(a, path, '/');
	for (size_t i = 0; i < parts.n; i++)
		if (!name_good(parts.at[i]))
			return NULL;
	return strlen(path) < 4096 ? path : NULL;
}
