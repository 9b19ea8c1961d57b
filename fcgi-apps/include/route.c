/*
 * route: which handler serves a path. The raw path is split at its slashes before it is decoded, so an encoded slash never
 * makes a new part, and a part that is "." or ".." is refused, however it was written.
 */
#include "app_private.h"

#include <string.h>

enum { MOST_PARTS = 256 };

static bool bad(struct ctx *ctx)
{
	return fail(ctx, KIND_BAD_REQUEST, tr(ctx, "This address cannot be understood. Please check it for mistakes."), "bad path");
}

bool path_split(struct ctx *ctx, const char *raw, struct texts *out)
{
	const char **at = NEW_ARRAY(ctx->arena, const char *, MOST_PARTS);
	size_t n = 0;
	if (!raw || *raw != '/')
		return bad(ctx);
	for (const char *p = raw + 1; *p;) {
		size_t length = strcspn(p, "/");
		char *part = percent_decode(ctx->arena, p, length, false);
		if (!part || !*part || strchr(part, '/') || same(part, ".") || same(part, "..") || n == MOST_PARTS)
			return bad(ctx);
		at[n++] = part;
		p += length;
		if (*p == '/')
			p++;
	}
	*out = (struct texts){ at, n };
	return true;
}

static const char *join(struct arena *arena, struct texts parts, size_t from)
{
	struct buf b;
	buf_in(&b, arena);
	for (size_t i = from; i < parts.n; i++) {
		if (i > from)
			buf_char(&b, '/');
		buf_text(&b, parts.at[i]);
	}
	return buf_cstr(&b);
}

static bool is_text(const char *s, const char *at, size_t n)
{
	return strncmp(s, at, n) == 0 && s[n] == '\0';
}

/* Does the route's path fit the parts? Fills `found` with what ":name" and "*name" stand for. */
static bool fits(struct ctx *ctx, const char *pattern, struct texts parts, struct params *found)
{
	size_t i = 0;
	found->n = 0;
	for (const char *p = pattern + 1; *p;) {
		size_t length = strcspn(p, "/");
		if (*p == '*')
			return params_add(ctx, found, p + 1, join(ctx->arena, parts, i));
		if (i == parts.n)
			return false;
		if (*p == ':' ? !params_add(ctx, found, arena_copy(ctx->arena, p + 1, length - 1), parts.at[i]) : !is_text(parts.at[i], p, length))
			return false;
		i++;
		p += length + (p[length] == '/');
	}
	return i == parts.n;
}

/* A literal path is better than one with parts: "/jobs/new" before "/jobs/:id". */
static bool better(const struct route *a, const struct route *b)
{
	if (!b)
		return true;
	const char *p = a->path, *q = b->path;
	for (; *p && *q && *p == *q; p++, q++)
		;
	return (*q == ':' || *q == '*') && *p != ':' && *p != '*' ? true : *q == '*' && *p == ':';
}

const struct route *route_find(struct ctx *ctx, const struct app *app, const char *raw, enum method method, struct params *parts, unsigned *allowed)
{
	const struct route *best = NULL;
	struct texts split_path;
	*allowed = 0;
	if (!path_split(ctx, raw, &split_path))
		return NULL;
	for (size_t i = 0; i < app->n; i++) {
		const struct route *route = &app->routes[i];
		struct params found = {0};
		if (!fits(ctx, route->path, split_path, &found))
			continue;
		*allowed |= 1u << route->method;
		if (route->method == method && better(route, best)) {
			best = route;
			*parts = found;
		}
	}
	return best;
}
