/*
 * connector: serves one front over one socket with one driver, until the front goes, is silent for CONNECTOR_IDLE_MS, or sends
 * something that is no request. While a created file waits for its content, silence is allowed. After CONNECTOR_LIFE_MS only such
 * files can still be finished: whoever took over a module cannot keep a user's connector for ever.
 */
#ifndef NARU_STORE_CONNECTOR_H
#define NARU_STORE_CONNECTOR_H

#include "store/driver.h"

#define CONNECTOR_IDLE_MS 30000
#define CONNECTOR_LIFE_MS 900000

struct connector {
	int socket;
	const struct store_driver *driver;
	void *state;
	bool read_only;        /* EROFS for whatever would change something */
	const char *prefix;    /* of an errand: goes before every path; NULL or "": none */
	const char *who;       /* of an errand to share: whose entries may be set, "u20002"; NULL or "": anybody's */
	unsigned rights;       /* of an errand: enum errand_right; 0: a proof, all */
	int64_t born, idle_ms, life_ms;
};

/* The answer to HELLO: what the driver can, or an error code (then .driver is not looked at) and why_words(). False: the conversation is over. */
bool connector_greet(struct connector *, int code);
void connector_serve(struct connector *);
/* One request in `in` to its answer in `out`; *pass is a descriptor to send along, or -1; *close_pass: close it after that. False: no request.
 * LIST sends its entries itself. For connector_serve() and tests. */
bool connector_answer(struct connector *, struct wire *in, struct wire *out, int *pass, bool *close_pass);

#endif
