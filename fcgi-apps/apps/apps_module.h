/* apps_module: what the parts of the module share. */
#ifndef APPS_MODULE_H
#define APPS_MODULE_H

#include "app.h"
#include "app_card.h"
#include "deploy.h"
#include "models.h"

#define RECORD app_request
#include "record_def.h"

/* apps.c: the database of requests. */
extern struct db *portal;
/* The app of the address, as this user may see it; `own`: only the owner's. Else KIND_NOT_FOUND. */
bool app_asked(struct req *, bool own, struct deployment *, bool *is_own) MUST_CHECK;
/* The user's own, none if they cannot be read. */
struct app_list my_apps(struct req *);
/* An engine's title in the user's language. */
const char *engine_title(struct ctx *, const char *name);
/* Does an engine of this site have a capability (enum cluster_can)? */
bool engine_has(struct ctx *, const char *name, unsigned can);
bool any_engine_has(struct ctx *, unsigned can);
/* The deployer's refusal, at the field that it is about; others stay errors of the context: false. */
bool take_refusal(struct ctx *, struct form *);

/* trouble.c */
struct trouble_list troubles_of(struct ctx *);
const char *free_name(struct ctx *, const struct app_list *mine, const struct offer *);

/* offer_form.c: the form of an entry of the catalogue. */
const struct form_table *offer_table(struct req *, const struct offer *, const struct app_list *mine);
/* Filled in: the size of the user's last app of this kind, or all of `like` (NULL: none). */
struct form *offer_form(struct req *, const struct offer *, const struct app_list *mine, const struct deployment *like);
bool has_field(const struct form *, const char *name);
/* What the form asks for; volumes decide where it runs. False: the form tells what is wrong. */
bool offer_ask(struct req *, const struct offer *, struct form *, struct deploy_ask *) MUST_CHECK;

/* Does it fit into what the user has left, somewhere? The deployer decides; this only spares a question about what cannot be. */
bool quota_leaves(const struct offer *, const struct app_list *mine, const struct deploy_ask *);

/* review.c: reasons to ask once more before it is created; none: it is usual. */
struct reason_list unusual(struct ctx *, const struct offer *, const struct deploy_ask *);
struct reply review(struct req *, const struct offer *, const struct form *, const struct deploy_ask *, struct reason_list);

/* requests.c */
bool request_find(struct req *, const char *id, bool *found, struct app_request *) MUST_CHECK;
bool request_put(struct req *, const struct app_request *) MUST_CHECK;
struct request_row request_row_of(struct ctx *, const struct app_request *);
/* How many wait for an answer. */
int64_t requests_open(struct ctx *);

handler apps_list, new_show, new_create, app_show, app_open, app_log, log_text, delete_ask, app_start, app_stop, app_delete, app_extend, app_keep, app_share,
	app_unshare, apps_do, volumes_list, volume_make, volume_show, volume_resize, volume_delete, requests_list, request_add, request_show, request_answer,
	request_offer, added_list, added_add, added_remove;

#endif
