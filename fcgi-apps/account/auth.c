/*
 * The answer to nginx's auth_request: who is it, and what may the module know. It runs before every page, so it reads two records
 * and writes nothing but the time of last use, once a minute.
 */
#include <string.h>

#include "account.h"
#include "basic.h"
#include "conf.h"
#include "errand.h"
#include "gate_address.h"
#include "jwt.h"
#include "proof.h"
#include "seat.h"
#include "ticket.h"

static const char *bearer(const struct req *r)
{
	const char *header = req_header(r, "HTTP_AUTHORIZATION");
	static const char word[] = "Bearer " TOKEN_PREFIX;

	return header && starts_with(header, word) ? header + strlen("Bearer ") : NULL;
}

static bool wants(const char *words, const char *word)
{
	const char *at = words ? strstr(words, word) : NULL;
	size_t n = strlen(word);

	return at && (at == words || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' ');
}

/* A bearer token that is no good is nobody, whatever cookie comes with it. */
static bool find(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct caller *c = arg;
	bool account = false;
	const char *user;

	if (c->by_token ? !token_find(ctx, db, c->secret, &c->found, &c->token)
		: !session_find(ctx, db, c->secret, false, &c->found, &c->session))
		return false;
	if (!c->found)
		return true;
	user = c->by_token ? c->token.user : c->session.user;
	if (!account_get(ctx, db, user, &account, &c->account))
		return false;
	c->found = account && account_usable(&c->account);
	return true;
}

bool caller_look(struct ctx *ctx, struct caller *c)
{
	return db_view(ctx, accounts, find, c);
}

/* A module for programs alone: no cookie counts there. */
static bool program_find(struct req *r, struct caller *c)
{
	const char *token = bearer(r);

	if (!token)
		return basic_find(r, c);
	*c = (struct caller){ .by_token = true, .secret = token };
	return caller_look(r->ctx, c);
}

bool caller_find(struct req *r, struct caller *c)
{
	const char *token = bearer(r);

	if (wants(req_header(r, "NARU_WANTS"), "basic"))
		return program_find(r, c);

	*c = (struct caller){ .by_token = token != NULL, .secret = token ? token : req_cookie(r, SESSION_COOKIE) };
	return !c->secret || db_view(r->ctx, accounts, find, c);
}

static struct reply answer(struct req *r, int status)
{
	struct reply reply = reply_text(r, "text/plain; charset=utf-8", "", 0);

	reply.status = status;
	return reply;
}

/* A header holds visible ASCII; everything else is percent-encoded, and so is the percent sign. */
static const char *visible(struct arena *arena, const char *value)
{
	struct buf out = { 0 };

	buf_in(&out, arena);
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c > 0x20 && c < 0x7f && c != '%')
			buf_char(&out, *value);
		else
			buf_printf(&out, "%%%02X", c);
	}
	return buf_cstr(&out);
}

static void header_int(struct req *r, const char *name, int64_t value)
{
	reply_header(r, name, text(r->ctx->arena, "%lld", (long long)value));
}

static const char *role_word(enum role role)
{
	return role == ROLE_ADMIN ? "admin" : role == ROLE_USER ? "user" : "expired";
}

static void identity_headers(struct req *r, const struct caller *c, enum role role)
{
	const struct account *a = &c->account;

	reply_header(r, "Naru-User", a->user);
	reply_header(r, "Naru-Name", visible(r->ctx->arena, empty(a->name) ? a->user : a->name));
	header_int(r, "Naru-Uid", a->uid);
	header_int(r, "Naru-Gid", a->gid);
	reply_header(r, "Naru-Groups", groups_clean(r->ctx->arena, a->gid, a->groups));
	reply_header(r, "Naru-Role", role_word(role));
	reply_header(r, "Naru-Lang", empty(a->language) ? lang_code(r->ctx->lang) : a->language);
	reply_header(r, "Naru-Contract", text(r->ctx->arena, "%lld-%lld", (long long)a->contract_start, (long long)a->contract_end));
	reply_header(r, "Naru-Via", c->by_token ? "token" : "session");
	reply_header(r, "Naru-Session", c->by_token ? c->token.tag : c->session.tag);
	if (c->by_token)
		reply_header(r, "Naru-Scope", c->token.scope);
	else
		reply_header(r, "Naru-Csrf", c->session.csrf);
}

/* The user's own groups, signed for one module and one minute. */
static bool proof_header(struct req *r, const struct account *a)
{
	const char *module = req_part(r, "module"), *out;
	struct proof p = {
		.user = a->user, .uid = a->uid, .gid = a->gid, .groups = groups_clean(r->ctx->arena, a->gid, a->groups),
		.module = module, .expires = now() + PROOF_SECONDS, .role = role_word(account_role(a, now())), .mail = a->mail,
	};

	if (!proof_sign(r->ctx, &p, &out))
		return false;
	reply_header(r, "Naru-Proof", out);
	return true;
}

/* Only for what changes something: the module checks the form's secret before its handler sees this. */
static bool errand_header(struct req *r, const struct account *a)
{
	const char *holder = req_header(r, "NARU_HOLDER"), *out;
	int64_t days = conf_int("account", "errand-days", 30);
	struct mandate m = {
		.user = a->user, .uid = a->uid, .gid = a->gid, .groups = groups_clean(r->ctx->arena, a->gid, a->groups), .holder = holder,
		.expires = now() + 86400 * (days < 1 ? 1 : days > ERRAND_DAYS_MOST ? ERRAND_DAYS_MOST : days) - 60,
	};

	if (empty(holder) || !same(req_header(r, "NARU_METHOD"), "POST"))
		return true;
	if (!mandate_sign(r->ctx, &m, &out))
		return false;
	reply_header(r, "Naru-Errand", out);
	return true;
}

static bool token_header(struct req *r, const struct account *a)
{
	const char *out;

	if (!jwt_sign(r->ctx, a->user, JWT_USER_SECONDS, &out))
		return false;
	reply_header(r, "Naru-Token", out);
	return true;
}

/* Only for who follows a link to open an app, and only for a session: a token has no browser. */
static bool ticket_header(struct req *r, const struct caller *c)
{
	const char *out;
	char id[16];

	if (c->by_token || !same(req_header(r, "NARU_METHOD"), "GET") || !ticket_address(req_header(r, "NARU_URI"), id))
		return true;
	if (!ticket_sign(r->ctx, c->account.user, c->session.tag, id, &out))
		return false;
	reply_header(r, "Naru-Ticket", out);
	return true;
}

/* What cannot be made is left out: the page then says which service is missing, and the rest of it works. */
static void wanted_headers(struct req *r, const struct caller *c)
{
	const struct account *a = &c->account;
	const char *words = req_header(r, "NARU_WANTS");
	bool good = (!wants(words, "proof") || proof_header(r, a)) & (!wants(words, "token") || token_header(r, a)) &
		(!wants(words, "ticket") || ticket_header(r, c)) & (!wants(words, "errand") || errand_header(r, a));

	if (!good) {
		log_line(r->ctx, "%s: %s", a->user, r->ctx->error.detail ? r->ctx->error.detail : "no proof, token, ticket or errand");
		forget(r->ctx);
	}
}

/* nginx hands the header on to the visitor. */
static struct reply nobody(struct req *r)
{
	if (wants(req_header(r, "NARU_WANTS"), "basic"))
		reply_header(r, "WWW-Authenticate", "Basic realm=\"Naru: user name and personal access token\", charset=\"UTF-8\"");
	return answer(r, 401);
}

struct reply auth(struct req *r)
{
	struct caller c;
	enum role role;

	if (!caller_find(r, &c))
		return reply_oops(r);
	if (!c.found)
		return nobody(r);
	role = account_role(&c.account, now());
	identity_headers(r, &c, role);
	if (role >= ROLE_USER)
		wanted_headers(r, &c);
	if (c.by_token)
		token_touch(r->ctx, c.secret, &c.token);
	else
		session_touch(r->ctx, c.secret, &c.session);
	return answer(r, 200);
}

static const char *sign_in_path(struct req *r)
{
	const char *method = req_header(r, "NARU_METHOD"), *uri = req_header(r, "NARU_URI");
	const char *next = !method || same(method, "GET") || same(method, "HEAD") ? local_path(uri) : "/";

	return same(next, "/") ? "/sign-in" : text(r->ctx->arena, "/sign-in?next=%s", query_part(r->ctx->arena, next));
}

/* nginx comes here when the answer was 401: people are taken to the form, programs are told. */
struct reply sign_in_needed(struct req *r)
{
	const char *authorization = req_header(r, "HTTP_AUTHORIZATION");

	if (!r->json && !(authorization && starts_with(authorization, "Bearer ")))
		return reply_go(r, sign_in_path(r), NULL);
	r->json = true;
	reply_header(r, "WWW-Authenticate", "Bearer realm=\"naru\"");
	return reply_fail(r, KIND_SIGN_IN, tr(r->ctx, "Please sign in, or send a personal access token that is still good."));
}
