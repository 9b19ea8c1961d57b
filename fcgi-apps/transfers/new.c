/* Making a transfer: by one click on Paste, or with options. */
#include "transfers.h"

#include "errand.h"
#include "store.h"
#include "store/places.h"
#include "views.h"

enum { NAMED = 5, STAT_MS = 4000 };

/* ---- the page ---- */

static struct pick_list picks_of(struct req *r, const struct source *s)
{
	struct pick *at = NEW_ARRAY(r->ctx->arena, struct pick, s->names.n + 1);
	for (size_t i = 0; i < s->names.n; i++)
		at[i] = (struct pick){ key_of(r->ctx->arena, s->names.at[i]), i < NAMED && s->names.n > 1 ? name_shown(r->ctx->arena, s->names.at[i]) : NULL, 0 };
	return (struct pick_list){ at, s->names.n };
}

static struct reply form_reply(struct req *r, const struct source *s, struct form *f, int status)
{
	struct known_places places = places_of_user(r->ctx, r->who.user);
	struct new_transfer m = {
		.from = selection_says(r->ctx, &places, s->place, s->path, s->names), .from_url = files_url(r->ctx->arena, "/files/in", s->place, s->path),
		.from_place = s->place, .from_path = key_of(r->ctx->arena, s->path), .picks = picks_of(r, s), .once = s->once, .form = f,
		.more = s->names.n > NAMED ? say(r->ctx, "and %lld more", (long long)(s->names.n - NAMED)) : NULL,
	};
	r->title = tr(r->ctx, "Copy or move");
	r->crumb = tr(r->ctx, "Transfers");
	r->crumb_path = "/transfers";
	return reply_page_status(r, status, &new_transfer_view, &m);
}

static struct reply like_reply(struct req *r, const char *id)
{
	struct transfer t;
	if (!transfer_find(r, id, &t))
		return reply_oops(r);
	struct source s = { t.from_place, t.from_path ? t.from_path : "", t.names, "" };
	return form_reply(r, &s, options_like(r, &t), 200);
}

/* Where to, if that was not said: mostly to another place than it comes from. */
static const char *other_place(struct req *r, const struct source *s)
{
	struct known_places places = places_of_user(r->ctx, r->who.user);
	const char *first_remote = "";
	for (size_t i = 0; i < places.n; i++) {
		if (same(places.at[i].name, s->place))
			continue;
		if (!places.at[i].remote)
			return places.at[i].name;
		first_remote = empty(first_remote) ? places.at[i].name : first_remote;
	}
	return empty(first_remote) ? s->place : first_remote;
}

struct reply new_show(struct req *r)
{
	struct source s;
	const char *verb, *place = req_query(r, "place"), *path = req_query(r, "path");
	if (req_query(r, "like"))
		return like_reply(r, req_query(r, "like"));
	if (!req_query(r, "clip"))
		return reply_go(r, "/files/", tr(r->ctx, "Choose what to copy, open the folder where it shall go, and paste it there."));
	if (!source_clip(r, req_query(r, "clip"), &s, &verb))
		return reply_oops(r);
	return form_reply(r, &s, options_new(r, verb, place ? place : other_place(r, &s), path ? path : ""), 200);
}

/* ---- making it ---- */

static bool known(const struct form *f, const char *field)
{
	const struct form_table *t = form_table_of(f);
	for (size_t i = 0; field && i < t->n; i++)
		if (same(t->fields[i].name, field))
			return true;
	return false;
}

/* What the mover, the store or the clipboard refuses stands at its field; what is nobody's mistake is a page of its own. */
static bool take_refusal(struct req *r, struct form *f)
{
	enum kind k = r->ctx->error.kind;
	const char *field = mover_wrong(r->ctx), *message = r->ctx->error.message;
	if (k != KIND_INVALID && k != KIND_CONFLICT && k != KIND_UNAVAILABLE && k != KIND_TOO_MANY)
		return false;
	field = same(field, "to_path") ? "folder" : same(field, "start") ? "date" : same(field, "every") ? "when" : field;
	forget(r->ctx);
	form_wrong(f, known(f, field) ? field : NULL, message);
	return true;
}

/* A folder that was typed may not be there; one that was led to was just seen. */
static bool folder_there(struct req *r, struct form *f, const struct mover_ask *ask)
{
	struct store *s;
	struct entry e = { .kind = ENTRY_FOLDER };
	r->ctx->deadline = clock_ms() + STAT_MS;
	if (place_open(r, ask->to_place, &s) && (!*ask->to_path || store_stat(r->ctx, s, ask->to_path, &e))) {
		if (e.kind != ENTRY_FOLDER)
			form_wrong(f, "folder", tr(r->ctx, "This is a file. Choose a folder."));
	} else {
		form_wrong(f, r->ctx->error.kind == KIND_NOT_FOUND ? "folder" : "place", r->ctx->error.kind == KIND_NOT_FOUND
			? tr(r->ctx, "There is no such folder. Make it under Files first, or choose another one.") : r->ctx->error.message);
		forget(r->ctx);
	}
	r->ctx->deadline = 0;
	return form_good(f);
}

/* It acts for the user as long as its errands count, and no longer. */
static void in_time(struct req *r, struct form *f, const struct mover_ask *ask)
{
	int64_t ends = 0;
	if (!ask->start || !mandate_ends(r->ctx, r->who.errand, &ends))
		forget(r->ctx);
	else if (ask->start >= ends)
		form_wrong(f, "date", say(r->ctx, "This is too far away: a transfer can act for you for %lld days.", (long long)((ends - now()) / 86400)));
}

static bool fits(struct req *r, struct form *f, const struct source *s, const struct mover_ask *ask)
{
	const char *why = source_refusal(r, s, ask->verb, ask->to_place, ask->to_path);
	if (why)
		form_wrong(f, "folder", why);
	in_time(r, f, ask);
	return form_good(f) && folder_there(r, f, ask);
}

static bool source_there(struct req *r, struct form *f, const struct source *s)
{
	struct known_places places = places_of_user(r->ctx, r->who.user);
	const char *name;
	/* What a colleague shares is in a place of theirs; whether it may be read, the system says. */
	if (!place_known(&places, s->place) && !place_owner(r->ctx->arena, s->place, &name))
		form_wrong(f, NULL, tr(r->ctx, "The place that this comes from is gone or paused, so it cannot be copied now."));
	return form_good(f);
}

static struct reply make(struct req *r, const struct source *s, struct form *f, struct mover_ask *ask)
{
	const char *id;
	if (!source_there(r, f, s))
		return form_reply(r, s, f, 422);
	if (create(r, s, ask, &id))
		return reply_go(r, text(r->ctx->arena, "/transfers/%s", id), NULL);
	return take_refusal(r, f) ? form_reply(r, s, f, 422) : reply_oops(r);
}

struct reply new_create(struct req *r)
{
	struct source s;
	struct mover_ask ask;
	struct form *f = form_read(r, options_table);
	if (!f || !source_read(r, &s))
		return reply_oops(r);
	options_places(r, f);
	if (!form_check(f) || !options_read(r, f, &ask) || !fits(r, f, &s, &ask))
		return form_reply(r, &s, f, 422);
	return make(r, &s, f, &ask);
}

/* ---- one click ---- */

static const struct field paste_fields[] = {
	{ .name = "clip", .kind = FIELD_HIDDEN, .label = MSG("What was copied"), .required = true, .max = 100 },
	{ .name = "place", .kind = FIELD_HIDDEN, .label = MSG("Place"), .required = true, .max = 100 },
	{ .name = "path", .kind = FIELD_HIDDEN, .label = MSG("Folder"), .max = 12000 },
};
FORM(paste_form, paste_fields);

struct reply paste(struct req *r)
{
	struct source s;
	const char *verb, *path;
	struct form *f = form_read(r, &paste_form);
	if (!f || !form_good(f) || !(path = key_path(r->ctx->arena, form_text(f, "path"))))
		return reply_fail(r, KIND_BAD_REQUEST, tr(r->ctx, "Where to paste cannot be read. Go back to the folder and try again."));
	if (!source_clip(r, form_text(f, "clip"), &s, &verb))
		return reply_oops(r);
	struct mover_ask ask = { .to_place = form_text(f, "place"), .to_path = path, .verb = verb };
	struct form *options = options_new(r, verb, ask.to_place, path);
	const char *why = source_refusal(r, &s, verb, ask.to_place, path);
	if (why || !form_check(options)) {
		if (why)
			form_wrong(options, "folder", why);
		return form_reply(r, &s, options, 422);
	}
	return make(r, &s, options, &ask);
}
