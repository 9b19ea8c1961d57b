/* dashboard: what the parts of the module share. */
#ifndef DASHBOARD_H
#define DASHBOARD_H

#include "app.h"
#include "models.h"
#include "sched.h"

#define RECORD notice
#include "record_def.h"

/* The databases of this worker. `sched` is NULL while the poller has never written anything. */
extern struct db *portal;
struct db *sched_or_null(struct ctx *);

/* notices.c */
handler notices_list, notices_new, notices_add, notices_remove;
/* Notices to be shown now; an error leaves the list empty. */
struct notice_row_list notices_now(struct ctx *);

/* apps.c */
void home_apps(struct req *, struct home *);

/* transfers.c: what is being copied. */
void home_transfers(struct req *, struct home *);

/* places.c: space of each place, measured at most every ten minutes a user and worker. */
struct place_row_list places_of(struct ctx *, const struct identity *);

#endif
