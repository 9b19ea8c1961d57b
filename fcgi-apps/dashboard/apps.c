/* apps: the user's apps as cards, and the one click that starts the best-known. Only records are read; no engine is asked. */
#include "dashboard.h"

#include "app_card.h"
#include "cluster.h"

enum { MOST_CARDS = 50, CHANGING_S = 2 };

static struct app_card_list cards(struct req *r, const struct offers *offers, const struct app_list *apps, bool own)
{
	size_t most = apps->n < MOST_CARDS ? apps->n : MOST_CARDS;
	struct app_card *rows = NEW_ARRAY(r->ctx->arena, struct app_card, most + 1);

	for (size_t i = 0; i < most; i++) {
		rows[i] = app_card_of(r->ctx, offers, &apps->at[i], own);
		if (app_changing(&apps->at[i]))
			r->refresh = CHANGING_S;
	}
	return (struct app_card_list){ rows, most };
}

void home_apps(struct req *r, struct home *page)
{
	struct db *db = apps_or_null(r->ctx);
	struct app_list mine = { 0 }, shared = { 0 };
	struct offers offers;

	page->has_apps = cluster_engines().n > 0;
	if (!page->has_apps)
		return;
	if (!offers_read(r->ctx, db, &offers) || (db && (!apps_of(r->ctx, db, r->who.user, &mine) || !apps_shared_with(r->ctx, db, r->who.user, &shared)))) {
		forget(r->ctx);
		return;
	}
	page->apps = cards(r, &offers, &mine, true);
	page->more_apps = mine.n > page->apps.n;
	page->shared_apps = cards(r, &offers, &shared, false);
	page->quick = quick_app_of(r->ctx, &offers, &mine);
}
