/*
 * Tickets and seats: signed for one app and half a minute, used once; seats that live as long as their session and account.
 * flags: -Ifcgi-apps/account -It
 * link: fcgi-apps/account/seat.c fcgi-apps/account/ticket.c fcgi-apps/account/session.c fcgi-apps/account/people.c fcgi-apps/account/sweep.c
 */
#include <sodium.h>

#include "account_site.h"
#include "gate_address.h"
#include "proof.h"
#include "seat.h"
#include "tap.h"
#include "ticket.h"

#define APP "abcdefghij"
#define OTHER "bcdefghij2"

static void write_file(const char *name, const void *at, size_t n)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", site_dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(at, 1, n, f) != n)
		die("%s", path);
	fclose(f);
}

static void write_keys(void)
{
	unsigned char secret[crypto_sign_SECRETKEYBYTES], public[crypto_sign_PUBLICKEYBYTES];

	crypto_sign_keypair(public, secret);
	write_file("keys/proof.key", secret, sizeof secret);
	write_file("keys/proof.pub", public, sizeof public);
}

static void test_addresses(struct ctx *ctx)
{
	char id[16];

	ok(ticket_address("/apps/" APP "/open", id) && same(id, APP) && ticket_address("/apps/" APP "/open?next=/x", id), "the address that a ticket is for");
	ok(!ticket_address("/apps/" APP "/open/", id) && !ticket_address("/apps/" APP, id) && !ticket_address("/apps/ABCDEFGHIJ/open", id) && !ticket_address("/apps/1bcdefghij/open", id)
		&& !ticket_address("/apps/" APP "x/open", id) && !ticket_address("//apps/" APP "/open", id) && !ticket_address(NULL, id) && !ticket_address("", id), "and none other");
	ok(app_of_host(APP ".apps.portal.example", id) && same(id, APP), "an app's host");
	ok(!app_of_host(APP ".apps.portal.example.", id) && !app_of_host("x." APP ".apps.portal.example", id) && !app_of_host(APP ".apps.evil.example", id) && !app_of_host("apps.portal.example", id)
		&& !app_of_host(APP ".apps.portal.example:8443", id) && !app_of_host("", id) && !app_of_host(NULL, id) && !app_of_host(APP, id) && !app_of_host(APP ".", id), "and other names");
	ok(same(app_host(ctx->arena, APP), APP ".apps.portal.example:8443"), "with its port for browsers");
	ok(own_url_ok("https://" APP ".apps.portal.example:8443/x?y=%20") && own_url_ok("https://portal.example:8443/apps"), "addresses that may be gone to");
	ok(!own_url_ok("http://" APP ".apps.portal.example:8443/") && !own_url_ok("https://" APP ".apps.portal.example:8443") && !own_url_ok("https://" APP ".apps.portal.example:8443@evil/")
		&& !own_url_ok("https://portal.example:84431/") && !own_url_ok("https://evil.example/") && !own_url_ok("//portal.example:8443/") && !own_url_ok("https://portal.example:8443/\\evil")
		&& !own_url_ok("https://portal.example:8443/\r\nX: y") && !own_url_ok(""), "and that may not");
	ok(same(app_place("/lab?x=%2F"), "/lab?x=%2F") && same(app_place("/"), "/"), "a path of an app to go to");
	ok(same(app_place("//evil"), "/") && same(app_place("/\\evil"), "/") && same(app_place("https://evil/"), "/") && same(app_place("lab"), "/")
		&& same(app_place("/_naru/enter"), "/") && same(app_place("/a\r\nX: y"), "/") && same(app_place("/\xed\x95\x9c"), "/") && same(app_place(NULL), "/"), "and what is none");
	ok(strstr(app_enter_address(ctx->arena, APP, "t.s", "/a?b=c&d"), "next=/a%3Fb%3Dc%26d"), "the place to go to is one value");
}

static bool good(struct ctx *ctx, const char *ticket, const char *app)
{
	struct ticket t;
	bool is = false;

	if (!ticket_read(ctx, ticket, app, &is, &t))
		die("ticket: %s", ctx->error.detail);
	return is;
}

static const char *signed_one(struct ctx *ctx, struct ticket t)
{
	const char *out = NULL;

	if (!statement_sign(ctx, "ticket:", record_pack(ctx->arena, &ticket_record, &t), &out))
		die("sign");
	return out;
}

static void test_tickets(struct ctx *ctx)
{
	struct proof p = { .user = "alice", .uid = 20001, .gid = 30000, .module = "apps", .expires = now() + 30 };
	struct ticket t = { .user = "alice", .session = "tag", .uri = "/apps/" APP "/open", .nonce = "n", .expires = now() + 20 };
	const char *ticket, *proof, *plain;

	ok(ticket_sign(ctx, "alice", "tag", APP, &ticket) && good(ctx, ticket, APP), "a ticket is good");
	ok(!good(ctx, ticket, OTHER), "for its app alone");
	ok(proof_sign(ctx, &p, &proof) && !good(ctx, proof, APP), "a proof is no ticket");
	ok(!proof_check(ctx, ticket, NULL, &p), "a ticket is no proof");
	forget(ctx);
	ok(statement_sign(ctx, "", record_pack(ctx->arena, &ticket_record, &t), &plain) && !good(ctx, plain, APP), "what is signed as something else is no ticket");
	ok(good(ctx, signed_one(ctx, t), APP), "one by hand");
	t.expires = now();
	ok(!good(ctx, signed_one(ctx, t), APP), "out of date");
	t.expires = now() + 3600;
	ok(!good(ctx, signed_one(ctx, t), APP), "from before the clock was set back");
	t.expires = now() + 20;
	t.uri = "/apps/" APP "/open?x";
	ok(!good(ctx, signed_one(ctx, t), APP), "of another address");
	t.uri = "/apps/" APP "/open";
	t.nonce = "";
	ok(!good(ctx, signed_one(ctx, t), APP), "that could be used twice");
	t.nonce = "n";
	t.user = "Root";
	ok(!good(ctx, signed_one(ctx, t), APP) && !good(ctx, "", APP) && !good(ctx, "a.b", APP) && !good(ctx, NULL, APP), "and nonsense");
}

struct step { struct session s; const char *id; struct ticket ticket; bool first; struct seat seat; bool owned; };

static bool begin(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct step *t = arg;

	return session_begin(ctx, db, &t->s, &t->id);
}

static bool save(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct step *t = arg;

	return session_save(ctx, db, t->id, &t->s);
}

static bool end(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct step *t = arg;

	return session_end(ctx, db, t->id);
}

static bool use(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct step *t = arg;

	return ticket_use(ctx, db, &t->ticket, &t->first);
}

static bool owner(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct step *t = arg;

	return seat_owner(ctx, db, &t->seat, &t->owned, &t->s);
}

static struct step signed_in(struct ctx *ctx, const char *user)
{
	struct step t = { .s = { .user = user } };
	struct account a = { .user = user, .uid = 20001, .gid = 30000 };

	if (!db_change(ctx, accounts, site_put, &a) || !db_change(ctx, accounts, begin, &t))
		die("begin: %s", ctx->error.detail);
	return t;
}

static void test_once(struct ctx *ctx)
{
	struct step t = { .ticket = { .nonce = "nonce", .expires = now() + 20 } };

	ok(db_change(ctx, accounts, use, &t) && t.first, "used once");
	ok(db_change(ctx, accounts, use, &t) && !t.first, "not twice");
	ok(ticket_sweep(ctx) && db_change(ctx, accounts, use, &t) && !t.first, "and is remembered as long as it could be good");
}

/* Its record, and that of its session. */
static bool sits(struct ctx *ctx, const char *id, const char *app, struct step *t)
{
	const char *hash;
	bool found;

	t->owned = false;
	if (!seat_find(ctx, id, app, &found, &hash, &t->seat) || (found && !db_view(ctx, accounts, owner, t)))
		die("seat: %s", ctx->error.detail);
	return found && t->owned;
}

static bool is_there(struct ctx *ctx, const char *id)
{
	struct seat seat;
	const char *hash;
	bool found;

	return seat_find(ctx, id, APP, &found, &hash, &seat) && found;
}

static void test_seats(struct ctx *ctx)
{
	struct step a = signed_in(ctx, "alice"), look = { 0 };
	const char *one, *two, *other;

	ok(seat_make(ctx, &a.s, APP, &one) && strlen(one) == 43 && sits(ctx, one, APP, &look) && same(look.seat.user, "alice"), "a seat");
	ok(!sits(ctx, one, OTHER, &look) && !sits(ctx, secret_hash(ctx->arena, one), APP, &look) && !sits(ctx, "", APP, &look) && !sits(ctx, NULL, APP, &look), "at one app, by its id");
	ok(seat_make(ctx, &a.s, OTHER, &other) && seat_make(ctx, &a.s, APP, &two) && !is_there(ctx, one) && is_there(ctx, two), "a second takes the place of the first");
	ok(seats_sweep(ctx) && is_there(ctx, two), "it stays while the session lives");
	ok(db_change(ctx, accounts, site_put, &(struct account){ .user = "alice", .uid = 20001, .gid = 30000, .contract_end = now() - 1 }) && !sits(ctx, two, APP, &look), "without a contract nobody sits");
	ok(db_change(ctx, accounts, site_put, &(struct account){ .user = "alice", .uid = 20001, .gid = 30000, .disabled = true }) && !sits(ctx, two, APP, &look), "nor with an account that is closed");
	ok(db_change(ctx, accounts, site_put, &(struct account){ .user = "alice", .uid = 20001, .gid = 30000 }) && sits(ctx, two, APP, &look), "a seat that nobody swept is good again with them");
	ok(db_change(ctx, accounts, end, &a) && !sits(ctx, two, APP, &look), "with its session a seat is no good at once");
	ok(seats_sweep(ctx) && !is_there(ctx, two), "and gone with the next sweep");
}

static void test_used(struct ctx *ctx)
{
	struct step a = signed_in(ctx, "bob"), look = { 0 };
	struct seat seat;
	const char *id, *hash, *lines;
	bool found;

	a.s.seen = now() - 3000;
	ok(seat_make(ctx, &a.s, APP, &id) && db_change(ctx, accounts, save, &a) && seat_find(ctx, id, APP, &found, &hash, &seat), "a session that was not used for long");
	lines = text(ctx->arena, "%s %lld\nnonsense\n%s x\n%s 99999999999999\n", hash, (long long)now() - 5, hash, hash);
	write_file("gate/used", lines, strlen(lines));
	ok(seats_used(ctx) && sits(ctx, id, APP, &look) && look.s.seen >= now() - 6 && look.s.seen <= now(), "is used when its app is");
	look.s.seen = now() - 1000;
	a.s = look.s;
	ok(db_change(ctx, accounts, save, &a), "later");
	lines = text(ctx->arena, "%s %lld\n", hash, (long long)now() - 2000);
	write_file("gate/used", lines, strlen(lines));
	ok(seats_used(ctx) && sits(ctx, id, APP, &look) && look.s.seen == a.s.seen, "what is older than its last use does not make it older");
}

int main(void)
{
	struct ctx ctx = site_start("host = portal.example:8443\n[account]\nidle-minutes = 60\nabsolute-hours = 12\n");

	write_keys();
	test_addresses(&ctx);
	test_tickets(&ctx);
	test_once(&ctx);
	test_seats(&ctx);
	test_used(&ctx);
	db_close(accounts);
	arena_free(ctx.arena);
	return done_testing();
}
