/* list: my apps, those shared with me, and several at once. */
#include "apps_module.h"
#include "views.h"

#include <string.h>

enum { CHANGING_S = 2, STEADY_S = 30 };

static struct app_card_list cards(struct req *r, const struct offers *offers, const struct app_list *apps, bool own)
{
	struct app_card *rows = NEW_ARRAY(r->ctx->arena, struct app_card, apps->n + 1);

	for (size_t i = 0; i < apps->n; i++) {
		rows[i] = app_card_of(r->ctx, offers, &apps->at[i], own);
		if (app_holds(&apps->at[i]) && !same(apps->at[i].state, APP_RUNNING))
			r->refresh = CHANGING_S;
		else if (app_holds(&apps->at[i]) && r->refresh == 0)
			r->refresh = STEADY_S;
	}
	return (struct app_card_list){ rows, apps->n };
}

/* What one click starts: the first entry with an image among the well-known. */
static const struct offer_card *quick(struct req *r, const struct offers *offers, const struct app_list *mine)
{
	const struct offer *o = offer_find(offers, "jupyter");
	struct deployment size = { 0 };

	if (!o || empty(o->image))
		return NULL;
	struct offer_card *c = NEW(r->ctx->arena, struct offer_card);

	last_size(mine, o, &size);
	*c = (struct offer_card){ .name = o->name, .label = say(r->ctx, "Start %s", o->title[r->ctx->lang]), .size = size_text(r->ctx, &size) };
	return c;
}

struct reply apps_list(struct req *r)
{
	struct apps_home *page = NEW(r->ctx->arena, struct apps_home);
	struct db *db = apps_or_null(r->ctx);
	struct app_list mine = { 0 }, shared = { 0 };
	struct offers offers;

	if (!offers_read(r->ctx, db, &offers))
		return reply_oops(r);
	if (db && (!apps_of(r->ctx, db, r->who.user, &mine) || !apps_shared_with(r->ctx, db, r->who.user, &shared)))
		return reply_oops(r);
	page->troubles = troubles_of(r->ctx);
	page->mine = cards(r, &offers, &mine, true);
	page->shared = cards(r, &offers, &shared, false);
	page->quick = quick(r, &offers, &mine);
	r->title = tr(r->ctx, "Apps");
	return reply_page(r, &apps_home_view, page);
}

/* ---- several at once -------------------------------------------------------------------------------------------- */

static const struct choice verbs[] = { { "stop", MSG("Stop") }, { "delete", MSG("Delete") } };
static const struct field several_rows[] = {
	{ .name = "pick", .kind = FIELD_CHOICES, .label = MSG("Apps") },
	{ .name = "verb", .kind = FIELD_CHOICE, .label = MSG("What to do"), .choices = verbs, .n_choices = COUNT(verbs), .required = true },
};
FORM(several, several_rows);

struct reply apps_do(struct req *r)
{
	struct form *f = form_read(r, &several);
	int done = 0, failed = 0;

	if (!f || !form_good(f))
		return f ? reply_fail(r, KIND_INVALID, tr(r->ctx, "Please choose what to do.")) : reply_oops(r);
	struct texts picked = form_texts(f, "pick");
	enum deploy_verb verb = same(form_text(f, "verb"), "delete") ? DEPLOY_DELETE : DEPLOY_STOP;

	for (size_t i = 0; i < picked.n; i++) {
		if (deploy_app(r->ctx, r->who.proof, verb, picked.at[i])) {
			done++;
			continue;
		}
		forget(r->ctx);
		failed++;
	}
	if (done + failed == 0)
		return reply_go(r, "/apps", tr(r->ctx, "Nothing was chosen: tick the apps first."));
	return reply_go(r, "/apps", failed ? say(r->ctx, "Done for %d, not for %d.", done, failed) : say(r->ctx, "Done for %d.", done));
}
