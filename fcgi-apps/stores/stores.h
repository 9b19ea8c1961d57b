/* stores: what its source files share. */
#ifndef NARU_STORES_H
#define NARU_STORES_H

#include "app.h"
#include "models.h"
#include "remotes.h"

extern struct db *stores_db;

/* ---- settings.c: forms ---- */

/* The kinds, in the order of the pages: { "s3", title, help }. */
struct store_kind { const char *name, *title, *help; };
const struct store_kind *kind_of(const char *name); /* NULL: none */
struct kind_card_list kind_cards(struct req *);
/* The form of a kind. before: the store that it changes (its secrets may be left empty), NULL: a new one. */
const struct form_table *settings_table(struct req *, const struct store_kind *, const struct remote *before);
void settings_fill(struct req *, struct form *, const struct remote *);
/* From a form that is good. Says what is wrong in the form and returns false; or true with *out complete but for id and times. */
bool settings_read(struct req *, struct form *, const struct store_kind *, const char *owner, const struct remote *before, struct remote *out);
/* "sftp://host:22/folder" */
const char *settings_address(struct arena *, const struct remote *);

/* ---- try.c ---- */

/* Opens the store as Files would and writes how that went into the record: .checked, .code and .words (store_failure()), and for SFTP without
 * an accepted host key that key into *key. software (may be NULL): what the server calls itself. False only if the record could not be written. */
bool try_store(struct req *, struct remote *, const char **key, const char **software) MUST_CHECK;

/* What the server calls itself, and the host key that it shows. False: it does not answer. */
bool peek(struct req *, const struct remote *, const char **key, const char **software);

/* ---- records ---- */

/* A new one (before NULL), or in place of what it was made from: KIND_CONFLICT if that was changed or removed meanwhile. */
bool store_save(struct req *, const struct remote *before, const struct remote *) MUST_CHECK;
/* The store of the address. for_change: its owner's, or an administrator's for the site's; else KIND_NOT_FOUND or KIND_FORBIDDEN. */
bool store_asked(struct req *, bool for_change, struct remote *) MUST_CHECK;
bool store_may_change(const struct req *, const struct remote *);
struct store_row store_row_of(struct req *, const struct remote *);

handler stores_list, store_new, store_add, store_show, store_change, store_test, store_accept, store_pause, store_resume, store_remove_ask, store_remove_do;

#endif
