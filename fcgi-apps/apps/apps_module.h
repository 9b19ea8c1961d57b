/* apps_module: what the parts of the module share. */
#ifndef APPS_MODULE_H
#define APPS_MODULE_H

#include "app.h"
#include "app_card.h"
#include "deploy.h"
#include "models.h"

/* apps.c: the environment, NULL while the deployer has never written anything (the error is forgotten). */
struct db *apps_or_null(struct ctx *);
/* The app of the address, as this user may see it; `own`: only the owner's. Else KIND_NOT_FOUND. */
bool app_asked(struct req *, bool own, struct deployment *, bool *is_own) MUST_CHECK;

/* trouble.c */
struct trouble_list troubles_of(struct ctx *);
const char *free_name(struct ctx *, const struct app_list *mine, const struct offer *);

handler apps_list, new_show, new_create, app_show, app_open, app_log, log_text, delete_ask, app_start, app_stop, app_delete, app_extend, app_keep, app_share, app_unshare, apps_do;

#endif
