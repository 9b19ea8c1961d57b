/* upload: files as they arrive, for routes with .upload. The first parts are the form's csrf and key fields. */
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
	if (!transfer_begin(r))
		return false;
	r->state->wire->patience(r->state->wire->arg);
	return multipart_begin(r, type, r->state->route->limit);
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
