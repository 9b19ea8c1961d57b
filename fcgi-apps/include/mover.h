/*
 * mover: transfers between places: the records that naru-mover keeps in the environment "transfers", and asking it for changes.
 *
 *   table  key                        value
 *   'T'    id                         record transfer; ids sort by the time they were made
 *   'U'    user NUL id                "" : what a user has
 *   'S'    "state user" NUL id        "" : what is in which state, for the queue and for filters
 *   'W'    NUL time(8) id             "" : waiting, by when it goes on (.next_try)
 *   'F'    id NUL number(8)           record transfer_file, from 1 on: each file and folder as it was found
 *   'R'    "id state" NUL number(8)   "" : files of one result; "done" is not listed
 *   'K'    user NUL key               id   idempotency keys of creates
 *
 * A transfer: paths are relative to their places. `names` are what was chosen in from_path; none: all that is in it. What was chosen comes
 * into to_path under its own name. Counters are of the run that goes on or has ended last: `files`, `folders`, `bytes` is what was found so
 * far (.planned: that is all), `bytes_done` is of the files that are done, `speed` bytes a second as of .as_of. `rate` is bytes a second, 0: no limit.
 * `start`: not before; `every`: seconds from one start to the next, 0: once. `code` and `words` say why it waits or has failed, as
 * store_failure() does: mover_says(). `next_try` is when a waiting one goes on. Times are seconds since 1970, 0: not yet.
 *
 * A file: `path` is relative to from_path, `kind` enum entry_kind, `state` below, `name` its path below to_path if that is another, `action` what was
 * done, or in a dry run would be: "new", "replaced", "renamed", "same" (it is there already), "kept" (the rule keeps what is there), "deleted".
 */
#ifndef NARU_MOVER_H
#define NARU_MOVER_H

#include "base.h"
#include "db.h"

#define RECORD transfer
#include "record_def.h"
#define RECORD transfer_file
#include "record_def.h"

enum { TRANSFER_PAGE = 200, TRANSFER_NAMES = 500, TRANSFER_LANES = 16 };

/* .state of a transfer. "waiting": until .next_try, because of .code, or of its start if that is 0. */
#define TRANSFER_QUEUED "queued"
#define TRANSFER_RUNNING "running"
#define TRANSFER_WAITING "waiting"
#define TRANSFER_PAUSED "paused"
#define TRANSFER_DONE "done"           /* all of it; .files_failed may still be more than 0 */
#define TRANSFER_FAILED "failed"       /* stopped for .code */
#define TRANSFER_CANCELLED "cancelled"

/* .state of a file; "" while nothing is known. */
#define FILE_DONE "done"
#define FILE_SKIPPED "skipped"
#define FILE_FAILED "failed"

/* ---- reading: whoever is in the group of the environment -------------------------------------------------------- */

bool transfers_open(struct ctx *, struct db **) MUST_CHECK;
bool transfer_id_ok(const char *);
/* Not found: also an id that is none. The owner is for the caller to compare. */
bool transfer_get(struct ctx *, const struct db_read *, const char *id, bool *found, struct transfer *) MUST_CHECK;

/* Newest first, without what only the mover needs. user NULL: everybody's. state NULL: all. after: .next of the page before. */
struct transfer_query { const char *user, *state, *after; size_t limit; };
struct transfer_list { const struct transfer *at; size_t n; const char *next; /* NULL: last page */ };
bool transfer_list(struct ctx *, struct db *, const struct transfer_query *, struct transfer_list *) MUST_CHECK;
/* How many a user has in a state, counted up to `most`. */
bool transfer_count(struct ctx *, struct db *, const char *user, const char *state, int64_t most, int64_t *n) MUST_CHECK;

/* Files by their number. state NULL: all; FILE_SKIPPED and FILE_FAILED are found by an index, FILE_DONE has none. after: the last number seen. */
struct file_query { const char *id, *state; int64_t after; size_t limit; };
struct transfer_file_list { const struct transfer_file *at; const int64_t *numbers; size_t n; int64_t next; /* 0: last page */ };
bool transfer_files(struct ctx *, struct db *, const struct file_query *, struct transfer_file_list *) MUST_CHECK;

/* One sentence in the context's language for .code and .words of a transfer or a file; "" for code 0. */
const char *mover_says(struct ctx *, int64_t code, const char *words);
/* Seconds until it will be finished at the present speed; -1: not known. */
int64_t transfer_left(const struct transfer *);

/* Codes of the mover's own beside those of the stores. */
enum mover_code {
	MOVER_E_EXISTS = 2000, /* the rule is to refuse, and the name is taken */
	MOVER_E_VERIFY,        /* what was read back is not what was sent */
	MOVER_E_CHANGED,       /* the source changed while it was copied */
	MOVER_E_KIND,          /* neither file nor folder: not copied */
	MOVER_E_FOLDER,        /* a folder has the name of the file, or the other way round */
	MOVER_E_CRASHED,       /* the process that worked at it ended; it is taken up again */
	MOVER_E_NAMES,         /* no free name was found */
	MOVER_E_NO_FOLDER,     /* what was chosen, or the folder it should come to, is gone */
};

/* ---- asking (asking.h), with the proof of the module transfers or files -------------- */

struct mover_ask {
	const char *from_place, *from_path;
	struct texts names;                 /* none: the folder's content */
	const char *to_place, *to_path;     /* to_path is an existing folder */
	const char *from_errand, *to_errand;/* sealed: reading from_place (all rights for "move"), all rights on to_place, both at the top of the place ("") */
	const char *verb;                   /* "copy" (NULL), "move", "sync" (adds and updates), "mirror" (deletes, too, what the source has not) */
	const char *rule;                   /* "rename" (NULL), "skip", "newer", "replace", "refuse"; sync and mirror have their own */
	const char *verify;                 /* "size" (NULL), "time", "checksum" */
	int64_t lanes, rate, start, every;  /* 0: preset, no limit, now, once */
	bool dry;                           /* only says what would be done */
	const char *key;                    /* idempotency: the same key of the same user answers the same transfer */
};

/* Errors are the mover's in the user's language; mover_wrong() tells the field of the form (names as above) that a KIND_INVALID is about, or NULL. */
const char *mover_wrong(const struct ctx *);
bool mover_create(struct ctx *, const char *proof, const struct mover_ask *, const char **id) MUST_CHECK;
/* On one's own, an administrator's proof on all. AGAIN: the whole; RETRY: only the files that failed. CLEAR removes from the list what is over (a paused one is
 * cancelled first). A verb that does not fit the state is KIND_CONFLICT. */
enum mover_verb { MOVER_PAUSE, MOVER_RESUME, MOVER_CANCEL, MOVER_AGAIN, MOVER_RETRY, MOVER_CLEAR };
bool mover_do(struct ctx *, const char *proof, enum mover_verb, const char *id) MUST_CHECK;

#endif
