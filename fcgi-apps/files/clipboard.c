/* Copy and Cut: what was chosen is kept for the user until it is pasted, which makes a transfer (module transfers). */
#include "files.h"

#include "transfer_words.h"

#include "views.h"

static struct db *files_db;

bool clipboard_start(struct ctx *ctx)
{
	return db_open(ctx, "files", DB_READ_WRITE, &files_db);
}

/* ---- taking ---- */

/* "to": at once to the form that asks where to. */
static const struct choice verbs[] = { { CLIP_COPY, MSG("Copy") }, { CLIP_MOVE, MSG("Cut") }, { "to", MSG("Copy to …") } };
static const struct field take_fields[] = {
	{ .name = "pick", .kind = FIELD_CHOICES, .label = MSG("Entries"), .max = 1000 },
	{ .name = "verb", .kind = FIELD_CHOICE, .label = MSG("What to do"), .choices = verbs, .n_choices = COUNT(verbs), .required = true },
};
FORM(take_form, take_fields);

static bool put(struct ctx *ctx, struct db_write *db, void *arg)
{
	return clip_put(ctx, db, arg) && moves_note(ctx, db, arg);
}

static bool take_names(struct req *r, struct texts keys, struct texts *out)
{
	const char **names = NEW_ARRAY(r->ctx->arena, const char *, keys.n + 1);
	for (size_t i = 0; i < keys.n; i++)
		if (!(names[i] = key_name(r->ctx->arena, keys.at[i])))
			return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The list of entries cannot be read. Go back and choose again."), "key");
	*out = (struct texts){ names, keys.n };
	return true;
}

struct reply clip_take(struct req *r)
{
	struct where w;
	struct form *f = form_read(r, &take_form);
	if (!f || !where_open(r, &w))
		return reply_oops(r);
	if (!form_good(f))
		return reply_fail(r, KIND_INVALID, tr(r->ctx, "Please choose what to do."));
	const char *back = where_url(r, "/files/in", w.name, w.path);
	struct texts keys = form_texts(f, "pick");
	bool to = same(form_text(f, "verb"), "to");
	if (keys.n == 0)
		return reply_go(r, back, tr(r->ctx, "Nothing was chosen: tick the entries to copy or cut first."));
	struct clip clip = {
		.id = random_token(r->ctx->arena, 128), .owner = r->who.user, .verb = to ? CLIP_COPY : form_text(f, "verb"), .place = w.name, .path = w.path, .made = now(),
	};
	if (!take_names(r, keys, &clip.names) || !app_change(r, files_db, put, &clip))
		return reply_oops(r);
	if (to)
		return reply_go(r, text(r->ctx->arena, "/transfers/new?clip=%s", clip.id), NULL);
	return reply_go(r, back, tr(r->ctx, "Now open the folder where it shall go, and paste there."));
}

/* ---- forgetting ---- */

static bool drop(struct ctx *ctx, struct db_write *db, void *arg)
{
	return clip_forget(ctx, db, arg);
}

struct reply clip_drop(struct req *r)
{
	if (!app_change(r, files_db, drop, (void *)(uintptr_t)r->who.user))
		return reply_oops(r);
	return reply_go(r, where_url(r, "/files/in", req_part(r, "place"), req_part(r, "path")), tr(r->ctx, "Forgotten. Nothing was copied or moved."));
}

/* ---- the card ---- */

/* Moved by pasting it since? Then there is nothing to paste any more. */
static bool pasted(struct req *r, const struct clip *c)
{
	struct db *db = transfers_or_null(r->ctx);
	return db && transfer_key_used(r->ctx, db, r->who.user, clip_once(r->ctx->arena, c->id));
}

const char *transfers_now(struct req *r)
{
	struct db *db = transfers_or_null(r->ctx);
	int64_t n = db ? transfers_going(r->ctx, db, r->who.user) : 0;
	return n ? text(r->ctx->arena, "%lld", (long long)n) : NULL;
}

const struct clip_card *clip_card_of(struct req *r, const struct where *w, bool writable)
{
	struct clip c;
	if (!clip_of(r->ctx, files_db, r->who.user, &c) || pasted(r, &c))
		return NULL;
	struct known_places places = places_of_user(r->ctx, r->who.user);
	struct clip_card *card = NEW(r->ctx->arena, struct clip_card);
	*card = (struct clip_card){
		.id = c.id, .moving = same(c.verb, CLIP_MOVE), .from_url = where_url(r, "/files/in", c.place, c.path), .place = w->name,
		.path = key_of(r->ctx->arena, w->path), .forget_url = where_url(r, "/files/do/forget", w->name, w->path), .made = c.made,
		.what = selection_says(r->ctx, &places, c.place, c.path, c.names),
	};
	card->refusal = writable ? clip_refusal(r->ctx, &c, w->name, w->path) : tr(r->ctx, "It cannot be pasted here: this folder cannot be changed.");
	card->options_url = text(r->ctx->arena, "/transfers/new?clip=%s&place=%s&path=%s", c.id, card->place, key_of(r->ctx->arena, w->path));
	return card;
}
