/* list: my apps, those shared with me, and several at once. */
#include "apps_module.h"
#include "views.h"

#include <string.h>

#include "cluster.h"

enum { CHANGING_S = 2, MOST_PICKED = 100 };

static struct app_card_list cards(struct req *r, const struct offers *offers, const struct app_list *apps, bool own)
{
	struct app_card *rows = NEW_ARRAY(r->ctx->arena, struct app_card, apps->n + 1);

	for (size_t i = 0; i < apps->n; i++) {
		rows[i] = app_card_of(r->ctx, offers, &apps->at[i], own);
		if (app_changing(&apps->at[i]))
			r->refresh = CHANGING_S;
	}
	return (struct app_card_list){ rows, apps->n };
}

static const char *asked_text(struct req *r)
{
	int64_t n = requests_open(r->ctx);

	return n ? say(r->ctx, "Requests that wait for an answer: %lld", (long long)n) : NULL;
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
	page->several = mine.n > 1;
	page->quick = quick_app_of(r->ctx, &offers, &mine);
	page->volumes = any_engine_has(r->ctx, CLUSTER_CAN_VOLUME);
	page->admin = r->who.role >= ROLE_ADMIN;
	page->asked = page->admin ? asked_text(r) : NULL;
	r->title = tr(r->ctx, "Apps");
	return reply_page(r, &apps_home_view, page);
}

/* ---- several at once -------------------------------------------------------------------------------------------- */

static const struct choice verbs[] = { { "stop", MSG("Stop") }, { "delete", MSG("Delete") } };
static const struct field several_rows[] = {
	{ .name = "pick", .kind = FIELD_CHOICES, .label = MSG("Apps") },
	{ .name = "verb", .kind = FIELD_CHOICE, .label = MSG("What to do"), .choices = verbs, .n_choices = COUNT(verbs), .required = true },
	{ .name = "confirmed", .kind = FIELD_FLAG, .label = MSG("Do it") },
};
FORM(several, several_rows);

static bool among(struct texts list, const char *id)
{
	for (size_t i = 0; i < list.n; i++)
		if (same(list.at[i], id))
			return true;
	return false;
}

/* What is deleted does not come back, so it is shown once more. */
static struct reply ask_delete(struct req *r, struct texts picked)
{
	struct apps_delete *page = NEW(r->ctx->arena, struct apps_delete);
	struct app_list mine = my_apps(r);
	struct app_card *rows = NEW_ARRAY(r->ctx->arena, struct app_card, mine.n + 1);
	struct offers offers;
	size_t n = 0;

	if (!offers_read(r->ctx, apps_or_null(r->ctx), &offers))
		return reply_oops(r);
	for (size_t i = 0; i < mine.n; i++)
		if (among(picked, mine.at[i].id))
			rows[n++] = app_card_of(r->ctx, &offers, &mine.at[i], true);
	if (n == 0)
		return reply_go(r, "/apps", tr(r->ctx, "What you chose is not there any more."));
	page->apps = (struct app_card_list){ rows, n };
	r->title = tr(r->ctx, "Delete these apps?");
	r->crumb = tr(r->ctx, "Apps");
	r->crumb_path = "/apps";
	return reply_page(r, &apps_delete_view, page);
}

struct reply apps_do(struct req *r)
{
	struct form *f = form_read(r, &several);
	int done = 0, failed = 0;
	const char *why = "";

	if (!f || !form_good(f))
		return f ? reply_fail(r, KIND_INVALID, tr(r->ctx, "Please choose what to do.")) : reply_oops(r);
	struct texts picked = form_texts(f, "pick");
	enum deploy_verb verb = same(form_text(f, "verb"), "delete") ? DEPLOY_DELETE : DEPLOY_STOP;

	if (picked.n == 0)
		return reply_go(r, "/apps", tr(r->ctx, "Nothing was chosen: tick the apps first."));
	if (verb == DEPLOY_DELETE && !form_flag(f, "confirmed"))
		return ask_delete(r, picked);
	for (size_t i = 0; i < picked.n && i < MOST_PICKED; i++) {
		if (deploy_app(r->ctx, r->who.proof, verb, picked.at[i])) {
			done++;
			continue;
		}
		why = r->ctx->error.message;
		forget(r->ctx);
		failed++;
	}
	if (failed)
		return reply_go(r, "/apps", say(r->ctx, "Done for %d, not for %d: %s", done, failed, why));
	return reply_go(r, "/apps", verb == DEPLOY_DELETE ? say(r->ctx, "Apps being deleted: %d. Your files stay.", done) : say(r->ctx, "Apps being stopped: %d.", done));
}
