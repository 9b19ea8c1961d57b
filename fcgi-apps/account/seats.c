/* What account answers on the hosts of apps: who is this, the way to the portal, and the way back with a ticket. */
#include <string.h>

#include "account.h"
#include "audit.h"
#include "gate_address.h"
#include "seat.h"
#include "ticket.h"

enum { ID_ROOM = 16 };

static struct reply plain(struct req *r, int status, const char *says)
{
	struct reply reply = reply_text(r, "text/plain; charset=utf-8", says, strlen(says));

	reply.status = status;
	return reply;
}

static struct reply page(struct req *r, int status, const char *title, const char *says, const char *path)
{
	const char *html = app_page(r->ctx->arena, status, title, says, path, 0);
	struct reply reply = reply_text(r, "text/html; charset=utf-8", html, strlen(html));

	reply.status = status;
	return reply;
}

/* nginx tells the host as it understood it. */
static bool app_asked(struct req *r, char *id)
{
	return app_of_host(req_header(r, "NARU_HOST"), id);
}

struct sitting { struct seat seat; struct session session; const char *hash; bool good; };

static bool owner(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct sitting *s = arg;

	return seat_owner(ctx, db, &s->seat, &s->good, &s->session);
}

/* The seat that the browser has at this app, if it and its session are good. */
static bool sitting(struct req *r, const char *app, struct sitting *s)
{
	bool found;

	*s = (struct sitting){ 0 };
	if (!seat_find(r->ctx, req_cookie(r, SEAT_COOKIE), app, &found, &s->hash, &s->seat))
		return false;
	return !found || db_view(r->ctx, accounts, owner, s);
}

struct reply seat_auth(struct req *r)
{
	char app[ID_ROOM];
	struct sitting s;

	if (!app_asked(r, app))
		return plain(r, 401, "");
	if (!sitting(r, app, &s))
		return reply_oops(r);
	if (!s.good)
		return plain(r, 401, "");
	reply_header(r, "Naru-User", s.seat.user);
	reply_header(r, "Naru-Session", s.seat.session);
	reply_header(r, "Naru-App", app);
	reply_header(r, "Naru-Seat", s.hash);
	session_touch_tag(r->ctx, &s.session, now());
	return plain(r, 200, "");
}

/* Somebody looks at a page, as opposed to a page's script that asks for data. */
static bool is_page(struct req *r)
{
	const char *accept = req_header(r, "HTTP_ACCEPT"), *mode = req_header(r, "HTTP_SEC_FETCH_MODE");

	return same(req_header(r, "NARU_METHOD"), "GET") && accept && strstr(accept, "text/html") && (!mode || same(mode, "navigate"));
}

struct reply seat_needed(struct req *r)
{
	const char *next = app_place(req_header(r, "NARU_URI")), *path;
	char app[ID_ROOM];

	if (!is_page(r))
		return plain(r, 401, "Please open this app from the portal again.\n");
	if (!app_asked(r, app))
		return page(r, 404, MSG("There is no such app"), MSG("The address may have been mistyped, or the app was deleted."), "/");
	path = text(r->ctx->arena, "/apps/%s/open", app);
	if (!same(next, "/"))
		path = text(r->ctx->arena, "%s?next=%s", path, query_part(r->ctx->arena, next));
	return reply_leave(r, portal_address(r->ctx->arena, path));
}

/* ---- a ticket is redeemed ------------------------------------------------------------------------------------------- */

struct enter { struct ticket ticket; struct session session; bool good; };

static bool use(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct enter *e = arg;
	struct seat seat = { .user = e->ticket.user, .session = e->ticket.session };

	return seat_owner(ctx, db_as_read(db), &seat, &e->good, &e->session) && (!e->good || ticket_use(ctx, db, &e->ticket, &e->good));
}

/* The ticket of a page that is loaded again is not good any more, but its visitor sits already. */
static struct reply not_good(struct req *r, const char *app, const struct sitting *now_there, const char *next)
{
	if (now_there->good)
		return reply_go(r, next, NULL);
	return page(r, 403, MSG("This link cannot be used again"),
		MSG("It was used already, is older than half a minute, or you have signed out. Please open the app from the portal again."),
		text(r->ctx->arena, "/apps/%s", app));
}

struct reply seat_enter(struct req *r)
{
	const char *next = app_place(req_query(r, "next")), *ticket = req_query(r, "ticket"), *id;
	struct enter e = { .good = false };
	struct sitting had;
	char app[ID_ROOM];

	if (!app_asked(r, app))
		return page(r, 404, MSG("There is no such app"), MSG("The address may have been mistyped, or the app was deleted."), "/");
	if (!sitting(r, app, &had) || (ticket && !ticket_read(r->ctx, ticket, app, &e.good, &e.ticket)))
		return reply_oops(r);
	if (e.good && !db_change(r->ctx, accounts, use, &e))
		return reply_oops(r);
	if (!e.good)
		return not_good(r, app, &had, next);
	if (had.good && same(had.seat.user, e.session.user) && same(had.seat.session, e.session.tag))
		return reply_go(r, next, NULL);
	if (!audit(r->ctx, e.session.user, "app.enter", app, address_of(r)) || !seat_make(r->ctx, &e.session, app, &id))
		return reply_oops(r);
	reply_cookie(r, SEAT_COOKIE, id, 0);
	return reply_go(r, next, NULL);
}
