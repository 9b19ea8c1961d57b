/*
 * deployer: the only writer of what is deployed, and the only one that speaks to engines.
 *
 * One process answers what modules ask (desk.c), watches the clock (clock.c) and starts others of the same program for everything that takes
 * time, each in its own process so that an engine that hangs delays nobody: `act ID` brings one app to what is wanted (act.c), `watch ENGINE` compares
 * an engine with the records (watch.c), `volume USER ENGINE NAME`, `log ID MOST LANG` and `image LANG ENGINE REFERENCE` (answer on descriptor 3), `idle`,
 * which runs an `idle ID GPU` for each app, and `mail ID`.
 *
 * The record is written before the engine is asked and every step is idempotent, so a process may be killed between any two of them: what
 * was reserved is either brought to the engine by the next one or given back, and what no record wants is removed from the engine.
 */
#ifndef NARU_DEPLOYER_H
#define NARU_DEPLOYER_H

#include "apps.h"
#include "desk.h"

enum { START_MINUTES = 15, DEADLINE_SPARE_S = 3600 };

/* ---- keep.c: changing records ------------------------------------------------------------------------- */

bool keep_put(struct ctx *, struct db_write *, const struct deployment *) MUST_CHECK;
/* Adds an event to the app (its number is counted in the app's record: put that afterwards); the same sentence again only counts up. */
bool keep_event(struct ctx *, struct db_write *, struct deployment *, const char *message, const char *detail, bool bad) MUST_CHECK;
/* The app, its events, shares and indexes. */
bool keep_remove(struct ctx *, struct db_write *, const struct deployment *) MUST_CHECK;
/* Reads an app as it is now, lets fn change it, writes it. fn returns false with an error to change nothing. */
typedef bool keep_fn(struct ctx *, struct db_write *, struct deployment *, void *arg);
bool keep_change(struct ctx *, struct db *, const char *id, bool *found, keep_fn *, void *arg) MUST_CHECK;
bool keep_read(struct ctx *, struct db *, const char *id, bool *found, struct deployment *) MUST_CHECK;
/* Every app there is. */
bool keep_all(struct ctx *, struct db *, struct app_list *) MUST_CHECK;
/* A record that is not an app. */
bool keep_get(struct ctx *, struct db *, const struct db_key *, const struct record *, bool *found, void *out) MUST_CHECK;
bool keep_set(struct ctx *, struct db *, const struct db_key *, const struct record *, const void *) MUST_CHECK;
bool keep_delete(struct ctx *, struct db *, const struct db_key *) MUST_CHECK;

/* ---- desk.c: what modules ask ----------------------------------------------------------------------------- */

extern const struct desk deployer_desk;
ask_fn desk_create, desk_start, desk_stop, desk_delete, desk_keep, desk_extend, desk_share, desk_unshare, desk_log, desk_image, desk_volume, desk_offer;

/* ---- room.c: on which engine --------------------------------------------------------------------------------- */

/* Does the app fit into what its user has left on its engine? */
bool room_fits(struct ctx *, const struct db_read *, const struct deployment *, const char **field) MUST_CHECK;
bool room_has_gpus(struct ctx *, const struct deployment *);
/* The engine with most unreserved room of those that the offer may run on and where it fits its user's quota; where it fits none, the one with most room: its
 * room_fits() tells why. */
bool room_choose(struct ctx *, struct db *, const struct offer *, struct deployment *) MUST_CHECK;
/* "1.5" of 1500. */
const char *room_cores(struct arena *, int64_t milli);

/* ---- processes ------------------------------------------------------------------------------------------------- */

/* children.c. Runs `naru-deployer WORDS…` with `fd` (-1: none) as its descriptor 3; key names it, one at a time. False: it runs already, failed a moment
 * ago, or its user has their share of that kind: ask again later. */
enum child_kind { CHILD_SITE, CHILD_START, CHILD_STOP, CHILD_VOLUME, CHILD_LOG, CHILD_IMAGE, CHILD_MAIL, CHILD_KINDS };
struct child_job { enum child_kind kind; const char *user /* "": the site */, *key; const char *const *words; int fd; };
bool spawn(const struct child_job *);
/* After SIGCHLD; true: one has ended. */
bool children_reap(void);
void children_kill(void);
/* Looks at once what there is to do. */
void look_again(void);

int act_main(const char *id);
int watch_main(const char *engine);
int log_main(const char *id, int64_t most, const char *lang);
int volume_main(const char *user, const char *engine, const char *name);
int image_main(const char *lang, const char *engine, const char *reference);
int idle_main(void);
int idle_one_main(const char *id, int64_t gpu_percent);
int mail_main(const char *id);

/* clock.c: what time has brought to an app; called each second for each. */
bool clock_app(struct ctx *, struct db *, const struct deployment *) MUST_CHECK;
/* Bits of `warned`. WARNED_IDLE: its idle stop was announced. */
enum { WARNED_DAY = 1, WARNED_HOUR = 2, WARNED_MINUTES = 4, WARNED_IDLE = 8 };
/* Warnings that would be due now, told or not: what is known to who has just set its end. */
int64_t clock_due(const struct deployment *);
/* Owners of apps whose account may not be used any more; what they run is ended. */
struct closed { int64_t as_of; struct texts names /* from the second on */; };
struct closed closed_owners(struct ctx *);
bool clock_closed(struct ctx *, struct db *, const struct closed *, const struct deployment *) MUST_CHECK;

/* volumes.c: starts a process for each volume that is not as it is wanted. */
bool volumes_look(struct ctx *, struct db *) MUST_CHECK;

/* An arena and a context for one step of a process that lives longer. */
struct step { struct ctx ctx; };
void step_begin(struct step *, const char *tag, int deadline_ms);
void step_end(struct step *);
void step_log(struct step *);

/* ---- gpus.c: how busy the GPUs of apps are ------------------------------------------------------------------------- */

/* Percent of the busiest GPU of an app, or: it has none that are measured; they are measured, but nothing is known of this app's. */
enum { GPUS_NONE = -1, GPUS_UNKNOWN = -2 };
struct gpus_seen;
struct gpus { const char *engine; bool measured; const struct gpus_seen *at; size_t n; };
/* What the engine's exporter tells now; nothing where the site has none. Blocks up to 3 s. After a failure all are unknown. */
bool gpus_read(struct ctx *, const char *engine, struct gpus *) MUST_CHECK;
int64_t gpus_of(const struct gpus *, const struct deployment *);
/* One line of the exporter's text, without its end; false: it is about something else. */
bool gpus_line(const char *line, const char *metric, char id[APP_ID + 1], int64_t *percent);

/* ---- ready.c: asking the app itself ---------------------------------------------------------------------------- */

/* Does anything listen there? Blocks at most a second, as the next does. */
bool ready_open(const char *address);
/* Does it answer? */
bool ready_probe(struct ctx *, const struct offer *, const struct deployment *, const char *address);
/* GET of a path of the app with its secret; false when there is no 200. */
bool ready_get(struct ctx *, const struct offer *, const struct deployment *, const char *path, struct bytes *out) MUST_CHECK;

/* manifest of the app for the engine, from the record and the offer. */
struct cluster_app;
bool act_app(struct ctx *, const struct deployment *, const struct offer *, struct cluster_app *) MUST_CHECK;

#endif
