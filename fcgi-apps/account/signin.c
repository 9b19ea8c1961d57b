/* Signing in with a password, and out again. */
#include <string.h>

#include "account.h"
#include "audit.h"
#include "gate.h"
#include "otp.h"
#include "signin.h"
#include "throttle.h"
#include "views.h"

static const struct field sign_in_fields[] = {
	{ .name = "user", .kind = FIELD_TEXT, .label = MSG("User name"), .required = true, .max = 100, .autocomplete = "username" },
	{ .name = "password", .kind = FIELD_PASSWORD, .label = MSG("Password"), .required = true, .max = 1000,
		.autocomplete = "current-password", .keep_spaces = true },
	{ .name = "next", .kind = FIELD_HIDDEN, .max = 2000 },
};
FORM(sign_in_form, sign_in_fields);

const char *address_of(const struct req *r)
{
	const char *address = req_header(r, "REMOTE_ADDR");

	return empty(address) ? "?" : address;
}

static struct reply show(struct req *r, int status, struct form *form)
{
	r->title = tr(r->ctx, "Sign in");
	return reply_page_status(r, status, &sign_in_view, &(struct sign_in){ .form = form });
}

struct reply sign_in(struct req *r)
{
	struct form *form = form_new(r->ctx, &sign_in_form);
	const char *next = local_path(req_query(r, "next"));
	struct caller c;

	if (!caller_find(r, &c))
		return reply_oops(r);
	if (c.found && !c.by_token)
		return reply_go(r, next, NULL);
	form_set(form, "next", next);
	return show(r, 200, form);
}

struct reply sign_in_later(struct req *r, int64_t wait, struct form *form, struct reply (*page)(struct req *, int, struct form *))
{
	reply_header(r, "Retry-After", text(r->ctx->arena, "%lld", (long long)wait));
	form_wrong(form, NULL, say(r->ctx, "There were too many wrong tries. Please try again in %lld seconds.", (long long)wait));
	return page(r, 429, form);
}

/* ---- a try ------------------------------------------------------------------------------------ */

struct enter { struct throttle_who who; int64_t wait; };

static bool enter(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct enter *e = arg;

	return throttle_enter(ctx, db, &e->who, now(), &e->wait);
}

static struct reply wrong(struct req *r, struct form *form, const char *user)
{
	if (!audit(r->ctx, user_name_ok(user) ? user : "?", "sign-in.failed", address_of(r), NULL))
		return reply_oops(r);
	form_wrong(form, NULL, tr(r->ctx, "The user name or the password is wrong."));
	return show(r, 422, form);
}

static struct reply refused(struct req *r, struct form *form, const char *user)
{
	if (!audit(r->ctx, user, "sign-in.refused", address_of(r), "disabled or a system account"))
		return reply_oops(r);
	form_wrong(form, NULL, tr(r->ctx, "This account cannot use the portal. Please ask the support of the centre."));
	return show(r, 403, form);
}

/* The account as it will be: what the driver knows now, and what our record keeps. */
static bool merge(struct ctx *ctx, const struct person *p, struct account *a)
{
	bool found = false;

	*a = (struct account){ 0 };
	if (!account_look(ctx, p->user, &found, a))
		return false;
	if (!found || !same(identity()->name, "local"))
		account_refresh(a, p, identity()->name, now());
	return true;
}

struct reply sign_in_try(struct req *r)
{
	struct form *form = form_read(r, &sign_in_form);
	const char *user = form_text(form, "user");
	struct enter e = { .who = throttle_who(r->ctx->arena, user, address_of(r), req_cookie(r, DEVICE_COOKIE)) };
	struct account a;
	struct person p;
	bool right;

	if (!form_good(form))
		return show(r, 422, form);
	if (!gate_enter(r->ctx) || !app_change(r, accounts, enter, &e))
		return reply_oops(r);
	if (e.wait > 0)
		return sign_in_later(r, e.wait, form, show);
	if (!identity()->check(r->ctx, user, form_text(form, "password"), &right, &p))
		return reply_oops(r);
	if (!right)
		return wrong(r, form, user);
	if (!merge(r->ctx, &p, &a))
		return reply_oops(r);
	if (a.disabled || !uid_ok(a.uid) || !gid_ok(a.gid))
		return refused(r, form, user);
	return otp_enrolled(&a) ? sign_in_half(r, &p, form_text(form, "next")) : sign_in_whole(r, &p, form_text(form, "next"));
}

/* ---- the session ------------------------------------------------------------------------------ */

/* The browser keeps the value it has, if it is one of ours by its looks. */
static const char *device_of(struct req *r)
{
	const char *device = req_cookie(r, DEVICE_COOKIE);
	struct bytes raw;

	if (device && strlen(device) < 60 && unbase64url(r->ctx->arena, device, &raw) && raw.n == 16)
		return device;
	return random_token(r->ctx->arena, 128);
}

static struct session new_session(struct req *r, const char *user, const char *next, bool half)
{
	const char *agent = req_header(r, "HTTP_USER_AGENT");
	size_t n = agent ? strlen(agent) : 0;

	if (n > 200 || !utf8_valid(agent ? agent : "", n))
		n = 0;
	return (struct session){
		.user = user, .address = address_of(r), .half = half, .next = half ? local_path(next) : NULL,
		.agent = n ? arena_copy(r->ctx->arena, agent, n) : NULL,
	};
}

static bool save_account(struct ctx *ctx, struct db_write *db, const struct begin *b)
{
	struct account a = { 0 };
	bool found = false;

	if (!account_get(ctx, db_as_read(db), b->session.user, &found, &a))
		return false;
	if (b->person && (!found || !same(identity()->name, "local")))
		account_refresh(&a, b->person, identity()->name, now());
	if (!b->session.half)
		a.signed_in = now();
	return account_put(ctx, db, &a);
}

/* All of it or nothing: the old session goes with the same commit that brings the new one. */
bool sign_in_begin(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct begin *b = arg;

	if (!save_account(ctx, db, b) || !session_end(ctx, db, b->old) || !session_begin(ctx, db, &b->session, &b->id))
		return false;
	return b->session.half || throttle_pass(ctx, db, &b->who, now(), 1 + b->tries);
}

struct begin sign_in_prepare(struct req *r, const char *user, const char *next, bool half)
{
	const char *device = device_of(r);

	return (struct begin){
		.session = new_session(r, user, next, half), .device = device,
		.old = req_cookie(r, half ? HALF_COOKIE : SESSION_COOKIE),
		.who = throttle_who(r->ctx->arena, user, address_of(r), device),
	};
}

/* Where to after signing in; who has no contract now can see one page only. */
struct reply sign_in_done(struct req *r, const struct begin *b, const struct account *a, const char *next)
{
	reply_cookie(r, SESSION_COOKIE, b->id, 0);
	reply_cookie(r, DEVICE_COOKIE, b->device, DEVICE_SECONDS);
	if (!empty(a->language))
		reply_cookie(r, "__Host-naru-lang", a->language, 31536000);
	return reply_go(r, account_role(a, now()) == ROLE_EXPIRED ? "/account/contract" : local_path(next), NULL);
}

struct reply sign_in_whole(struct req *r, const struct person *p, const char *next)
{
	struct begin b = sign_in_prepare(r, p->user, next, false);
	struct account a = { 0 };
	bool found;

	b.person = p;
	if (!audit(r->ctx, p->user, "sign-in", address_of(r), NULL) || !app_change(r, accounts, sign_in_begin, &b) ||
		!account_look(r->ctx, p->user, &found, &a))
		return reply_oops(r);
	return sign_in_done(r, &b, &a, next);
}

struct reply sign_in_half(struct req *r, const struct person *p, const char *next)
{
	struct begin b = sign_in_prepare(r, p->user, next, true);

	b.person = p;
	if (!app_change(r, accounts, sign_in_begin, &b))
		return reply_oops(r);
	reply_cookie(r, HALF_COOKIE, b.id, HALF_SECONDS);
	return reply_go(r, "/sign-in/code", NULL);
}

static bool end_mine(struct ctx *ctx, struct db_write *db, void *arg)
{
	const char *id = arg;

	return session_end(ctx, db, id);
}

/* Leaving works when almost nothing does: a list of what happened that cannot be written is no reason to keep anybody in. */
struct reply sign_out(struct req *r)
{
	const char *id = req_cookie(r, SESSION_COOKIE);

	reply_cookie(r, SESSION_COOKIE, "", -1);
	if (!audit(r->ctx, r->who.user, "sign-out", address_of(r), NULL)) {
		log_line(r->ctx, "sign-out of %s is not in the audit: %s", r->who.user, r->ctx->error.detail ? r->ctx->error.detail : "");
		forget(r->ctx);
	}
	if (id && !app_change(r, accounts, end_mine, arena_copy(r->ctx->arena, id, strlen(id))))
		return reply_oops(r);
	return reply_go(r, "/sign-in", tr(r->ctx, "You have signed out."));
}
