/* What the cases of cluster_contract_test.c are made of. */
#ifndef CLUSTER_CASES_H
#define CLUSTER_CASES_H

#include "cluster.h"
#include "tap.h"

#include <time.h>

/* ok() that looks at what its message tells after the condition was tried. */
#undef ok
#define ok(condition, ...) __extension__({ bool good_ = (condition); tap_ok(good_, __FILE__, __LINE__, __VA_ARGS__); })

struct site {
	struct ctx ctx;
	struct arena *keep;
	const char *engine, *home, *image;
	unsigned can;
};

extern const struct cluster_user alice, bob, carol;
extern const char *const namespaces[5];
extern const char server_script[];

/* A variable that has all that could end a text somewhere. */
#define ODD "ODD=$(X) $$X $\n---\n\"{}\\' \xc3\xa9"

/* The context, without the error of before; each call has its own 30 s. */
struct ctx *fresh(struct site *);
/* The last error in one line. */
const char *why(struct site *);
const char *words(const struct cluster_seen *);
bool prepare(struct site *, const struct cluster_user *);
struct texts shell(struct site *, const char *script);
/* An app with an id of its own that runs a script, with the home folder mounted if it is alice's. */
struct cluster_app new_app(struct site *, const struct cluster_user *, int64_t generation, const char *script);
const char *facts_script(struct site *);
const char *fact_of(struct site *, struct bytes log, const char *name);
bool ends_with(struct bytes, const char *);
/* Looks until it is there, at most 30 s. */
bool until(struct site *, const struct cluster_app *, enum cluster_phase, struct cluster_seen *);
bool until_told(struct site *, const struct cluster_app *, struct cluster_seen *);
/* Connects until it reads a line. */
bool answers(struct site *, const char *address, const char *line);
/* Stops it and looks that it goes. */
bool is_gone(struct site *, const struct cluster_app *);
#define gone(site, app) ok(is_gone((site), (app)), "stopped and gone: %s", why(site))

#endif
