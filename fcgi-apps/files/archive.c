/* Archives: a folder, or what was chosen in it, downloaded as one. */
#include "pack.h"

static const struct choice kinds[] = { { ".zip", MSG("zip") }, { ".tar", MSG("tar") }, { ".tar.gz", MSG("tar.gz") } };
static const struct field archive_fields[] = {
	{ .name = "kind", .kind = FIELD_CHOICE, .label = MSG("Kind of archive"), .required = true, .choices = kinds, .n_choices = COUNT(kinds), .preset = ".zip" },
	{ .name = "pick", .kind = FIELD_CHOICES, .label = MSG("Entries"), .max = 1000 },
};
FORM(archive_form, archive_fields);

static struct reply send(struct req *r, struct where *w, const char *folder, struct texts names, const char *title, enum pack_kind kind)
{
	const char *type = kind == PACK_ZIP ? "application/zip" : kind == PACK_TAR ? "application/x-tar" : "application/gzip";
	struct pack *p = pack_new(r, w, folder, names, title, kind);
	return reply_stream(r, type, text(r->ctx->arena, "%s%s", title, pack_end(kind)), pack_more, p);
}

/* What a place or a folder is called when it is an archive. */
static const char *title_of(const struct where *w)
{
	return *w->path ? path_name(w->path) : w->title;
}

/* The whole folder, or the one file. */
struct reply archive_get(struct req *r)
{
	struct where w;
	struct entry e;
	enum pack_kind kind;
	struct form *f = form_read(r, &archive_form);
	if (!f || !where_open(r, &w) || !store_stat(r->ctx, w.store, w.path, &e))
		return reply_oops(r);
	if (!form_good(f) || !pack_kind_of(text(r->ctx->arena, "x%s", form_text(f, "kind")), &kind))
		return reply_fail(r, KIND_INVALID, tr(r->ctx, "Choose a kind of archive: .zip, .tar or .tar.gz."));
	if (!*w.path)
		return send(r, &w, "", (struct texts){ NULL, 0 }, w.title, kind);
	const char **name = NEW(r->ctx->arena, const char *);
	*name = path_name(w.path);
	return send(r, &w, path_folder(r->ctx->arena, w.path), (struct texts){ name, 1 }, *name, kind);
}

static bool names_of(struct req *r, struct texts keys, struct texts *names)
{
	const char **at = NEW_ARRAY(r->ctx->arena, const char *, keys.n + 1);
	for (size_t i = 0; i < keys.n; i++)
		if (!(at[i] = key_name(r->ctx->arena, keys.at[i])))
			return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The list of entries cannot be read. Go back and choose again."), "key");
	*names = (struct texts){ at, keys.n };
	return true;
}

/* What was chosen in a folder. */
struct reply archive_post(struct req *r)
{
	struct where w;
	struct texts names;
	enum pack_kind kind;
	struct form *f = form_read(r, &archive_form);
	if (!f || !where_open(r, &w) || !names_of(r, form_texts(f, "pick"), &names))
		return reply_oops(r);
	if (!form_good(f) || !pack_kind_of(text(r->ctx->arena, "x%s", form_text(f, "kind")), &kind))
		return reply_fail(r, KIND_INVALID, tr(r->ctx, "Choose a kind of archive: .zip, .tar or .tar.gz."));
	if (names.n == 0)
		return reply_go(r, where_url(r, "/files/in", w.name, w.path), tr(r->ctx, "Nothing was chosen: tick the entries first."));
	return send(r, &w, w.path, names, title_of(&w), kind);
}
