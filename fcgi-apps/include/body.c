/* body: a form's body, read whole within the route's limit. */
#include "app_private.h"
#include "multipart.h"

#include <string.h>
#include <strings.h>

static const int64_t PRESET_LIMIT = 1 << 20;

static bool too_large(struct req *r, int64_t limit)
{
	return fail(r->ctx, KIND_TOO_LARGE, say(r->ctx, "The form is larger than %s, so it was not read.", human_size(r->ctx->arena, limit)), "body over the limit");
}

static bool read_whole(struct req *r, int64_t limit, struct buf *out)
{
	char block[16384];
	size_t got;
	buf_in(out, r->ctx->arena);
	while ((got = r->state->wire->read(r->state->wire->arg, block, sizeof block)) > 0) {
		if ((int64_t)(out->n + got) > limit)
			return too_large(r, limit);
		buf_add(out, block, got);
	}
	if (!r->state->wire->whole(r->state->wire->arg) || (r->state->content_length >= 0 && (int64_t)out->n != r->state->content_length))
		return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The request was cut on its way, so nothing was changed. Please send it again."), "body cut");
	return true;
}

/* A small multipart form: its files are read as texts too, for modules that take none. */
static bool read_multipart(struct req *r)
{
	struct upload part;
	bool more;
	for (;;) {
		if (!multipart_next(r, &part, &more))
			return false;
		if (!more)
			return true;
		const char *value;
		if (!multipart_text(r, PRESET_LIMIT, &value) || !params_add(r->ctx, &r->state->body, part.field, value))
			return false;
	}
}

bool body_read(struct req *r)
{
	int64_t limit = r->state->route->limit ? r->state->route->limit : PRESET_LIMIT;
	const char *type = env_get(r->state->wire, "CONTENT_TYPE");
	if (r->state->content_length > limit)
		return too_large(r, limit);
	if (type && strncasecmp(type, "multipart/form-data", 19) == 0)
		return multipart_begin(r, type, limit) && read_multipart(r);
	struct buf body;
	if (!read_whole(r, limit, &body))
		return false;
	if (body.n > 0 && (!type || strncasecmp(type, "application/x-www-form-urlencoded", 33) != 0))
		return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The request is not a form of a known kind."), "content type %.80s", type ? type : "(none)");
	return params_parse(r->ctx, &r->state->body, buf_cstr(&body), body.n);
}
