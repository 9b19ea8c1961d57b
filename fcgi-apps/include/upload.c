/* upload: bodies as they arrive. Of routes with .upload they are forms with files, whose first parts are the csrf and key fields. */
#include "app_private.h"
#include "multipart.h"

#include <strings.h>

static bool begin(struct req *r)
{
	const char *type = env_get(r->state->wire, "CONTENT_TYPE");
	if (!type || strncasecmp(type, "multipart/form-data", 19) != 0)
		return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The request is not a form of a known kind."), "content type %.80s", type ? type : "(none)");
	if (r->who.by_token)
		r->state->csrf_checked = true;
	return long_begin(r) && multipart_begin(r, type, r->state->route->limit);
}

/* Takes csrf and key out of the stream; *ours tells. */
static bool take_hidden(struct req *r, const struct upload *part, bool *ours)
{
	const char *value;
	*ours = !part->file_name && (same(part->field, "csrf") || same(part->field, "key"));
	if (!*ours)
		return r->state->csrf_checked || csrf_field(r, NULL);
	if (!multipart_text(r, 1024, &value))
		return false;
	if (same(part->field, "key"))
		r->key = key_valid(value) ? value : NULL;
	return same(part->field, "key") || csrf_field(r, value);
}

bool upload_next(struct req *r, struct upload *part, bool *more)
{
	bool ours;
	if (!r->state->upload && !begin(r))
		return false;
	do {
		if (!multipart_next(r, part, more))
			return false;
		if (!*more)
			return r->state->csrf_checked || csrf_field(r, NULL);
		if (!take_hidden(r, part, &ours))
			return false;
	} while (ours);
	return true;
}

bool upload_read(struct req *r, void *to, size_t n, size_t *got)
{
	return multipart_read(r, to, n, got);
}

bool long_begin(struct req *r)
{
	if (!transfer_begin(r))
		return false;
	r->state->wire->patience(r->state->wire->arg);
	return true;
}

/* ---- bodies that are no form ---- */

int64_t body_length(const struct req *r)
{
	return r->state->content_length;
}

bool body_next(struct req *r, void *to, size_t n, size_t *got)
{
	const struct wire *w = r->state->wire;
	*got = w->read(w->arg, to, n);
	r->state->body_read += (int64_t)*got;
	if (*got > 0 || (w->whole(w->arg) && (r->state->content_length < 0 || r->state->body_read == r->state->content_length)))
		return true;
	return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The request was cut on its way, so nothing was changed. Please send it again."), "body cut");
}
