/*
 * may: whether a seat may speak to an app now, and where that app is: read from the environments "seats" and "apps" at each request, and
 * each second for what is open.
 */
#ifndef NARU_GATE_MAY_H
#define NARU_GATE_MAY_H

#include "apps.h"

enum may {
	MAY,             /* app, offer and address are set */
	MAY_SIGN_IN,     /* the seat is gone */
	MAY_NOT,         /* no such app, or not this user's */
	MAY_NO_PAGE,     /* a service without pages */
	MAY_WAIT,        /* it starts */
	MAY_STOPPED,
	MAY_UNKNOWN,     /* the databases do not answer */
};

struct may_ask { const char *seat, *user, *app; };
struct may_answer { struct deployment app; const struct offer *offer; };

/* offer is found only when `whole`. */
enum may may(struct ctx *, const struct may_ask *, bool whole, struct may_answer *);
/* Forgets what is open: after fork(). */
void may_reopen(void);
void may_check_readers(void);

#endif
