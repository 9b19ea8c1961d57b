/* Who follows a link: no session, no account. The token says which share, and what it may is the errand's. */
#include <sodium.h>
#include <string.h>

#include "shares.h"
#include "views.h"
#define RECORD throttle
#include "record_def.h"

enum { ADMITTED_S = 12 * 3600, FREE_TRIES = 5, FREE_OF_LINK = 200, FORGET_S = 3600, LONGEST_S = 60 };

/* ---- pages that are the same whatever was asked for ---- */

struct reply visit_gone(struct req *r)
{
	r->title = tr(r->ctx, "This link does not work");
	return reply_page_status(r, 404, &shared_gone_view, &(struct shared_gone){
		.says = tr(r->ctx, "It has ended, was taken back, was used as often as it may be, or never was. Whoever sent it can share again."),
	});
}

struct reply visit_oops(struct req *r)
{
	r->path = "/s/…";
	return reply_oops(r);
}

const char *visit_url(struct req *r, const struct visit *v, const char *verb, const char *path)
{
	return address_of(r->ctx->arena, text(r->ctx->arena, "/s/%s%s%s", v->token, *verb ? "/" : "", verb), path);
}

static const struct field password_fields[] = {
	{ .name = "password", .kind = FIELD_PASSWORD, .label = MSG("Password"), .required = true, .max = 200, .hint = MSG("Whoever sent you the link knows it.") },
};
FORM(password_form, password_fields);

static struct reply ask_password(struct req *r, const struct visit *v, struct form *f, int status)
{
	r->title = tr(r->ctx, "This link has a password");
	return reply_page_status(r, status, &shared_password_view, &(struct shared_password){
		.action = visit_url(r, v, "password", ""), .form = f ? f : form_new(r->ctx, &password_form),
	});
}

/* ---- passwords ---- */

/* A cookie of this link alone. It holds until the password is another one, and half a day at most. */
static const char *cookie_name(struct arena *a, const struct share *s)
{
	return text(a, "__Host-naru-share-%s", s->id);
}

/* Nobody knows the stored password, so nobody can make this. */
static const char *pass_of(struct arena *a, const struct share *s, const char *until)
{
	return text(a, "%s.%s", until, share_hash(a, text(a, "%s %s %s %s", s->id, s->token, until, s->password)));
}

static bool has_pass(struct req *r, const struct share *s)
{
	const char *cookie = req_cookie(r, cookie_name(r->ctx->arena, s)), *dot = cookie ? strchr(cookie, '.') : NULL;
	int64_t until;
	if (!dot || !parse_int(arena_copy(r->ctx->arena, cookie, (size_t)(dot - cookie)), 1, INT64_MAX, &until) || until < now())
		return false;
	const char *right = pass_of(r->ctx->arena, s, text(r->ctx->arena, "%lld", (long long)until));
	return strlen(right) == strlen(cookie) && sodium_memcmp(right, cookie, strlen(right)) == 0;
}

/* The network of the visitor: of IPv6 the first half. */
static const char *network(struct req *r)
{
	const char *address = req_header(r, "REMOTE_ADDR"), *at = address ? address : "";
	for (int i = 0; i < 4 && at && *at; i++)
		at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL;
	return !at || !*at ? (address ? address : "") : arena_copy(r->ctx->arena, address, (size_t)(at - address));
}

struct try { const char *link, *from; int64_t wait; bool right; };

static bool count_one(struct ctx *c, struct db_write *d, const struct db_key *key, int64_t free, bool right, int64_t *wait)
{
	struct throttle t = { 0 };
	struct bytes value;
	bool found;
	if (!db_get(c, db_as_read(d), key, &found, &value) || (found && !record_unpack(c, &throttle_record, value, &t)))
		return false;
	if (now() - t.last > FORGET_S)
		t = (struct throttle){ 0 };
	if (t.until > now() && !right) {
		*wait = t.until - now();
		return true;
	}
	t.failures += right ? -1 : 1;
	t.last = now();
	int64_t over = t.failures - free, delay = over < 1 ? 0 : over > 6 ? LONGEST_S : INT64_C(1) << (over - 1);
	t.until = right ? 0 : now() + (delay > LONGEST_S ? LONGEST_S : delay);
	return db_put(c, d, key, record_pack(c->arena, &throttle_record, &t));
}

/* Counted before it is looked at, so that tries at the same time are counted, too; taken back when it was right. */
static bool count(struct ctx *c, struct db_write *d, void *arg)
{
	struct try *t = arg;
	struct db_key pair = db_key2('F', t->link, t->from), link = db_key2('F', t->link, "");
	return count_one(c, d, &pair, FREE_TRIES, t->right, &t->wait) && (t->wait || count_one(c, d, &link, FREE_OF_LINK, t->right, &t->wait));
}

/* *wait: not tried; *right: it was the password. */
static bool try_password(struct req *r, const struct share *s, const char *given, bool *right, int64_t *wait)
{
	struct try t = { .link = s->id, .from = network(r) };
	*right = false;
	if (!db_change(r->ctx, shares_db, count, &t))
		return false;
	*wait = t.wait;
	if (t.wait)
		return true;
	*right = sodium_init() >= 0 && crypto_pwhash_str_verify(s->password, given, strlen(given)) == 0;
	t.right = true;
	return !*right || db_change(r->ctx, shares_db, count, &t);
}

/* curl -u :password */
static const char *basic(struct req *r)
{
	const char *header = req_header(r, "HTTP_AUTHORIZATION");
	unsigned char plain[512];
	size_t n = 0;
	if (!header || !starts_with(header, "Basic ") || sodium_base642bin(plain, sizeof plain - 1, header + 6, strlen(header + 6), NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL))
		return NULL;
	plain[n] = 0;
	const char *colon = strchr((const char *)plain, ':');
	return colon ? arena_copy(r->ctx->arena, colon + 1, strlen(colon + 1)) : NULL;
}

static struct reply wait_page(struct req *r, const struct visit *v, int64_t wait)
{
	struct form *f = form_new(r->ctx, &password_form);
	form_wrong(f, "password", say(r->ctx, "Too many wrong passwords. Try again in %lld seconds.", (long long)wait));
	reply_header(r, "Retry-After", text(r->ctx->arena, "%lld", (long long)wait));
	return ask_password(r, v, f, 429);
}

static bool admitted(struct req *r, const struct visit *v, struct reply *answer)
{
	const char *given = basic(r);
	int64_t wait = 0;
	bool right = false;
	if (empty(v->s.password) || has_pass(r, &v->s))
		return true;
	if (given && !try_password(r, &v->s, given, &right, &wait))
		return *answer = visit_oops(r), false;
	if (!right)
		*answer = wait ? wait_page(r, v, wait) : ask_password(r, v, NULL, 403);
	return right;
}

/* ---- opening ---- */

static bool find(struct req *r, struct visit *v, const char *kind, struct reply *answer)
{
	bool found = false;
	*v = (struct visit){ .token = req_part(r, "token"), .path = req_part(r, "path") };
	if (strlen(v->token) == 32 && !share_by_token(r->ctx, v->token, &found, &v->s))
		return *answer = visit_oops(r), false;
	if (!found || !share_runs(&v->s) || (kind && !same(v->s.kind, kind)) || (v->s.counted && v->s.left <= 0 && !kind))
		return *answer = visit_gone(r), false;
	return true;
}

bool visit_open(struct req *r, struct visit *v, const char *kind, struct reply *answer)
{
	const char *words;
	if (!find(r, v, kind, answer) || !admitted(r, v, answer))
		return false;
	if (store_open(r->ctx, v->s.errand, v->s.place, &v->store))
		return true;
	/* Moved or deleted by its owner, who may have no account any more: for a visitor that is the same. */
	enum kind k = r->ctx->error.kind;
	log_line(r->ctx, "share %s of %s: %s", v->s.id, v->s.owner, store_failure_says(r->ctx, store_failure(&words), NULL));
	forget(r->ctx);
	*answer = k == KIND_NOT_FOUND || k == KIND_FORBIDDEN ? visit_gone(r) : (fail(r->ctx, k, tr(r->ctx, "What is shared cannot be reached at the moment. Try again later."), NULL), visit_oops(r));
	return false;
}

struct reply visit_password(struct req *r)
{
	struct visit v;
	struct reply answer;
	int64_t wait = 0;
	bool right;
	struct form *f = form_read(r, &password_form);
	if (!f || !find(r, &v, NULL, &answer))
		return f ? answer : visit_oops(r);
	if (empty(v.s.password))
		return reply_go(r, visit_url(r, &v, "", ""), NULL);
	if (!form_good(f))
		return ask_password(r, &v, f, 422);
	if (!try_password(r, &v.s, form_text(f, "password"), &right, &wait))
		return visit_oops(r);
	if (wait)
		return wait_page(r, &v, wait);
	if (!right) {
		form_wrong(f, "password", tr(r->ctx, "This is not the password."));
		return ask_password(r, &v, f, 422);
	}
	const char *until = text(r->ctx->arena, "%lld", (long long)now() + ADMITTED_S);
	reply_cookie(r, cookie_name(r->ctx->arena, &v.s), pass_of(r->ctx->arena, &v.s, until), ADMITTED_S);
	return reply_go(r, visit_url(r, &v, "", ""), NULL);
}
