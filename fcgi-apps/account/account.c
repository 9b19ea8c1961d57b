/* account: who is this? Sign-in, sessions, tokens, one-time codes, and the answers nginx asks for before every page. */
#include "account.h"

#include "closed.h"
#include "gate.h"
#include "jwt.h"
#include "known.h"
#include "seat.h"
#include "throttle.h"
#include "ticket.h"

/* nginx alone reaches the first four: their locations are internal. */
static const struct route routes[] = {
	{ GET, "/_auth/gate", seat_auth, .role = ROLE_PUBLIC, .help = "nginx: who sent this request to an app?" },
	{ GET, "/_auth/:module", auth, .role = ROLE_PUBLIC, .scope = "read", .help = "nginx: who sent this request?" },
	{ GET, "/sign-in-needed", sign_in_needed, .role = ROLE_PUBLIC, .help = "nginx: nobody is signed in" },
	{ GET, "/_naru/sign-in", seat_needed, .role = ROLE_PUBLIC, .help = "nginx: nobody is known on this app's host" },
	{ GET, "/_naru/enter", seat_enter, .role = ROLE_PUBLIC, .help = "An app's host: a ticket is redeemed" },

	{ GET, "/sign-in", sign_in, .role = ROLE_PUBLIC, .help = "Form for user name and password" },
	{ POST, "/sign-in", sign_in_try, .role = ROLE_PUBLIC, .anyone = true, .limit = 16384, .help = "Sign in" },
	{ GET, "/sign-in/code", code, .role = ROLE_PUBLIC, .help = "Form for the one-time code" },
	{ POST, "/sign-in/code", code_try, .role = ROLE_PUBLIC, .anyone = true, .limit = 16384, .help = "Sign in: second step" },
	{ POST, "/sign-out", sign_out, .role = ROLE_EXPIRED, .help = "Sign out" },
	{ POST, "/language", language, .role = ROLE_PUBLIC, .anyone = true, .limit = 16384, .help = "Language of the pages for who is not signed in" },

	{ GET, "/account", profile, .role = ROLE_USER, .help = "The signed-in user" },
	{ GET, "/account/contract", contract, .role = ROLE_EXPIRED, .help = "Begin and end of the contract" },
	{ POST, "/account/language", my_language, .role = ROLE_EXPIRED, .help = "Language of the pages" },
	{ GET, "/account/password", password, .role = ROLE_USER, .help = "Form for a new password" },
	{ POST, "/account/password", password_change, .role = ROLE_USER, .help = "Change the password" },

	{ GET, "/account/sessions", sessions, .role = ROLE_USER, .help = "Sessions of the user" },
	{ POST, "/account/sessions/others", sessions_revoke_others, .role = ROLE_USER, .help = "End all sessions but this one" },
	{ POST, "/account/sessions/:tag/end", session_revoke, .role = ROLE_USER, .help = "End a session" },

	{ GET, "/account/codes", otp, .role = ROLE_USER, .help = "One-time codes: state and set-up" },
	{ POST, "/account/codes/begin", otp_begin, .role = ROLE_USER, .help = "Make a key for one-time codes" },
	{ POST, "/account/codes/cancel", otp_cancel, .role = ROLE_USER, .help = "Forget a key that is not confirmed" },
	{ POST, "/account/codes/confirm", otp_confirm, .role = ROLE_USER, .help = "Switch one-time codes on" },
	{ POST, "/account/codes/renew", otp_renew, .role = ROLE_USER, .help = "New recovery codes" },
	{ POST, "/account/codes/off", otp_disable, .role = ROLE_USER, .help = "Switch one-time codes off" },

	{ GET, "/account/tokens", tokens, .role = ROLE_USER, .help = "Personal access tokens" },
	{ POST, "/account/tokens", token_create, .role = ROLE_USER, .help = "Make a token" },
	{ POST, "/account/tokens/:tag/revoke", token_revoke, .role = ROLE_USER, .help = "Revoke a token" },
	{ GET, "/account/connect", connect_show, .role = ROLE_USER, .help = "How programs on the user's own computer reach the files" },
};

/* Each step by itself: a cluster without a key must not keep old sessions alive. The first come each second, because what is open
 * at an app must end soon after its session; the pollers' tokens more often than their life needs: after the clock was moved they count for
 * nothing. */
static const struct { int seconds; bool (*run)(struct ctx *); } steps[] = {
	{ 1, seats_sweep }, { 3, closed_tell }, { 3, known_tell }, { 5, holders_tell }, { 10, jwt_pollers }, { 30, seats_used },
	{ 60, session_sweep }, { 60, throttle_sweep }, { 60, token_sweep }, { 60, ticket_sweep },
};

static bool tick(struct ctx *ctx)
{
	static int64_t next[COUNT(steps)], readers;
	bool good = true;

	if (clock_ms() >= readers) {
		readers = clock_ms() + 60000;
		db_check_readers(accounts);
	}
	for (size_t i = 0; i < COUNT(steps); i++) {
		if (clock_ms() < next[i])
			continue;
		next[i] = clock_ms() + 1000 * steps[i].seconds - 500;
		if (steps[i].run(ctx))
			continue;
		log_line(ctx, "tick, step %zu: %s", i, ctx->error.detail ? ctx->error.detail : ctx->error.message);
		forget(ctx);
		good = false;
	}
	return good;
}

/* Eight workers, of which three can be busy with passwords or wait for the directory: five always answer nginx. */
enum { WORKERS = 8, AT_THE_GATE = 3 };

static const struct app app = {
	.name = "account", .routes = routes, .n = COUNT(routes), .start = people_open, .every = 1, .tick = tick, .workers = WORKERS,
};

int main(int argc, char **argv)
{
	int code = cli(argc, argv);

	if (code >= 0)
		return code;
	gate_start(AT_THE_GATE);
	return app_main(&app, argc, argv);
}
