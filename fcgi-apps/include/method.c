/* method: the words of HTTP and WebDAV for what a request wants. */
#include "app_private.h"

static const char *const names[METHOD_END] = {
	[GET] = "GET", [POST] = "POST", [METHOD_PUT] = "PUT", [METHOD_DELETE] = "DELETE", [METHOD_OPTIONS] = "OPTIONS", [METHOD_PROPFIND] = "PROPFIND",
	[METHOD_PROPPATCH] = "PROPPATCH", [METHOD_MKCOL] = "MKCOL", [METHOD_COPY] = "COPY", [METHOD_MOVE] = "MOVE", [METHOD_LOCK] = "LOCK",
	[METHOD_UNLOCK] = "UNLOCK",
};

const char *method_name(enum method m)
{
	return m > 0 && m < METHOD_END ? names[m] : "";
}

enum method method_of(const char *word)
{
	for (enum method m = GET; m < METHOD_END; m++)
		if (same(word, names[m]))
			return m;
	return same(word, "HEAD") ? GET : 0;
}

const char *methods_allowed(struct arena *arena, unsigned mask)
{
	struct buf b = { 0 };
	buf_in(&b, arena);
	for (enum method m = GET; m < METHOD_END; m++)
		if (mask & 1u << m)
			buf_printf(&b, "%s%s%s", b.n ? ", " : "", names[m], m == GET ? ", HEAD" : "");
	return buf_cstr(&b);
}

bool method_safe(enum method m)
{
	return m == GET || m == METHOD_OPTIONS || m == METHOD_PROPFIND;
}
