/* show: one app: what is happening in words, the way in, its figures, its log. */
#include "apps_module.h"
#include "views.h"

#include <string.h>

#include "conf.h"
#include "gate_address.h"

enum { CHANGING_S = 1, STEADY_S = 15, LOG_MOST = 32768 };

static bool take_events(struct req *r, struct db *db, const struct deployment *a, struct one_app *page)
{
	struct app_event_list events;

	if (!app_events(r->ctx, db, a->id, &events))
		return false;
	struct event_row *rows = NEW_ARRAY(r->ctx->arena, struct event_row, events.n + 1);

	for (size_t i = 0; i < events.n; i++) {
		const struct app_event *e = &events.at[events.n - 1 - i];

		rows[i] = (struct event_row){ .when = e->time, .what = app_message(r->ctx, e->message, e->detail), .bad = e->bad, .count = e->count > 1 ? e->count : 0 };
	}
	page->events = (struct event_row_list){ rows, events.n };
	return true;
}

static const struct field share_rows[] = {
	{ .name = "with", .label = MSG("Colleague's user name"), .hint = MSG("As they sign in here."), .required = true, .max = 64 },
	{ .name = "until", .kind = FIELD_DATE, .label = MSG("Until the end of"), .required = true },
};
FORM(share, share_rows);

static bool take_shares(struct req *r, struct db *db, const struct deployment *a, struct one_app *page)
{
	struct app_share_list shares;
	size_t n = 0;

	if (!app_shares(r->ctx, db, a->id, &shares))
		return false;
	struct share_row *rows = NEW_ARRAY(r->ctx->arena, struct share_row, shares.n + 1);

	for (size_t i = 0; i < shares.n; i++)
		if (shares.at[i].until > now())
			rows[n++] = (struct share_row){ .user = shares.at[i].user, .until = shares.at[i].until, .path = text(r->ctx->arena, "/apps/%s/unshare", a->id) };
	page->shares = (struct share_row_list){ rows, n };
	return true;
}

/* The line to try a service with: %h host, %p port, %a secret; a lone %s is the secret too. */
static const char *test_line(struct arena *arena, const char *line, const struct service *s)
{
	struct buf out;

	buf_in(&out, arena);
	for (; *line; line++) {
		const char *value = *line != '%' ? NULL : line[1] == 'h' ? s->host : line[1] == 'p' ? s->port : line[1] == 'a' || line[1] == 's' ? s->secret : NULL;

		if (value) {
			buf_text(&out, value);
			line++;
		} else {
			buf_char(&out, *line);
		}
	}
	return buf_cstr(&out);
}

static const struct service *service_of(struct req *r, const struct offer *o, const struct deployment *a)
{
	const char *colon = empty(a->address) ? NULL : strrchr(a->address, ':');

	if (!o || o->kind != OFFER_SERVICE || !colon)
		return NULL;
	struct service *s = NEW(r->ctx->arena, struct service);

	s->host = arena_copy(r->ctx->arena, a->address, (size_t)(colon - a->address));
	s->port = colon + 1;
	if (!app_secret(r->ctx, a, &s->secret)) {
		log_line(r->ctx, "%s", r->ctx->error.detail);
		forget(r->ctx);
		s->secret = "";
	}
	s->test = empty(o->test) ? NULL : test_line(r->ctx->arena, o->test, s);
	return s;
}

static const char *place_names(struct ctx *ctx, const struct deployment *a)
{
	struct buf out;

	buf_in(&out, ctx->arena);
	for (size_t i = 0; i < a->places.n; i++)
		buf_printf(&out, "%s%s", i ? ", " : "", tr(ctx, conf_get(text(ctx->arena, "place %s", a->places.at[i]), "title", a->places.at[i])));
	return buf_cstr(&out);
}

static void take_facts(struct req *r, const struct offers *offers, const struct deployment *a, bool own, struct one_app *page)
{
	struct app_card *card = NEW(r->ctx->arena, struct app_card);

	*card = app_card_of(r->ctx, offers, a, own);
	page->app = card;
	page->image = a->image;
	page->digest = a->digest;
	page->engine = tr(r->ctx, conf_get(text(r->ctx->arena, "engine %s", a->engine), "title", a->engine));
	page->node = a->node;
	page->size = size_text(r->ctx, a);
	page->places = place_names(r->ctx, a);
	page->created = a->created;
	page->ready = a->ready;
	page->ended = a->ended;
	page->changing = app_holds(a) && !same(a->state, APP_RUNNING);
	if (own)
		page->service = service_of(r, offer_find(offers, a->offer), a);
}

static struct reply show(struct req *r, const struct form *share_form, int status)
{
	struct one_app *page = NEW(r->ctx->arena, struct one_app);
	struct deployment a;
	struct offers offers;
	bool own = false;

	if (!app_asked(r, false, &a, &own) || !offers_read(r->ctx, apps_or_null(r->ctx), &offers))
		return reply_oops(r);
	take_facts(r, &offers, &a, own, page);
	page->troubles = troubles_of(r->ctx);
	if (own && (!take_events(r, apps_or_null(r->ctx), &a, page) || !take_shares(r, apps_or_null(r->ctx), &a, page)))
		return reply_oops(r);
	if (own && page->app->can_open)
		page->share_form = share_form ? share_form : form_new(r->ctx, &share);
	r->title = a.name;
	r->crumb = tr(r->ctx, "Apps");
	r->crumb_path = "/apps";
	if (app_holds(&a) && !share_form)
		r->refresh = page->changing ? CHANGING_S : STEADY_S;
	return reply_page_status(r, status, &one_app_view, page);
}

struct reply app_show(struct req *r)
{
	return show(r, NULL, 200);
}

/* ---- the way in ----------------------------------------------------------------------------------------------------- */

struct reply app_open(struct req *r)
{
	struct deployment a;
	struct offers offers;
	bool own = false;

	if (!app_asked(r, false, &a, &own) || !offers_read(r->ctx, apps_or_null(r->ctx), &offers))
		return reply_oops(r);
	const struct offer *o = offer_find(&offers, a.offer);

	if (!same(a.state, APP_RUNNING) || (o && o->kind != OFFER_WEB))
		return reply_go(r, text(r->ctx->arena, "/apps/%s", a.id), same(a.state, APP_RUNNING) ? NULL : tr(r->ctx, "It does not run now."));
	if (empty(r->who.ticket))
		return reply_fail(r, KIND_FORBIDDEN, tr(r->ctx, "An app is opened in a browser that is signed in."));
	return reply_leave(r, app_enter_address(r->ctx->arena, a.id, r->who.ticket, o ? o->start : "/"));
}

/* ---- log --------------------------------------------------------------------------------------------------------------- */

static bool fetch_log(struct req *r, struct deployment *a, const char **out)
{
	bool own = false;

	return app_asked(r, true, a, &own) && deploy_log(r->ctx, r->who.proof, a->id, LOG_MOST, out);
}

struct reply app_log(struct req *r)
{
	struct app_log *page = NEW(r->ctx->arena, struct app_log);
	struct deployment a;

	if (!fetch_log(r, &a, &page->content))
		return reply_oops(r);
	page->path = text(r->ctx->arena, "/apps/%s/log", a.id);
	r->title = say(r->ctx, "Log of %s", a.name);
	r->crumb = a.name;
	r->crumb_path = text(r->ctx->arena, "/apps/%s", a.id);
	return reply_page(r, &app_log_view, page);
}

struct reply log_text(struct req *r)
{
	struct deployment a;
	const char *log;

	return fetch_log(r, &a, &log) ? reply_text(r, "text/plain; charset=utf-8", log, strlen(log)) : reply_oops(r);
}

/* ---- sharing ------------------------------------------------------------------------------------------------------------ */

struct reply app_share(struct req *r)
{
	struct form *f = form_read(r, &share);
	int64_t until = f ? day_start(form_text(f, "until"), 1) : 0;

	if (!f)
		return reply_oops(r);
	if (form_good(f) && !until)
		form_wrong(f, "until", tr(r->ctx, "Please choose a day."));
	if (form_good(f) && deploy_share(r->ctx, r->who.proof, req_part(r, "id"), form_text(f, "with"), until))
		return reply_go(r, text(r->ctx->arena, "/apps/%s", req_part(r, "id")),
			say(r->ctx, "Shared with %s. They find it under Apps once they have signed in.", form_text(f, "with")));
	if (r->ctx->error.kind && r->ctx->error.kind != KIND_INVALID)
		return reply_oops(r);
	if (r->ctx->error.kind) {
		const char *field = deploy_wrong(r->ctx), *message = r->ctx->error.message;

		forget(r->ctx);
		form_wrong(f, field, message);
	}
	return show(r, f, 422);
}
