/* show: one app: what is happening in words, the way in, its figures, its log. */
#include "apps_module.h"
#include "views.h"

#include <string.h>

#include "conf.h"
#include "gate_address.h"

enum { CHANGING_S = 1, LOG_MOST = 32768 };

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
			rows[n++] = (struct share_row){ .user = shares.at[i].user, .until = shares.at[i].until };
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

static const char *volume_names(struct ctx *ctx, const struct deployment *a)
{
	struct buf out;

	buf_in(&out, ctx->arena);
	for (size_t i = 0; i < a->volumes.n; i++) {
		const char *colon = strchr(a->volumes.at[i], ':');

		if (colon)
			buf_printf(&out, "%s%.*s → %s", i ? ", " : "", (int)(colon - a->volumes.at[i]), a->volumes.at[i], colon + 1);
	}
	return buf_cstr(&out);
}

/* How much longer it may run: only what has an effect is offered. */
static void take_longer(struct req *r, const struct offer *o, const struct deployment *a, struct one_app *page)
{
	static const int64_t hours[] = { 1, 8, 24 };
	struct longer *rows = NEW_ARRAY(r->ctx->arena, struct longer, COUNT(hours));
	size_t n = 0;

	if (!o || !a->ends || !same(a->state, APP_RUNNING) || !same(a->wanted, "run"))
		return;
	page->longest = (a->ready ? a->ready : a->asked) + o->hours.most * 3600;
	for (size_t i = 0; i < COUNT(hours) && (i == 0 || a->ends + hours[i - 1] * 3600 < page->longest) && a->ends + 60 < page->longest; i++)
		rows[n++] = (struct longer){ .hours = hours[i], .label = hours[i] == 1 ? tr(r->ctx, "1 hour longer") : say(r->ctx, "%lld hours longer", (long long)hours[i]) };
	page->longer = (struct longer_list){ rows, n };
}

static void take_facts(struct req *r, const struct offer *o, const struct deployment *a, struct one_app *page)
{
	page->image = a->image;
	page->digest = a->digest;
	page->engine = engine_title(r->ctx, a->engine);
	page->node = a->node;
	page->size = size_text(r->ctx, a);
	page->lifetime = say(r->ctx, "%lld h", (long long)(a->minutes + 59) / 60);
	page->places = place_names(r->ctx, a);
	page->volumes = volume_names(r->ctx, a);
	page->created = a->created;
	page->ready = a->ready;
	page->ended = app_holds(a) ? 0 : a->ended;
	page->again_path = o ? text(r->ctx->arena, "/apps/new?offer=%s&like=%s", o->name, a->id) : NULL;
}

/* What only the owner sees. */
static bool take_own(struct req *r, const struct offer *o, const struct deployment *a, const struct form *share_form, struct one_app *page)
{
	page->service = service_of(r, o, a);
	page->shareable = app_holds(a) && !page->changing && (!o || o->kind == OFFER_WEB);
	if (page->shareable)
		page->share_form = share_form ? share_form : form_new(r->ctx, &share);
	take_longer(r, o, a, page);
	take_facts(r, o, a, page);
	return take_events(r, apps_or_null(r->ctx), a, page) && take_shares(r, apps_or_null(r->ctx), a, page);
}

static struct reply show(struct req *r, const struct form *share_form, int status)
{
	struct one_app *page = NEW(r->ctx->arena, struct one_app);
	struct app_card *card = NEW(r->ctx->arena, struct app_card);
	struct deployment a;
	struct offers offers;
	bool own = false;

	if (!app_asked(r, false, &a, &own) || !offers_read(r->ctx, apps_or_null(r->ctx), &offers))
		return reply_oops(r);
	*card = app_card_of(r->ctx, &offers, &a, own);
	page->app = card;
	page->changing = app_changing(&a);
	page->failed = same(a.state, APP_FAILED);
	page->troubles = troubles_of(r->ctx);
	if (own && !take_own(r, offer_find(&offers, a.offer), &a, share_form, page))
		return reply_oops(r);
	r->title = a.name;
	r->crumb = tr(r->ctx, "Apps");
	r->crumb_path = "/apps";
	if (page->changing && !share_form)
		r->refresh = CHANGING_S;
	return reply_page_status(r, status, &one_app_view, page);
}

struct reply app_show(struct req *r)
{
	return show(r, NULL, 200);
}

/* ---- the way in ----------------------------------------------------------------------------------------------------- */

/* Who came from a page of the app, to sign in here, goes back to that page; others to where the app starts. */
static const char *place_of(struct req *r, const struct offer *o)
{
	const char *next = app_place(req_query(r, "next"));

	return !same(next, "/") ? next : o ? o->start : "/";
}

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
	return reply_leave(r, app_enter_address(r->ctx->arena, a.id, r->who.ticket, place_of(r, o)));
}

/* ---- log --------------------------------------------------------------------------------------------------------------- */

/* That there is none is no error of the page: the app may not have begun, or its engine does not answer. */
struct reply app_log(struct req *r)
{
	struct app_log *page = NEW(r->ctx->arena, struct app_log);
	struct deployment a;
	bool own = false;

	if (!app_asked(r, true, &a, &own))
		return reply_oops(r);
	if (!deploy_log(r->ctx, r->who.proof, a.id, LOG_MOST, &page->content)) {
		if (r->ctx->error.kind == KIND_INTERNAL || r->ctx->error.kind == KIND_FORBIDDEN)
			return reply_oops(r);
		page->problem = r->ctx->error.message;
		page->content = "";
		forget(r->ctx);
	}
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
	bool own = false;

	if (!app_asked(r, true, &a, &own) || !deploy_log(r->ctx, r->who.proof, a.id, LOG_MOST, &log))
		return reply_oops(r);
	reply_header(r, "Content-Disposition", text(r->ctx->arena, "attachment; filename=\"%s.log\"", a.id));
	return reply_text(r, "text/plain; charset=utf-8", log, strlen(log));
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
	if (!form_good(f))
		return show(r, f, 422);
	if (deploy_share(r->ctx, r->who.proof, req_part(r, "id"), form_text(f, "with"), until))
		return reply_go(r, text(r->ctx->arena, "/apps/%s", req_part(r, "id")),
			say(r->ctx, "Shared with %s, who finds it under Apps.", form_text(f, "with")));
	return take_refusal(r->ctx, f) ? show(r, f, 422) : reply_oops(r);
}
