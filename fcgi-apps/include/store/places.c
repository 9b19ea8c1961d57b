#include "store/places.h"

#include <ctype.h>
#include <string.h>

#include "conf.h"
#include "store.h"
#include "store/wire.h"

static bool name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

bool place_user_good(const char *user)
{
	if (empty(user) || strlen(user) > 32 || user[0] == '.' || user[0] == '-')
		return false;
	for (const char *s = user; *s; s++)
		if (!name_byte(*s))
			return false;
	return true;
}

static char *expand(struct arena *a, const char *pattern, const char *user)
{
	struct buf b = { 0 };
	buf_in(&b, a);
	for (const char *s = pattern; *s; s++)
		if (s[0] == '%' && s[1] == 'u')
			buf_text(&b, user), s++;
		else
			buf_char(&b, *s);
	while (b.n > 1 && b.at[b.n - 1] == '/')
		b.n--;
	return arena_copy(a, b.at, b.n);
}

const char *place_owner(struct arena *a, const char *place, const char **name)
{
	const char *at = empty(place) ? NULL : strchr(place, '@');
	if (!at || !place_user_good(at + 1))
		return NULL;
	*name = arena_copy(a, place, (size_t)(at - place));
	return strstr(conf_get(text(a, "place %s", *name), "path", ""), "%u") ? at + 1 : NULL;
}

char *place_path(struct arena *a, const char *place, const char *user)
{
	if (empty(place) || !place_user_good(user))
		return NULL;
	const char *owner = place_owner(a, place, &place);
	user = owner ? owner : user;
	const char *pattern = conf_get(text(a, "place %s", place), "path", NULL);
	return empty(pattern) || pattern[0] != '/' ? NULL : expand(a, pattern, user);
}

void store_places(struct arena *a, const char *user, const struct place **out, size_t *n)
{
	struct texts names = conf_names("place");
	struct place *p = NEW_ARRAY(a, struct place, names.n + 1);
	*n = 0;
	*out = p;
	for (size_t i = 0; i < names.n; i++) {
		const char *path = place_path(a, names.at[i], user);
		if (path)
			p[(*n)++] = (struct place){
				.name = names.at[i],
				.title = conf_get(text(a, "place %s", names.at[i]), "title", names.at[i]),
				.path = path,
			};
	}
}

/* The path without doubled, leading and trailing slashes. */
static char *tidy(struct arena *a, const char *path)
{
	char *to = arena_alloc(a, strlen(path) + 1), *at = to;
	for (const char *s = path; *s; s++)
		if (*s != '/' || (at > to && at[-1] != '/'))
			*at++ = *s;
	if (at > to && at[-1] == '/')
		at--;
	*at = 0;
	return to;
}

/* What follows `top` in `path`, both absolute; NULL if it is not below it. */
static const char *below(struct arena *a, const char *top, const char *path)
{
	const char *t = tidy(a, top), *p = tidy(a, path);
	size_t n = strlen(t);
	if (strncmp(t, p, n) != 0 || (n && p[n] != '/' && p[n]))
		return NULL;
	return p[n] == '/' ? p + n + 1 : p + n;
}

bool store_locate(struct arena *a, const char *user, const char *absolute, const char **place, const char **path)
{
	const struct place *all;
	size_t n, best = 0;
	bool found = false;
	if (empty(absolute) || absolute[0] != '/')
		return false;
	store_places(a, user, &all, &n);
	for (size_t i = 0; i < n; i++) {
		const char *rest = below(a, all[i].path, absolute);
		if (!rest || !wire_path_good(rest) || (found && strlen(all[i].path) <= best))
			continue;
		best = strlen(all[i].path);
		*place = all[i].name;
		*path = rest;
		found = true;
	}
	return found;
}
