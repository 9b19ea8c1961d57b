/* account: the handlers of this module, by noun, and the little they share. */
#ifndef NARU_ACCOUNT_H
#define NARU_ACCOUNT_H

#include "local.h"
#include "people.h"
#include "session.h"
#include "token.h"

/* auth.c: nginx asks for every request */
handler auth, sign_in_needed;
/* signin.c, code.c */
handler sign_in, sign_in_try, code, code_try, sign_out;
/* profile.c */
handler profile, contract, password, password_change, language, my_language;
/* sessions.c */
handler sessions, session_revoke, sessions_revoke_others;
/* otp_pages.c */
handler otp, otp_begin, otp_cancel, otp_confirm, otp_renew, otp_disable;
/* seats.c: the same questions for the hosts of apps */
handler seat_auth, seat_needed, seat_enter;
/* tokens.c */
handler tokens, token_create, token_revoke, connect_show;

/* Who a request comes from, by its cookie or its bearer token: the records as they are now. */
struct caller {
	bool found, by_token;
	const char *secret;        /* session id or token, as it came */
	struct session session;    /* by_token: empty */
	struct token token;
	struct account account;
};
/* False only when the database does not answer. Accounts that may not use the portal at all are not found. */
bool caller_find(struct req *, struct caller *) MUST_CHECK;
/* Finds who belongs to the secret that is set. */
bool caller_look(struct ctx *, struct caller *) MUST_CHECK;

/* The record of the signed-in user. */
bool me(struct req *, struct account *) MUST_CHECK;
/* Gate, then the identity driver: is this the user's password? False on errors and, with KIND_INVALID, when it is wrong. */
bool prove_password(struct req *, const char *password) MUST_CHECK;
/* The form again, with the message at the field; what is not KIND_INVALID is an error page. */
struct reply wrong_password(struct req *, struct form *, const char *field, struct reply (*page)(struct req *, int status, struct form *));
/* Address of the browser, as nginx saw it. */
const char *address_of(const struct req *);

/* cli.c: the command line beside the service. -1: nothing of ours was asked for. */
int cli(int argc, char **argv);

#endif
