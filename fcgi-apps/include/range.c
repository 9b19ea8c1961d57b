/* range: one range of bytes (RFC 9110, section 14). Several ranges, or something we do not understand, give the whole. */
#include "app_private.h"

#include <string.h>

/* "first-last", "first-", "-suffix" of a file of `total` bytes. 0: not a range we serve, -1: unsatisfiable. */
static int parse_range(struct arena *arena, const char *spec, int64_t total, int64_t *offset, int64_t *length)
{
	const char *dash = strchr(spec, '-');
	int64_t first, last;
	if (!dash || strchr(spec, ','))
		return 0;
	const char *head = arena_copy(arena, spec, (size_t)(dash - spec)), *tail = dash + 1;
	if (!*head) {
		if (!parse_int(tail, 0, INT64_MAX, &last))
			return 0;
		if (last == 0 || total == 0)
			return -1;
		*length = last < total ? last : total;
		*offset = total - *length;
		return 1;
	}
	if (!parse_int(head, 0, INT64_MAX, &first))
		return 0;
	if (!*tail)
		last = INT64_MAX;
	else if (!parse_int(tail, first, INT64_MAX, &last))
		return 0;
	if (first >= total)
		return -1;
	*offset = first;
	*length = (last >= total ? total - 1 : last) - first + 1;
	return 1;
}

bool req_range(struct req *r, int64_t total, int64_t *offset, int64_t *length, bool *partial)
{
	const char *header = env_get(r->state->wire, "HTTP_RANGE");
	*offset = 0;
	*length = total;
	*partial = false;
	if (!header || !starts_with(header, "bytes="))
		return true;
	int found = parse_range(r->ctx->arena, header + 6, total, offset, length);
	if (found < 0) {
		reply_header(r, "Content-Range", text(r->ctx->arena, "bytes */%lld", (long long)total));
		return fail(r->ctx, KIND_RANGE, tr(r->ctx, "The file is shorter than the part that was asked for."), "range %.60s of %lld", header, (long long)total);
	}
	*partial = found > 0;
	return true;
}
