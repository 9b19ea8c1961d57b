#include "clip.h"

#include "file_names.h"

enum { TABLE = 'C' };

bool clip_get(struct ctx *ctx, const struct db_read *db, const char *owner, bool *found, struct clip *out)
{
	struct db_key key = db_key(TABLE, owner);
	struct bytes value;
	if (!db_get(ctx, db, &key, found, &value) || (*found && !record_unpack(ctx, &clip_record, value, out)))
		return false;
	if (*found && !out->path)
		out->path = "";
	return true;
}

bool clip_put(struct ctx *ctx, struct db_write *db, const struct clip *clip)
{
	struct db_key key = db_key(TABLE, clip->owner);
	return db_put(ctx, db, &key, record_pack(ctx->arena, &clip_record, clip));
}

bool clip_forget(struct ctx *ctx, struct db_write *db, const char *owner)
{
	struct db_key key = db_key(TABLE, owner);
	return db_del(ctx, db, &key);
}

struct wanted { const char *owner; struct clip *out; bool found; };

static bool look(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct wanted *w = arg;
	return clip_get(ctx, db, w->owner, &w->found, w->out);
}

bool clip_of(struct ctx *ctx, struct db *files, const char *owner, struct clip *out)
{
	struct wanted w = { owner, out, false };
	struct error before = ctx->error;
	ctx->error = (struct error){ 0 };
	if (!db_view(ctx, files, look, &w))
		log_line(ctx, "clip: %s", ctx->error.detail ? ctx->error.detail : "not read");
	ctx->error = before;
	return w.found;
}

const char *clip_once(struct arena *a, const char *id)
{
	return text(a, "cut-%s", id);
}

const char *clip_refusal(struct ctx *ctx, const struct clip *clip, const char *place, const char *path)
{
	if (!same(clip->place, place))
		return NULL;
	if (same(clip->verb, CLIP_MOVE) && same(clip->path, path))
		return tr(ctx, "What you cut is in this folder already. Open the folder where it shall go.");
	for (size_t i = 0; i < clip->names.n; i++)
		if (path_within(path, path_join(ctx->arena, clip->path, clip->names.at[i])))
			return say(ctx, "“%s” cannot be put into itself. Open another folder and paste there.", name_shown(ctx->arena, clip->names.at[i]));
	return NULL;
}
