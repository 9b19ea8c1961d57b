#include "may.h"

#include <string.h>

#include "cluster.h"
#define RECORD seat
#include "record_def.h"

static struct db *seats, *apps;

static bool open_both(struct ctx *ctx)
{
	return (seats || db_open(ctx, "seats", DB_READ_ONLY, &seats)) && (apps || apps_open(ctx, &apps));
}

void may_reopen(void)
{
	db_close(seats);
	db_close(apps);
	seats = apps = NULL;
}

void may_check_readers(void)
{
	if (seats)
		db_check_readers(seats);
	if (apps)
		db_check_readers(apps);
}

struct look { const struct may_ask *ask; struct may_answer *out; bool seat, found, may; };

static bool look_seat(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct look *l = arg;
	struct db_key key = db_key('s', l->ask->seat);
	struct bytes value;
	struct seat seat;

	if (!db_get(ctx, db, &key, &l->seat, &value) || !l->seat)
		return ctx->error.kind == KIND_NONE;
	if (!record_unpack(ctx, &seat_record, value, &seat))
		return false;
	l->seat = seat.until > now() && same(seat.app, l->ask->app) && same(seat.user, l->ask->user);
	return true;
}

static bool look_app(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct look *l = arg;

	if (!app_by_id(ctx, db, l->ask->app, &l->found, &l->out->app))
		return false;
	return !l->found || app_may_use(ctx, db, &l->out->app, l->ask->user, &l->may);
}

/* The catalogue is read again when it is older than this. */
enum { CATALOGUE_MS = 5000 };

static const struct offer *offer_of(const char *name)
{
	static struct ctx ctx;
	static struct offers offers;
	static int64_t until;

	if (clock_ms() >= until) {
		if (!ctx.arena)
			ctx.arena = arena_new(0);
		arena_reset(ctx.arena);
		offers = (struct offers){ 0 };
		until = clock_ms() + CATALOGUE_MS;
		if (!offers_read(&ctx, apps, &offers)) {
			log_line(&ctx, "catalogue: %s", ctx.error.detail ? ctx.error.detail : ctx.error.message);
			until = 0;
		}
		forget(&ctx);
	}
	return offer_find(&offers, name);
}

static enum may state_of(const struct deployment *app)
{
	if (!same(app->wanted, "run") || !app_holds(app) || same(app->state, APP_STOPPING))
		return MAY_STOPPED;
	if (!same(app->state, APP_RUNNING) || empty(app->address))
		return MAY_WAIT;
	return MAY;
}

enum may may(struct ctx *ctx, const struct may_ask *ask, bool whole, struct may_answer *out)
{
	struct look l = { .ask = ask, .out = out };
	enum may state;

	if (strlen(ask->seat) > 100 || strlen(ask->app) != APP_ID)
		return MAY_SIGN_IN;
	if (!open_both(ctx) || !db_view(ctx, seats, look_seat, &l) || (l.seat && !db_view(ctx, apps, look_app, &l)))
		return MAY_UNKNOWN;
	if (!l.seat)
		return MAY_SIGN_IN;
	if (!l.found || !l.may)
		return MAY_NOT;
	state = state_of(&out->app);
	if (state != MAY || !whole)
		return state;
	out->offer = offer_of(out->app.offer);
	if (out->offer && out->offer->kind != OFFER_WEB)
		return MAY_NO_PAGE;
	if (!out->offer || !cluster_address_ok(out->app.engine, out->app.address)) {
		log_line(ctx, "app %s: %s is no address of its engine, or its entry %s is not in the catalogue", out->app.id, out->app.address, out->app.offer);
		return MAY_STOPPED;
	}
	return MAY;
}
