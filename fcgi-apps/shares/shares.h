/* shares: what its source files share. */
#ifndef NARU_SHARES_H
#define NARU_SHARES_H

#include "app.h"
#include "errand.h"
#include "models.h"
#include "remotes.h"
#include "store.h"
#define RECORD share
#include "record_def.h"

/* kind: "people" (an ACL), "link", "drop" (a link to upload). state, of people: "set" (being set), "on", "end" (being taken back), "over";
 * of links: "on", "over". target: "u20002", "g30001". */

enum { SHARE_KEPT_S = 90 * 86400 /* in the list after its end */, SHARES_MOST = 2000 /* of one owner, those included */ };

/* ---- record.c: the environment "shares", written by this module alone ---- */

extern struct db *shares_db;

bool share_of(struct ctx *, const struct db_read *, const char *owner, const char *id, bool *found, struct share *) MUST_CHECK;
/* Without what finds it: for changes of a count only. */
bool share_put(struct ctx *, struct db_write *, const struct share *) MUST_CHECK;
bool share_drop(struct ctx *, struct db_write *, const struct share *) MUST_CHECK;
/* With its link's hash or its target, so that it is found by them. */
bool share_add(struct ctx *, struct db_write *, const struct share *) MUST_CHECK;
/* The share that a link's token stands for. */
bool share_by_token(struct ctx *, const char *token, bool *found, struct share *) MUST_CHECK;
/* All of one owner, newest first; of one target ("u20002"), in `theirs`. */
bool shares_of(struct ctx *, const char *owner, const struct share **, size_t *n) MUST_CHECK;
/* Those that the ticker has to look at now, at most 200, the longest overdue first. */
bool shares_due(struct ctx *, struct share **, size_t *n) MUST_CHECK;
bool shares_with(struct ctx *, const char *target, struct share **, size_t *n) MUST_CHECK;
/* What is stored in place of a secret. */
const char *share_hash(struct arena *, const char *secret);
/* fn changes what is stored now, and may fail; the share is read again before and written after it. NULL request: not in one (the ticker). */
typedef bool share_edit(struct ctx *, struct share *, void *arg);
bool share_change(struct ctx *, const char *owner, const char *id, share_edit *, void *arg, struct share *after) MUST_CHECK;
bool share_runs(const struct share *);

/* ---- names.c ---- */

/* "u20002" of a user's name, "g30001" of a group's; false: the system knows none, or it is not a person's. */
bool target_of(struct arena *, bool group, const char *name, const char **target);
struct store_who who_of(struct arena *, const struct share *);
/* The last part of a share's path, or the title of its place; as they can be shown. */
const char *share_name(struct req *, const struct share *);
const char *share_place(struct req *, const struct share *);
/* A remote store of the user's or the site's; false: there is none. */
bool remote_of(struct req *, const char *id, struct remote *);
/* Any bytes as parts of an address. */
const char *address_of(struct arena *, const char *prefix, const char *path);

/* ---- grant.c: ACLs, by errand ---- */

/* Goes on with what is to be set or taken back, until clock_ms() is `until`. The share is stored with how far it came. */
bool grant_go_on(struct ctx *, struct share *, int64_t until) MUST_CHECK;
bool grant_tick(struct ctx *) MUST_CHECK;
/* The folders above a path that a target may not pass, one a line; "" for none. */
bool grant_closed(struct req *, struct store *, const char *path, const struct store_who *, const char **names) MUST_CHECK;

/* ---- new.c ---- */

/* The errand for what the share is, from the mandate of this POST. */
bool share_seal(struct req *, struct share *) MUST_CHECK;
/* The last second of a day that a form gave; false: the field says why. */
bool ends_of(struct req *, struct form *, int64_t *ends);

/* ---- pages.c ---- */

struct reply one_reply(struct req *, const struct share *, struct form *prolong, const char *link, int status);
struct share_row share_row_of(struct req *, const struct share *);
/* ---- visit.c: who follows a link ---- */

struct visit { struct share s; const char *token, *path; struct store *store; };
/* False: *answer is what the visitor gets (the page of a link that is none, the question for the password, an error). */
bool visit_open(struct req *, struct visit *, const char *kind, struct reply *answer);
struct reply visit_gone(struct req *);
/* reply_oops() that leaves the token out of the log. */
struct reply visit_oops(struct req *);
const char *visit_url(struct req *, const struct visit *, const char *verb, const char *path);

/* ---- drop.c ---- */

struct reply drop_reply(struct req *, const struct visit *, const struct arrival *, size_t n, const char *summary, int status);

handler shares_list, share_new, share_make, share_show, share_end, share_prolong;
handler visit_show, visit_in, visit_get, visit_password, visit_drop;

#endif
