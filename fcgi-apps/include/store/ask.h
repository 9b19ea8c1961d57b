/* ask: what the front's functions (store.c, store_details.c) begin and end a request with. */
#ifndef NARU_STORE_ASK_H
#define NARU_STORE_ASK_H

#include <unistd.h>

#include "store/client.h"

/* Starts a request about a path; NULL after fail(). */
__attribute__((unused)) static struct wire *about(struct ctx *c, enum wire_type type, const char *path, int most)
{
	if (!path || !wire_path_good(path)) {
		client_fail(c, WIRE_E_PATH, path && *path ? "path" : "no path");
		return NULL;
	}
	struct wire *w = client_begin(c, type, most);
	wire_put_text(w, path);
	return w;
}

/* One answer of type WIRE_OK. */
__attribute__((unused)) static bool ask(struct ctx *c, struct store *s, bool bound, struct wire **in, int *got)
{
	enum wire_type type;
	if (got)
		*got = -1;
	bool ok = client_call(c, s, bound, &type, in, got) && (type == WIRE_OK || client_nonsense(c, s, "entries"));
	if (!ok && got && *got >= 0) {
		close(*got);
		*got = -1;
	}
	return ok;
}

__attribute__((unused)) static bool finished(struct ctx *c, struct store *s, const struct wire *in)
{
	return wire_end(in) ? true : client_nonsense(c, s, "fields");
}

__attribute__((unused)) static bool simple(struct ctx *c, struct store *s, bool bound)
{
	struct wire *in;
	return ask(c, s, bound, &in, NULL) && finished(c, s, in);
}

#endif
