/*
 * apps: what is deployed, as the deployer keeps it in the environment "apps". Pages and the gate read it here; only the deployer writes
 * (fcgi-apps/deployer), and whoever wants something changed asks it (deploy.h).
 *
 *   table  key                     value
 *   'A'    user NUL id             record deployment
 *   'I'    id                      user
 *   'E'    id NUL number(8)        record app_event, newest numbers last; at most APP_EVENTS an app
 *   'S'    id NUL user             record app_share
 *   'H'    user NUL id             owner           what is shared with a user
 *   'V'    user NUL engine/name    record app_volume
 *   'C'    engine                  record engine: health and room, as of its last look
 *   'N'    name                    record app_offer: entries made of requests
 *   'K'    user NUL key            id              idempotency keys of creates
 *
 * In a deployment: `wanted` is what the user asked for ("run", "stop", "gone"); `state` is how far that is (below). `places` are names of
 * [place NAME]; `volumes` are "name:/path". Times are seconds since 1970, 0: not yet. `message` is an English sentence of the catalogue of
 * messages, `detail` what the engine said, as it is. `address` is "IP:port", set only while it may be reached.
 */
#ifndef NARU_APPS_H
#define NARU_APPS_H

#include "base.h"
#include "db.h"
#include "offer.h"

#define RECORD deployment
#include "record_def.h"
#define RECORD app_event
#include "record_def.h"
#define RECORD app_share
#include "record_def.h"
#define RECORD app_volume
#include "record_def.h"
#define RECORD engine
#include "record_def.h"
#define RECORD app_offer
#include "record_def.h"

enum { APP_EVENTS = 50, APP_ID = 10, APP_SECRET = 64 };

/* States of an app. "asked": reserved, the engine does not have it yet; "waiting": the engine has it (image, place); "starting": its
 * process runs, it does not answer yet; "running": it answers; "stopping"; "stopped": by the user, its end or idleness; "failed". */
#define APP_ASKED "asked"
#define APP_WAITING "waiting"
#define APP_STARTING "starting"
#define APP_RUNNING "running"
#define APP_STOPPING "stopping"
#define APP_STOPPED "stopped"
#define APP_FAILED "failed"

bool apps_open(struct ctx *, struct db **) MUST_CHECK;  /* read-only */
/* The process's own, opened once; NULL, and no error, where there are no apps yet or this module may not look. */
struct db *apps_or_null(struct ctx *);
struct app_list { const struct deployment *at; size_t n; };
struct app_event_list { const struct app_event *at; size_t n; };
struct app_share_list { const struct app_share *at; size_t n; };
struct app_volume_list { const struct app_volume *at; size_t n; };
/* A user's own, newest first. */
bool apps_of(struct ctx *, struct db *, const char *user, struct app_list *) MUST_CHECK;
/* Shared with the user, shares that are over left out. */
bool apps_shared_with(struct ctx *, struct db *, const char *user, struct app_list *) MUST_CHECK;
/* By id alone: for the gate. */
bool app_by_id(struct ctx *, const struct db_read *, const char *id, bool *found, struct deployment *) MUST_CHECK;
/* As this user may see it: own, or shared; others and missing ones are not found. *own tells which. */
bool app_for(struct ctx *, struct db *, const char *user, const char *id, bool *found, bool *own, struct deployment *) MUST_CHECK;
bool app_may_use(struct ctx *, const struct db_read *, const struct deployment *, const char *user, bool *may) MUST_CHECK;
bool app_events(struct ctx *, struct db *, const char *id, struct app_event_list *) MUST_CHECK;   /* oldest first */
bool app_shares(struct ctx *, struct db *, const char *id, struct app_share_list *) MUST_CHECK;
bool app_volumes(struct ctx *, struct db *, const char *user, struct app_volume_list *) MUST_CHECK;
bool engine_get(struct ctx *, struct db *, const char *name, bool *found, struct engine *) MUST_CHECK;
/* Of a user's running apps whose end was announced (a day, an hour, ten minutes before it, or for idleness) the one that ends next: for the line on every page. */
bool app_ending(struct ctx *, struct db *, const char *user, bool *found, struct deployment *, int64_t *ends) MUST_CHECK;

/* Takes room of the quota: it is, or will be, on an engine. */
bool app_holds(const struct deployment *);
/* When it ends: the earlier of its end and an announced idle stop; 0: it does not run. */
int64_t app_ends(const struct deployment *);
/* "Running", "Starting: the image is being fetched" … in the context's language, and a CSS class of the state. */
const char *app_state_text(struct ctx *, const struct deployment *);
const char *app_state_css(const struct deployment *);
/* A stored message (English key) and detail, as one sentence or two in the user's language. */
const char *app_message(struct ctx *, const char *message, const char *detail);

/* The app's secret, 64 hex characters: a keyed hash of its nonce, so that it is stored nowhere. KIND_UNAVAILABLE without the key file. */
bool app_secret(struct ctx *, const struct deployment *, const char **out) MUST_CHECK;
/* "https://ID.apps.HOST/", [apps] domain or apps.<host of the site>. */
const char *app_address(struct arena *, const char *id);

/* ---- what a user may have at once: [apps] and [engine NAME] quota-* ------------------------------------------------- */
struct app_quota { int64_t cpu_milli, memory_mb, gpus, apps, storage_mb /* of volumes */, records /* of the user, wherever and in whatever state */; };
struct app_quota app_quota_most(const char *engine);
/* By apps: what volumes take is not in it. */
bool app_quota_used(struct ctx *, const struct db_read *, const char *user, const char *engine, struct app_quota *) MUST_CHECK;

#endif
