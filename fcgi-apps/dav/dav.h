/*
 * dav: what its source files share. A request is a piece of `work` on one resource. Functions that return bool give false when it was refused: by
 * work_refuse(), or by fail() on work.r->ctx; work_reply() then makes the answer.
 */
#ifndef NARU_DAV_H
#define NARU_DAV_H

#include "app.h"
#include "file_names.h"
#include "places.h"
#include "store.h"
#include "tree.h"

#define BLOCK 262144     /* bytes moved at a time */
#define CALL_MS 10000    /* for what a store is asked */
#define LONG_MS 480000   /* for all that one request makes a store do: clients wait ten minutes at most */

/* What an address names: the list of places (place ""), the top of one (path ""), or something in it. */
struct spot {
	const char *place, *path;
	const char *root;      /* what locks and properties are kept under: the same for all who see the same files */
	struct store *store;   /* NULL: the list of places */
	unsigned can;
	bool there;
	struct entry entry;    /* if it is there */
};

/* spot.c */
/* From decoded parts of an address; opens the store and looks. */
bool spot_at(struct req *, const char *place, const char *path, struct spot *) MUST_CHECK;
/* From a whole address of ours ("https://…/dav/…" or "/dav/…"). *status: 0, 400 or 502 (another site); false only as for spot_at(). */
bool spot_of_address(struct req *, const char *address, struct spot *, int *status) MUST_CHECK;
/* Another thing in the same place. */
bool spot_in(struct req *, const struct spot *, const char *path, struct spot *) MUST_CHECK;
bool spot_folder(const struct spot *);
/* "/dav/home/a%20b", with a slash behind folders. */
const char *spot_href(struct arena *, const char *place, const char *path, bool folder);
const char *entry_etag(struct arena *, const struct entry *);
const char *http_date(struct arena *, int64_t);

/* work.c */
struct conditions;
struct work {
	struct req *r;
	struct spot at;
	struct conditions *conditions; /* of the If header */
	int64_t begun;                 /* clock_ms() */
	int status;                    /* why it was refused, unless r->ctx->error says it */
	const char *condition, *href;  /* RFC 4918, section 16; what the refusal is about */
	const char *member;            /* it went wrong in the middle of a folder, at this address: 207 */
};
/* Reads where the request is and its If header. */
bool work_begin(struct work *, struct req *) MUST_CHECK;
bool work_refuse(struct work *, int status, const char *condition);
struct reply work_reply(struct work *);
/* The status of the error in the context. */
int error_status(struct ctx *);
/* For text and attribute values; bytes that XML cannot hold become '?'. */
void put_xml(struct buf *, const char *);
/* Gives the store time for the next call, as far as there is any left for the request. */
bool work_time(struct work *) MUST_CHECK;
/* An entry in the audit list, before something that was there changes or goes. What is new is in nginx's log alone: a program may put thousands of files. */
bool work_note(struct work *, const char *what, const struct spot *, const char *detail) MUST_CHECK;
/* The request's body must be empty (415). */
bool work_no_body(struct work *) MUST_CHECK;
/* "T" or absent: true. */
bool work_overwrite(const struct work *);

/* conditions.c: the headers If, If-Match, If-None-Match, If-Unmodified-Since */
bool conditions_read(struct work *) MUST_CHECK;
/* Do they hold for what is there now? 412 if not (304 for a GET). */
bool conditions_hold(struct work *, const struct spot *) MUST_CHECK;
bool conditions_token(const struct work *, const char *token); /* was it sent along? */
const char *conditions_first_token(const struct work *);       /* NULL: none */
bool etag_in(const char *list, const char *etag, bool weak);

/* propfind.c: does the portal itself say what this property is? */
bool property_is_live(const char *name);
/* folder.c: it and all below it, with locks and properties. */
bool spot_remove(struct work *, const struct spot *) MUST_CHECK;

/* Handlers: get.c, put.c, folder.c, copy.c, propfind.c, proppatch.c, lock.c, dav.c */
handler dav_get, dav_put, dav_folder, dav_delete, dav_copy, dav_move, dav_propfind, dav_proppatch, dav_lock, dav_unlock, dav_options;

#endif
