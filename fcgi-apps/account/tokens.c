/* Personal access tokens: list, make, revoke. */
#include <string.h>

#include "account.h"
#include "audit.h"
#include "conf.h"
#include "views.h"

static const struct choice scope_choices[] = {
	{ "read", MSG("Read: pages and lists, nothing is changed") },
	{ "jobs", MSG("Jobs: submit, cancel and change jobs") },
	{ "files", MSG("Files: upload, rename and delete files") },
};
static const struct choice day_choices[] = {
	{ "7", MSG("7 days") }, { "30", MSG("30 days") }, { "90", MSG("90 days") }, { "365", MSG("1 year") },
};
static const struct field make_fields[] = {
	{ .name = "label", .kind = FIELD_TEXT, .label = MSG("What is it for?"), .hint = MSG("So that you recognize it in the list, for example the name of a script."),
		.required = true, .max = 100 },
	{ .name = "scope", .kind = FIELD_CHOICES, .label = MSG("What may it do?"), .required = true, .choices = scope_choices,
		.n_choices = COUNT(scope_choices) },
	{ .name = "days", .kind = FIELD_CHOICE, .label = MSG("How long is it good?"), .required = true, .choices = day_choices,
		.n_choices = COUNT(day_choices), .preset = "30" },
};
FORM(make_form, make_fields);

struct list { const char *user; struct token_rows rows; };

static bool list(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct list *l = arg;

	return token_rows(ctx, db, l->user, &l->rows);
}

static struct reply show(struct req *r, int status, const struct form *form)
{
	struct list l = { .user = r->who.user };
	struct token_row *at;

	if (!db_view(r->ctx, accounts, list, &l))
		return reply_oops(r);
	at = NEW_ARRAY(r->ctx->arena, struct token_row, l.rows.n + 1);
	for (size_t i = 0; i < l.rows.n; i++) {
		const struct token *t = &l.rows.at[i];

		at[i] = (struct token_row){ .tag = t->tag, .label = t->label, .scope = t->scope, .created = t->created, .expires = t->expires, .used = t->used };
	}
	r->title = tr(r->ctx, "Access tokens");
	r->crumb = tr(r->ctx, "Account");
	r->crumb_path = "/account/";
	return reply_page_status(r, status, &tokens_view, &(struct tokens){ .rows = { at, l.rows.n }, .form = form });
}

struct reply tokens(struct req *r)
{
	return show(r, 200, form_new(r->ctx, &make_form));
}

struct make { struct token token; const char *secret; };

static bool make(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct make *m = arg;

	return token_make(ctx, db, &m->token, &m->secret);
}

static const char *words(struct arena *arena, struct texts list)
{
	struct buf out = { 0 };

	buf_in(&out, arena);
	for (size_t i = 0; i < list.n; i++)
		buf_printf(&out, "%s%s", i ? " " : "", list.at[i]);
	return buf_cstr(&out);
}

/* The form's key names the token, so a double click makes one; the page that stays shows the secret that is good. */
static struct token wanted(struct req *r, const struct form *form)
{
	int64_t days = 0;

	if (!parse_int(form_text(form, "days"), 1, 365, &days))
		days = 1;
	return (struct token){
		.user = r->who.user, .label = form_text(form, "label"), .scope = words(r->ctx->arena, form_texts(form, "scope")),
		.expires = now() + days * 86400,
		.tag = r->key ? text(r->ctx->arena, "%.16s", secret_hash(r->ctx->arena, r->key)) : NULL,
	};
}

struct reply token_create(struct req *r)
{
	struct form *form = form_read(r, &make_form);
	struct make m;

	if (!form_good(form))
		return show(r, 422, form);
	m = (struct make){ .token = wanted(r, form) };
	if (!token_scope_ok(m.token.scope)) {
		form_wrong(form, "scope", tr(r->ctx, "Please choose what the token may do."));
		return show(r, 422, form);
	}
	if (!audit(r->ctx, r->who.user, "token.make", m.token.label, m.token.scope) || !app_change(r, accounts, make, &m))
		return reply_oops(r);
	r->title = tr(r->ctx, "New access token");
	r->crumb = tr(r->ctx, "Access tokens");
	r->crumb_path = "/account/tokens";
	return reply_page(r, &token_made_view, &(struct token_made){
		.secret = m.secret, .label = m.token.label, .scope = m.token.scope, .expires = m.token.expires,
		.host = req_header(r, "HTTP_HOST") });
}

struct end { const char *user, *tag; bool found; };

static bool end(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct end *e = arg;

	return token_end(ctx, db, e->user, e->tag, &e->found);
}

struct reply token_revoke(struct req *r)
{
	struct end e = { .user = r->who.user, .tag = req_part(r, "tag") };

	if (!audit(r->ctx, r->who.user, "token.revoke", e.tag, NULL) || !app_change(r, accounts, end, &e))
		return reply_oops(r);
	if (!e.found)
		return reply_fail(r, KIND_NOT_FOUND, tr(r->ctx, "This token is gone already."));
	return reply_go(r, "/account/tokens", tr(r->ctx, "The token is revoked. It opens nothing from now on."));
}

/* ---- what tokens are good for beside scripts -------------------------------------------------- */

struct reply connect_show(struct req *r)
{
	r->title = tr(r->ctx, "Connect from your computer");
	r->crumb = tr(r->ctx, "Files");
	r->crumb_path = "/files/";
	return reply_page(r, &connect_view, &(struct connect){ .host = conf_get("site", "host", req_header(r, "HTTP_HOST")), .user = r->who.user });
}
