/* apps: the user's apps as cards, and the one click that starts the best-known. Only records are read; no engine is asked. */
#include "dashboard.h"
#include "views.h"

#include <string.h>

#include "app_card.h"
#include "cluster.h"
#include "memo.h"

enum { MOST_CARDS = 50, CHANGING_S = 2, LEFT_S = 20 /* how old "59 min left" may be */ };

/* The user's part of the page, as it is printed and as it is kept. */
struct part { bool changing; struct quick_app quick; const char *html; struct app_cards cards; };

/* ---- making it ------------------------------------------------------------------------------------------------- */

static struct app_card_list cards(struct ctx *ctx, const struct offers *offers, const struct app_list *apps, bool own, bool *changing)
{
	size_t most = apps->n < MOST_CARDS ? apps->n : MOST_CARDS;
	struct app_card *rows = NEW_ARRAY(ctx->arena, struct app_card, most + 1);

	for (size_t i = 0; i < most; i++) {
		rows[i] = app_card_of(ctx, offers, &apps->at[i], own);
		*changing = *changing || app_changing(&apps->at[i]);
	}
	return (struct app_card_list){ rows, most };
}

static bool make(struct req *r, struct db *db, struct part *out)
{
	struct ctx *ctx = r->ctx;
	struct app_list mine = { 0 }, shared = { 0 };
	struct offers offers;
	struct out page = { .ctx = ctx };

	if (!offers_read(ctx, db, &offers) || (db && (!apps_of(ctx, db, r->who.user, &mine) || !apps_shared_with(ctx, db, r->who.user, &shared))))
		return false;
	out->cards.apps = cards(ctx, &offers, &mine, true, &out->changing);
	out->cards.more_apps = mine.n > out->cards.apps.n;
	out->cards.shared_apps = cards(ctx, &offers, &shared, false, &out->changing);
	const struct quick_app *quick = quick_app_of(ctx, &offers, &mine);

	if (quick)
		out->quick = *quick;
	buf_in(&page.buf, ctx->arena);
	app_cards_view.html(&page, &out->cards);
	out->html = buf_cstr(&page.buf);
	return true;
}

/* ---- keeping it: its texts, each with its NUL -------------------------------------------------------------------- */

enum { KEPT = 7 };

static struct bytes pack(struct arena *arena, const struct part *p)
{
	const char *const texts[KEPT] = { p->changing ? "changing" : "", p->quick.offer, p->quick.label, p->quick.size, p->quick.path, p->quick.open_path, p->html };
	struct buf out;

	buf_in(&out, arena);
	for (size_t i = 0; i < KEPT; i++)
		buf_add(&out, texts[i] ? texts[i] : "", (texts[i] ? strlen(texts[i]) : 0) + 1);
	return (struct bytes){ (const unsigned char *)out.at, out.n };
}

static void unpack(struct bytes kept, struct part *out)
{
	const char *texts[KEPT], *at = (const char *)kept.at;

	for (size_t i = 0; i < KEPT; i++, at += strlen(at) + 1)
		texts[i] = at;
	*out = (struct part){ .changing = !empty(texts[0]), .html = texts[6],
		.quick = { .offer = texts[1], .label = texts[2], .size = texts[3], .path = texts[4], .open_path = texts[5] } };
}

/* Scripts get the cards themselves, so theirs are never the kept ones. */
static bool part_of(struct req *r, struct part *out)
{
	static struct memo memo;
	struct db *db = apps_or_null(r->ctx);
	int64_t version = db ? db_version(db) : -1;
	const char *key = text(r->ctx->arena, "%d %lld %s", (int)r->ctx->lang, (long long)(now() / LEFT_S), r->who.user);
	struct bytes kept = memo_get(&memo, key, version);

	if (kept.at && !r->json) {
		unpack(kept, out);
		return true;
	}
	if (!make(r, db, out))
		return false;
	if (version >= 0)
		memo_put(&memo, key, version, pack(r->ctx->arena, out));
	return true;
}

void home_apps(struct req *r, struct home *page)
{
	struct part *part = NEW(r->ctx->arena, struct part);

	page->has_apps = cluster_engines().n > 0;
	if (!page->has_apps)
		return;
	if (!part_of(r, part)) {
		log_line(r->ctx, "apps: %s", r->ctx->error.detail ? r->ctx->error.detail : "not read");
		forget(r->ctx);
		return;
	}
	page->apps = part->cards.apps;
	page->shared_apps = part->cards.shared_apps;
	page->app_cards = part->html;
	page->quick = empty(part->quick.offer) ? NULL : &part->quick;
	if (part->changing)
		r->refresh = CHANGING_S;
}
