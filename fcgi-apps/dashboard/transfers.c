/* transfers: what is being copied now, and what has come to its end since one may have looked last. Only records are read. */
#include "dashboard.h"

#include "mover.h"
#include "transfer_words.h"

enum { MOST_SHOWN = 4, CHANGING_S = 5, RECENT_S = 12 * 3600, GOING = 4 /* of the states below */ };

static struct transfer_line line_of(struct ctx *ctx, const struct known_places *places, const struct transfer *t)
{
	const char *from = selection_says(ctx, places, t->from_place, t->from_path ? t->from_path : "", t->names);
	int64_t percent = transfer_percent(t);
	return (struct transfer_line){
		.url = text(ctx->arena, "/transfers/%s", t->id), .what = text(ctx->arena, "%s → %s", from, place_path_says(ctx, places, t->to_place, t->to_path)),
		.css = transfer_css(t), .state = transfer_state_says(ctx, t), .known = percent >= 0, .percent = percent < 0 ? 0 : percent,
		.left = transfer_left_says(ctx, t),
	};
}

static bool add(struct req *r, struct db *db, const struct known_places *places, const char *state, struct home *page)
{
	struct transfer_line *rows = (struct transfer_line *)(uintptr_t)page->transfers.at;
	struct transfer_query q = { .user = r->who.user, .state = state, .limit = MOST_SHOWN + 1 };
	struct transfer_list list;
	if (!transfer_list(r->ctx, db, &q, &list))
		return false;
	for (size_t i = 0; i < list.n && page->transfers.n < MOST_SHOWN; i++)
		if (!list.at[i].ended || list.at[i].ended > now() - RECENT_S)
			rows[page->transfers.n++] = line_of(r->ctx, places, &list.at[i]);
	return true;
}

void home_transfers(struct req *r, struct home *page)
{
	static const char *const states[] = { TRANSFER_RUNNING, TRANSFER_QUEUED, TRANSFER_WAITING, TRANSFER_PAUSED, TRANSFER_FAILED, TRANSFER_DONE };
	struct db *db = transfers_or_null(r->ctx);
	struct known_places places = { 0 };
	bool good = true;
	page->transfers = (struct transfer_line_list){ NEW_ARRAY(r->ctx->arena, struct transfer_line, MOST_SHOWN), 0 };
	for (size_t i = 0; db && good && i < COUNT(states); i++) {
		int64_t n = 0;
		good = transfer_count(r->ctx, db, r->who.user, states[i], 1, &n);
		if (good && n && !places.at)
			places = places_of_user(r->ctx, r->who.user);
		good = good && (!n || add(r, db, &places, states[i], page));
		page->more_transfers = page->more_transfers || (n && i < GOING && page->transfers.n == MOST_SHOWN);
		if (n && i < 2 && (!r->refresh || r->refresh > CHANGING_S))
			r->refresh = CHANGING_S;
	}
	if (good)
		return;
	log_line(r->ctx, "transfers: %s", r->ctx->error.detail ? r->ctx->error.detail : "not read");
	forget(r->ctx);
}
