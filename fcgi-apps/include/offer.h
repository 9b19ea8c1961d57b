/*
 * offer: what kinds of app a site offers, one small ini file each, [site] catalogue/NAME.app (and entries that administrators made of users'
 * requests, which name another one to be like). Read by apps, which shows them, and by the deployer, which starts them: what a form
 * sends is never more than the choice of an offer and numbers within its bounds. naru-app(5) describes every key.
 *
 *   [app]
 *   title = Jupyter            title.ko = …        help = … help.ko = …      (texts; English and Korean)
 *   icon = jupyter             static/icons/NAME.svg
 *   kind = web                 web: opened through the gateway; service: host, port and password are shown
 *   image = localhost/naru-jupyter:12
 *   command = /usr/local/bin/naru-app "a b"        words; empty: the image's own
 *   port = 8888
 *   ready = /api/status        path that answers below 500 once it is ready; empty: the port is open
 *   start = /tree              where Open leads
 *   secret = env NARU_SECRET   how the app learns its secret: env NAME | file /path | none
 *   base = env BASE_URL        how it learns the path it is served under ("/"): env NAME | file /path | argument OPTION=%s | none
 *   gate = header Authorization: token %s          what the gateway adds for the app: header NAME: VALUE | cookie NAME | basic USER | none
 *   environment = A=b "C=d e"  more variables
 *   places = home scratch      places that may be mounted; the first is always and is HOME
 *   tmpfs = /tmp /run
 *   cpu = 0.1 1 8              least, preset, most, in cores
 *   memory = 256 1024 16384    MiB
 *   gpus = 0 0 2
 *   hours = 1 8 72             lifetime
 *   engines = *                names, or * for all
 *   idle = jupyter             what tells that nobody uses it: jupyter | cpu | none
 *   idle-minutes = 120
 *   any-image = no             yes: the user types the image
 *   test = A=%a bash -c '…%h/%p…'    kind service: how to try it, with what all of the site's images have
 */
#ifndef NARU_OFFER_H
#define NARU_OFFER_H

#include "base.h"
#include "db.h"

enum offer_kind { OFFER_WEB, OFFER_SERVICE };
enum offer_how { OFFER_NONE, OFFER_ENV, OFFER_FILE, OFFER_ARGUMENT, OFFER_HEADER, OFFER_COOKIE, OFFER_BASIC };
enum offer_idle { IDLE_NEVER, IDLE_CPU, IDLE_JUPYTER };

struct offer_bounds { int64_t least, preset, most; };

struct offer {
	const char *name, *title[LANG_COUNT], *help[LANG_COUNT], *icon;
	enum offer_kind kind;
	const char *image;
	struct texts command, environment, places, tmpfs, engines /* none: all */;
	int64_t port;
	const char *ready, *start, *test;
	enum offer_how secret; const char *secret_name;  /* ENV, FILE, NONE */
	enum offer_how base; const char *base_name;      /* ENV, FILE, ARGUMENT: a word with one %s, NONE */
	enum offer_how gate; const char *gate_name, *gate_value; /* HEADER: name and value with one %s; COOKIE: name; BASIC: user in gate_name */
	struct offer_bounds cpu_milli, memory_mb, gpus, hours;
	enum offer_idle idle; int64_t idle_minutes;
	bool any_image;
};
struct offers { const struct offer *at; size_t n; };

/* All offers by title: the files as they are now, and the table 'N' of `apps` (NULL: only
 * files). A file that cannot be understood is left out and told to the log, with its line; a site's mistake hides one entry, not all. They
 * live in the context's arena. */
bool offers_read(struct ctx *, struct db *apps, struct offers *) MUST_CHECK;
/* NULL: no such offer. */
const struct offer *offer_find(const struct offers *, const char *name);
/* One file's text; for tests and for `naru-ctl`. Errors name the line and say what was expected. */
bool offer_parse(struct ctx *, const char *name, struct bytes text, struct offer *) MUST_CHECK;
/* "Name: value", what the gateway and the readiness check send along; NULL: nothing. */
const char *offer_header(struct arena *, const struct offer *, const char *secret);
bool offer_on_engine(const struct offer *, const char *engine);

/* May an image of this reference be run here? [apps] registries = list of prefixes ("localhost/ registry.example.org/hpc/"). The grammar
 * of references is checked too. False with a message for the user that names what is allowed. */
bool image_allowed(struct ctx *, const char *reference) MUST_CHECK;

#endif
