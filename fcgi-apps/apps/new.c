/* new: the catalogue, and creating an app from one of its entries. One click (quick=yes) creates with the last or preset size. */
#include "apps_module.h"
#include "views.h"

static bool set_up(const struct offer *o)
{
	return o->any_image || !empty(o->image);
}

/* ---- catalogue ---------------------------------------------------------------------------------------------------- */

static struct offer_card card_of(struct req *r, const struct offer *o, const struct app_list *mine)
{
	struct ctx *ctx = r->ctx;
	struct deployment size = { 0 };

	last_size(mine, o, &size);
	return (struct offer_card){ .name = o->name, .title = o->title[ctx->lang], .help = o->help[ctx->lang], .icon = text(ctx->arena, "/static/icons/%s.svg", o->icon),
		.size = size_text(ctx, &size), .form_path = text(ctx->arena, "/apps/new?offer=%s", o->name), .quick = set_up(o) && !o->any_image, .unset = !set_up(o) };
}

static struct reply catalogue(struct req *r, const struct offers *offers)
{
	struct catalogue *page = NEW(r->ctx->arena, struct catalogue);
	struct offer_card *rows = NEW_ARRAY(r->ctx->arena, struct offer_card, offers->n + 1);
	struct app_list mine = my_apps(r);
	size_t n = 0;

	for (size_t i = 0; i < offers->n; i++)
		if (set_up(&offers->at[i]) || r->who.role >= ROLE_ADMIN)
			rows[n++] = card_of(r, &offers->at[i], &mine);
	page->offers = (struct offer_card_list){ rows, n };
	page->troubles = troubles_of(r->ctx);
	r->title = tr(r->ctx, "New app");
	r->crumb = tr(r->ctx, "Apps");
	r->crumb_path = "/apps";
	return reply_page(r, &catalogue_view, page);
}

/* ---- form ------------------------------------------------------------------------------------------------------------ */

static struct reply form_reply(struct req *r, const struct offer *o, int status, const struct form *f)
{
	struct app_form *page = NEW(r->ctx->arena, struct app_form);

	*page = (struct app_form){ .troubles = troubles_of(r->ctx), .title = o->title[r->ctx->lang], .help = o->help[r->ctx->lang], .form = f,
		.action = text(r->ctx->arena, "/apps?offer=%s", o->name) };
	r->title = say(r->ctx, "New app: %s", o->title[r->ctx->lang]);
	r->crumb = tr(r->ctx, "Catalogue");
	r->crumb_path = "/apps/new";
	return reply_page_status(r, status, &app_form_view, page);
}

static bool find_offer(struct req *r, const struct offer **out)
{
	struct offers offers;

	if (!offers_read(r->ctx, apps_or_null(r->ctx), &offers))
		return false;
	*out = offer_find(&offers, req_query(r, "offer"));
	return *out && set_up(*out) ? true : fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such app in the catalogue."), NULL);
}

/* The user's own app of ?like=, of this entry; NULL: none. */
static const struct deployment *like(struct req *r, const struct offer *o, const struct app_list *mine)
{
	const char *id = req_query(r, "like");

	for (size_t i = 0; id && i < mine->n; i++)
		if (same(mine->at[i].id, id) && same(mine->at[i].offer, o->name))
			return &mine->at[i];
	return NULL;
}

struct reply new_show(struct req *r)
{
	struct offers offers;
	struct app_list mine;
	const struct offer *o;

	if (empty(req_query(r, "offer")))
		return offers_read(r->ctx, apps_or_null(r->ctx), &offers) ? catalogue(r, &offers) : reply_oops(r);
	if (!find_offer(r, &o))
		return reply_oops(r);
	mine = my_apps(r);
	return form_reply(r, o, 200, offer_form(r, o, &mine, like(r, o, &mine)));
}

/* ---- creating ------------------------------------------------------------------------------------------------------- */

static const struct field how_rows[] = {
	{ .name = "quick", .kind = FIELD_FLAG, .label = MSG("One click") },
	{ .name = "confirmed", .kind = FIELD_FLAG, .label = MSG("Do it") },
	{ .name = "change", .kind = FIELD_FLAG, .label = MSG("Change something") },
};
FORM(how_form, how_rows);

static struct reply create(struct req *r, const struct offer *o, struct form *f, const struct deploy_ask *ask)
{
	const char *id;

	if (deploy_create(r->ctx, r->who.proof, ask, &id))
		return reply_go(r, text(r->ctx->arena, "/apps/%s", id), NULL);
	int status = r->ctx->error.kind == KIND_UNAVAILABLE ? 503 : 422;

	return take_refusal(r->ctx, f) ? form_reply(r, o, status, f) : reply_oops(r);
}

struct reply new_create(struct req *r)
{
	const struct offer *o;
	struct form *how = form_read(r, &how_form), *f;

	if (!how || !find_offer(r, &o))
		return reply_oops(r);
	struct app_list mine = my_apps(r);
	bool quick = form_flag(how, "quick") && !o->any_image;
	struct deploy_ask ask;

	f = quick ? offer_form(r, o, &mine, NULL) : form_read(r, offer_table(r, o, &mine));
	if (!f)
		return reply_oops(r);
	if (!form_good(f) || !offer_ask(r, o, f, &ask))
		return form_reply(r, o, 422, f);
	if (form_flag(how, "change"))
		return form_reply(r, o, 200, f);
	struct reason_list reasons = unusual(r->ctx, o, &ask);

	if (reasons.n && !quick && !form_flag(how, "confirmed") && quota_leaves(o, &mine, &ask))
		return review(r, o, f, &ask, reasons);
	return create(r, o, f, &ask);
}
