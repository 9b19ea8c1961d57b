/* cookie: reading and setting (RFC 6265). */
#include "app_private.h"

#include <string.h>

const char *cookie_find(struct arena *arena, const char *header, const char *name)
{
	size_t n = strlen(name);
	const char *p = header ? header : "";
	while (*p) {
		p += strspn(p, " \t;");
		size_t length = strcspn(p, ";");
		if (length > n && strncmp(p, name, n) == 0 && p[n] == '=') {
			size_t value = length - n - 1;
			while (value && (p[n + value] == ' ' || p[n + value] == '\t'))
				value--;
			return arena_copy(arena, p + n + 1, value);
		}
		p += length;
	}
	return NULL;
}

const char *req_cookie(const struct req *r, const char *name)
{
	return cookie_find(r->ctx->arena, env_get(r->state->wire, "HTTP_COOKIE"), name);
}

static bool cookie_safe(const char *value)
{
	for (const unsigned char *p = (const unsigned char *)value; *p; p++)
		if (*p <= 0x20 || *p >= 0x7f || strchr("\",;\\", *p))
			return false;
	return true;
}

void reply_cookie(struct req *r, const char *name, const char *value, int64_t max_age)
{
	if (!starts_with(name, "__Host-") || !cookie_safe(value))
		die("a cookie %.40s that may not be set", name);
	struct arena *arena = r->ctx->arena;
	const char *age = max_age > 0 ? text(arena, "; Max-Age=%lld", (long long)max_age) : max_age < 0 ? "; Max-Age=0" : "";
	header_add(&r->state->headers, "Set-Cookie", text(arena, "%s=%s; Path=/; Secure; HttpOnly; SameSite=Lax%s", name, max_age < 0 ? "" : value, age));
}
