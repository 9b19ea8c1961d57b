/* apps_module: what the parts of the module share. */
#ifndef APPS_MODULE_H
#define APPS_MODULE_H

#include "app.h"
#include "apps.h"
#include "deploy.h"
#include "models.h"

/* apps.c: the environment, NULL while the deployer has never written anything (the error is forgotten). */
struct db *apps_or_null(struct ctx *);
/* The app of the address, as this user may see it; `own`: only the owner's. Else KIND_NOT_FOUND. */
bool app_asked(struct req *, bool own, struct deployment *, bool *is_own) MUST_CHECK;

/* card.c */
struct app_card app_card_of(struct req *, const struct offers *, const struct deployment *, bool own);
const char *cores_text(struct arena *, int64_t milli);
const char *size_text(struct ctx *, const struct deployment *);
struct trouble_list troubles_of(struct ctx *);
/* The size of the user's last app of an offer, else the offer's preset, in `out`'s cpu_milli, memory_mb, gpus and minutes. */
void last_size(struct ctx *, const char *user, const struct offer *, struct deployment *out);
const char *free_name(struct ctx *, const char *user, const struct offer *);

handler apps_list, new_show, new_create, app_show, app_open, app_log, log_text, delete_ask, app_start, app_stop, app_delete, app_extend, app_keep, app_share, app_unshare, apps_do;

#endif
