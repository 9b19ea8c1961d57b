/* One-time codes: set up, confirm, renew the recovery codes, switch off. */
#include <string.h>

#include "account.h"
#include "audit.h"
#include "conf.h"
#include "otp.h"
#include "qr.h"
#include "views.h"

static const struct field proof_fields[] = {
	{ .name = "password", .kind = FIELD_PASSWORD, .label = MSG("Your password"), .hint = MSG("So that nobody does this at a browser that you left open."),
		.required = true, .max = 1000, .autocomplete = "current-password", .keep_spaces = true },
};
FORM(proof_form, proof_fields);

static const struct field confirm_fields[] = {
	{ .name = "code", .kind = FIELD_TEXT, .label = MSG("Code that the application shows now"), .required = true, .max = 20, .autocomplete = "one-time-code",
		.grammar = "[0-9 ]{6,12}", .grammar_says = MSG("6 digits") },
};
FORM(confirm_form, confirm_fields);

static void enrolment(struct req *r, const struct account *a, struct otp *m)
{
	const char *uri = otp_uri(r->ctx->arena, conf_get("site", "name", "Naru"), a->user, a->otp_pending);

	m->pending = true;
	m->secret = otp_text(r->ctx->arena, a->otp_pending);
	m->qr = qr_svg(r->ctx->arena, uri, tr(r->ctx, "QR code with the key that is also written below"));
}

/* `form` goes where it came from: the confirmation while a key waits for it, else the password. */
static struct reply show(struct req *r, int status, struct form *form)
{
	struct account a;
	struct otp m = { 0 };

	if (!me(r, &a))
		return reply_oops(r);
	m.on = otp_enrolled(&a);
	m.recovery = (int64_t)a.recovery.n;
	if (!m.on && a.otp_pending.n > 0 && !r->who.by_token) /* a token may read pages, not become a second factor */
		enrolment(r, &a, &m);
	m.form = form ? form : form_new(r->ctx, m.pending ? &confirm_form : &proof_form);
	r->title = tr(r->ctx, "One-time codes");
	r->crumb = tr(r->ctx, "Account");
	r->crumb_path = "/account/";
	return reply_page_status(r, status, &otp_view, &m);
}

struct reply otp(struct req *r)
{
	return show(r, 200, NULL);
}

struct edit {
	const char *user, *code;
	bool right;
	struct texts codes;
	bool (*apply)(struct ctx *, struct edit *, struct account *);
};

static bool edit(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct edit *e = arg;
	struct account a = { 0 };
	bool found = false;

	if (!account_get(ctx, db_as_read(db), e->user, &found, &a))
		return false;
	if (!found)
		return fail(ctx, KIND_NOT_FOUND, tr(ctx, "There is no such account."), NULL);
	return e->apply(ctx, e, &a) && account_put(ctx, db, &a);
}

static bool change(struct req *r, const char *what, struct edit *e, bool (*apply)(struct ctx *, struct edit *, struct account *))
{
	e->user = r->who.user;
	e->apply = apply;
	return audit(r->ctx, r->who.user, what, r->who.user, NULL) && app_change(r, accounts, edit, e);
}

/* ---- set up ------------------------------------------------------------------------------------- */

static bool already_on(struct ctx *ctx)
{
	return fail(ctx, KIND_CONFLICT, tr(ctx, "One-time codes are switched on already."), NULL);
}

static bool begin(struct ctx *ctx, struct edit *e, struct account *a)
{
	(void)e;
	if (otp_enrolled(a))
		return already_on(ctx);
	a->otp_pending = otp_secret(ctx->arena);
	return true;
}

struct reply otp_begin(struct req *r)
{
	struct form *form = form_read(r, &proof_form);
	struct edit e = { 0 };

	if (!form_good(form))
		return show(r, 422, form);
	if (!prove_password(r, form_text(form, "password")))
		return wrong_password(r, form, "password", show);
	return change(r, "otp.begin", &e, begin) ? reply_go(r, "/account/codes", NULL) : reply_oops(r);
}

static bool cancel(struct ctx *ctx, struct edit *e, struct account *a)
{
	(void)ctx;
	(void)e;
	a->otp_pending = (struct bytes){ 0 };
	return true;
}

struct reply otp_cancel(struct req *r)
{
	struct edit e = { 0 };

	return change(r, "otp.cancel", &e, cancel) ? reply_go(r, "/account/codes", NULL) : reply_oops(r);
}

static bool confirm(struct ctx *ctx, struct edit *e, struct account *a)
{
	int64_t counter = 0;

	if (otp_enrolled(a))
		return already_on(ctx);
	e->right = otp_match(a->otp_pending, e->code, now(), &counter);
	if (!e->right)
		return true;
	a->otp_secret = a->otp_pending;
	a->otp_pending = (struct bytes){ 0 };
	a->otp_counter = counter;
	otp_recovery(ctx->arena, a, &e->codes);
	return true;
}

static struct reply show_codes(struct req *r, struct texts codes)
{
	struct recovery_row *at = NEW_ARRAY(r->ctx->arena, struct recovery_row, codes.n);

	for (size_t i = 0; i < codes.n; i++)
		at[i].code = codes.at[i];
	r->title = tr(r->ctx, "Recovery codes");
	r->crumb = tr(r->ctx, "One-time codes");
	r->crumb_path = "/account/codes";
	return reply_page(r, &recovery_view, &(struct recovery){ .rows = { at, codes.n } });
}

struct reply otp_confirm(struct req *r)
{
	struct form *form = form_read(r, &confirm_form);
	struct edit e = { .code = form_text(form, "code") };

	if (!form_good(form))
		return show(r, 422, form);
	if (!change(r, "otp.confirm", &e, confirm))
		return reply_oops(r);
	if (e.right)
		return show_codes(r, e.codes);
	form_wrong(form, "code", tr(r->ctx, "This code is wrong. Is the clock of your phone right? Please try the next one."));
	return show(r, 422, form);
}

/* ---- afterwards ----------------------------------------------------------------------------------- */

static bool renew(struct ctx *ctx, struct edit *e, struct account *a)
{
	if (!otp_enrolled(a))
		return fail(ctx, KIND_CONFLICT, tr(ctx, "One-time codes are not switched on."), NULL);
	otp_recovery(ctx->arena, a, &e->codes);
	return true;
}

struct reply otp_renew(struct req *r)
{
	struct form *form = form_read(r, &proof_form);
	struct edit e = { 0 };

	if (!form_good(form))
		return show(r, 422, form);
	if (!prove_password(r, form_text(form, "password")))
		return wrong_password(r, form, "password", show);
	return change(r, "otp.renew", &e, renew) ? show_codes(r, e.codes) : reply_oops(r);
}

static bool disable(struct ctx *ctx, struct edit *e, struct account *a)
{
	(void)ctx;
	(void)e;
	a->otp_secret = a->otp_pending = (struct bytes){ 0 };
	a->recovery = (struct texts){ 0 };
	return true;
}

struct reply otp_disable(struct req *r)
{
	struct form *form = form_read(r, &proof_form);
	struct edit e = { 0 };

	if (!form_good(form))
		return show(r, 422, form);
	if (!prove_password(r, form_text(form, "password")))
		return wrong_password(r, form, "password", show);
	if (!change(r, "otp.disable", &e, disable))
		return reply_oops(r);
	return reply_go(r, "/account/codes", tr(r->ctx, "One-time codes are switched off."));
}
