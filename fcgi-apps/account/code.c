/* The second step of signing in: the one-time code. */
#include <string.h>

#include "account.h"
#include "audit.h"
#include "otp.h"
#include "signin.h"
#include "views.h"

static const struct field code_fields[] = {
	{ .name = "code", .kind = FIELD_TEXT, .label = MSG("One-time code"), .hint = MSG("The 6 digits that your phone shows now, or one of your recovery codes."),
		.required = true, .max = 40, .autocomplete = "one-time-code" },
};
FORM(code_form, code_fields);

static struct reply show(struct req *r, int status, struct form *form)
{
	r->title = tr(r->ctx, "One-time code");
	return reply_page_status(r, status, &code_view, &(struct code){ .form = form });
}

struct half { const char *id; bool found; struct session session; };

static bool find_half(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct half *h = arg;

	return session_find(ctx, db, h->id, true, &h->found, &h->session);
}

static struct reply again(struct req *r)
{
	reply_cookie(r, HALF_COOKIE, "", -1);
	return reply_go(r, "/sign-in", tr(r->ctx, "That took too long or too many tries. Please begin again with your password."));
}

struct reply code(struct req *r)
{
	struct half h = { .id = req_cookie(r, HALF_COOKIE) };

	if (!db_view(r->ctx, accounts, find_half, &h))
		return reply_oops(r);
	return h.found ? show(r, 200, form_new(r->ctx, &code_form)) : again(r);
}

struct try {
	const char *half;                /* id of the half session */
	const char *typed;
	struct begin begin;
	bool found, right;
	struct account account;
	int64_t wait, left;
};

/* The count of tries is kept even when the code is wrong, so this commits either way. */
static bool count_wrong(struct ctx *ctx, struct db_write *db, struct try *t, struct session *half)
{
	half->tries++;
	t->left = HALF_TRIES - half->tries;
	return session_save(ctx, db, t->half, half);
}

static bool finish(struct ctx *ctx, struct db_write *db, struct try *t, const struct session *half)
{
	t->begin.tries = half->tries + 1;
	t->begin.session.user = half->user;
	return account_put(ctx, db, &t->account) && session_end(ctx, db, t->half) && sign_in_begin(ctx, db, &t->begin);
}

/* Reading the counter of the last code and writing the new one is one transaction: of two browsers with the same code one loses. */
static bool try_code(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct try *t = arg;
	struct session half;
	bool account;

	if (!session_find(ctx, db_as_read(db), t->half, true, &t->found, &half))
		return false;
	if (!t->found)
		return true;
	if (!account_get(ctx, db_as_read(db), half.user, &account, &t->account))
		return false;
	if (!throttle_enter(ctx, db, &t->begin.who, now(), &t->wait))
		return false;
	if (t->wait > 0)
		return true;
	t->right = account && otp_use(ctx->arena, &t->account, t->typed, now());
	return t->right ? finish(ctx, db, t, &half) : count_wrong(ctx, db, t, &half);
}

static struct reply wrong(struct req *r, struct form *form, const struct try *t, const char *user)
{
	if (!audit(r->ctx, user, "sign-in.code-failed", address_of(r), NULL))
		return reply_oops(r);
	if (t->left <= 0)
		return again(r);
	form_set(form, "code", "");
	form_wrong(form, "code", tr(r->ctx, "This code is wrong, too old or used already. Please wait for the next one."));
	return show(r, 422, form);
}

struct reply code_try(struct req *r)
{
	struct form *form = form_read(r, &code_form);
	struct half h = { .id = req_cookie(r, HALF_COOKIE) };
	struct try t = { .half = h.id, .typed = form_text(form, "code") };

	if (!db_view(r->ctx, accounts, find_half, &h))
		return reply_oops(r);
	if (!h.found)
		return again(r);
	if (!form_good(form))
		return show(r, 422, form);
	t.begin = sign_in_prepare(r, h.session.user, NULL, false);
	if (!audit(r->ctx, h.session.user, "sign-in.code", address_of(r), NULL) || !app_change(r, accounts, try_code, &t))
		return reply_oops(r);
	if (!t.found)
		return again(r);
	if (t.wait > 0)
		return sign_in_later(r, t.wait, form, show);
	if (!t.right)
		return wrong(r, form, &t, h.session.user);
	reply_cookie(r, HALF_COOKIE, "", -1);
	return sign_in_done(r, &t.begin, &t.account, h.session.next);
}
