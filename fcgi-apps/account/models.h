/* What the account's pages show. */
#ifndef ACCOUNT_MODELS_H
#define ACCOUNT_MODELS_H

#include "view.h"

#define MODEL_sign_in(X) X(form, form)
MODEL(sign_in);

#define MODEL_code(X) X(form, form)
MODEL(code);

#define MODEL_contract(X) X(text, name) X(time, start) X(time, end) X(flag, over) X(flag, early) X(text, support)
MODEL(contract);

#define MODEL_profile(X) X(text, user) X(text, name) X(text, mail) X(integer, uid) X(integer, gid) X(text, groups) X(flag, admin) \
	X(time, contract_start) X(time, contract_end) X(flag, can_change) X(flag, otp) X(integer, recovery) X(integer, sessions) \
	X(integer, tokens) X(form, form)
MODEL(profile);

#define MODEL_password(X) X(form, form)
MODEL(password);

#define MODEL_session_row(X) X(text, tag) X(time, created) X(time, seen) X(text, address) X(text, browser) X(text, agent) X(flag, mine)
MODEL(session_row);
#define MODEL_sessions(X) X(list(session_row), rows) X(flag, others)
MODEL(sessions);

/* on: codes are asked for at sign-in. pending: a key waits to be confirmed; it is shown with its QR code, and is not part of the JSON of a page once confirmed. */
#define MODEL_otp(X) X(flag, on) X(flag, pending) X(integer, recovery) X(text, secret) X(markup, qr) X(form, form)
MODEL(otp);

#define MODEL_recovery_row(X) X(text, code)
MODEL(recovery_row);
#define MODEL_recovery(X) X(list(recovery_row), rows)
MODEL(recovery);

#define MODEL_token_row(X) X(text, tag) X(text, label) X(text, scope) X(time, created) X(time, expires) X(time, used)
MODEL(token_row);
#define MODEL_tokens(X) X(list(token_row), rows) X(form, form)
MODEL(tokens);

#define MODEL_token_made(X) X(text, secret) X(text, label) X(text, scope) X(time, expires) X(text, host)
MODEL(token_made);

#define MODEL_connect(X) X(text, host) X(text, user)
MODEL(connect);

#endif
