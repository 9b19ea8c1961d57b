/* What is to be copied: from the clipboard that the module files keeps, or as a form carries it. */
#include "transfers.h"

#include "clip.h"

enum { RETRY_MS = 3000 };

/* files makes its database when it starts, which may be after us. */
static struct db *clips(struct ctx *ctx)
{
	static struct db *db;
	static int64_t next;
	if (db || next > clock_ms())
		return db;
	next = clock_ms() + RETRY_MS;
	if (!db_open(ctx, "files", DB_READ_ONLY, &db)) {
		forget(ctx);
		db = NULL;
	}
	return db;
}

bool source_clip(struct req *r, const char *id, struct source *out, const char **verb)
{
	struct clip clip;
	struct db *db = clips(r->ctx);
	if (!db || !clip_of(r->ctx, db, r->who.user, &clip) || !same(clip.id, id))
		return fail(r->ctx, KIND_CONFLICT, tr(r->ctx, "You have copied or cut something else meanwhile. Go back to the folder, which shows what it is now."), "clip");
	*verb = clip.verb;
	*out = (struct source){ .place = clip.place, .path = clip.path, .names = clip.names,
		.once = clip_once(r->ctx->arena, clip.id) };
	return true;
}

static const struct field source_fields[] = {
	{ .name = "from_place", .kind = FIELD_TEXT, .label = MSG("Place"), .required = true, .max = 100 },
	{ .name = "from_path", .kind = FIELD_TEXT, .label = MSG("Folder"), .max = 12000, .keep_spaces = true },
	{ .name = "pick", .kind = FIELD_CHOICES, .label = MSG("Entries") },
	{ .name = "once", .kind = FIELD_TEXT, .label = MSG("Key"), .max = 60 },
};
FORM(source_form, source_fields);

static bool bad(struct req *r)
{
	return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "What is to be copied cannot be read. Go back to the folder and choose again."), "source");
}

bool source_read(struct req *r, struct source *out)
{
	struct form *f = form_read(r, &source_form);
	if (!f || !form_good(f))
		return bad(r);
	struct texts keys = form_texts(f, "pick");
	const char **names = NEW_ARRAY(r->ctx->arena, const char *, keys.n + 1), *path = key_path(r->ctx->arena, form_text(f, "from_path"));
	for (size_t i = 0; i < keys.n; i++)
		if (!(names[i] = key_name(r->ctx->arena, keys.at[i])))
			return bad(r);
	if (!path)
		return bad(r);
	*out = (struct source){ form_text(f, "from_place"), path, { names, keys.n }, form_text(f, "once") };
	return true;
}

/* The content of a folder goes neither into itself nor into what is in it. */
static const char *content_refusal(struct req *r, const struct source *s, const char *path)
{
	return s->names.n == 0 && path_within(path, s->path) ? tr(r->ctx, "A folder cannot be put into itself. Choose another folder.") : NULL;
}

const char *source_refusal(struct req *r, const struct source *s, const char *verb, const char *place, const char *path)
{
	struct clip clip = { .verb = verb, .place = s->place, .path = s->path, .names = s->names };
	const char *why = same(s->place, place) ? content_refusal(r, s, path) : NULL;
	return why ? why : clip_refusal(r->ctx, &clip, place, path);
}
