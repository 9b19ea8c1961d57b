/* What I share and what is shared with me; one share; its end and its new last day. */
#include <string.h>

#include "audit.h"
#include "conf.h"
#include "places.h"
#include "shares.h"
#include "views.h"

/* ---- in words ---- */

static const char *kind_says(struct req *r, const struct share *s)
{
	return same(s->kind, "people") ? tr(r->ctx, "People") : same(s->kind, "link") ? tr(r->ctx, "Link") : tr(r->ctx, "Link to upload");
}

static void set_state(struct req *r, const struct share *s, struct share_row *row)
{
	bool busy = same(s->state, "scan") || same(s->state, "set"), ending = same(s->state, "end"), over = same(s->state, "over") || !share_runs(s) || (s->counted && s->left <= 0);
	bool stuck = s->code && !same(s->state, "over");
	row->state = stuck ? tr(r->ctx, "Stuck") : busy ? tr(r->ctx, "Being set") : ending ? tr(r->ctx, "Being taken back") : over ? tr(r->ctx, "Over") : tr(r->ctx, "Shared");
	row->css = stuck ? "failed" : busy || ending ? "waiting" : over ? "done" : "running";
	if (s->code && !stuck)
		row->problem = tr(r->ctx, "It was not there any more at the end. If it was moved, what was set on it is still set there.");
	else if (s->code)
		row->problem = store_failure_says(r->ctx, (int)s->code, NULL);
}

static const char *used_says(struct req *r, const struct share *s)
{
	struct arena *a = r->ctx->arena;
	if (same(s->kind, "people"))
		return NULL;
	if (same(s->kind, "drop"))
		return say(r->ctx, "%lld files, %s of %s", (long long)s->used, human_size(a, s->bytes), human_size(a, s->most));
	return s->counted ? say(r->ctx, "%lld downloads, %lld left", (long long)s->used, (long long)s->left) : say(r->ctx, "%lld downloads", (long long)s->used);
}

struct share_row share_row_of(struct req *r, const struct share *s)
{
	struct arena *a = r->ctx->arena;
	struct share_row row = {
		.id = s->id, .url = text(a, "/shares/one/%s", s->id), .name = share_name(r, s), .where = share_place(r, s), .kind = kind_says(r, s),
		.whom = same(s->kind, "people") ? s->who : NULL, .ends = s->ends, .used = used_says(r, s), .note = s->note,
		.files_url = address_of(a, text(a, "/files/in/%s", s->place), s->path ? s->path : ""),
	};
	set_state(r, s, &row);
	return row;
}

/* ---- the list ---- */

/* Where the visitor finds under Files what somebody else shares: in a place that both have, or in that place of the other's. */
static const char *reach_url(struct req *r, const struct share *s)
{
	const char *place, *path;
	if (!empty(s->absolute) && store_locate(r->ctx->arena, r->who.user, s->absolute, &place, &path))
		return address_of(r->ctx->arena, text(r->ctx->arena, "/files/in/%s", place), path);
	return address_of(r->ctx->arena, text(r->ctx->arena, "/files/in/%s%%40%s", s->place, s->owner), s->path ? s->path : "");
}

static bool add_theirs(struct req *r, const char *target, struct share_row_list *to, size_t room)
{
	struct share *all;
	size_t n;
	if (!shares_with(r->ctx, target, &all, &n))
		return false;
	for (size_t i = 0; i < n && to->n < room; i++) {
		const struct share *s = &all[i];
		if (!same(s->state, "on") || !share_runs(s) || same(s->owner, r->who.user))
			continue;
		((struct share_row *)(uintptr_t)to->at)[to->n++] = (struct share_row){
			.id = s->id, .name = share_name(r, s), .whom = s->owner, .where = s->absolute, .ends = s->ends, .files_url = reach_url(r, s),
			.kind = s->writes ? tr(r->ctx, "Read and change") : tr(r->ctx, "Read"),
		};
	}
	return true;
}

enum { THEIRS_MOST = 1000 };

static bool theirs(struct req *r, struct share_row_list *to)
{
	struct texts groups = split(r->ctx->arena, r->who.groups ? r->who.groups : "", ',');
	*to = (struct share_row_list){ NEW_ARRAY(r->ctx->arena, struct share_row, THEIRS_MOST), 0 };
	if (!add_theirs(r, text(r->ctx->arena, "u%lld", (long long)r->who.uid), to, THEIRS_MOST))
		return false;
	for (size_t i = 0; i < groups.n; i++)
		if (*groups.at[i] && !add_theirs(r, text(r->ctx->arena, "g%s", groups.at[i]), to, THEIRS_MOST))
			return false;
	return true;
}

struct reply shares_list(struct req *r)
{
	const struct share *all;
	size_t n;
	struct shares_home m = { 0 };
	if (!shares_of(r->ctx, r->who.user, &all, &n) || !theirs(r, &m.theirs))
		return reply_oops(r);
	struct share_row *rows = NEW_ARRAY(r->ctx->arena, struct share_row, n + 1);
	struct known_places known = places_of_user(r->ctx, r->who.user);
	for (size_t i = 0; i < n; i++) {
		rows[i] = share_row_of(r, &all[i]);
		rows[i].where = place_title(&known, all[i].place);
	}
	m.mine = (struct share_row_list){ rows, n };
	r->title = tr(r->ctx, "Sharing");
	return reply_page(r, &shares_home_view, &m);
}

/* ---- one ---- */

/* Only the owner's own rights tell. Of a store it is not asked: its server may take long. */
static void look_for(struct req *r, const struct share *s, struct share_row *row)
{
	struct store *store;
	struct entry e;
	if (!share_runs(s) || row->problem || remote_id_of(r->ctx->arena, s->place))
		return;
	bool there = store_open(r->ctx, r->who.proof, s->place, &store) && store_stat(r->ctx, store, s->path ? s->path : "", &e);
	if (!there && r->ctx->error.kind == KIND_NOT_FOUND)
		row->problem = tr(r->ctx, "It is not there any more: it was moved, renamed or deleted. End this share, and share it anew where it is now.");
	forget(r->ctx);
}

static const struct field prolong_fields[] = { { .name = "ends", .kind = FIELD_DATE, .label = MSG("Last day"), .required = true } };
FORM(prolong_form, prolong_fields);

/* A link that somebody is to be sent holds the site's name. */
static const char *whole_link(struct req *r, const char *token)
{
	const char *host = conf_get("site", "host", req_header(r, "HTTP_HOST"));
	return text(r->ctx->arena, "https://%s/s/%s", host ? host : "localhost", token);
}

struct reply one_reply(struct req *r, const struct share *s, struct form *f, const char *token, int status)
{
	struct share_row *row = NEW(r->ctx->arena, struct share_row);
	struct known_places known = places_of_user(r->ctx, s->owner);
	*row = share_row_of(r, s);
	row->where = place_title(&known, s->place);
	look_for(r, s, row);
	struct one_share m = {
		.share = row, .link = token ? whole_link(r, token) : NULL, .note = s->note, .password = !empty(s->password), .later = s->later, .people = same(s->kind, "people"),
		.right = s->writes ? tr(r->ctx, "Read and change") : tr(r->ctx, "Read"), .runs = share_runs(s), .created = s->created, .ended = s->ended,
		.form = f ? f : form_new(r->ctx, &prolong_form), .action = row->url,
		.left_over = s->others ? say(r->ctx, "%lld entries in it belong to others and were left as they are.", (long long)s->others) : NULL,
	};
	r->title = say(r->ctx, "Shared: %s", row->name);
	r->crumb = tr(r->ctx, "Sharing");
	r->crumb_path = "/shares";
	if (same(s->state, "scan") || same(s->state, "set") || same(s->state, "end"))
		r->refresh = 5;
	return reply_page_status(r, status, &one_share_view, &m);
}

struct wanted { const char *owner, *id; bool found; struct share *out; };

static bool get(struct ctx *c, const struct db_read *d, void *arg)
{
	struct wanted *w = arg;
	return share_of(c, d, w->owner, w->id, &w->found, w->out);
}

static bool asked(struct req *r, struct share *out)
{
	struct wanted w = { .owner = r->who.user, .id = req_part(r, "id"), .out = out };
	if (!db_view(r->ctx, shares_db, get, &w))
		return false;
	return w.found ? true : fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such share."), "share");
}

struct reply share_show(struct req *r)
{
	struct share s;
	return asked(r, &s) ? one_reply(r, &s, NULL, NULL, 200) : reply_oops(r);
}

/* ---- its end ---- */

struct end { const char *errand; bool mine; };

/* Whoever works on it at the moment goes on with taking it back. */
static bool end(struct ctx *c, struct share *s, void *arg)
{
	struct end *e = arg;
	(void)c;
	if (same(s->state, "over"))
		return true;
	s->ended = s->ended ? s->ended : now();
	if (!same(s->kind, "people")) {
		s->state = "over";
		s->errand = "";
		return true;
	}
	s->state = "end";
	s->errand = e->errand;
	e->mine = s->tried <= now() || s->code;
	if (e->mine)
		s->tried = now() + 60;
	return true;
}

struct reply share_end(struct req *r)
{
	struct share s, fresh;
	struct end e = { .errand = "" };
	if (!asked(r, &s))
		return reply_oops(r);
	fresh = s;
	if (same(s.kind, "people") && !same(s.state, "over") && !share_seal(r, &fresh))
		return reply_oops(r);
	e.errand = fresh.errand;
	if (!audit(r->ctx, r->who.user, "shares.end", text(r->ctx->arena, "%s:%s", s.place, s.path), s.id) || !share_change(r->ctx, s.owner, s.id, end, &e, &s))
		return reply_oops(r);
	if (e.mine && !grant_go_on(r->ctx, &s, clock_ms() + 3000))
		return reply_oops(r);
	return reply_go(r, same(s.state, "over") ? "/shares" : text(r->ctx->arena, "/shares/one/%s", s.id), same(s.state, "over") ? say(r->ctx, "“%s” is not shared any more.", share_name(r, &s)) : NULL);
}

/* ---- another last day ---- */

static bool prolong(struct ctx *c, struct share *s, void *arg)
{
	const struct share *fresh = arg;
	if (!share_runs(s))
		return fail(c, KIND_CONFLICT, tr(c, "This share is over. Share the file or folder anew."), "over");
	s->ends = fresh->ends;
	s->errand = fresh->errand;
	return true;
}

struct reply share_prolong(struct req *r)
{
	struct share s, after;
	struct form *f = form_read(r, &prolong_form);
	if (!f || !asked(r, &s))
		return reply_oops(r);
	if (!form_good(f) || !ends_of(r, f, &s.ends))
		return r->ctx->error.kind ? reply_oops(r) : one_reply(r, &s, f, NULL, 422);
	if (!share_seal(r, &s) || !audit(r->ctx, r->who.user, "shares.prolong", text(r->ctx->arena, "%s:%s", s.place, s.path), text(r->ctx->arena, "%lld", (long long)s.ends))
		|| !share_change(r->ctx, s.owner, s.id, prolong, &s, &after))
		return reply_oops(r);
	return reply_go(r, text(r->ctx->arena, "/shares/one/%s", s.id), tr(r->ctx, "It has another last day now."));
}
