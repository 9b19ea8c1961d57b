/* The signed-in user's own page: who the portal thinks they are, password, language. */
#include <string.h>

#include "account.h"
#include "audit.h"
#include "conf.h"
#include "gate.h"
#include "otp.h"
#include "throttle.h"
#include "views.h"

enum { LANG_SECONDS = 31536000, PASSWORD_LETTERS = 12 };

bool me(struct req *r, struct account *a)
{
	bool found = false;

	*a = (struct account){ 0 };
	if (!account_look(r->ctx, r->who.user, &found, a))
		return false;
	return found || fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such account."), NULL);
}

/* Wrong passwords count here as they do at the door: somebody may sit at a browser that was left open. */
struct guess { struct throttle_who who; int64_t wait; };

static bool guess(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct guess *g = arg;

	return throttle_enter(ctx, db, &g->who, now(), &g->wait);
}

static bool guessed(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct guess *g = arg;

	return throttle_pass(ctx, db, &g->who, now(), 1);
}

bool prove_password(struct req *r, const char *typed)
{
	struct guess g = { .who = throttle_who(r->ctx->arena, r->who.user, address_of(r), req_cookie(r, DEVICE_COOKIE)) };
	struct person p;
	bool right;

	if (!gate_enter(r->ctx) || !app_change(r, accounts, guess, &g))
		return false;
	if (g.wait > 0)
		return fail(r->ctx, KIND_INVALID, say(r->ctx, "There were too many wrong tries. Please try again in %lld seconds.", (long long)g.wait), NULL);
	if (!identity()->check(r->ctx, r->who.user, typed, &right, &p))
		return false;
	if (right)
		return app_change(r, accounts, guessed, &g);
	return fail(r->ctx, KIND_INVALID, tr(r->ctx, "This is not your present password."), NULL);
}

struct reply wrong_password(struct req *r, struct form *form, const char *field, struct reply (*page)(struct req *, int, struct form *))
{
	if (r->ctx->error.kind != KIND_INVALID)
		return reply_oops(r);
	form_wrong(form, field, r->ctx->error.message);
	forget(r->ctx);
	return page(r, 422, form);
}

/* ---- profile ----------------------------------------------------------------------------------- */

static const struct choice lang_choices[] = { { "en", "English" }, { "ko", "한국어" } };
static const struct field language_fields[] = {
	{ .name = "lang", .kind = FIELD_CHOICE, .label = MSG("Language"), .required = true, .choices = lang_choices, .n_choices = COUNT(lang_choices) },
};
FORM(language_form, language_fields);

struct counts { const char *user; struct session_rows sessions; struct token_rows tokens; };

static bool count(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct counts *c = arg;

	return session_rows(ctx, db, c->user, &c->sessions) && token_rows(ctx, db, c->user, &c->tokens);
}

struct reply profile(struct req *r)
{
	struct form *form = form_new(r->ctx, &language_form);
	struct counts c = { .user = r->who.user };
	struct account a;
	struct profile m;

	if (!me(r, &a) || !db_view(r->ctx, accounts, count, &c))
		return reply_oops(r);
	form_set(form, "lang", lang_code(r->ctx->lang));
	m = (struct profile){
		.user = a.user, .name = a.name, .mail = a.mail, .uid = a.uid, .gid = a.gid, .groups = a.groups,
		.admin = a.admin, .contract_start = a.contract_start, .contract_end = a.contract_end,
		.can_change = identity()->can_change, .otp = otp_enrolled(&a), .recovery = (int64_t)a.recovery.n,
		.sessions = (int64_t)c.sessions.n, .tokens = (int64_t)c.tokens.n, .form = form,
	};
	r->title = tr(r->ctx, "Account");
	return reply_page(r, &profile_view, &m);
}

struct reply contract(struct req *r)
{
	struct account a;
	struct contract m;

	if (!me(r, &a))
		return reply_oops(r);
	m = (struct contract){
		.name = empty(a.name) ? a.user : a.name, .start = a.contract_start, .end = a.contract_end,
		.over = a.contract_end && a.contract_end <= now(), .early = a.contract_start > now(),
		.support = conf_get("site", "support", NULL),
	};
	r->title = tr(r->ctx, "Contract");
	return reply_page(r, &contract_view, &m);
}

/* ---- password ---------------------------------------------------------------------------------- */

static const struct field password_fields[] = {
	{ .name = "old", .kind = FIELD_PASSWORD, .label = MSG("Present password"), .required = true, .max = 1000,
		.autocomplete = "current-password", .keep_spaces = true },
	{ .name = "new", .kind = FIELD_PASSWORD, .label = MSG("New password"), .hint = MSG("At least 12 characters. A few words in a row are easy to remember and hard to guess."),
		.required = true, .max = 1000, .autocomplete = "new-password", .keep_spaces = true },
	{ .name = "again", .kind = FIELD_PASSWORD, .label = MSG("New password again"), .required = true, .max = 1000,
		.autocomplete = "new-password", .keep_spaces = true },
};
FORM(password_form, password_fields);

static struct reply show_password(struct req *r, int status, struct form *form)
{
	r->title = tr(r->ctx, "Change password");
	r->crumb = tr(r->ctx, "Account");
	r->crumb_path = "/account/";
	return reply_page_status(r, status, &password_view, &(struct password){ .form = form });
}

static bool may_change(struct req *r)
{
	return identity()->can_change ||
		fail(r->ctx, KIND_INVALID, tr(r->ctx, "Your password is kept by the centre's directory. Please change it there."), NULL);
}

struct reply password(struct req *r)
{
	return may_change(r) ? show_password(r, 200, form_new(r->ctx, &password_form)) : reply_oops(r);
}

/* Characters, not bytes: twelve Hangul syllables are enough. */
static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void check_new(struct req *r, struct form *form)
{
	const char *fresh = form_text(form, "new");

	if (characters(fresh) < PASSWORD_LETTERS)
		form_wrong(form, "new", tr(r->ctx, "Please take at least 12 characters."));
	else if (same(fresh, form_text(form, "old")))
		form_wrong(form, "new", tr(r->ctx, "This is the present password. Please take another one."));
	else if (strstr(fresh, r->who.user) && characters(fresh) < strlen(r->who.user) + PASSWORD_LETTERS)
		form_wrong(form, "new", tr(r->ctx, "The password holds your user name. Please take another one."));
	else if (!same(fresh, form_text(form, "again")))
		form_wrong(form, "again", tr(r->ctx, "The two new passwords differ."));
}

struct change { const char *user, *hash, *keep; int64_t ended; };

static bool change(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct change *c = arg;
	struct account a = { 0 };
	bool found = false;

	if (!account_get(ctx, db_as_read(db), c->user, &found, &a))
		return false;
	if (!found)
		return fail(ctx, KIND_NOT_FOUND, tr(ctx, "There is no such account."), NULL);
	a.password = c->hash;
	a.password_changed = now();
	return account_put(ctx, db, &a) && session_end_others(ctx, db, c->user, c->keep, &c->ended);
}

struct reply password_change(struct req *r)
{
	struct form *form = form_read(r, &password_form);
	struct change c = { .user = r->who.user, .keep = r->who.session };

	if (!may_change(r))
		return reply_oops(r);
	if (form_good(form))
		check_new(r, form);
	if (!form_good(form))
		return show_password(r, 422, form);
	if (!prove_password(r, form_text(form, "old")))
		return wrong_password(r, form, "old", show_password);
	if (!password_hash(r->ctx, form_text(form, "new"), &c.hash) || !audit(r->ctx, r->who.user, "password.change", r->who.user, NULL) ||
		!app_change(r, accounts, change, &c))
		return reply_oops(r);
	return reply_go(r, "/account/", tr(r->ctx, "Your password is changed. All other sessions have ended."));
}

/* ---- language ---------------------------------------------------------------------------------- */

struct speak { const char *user, *lang; };

static bool speak(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct speak *s = arg;
	struct account a = { 0 };
	bool found = false;

	if (!account_get(ctx, db_as_read(db), s->user, &found, &a))
		return false;
	a.language = s->lang;
	return !found || account_put(ctx, db, &a);
}

/* The switch in the frame stands on every page and brings its address; the one in the profile comes back to the profile. */
static const struct field switch_fields[] = {
	{ .name = "lang", .kind = FIELD_CHOICE, .label = MSG("Language"), .required = true, .choices = lang_choices, .n_choices = COUNT(lang_choices) },
	{ .name = "next", .kind = FIELD_HIDDEN, .max = 2000 },
};
FORM(switch_form, switch_fields);

static struct reply switch_to(struct req *r, const char *user, const char *preset)
{
	struct form *form = form_read(r, &switch_form);
	const char *next = form_text(form, "next"), *lang = form_text(form, "lang");
	struct speak s = { user, lang };

	if (!form_good(form))
		return reply_fail(r, KIND_INVALID, tr(r->ctx, "The portal does not speak this language yet."));
	if (user && !app_change(r, accounts, speak, &s))
		return reply_oops(r);
	reply_cookie(r, "__Host-naru-lang", lang, LANG_SECONDS);
	return reply_go(r, is_local(next) ? next : preset, NULL);
}

struct reply language(struct req *r)
{
	return switch_to(r, NULL, "/");
}

struct reply my_language(struct req *r)
{
	return switch_to(r, r->who.user, "/account/");
}
