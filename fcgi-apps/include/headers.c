/* headers: the one writer of response headers. A control byte would let a value begin another header, so it ends the process. */
#include "app_private.h"

#include <string.h>

static bool header_safe(const char *s)
{
	for (const unsigned char *p = (const unsigned char *)s; *p; p++)
		if (*p < 0x20 || *p == 0x7f)
			return false;
	return true;
}

void header_add(struct buf *headers, const char *name, const char *value)
{
	if (!header_safe(name) || !header_safe(value) || strchr(name, ':') || !*name)
		die("a header that may not be sent: %.40s", name);
	buf_printf(headers, "%s: %s\r\n", name, value);
}

void reply_header(struct req *r, const char *name, const char *value)
{
	header_add(&r->state->headers, name, value);
}
