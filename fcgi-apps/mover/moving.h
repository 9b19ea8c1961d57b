/*
 * moving: naru-mover, the only writer of transfers (records: mover.h).
 *
 * One process answers what modules ask (asks.c), lets users take turns (queue.c) and starts for each running transfer a process `work ID` (work.c),
 * which walks the source into the ledger (plan.c) and hands files to its lanes (lane.c): forked processes with connectors of their own, since a
 * connector answers one request at a time. Content goes from the source's descriptor to the target's inside a lane (pour.c).
 *
 * All may be killed at any moment. Files are written down before they are handed out (.handed), results after; what was handed out and has no
 * result is "in doubt": the next one compares what is at the target before it copies again (file.c). Readers see files only when they are whole.
 */
#ifndef NARU_MOVING_H
#define NARU_MOVING_H

#include "desk.h"
#include "mover.h"

/* ---- keep.c: changing records ------------------------------------------------------------------------- */

/* .walk of a run whose ledger is the former run's and must be emptied first. */
enum { WALK_CLEAR = -1, WALK_NONE = 0 };

/* Writes a transfer with its indexes. before: as it was; NULL: new. */
bool keep_put(struct ctx *, struct db_write *, const struct transfer *before, const struct transfer *) MUST_CHECK;
/* Reads a transfer as it is now, lets fn change it, writes it. fn returns false with an error to change nothing. */
typedef bool keep_fn(struct ctx *, struct db_write *, struct transfer *, void *arg);
bool keep_change(struct ctx *, struct db *, const char *id, bool *found, keep_fn *, void *arg) MUST_CHECK;
bool keep_read(struct ctx *, struct db *, const char *id, bool *found, struct transfer *) MUST_CHECK;
/* Takes it out of every list; its files are swept later. */
bool keep_remove(struct ctx *, struct db_write *, const struct transfer *) MUST_CHECK;
/* Writes a file's record and its place among those of its result. before: its state until now. */
bool keep_file(struct ctx *, struct db_write *, const char *id, int64_t number, const char *before, const struct transfer_file *) MUST_CHECK;
/* Removes at most `most` records of a transfer's files; *left: there are more. */
bool keep_empty(struct ctx *, struct db_write *, const char *id, int most, bool *left) MUST_CHECK;
/* Removes some of what transfers left that are gone; *left: there is more. */
bool keep_sweep(struct ctx *, struct db *, bool *left) MUST_CHECK;

/* ---- asks.c ------------------------------------------------------------------------------------------------ */

extern const struct desk mover_desk;

/* ---- queue.c: whose turn it is ------------------------------------------------------------------------------ */

/* How many run, of a user and of a place of a user. */
struct load { int of_user, of_from, of_to; };
typedef struct load load_fn(const struct transfer *);
/* The next to start: users take turns, of one user the oldest first. last: whose turn it was before. *found false: none may start. */
bool queue_next(struct ctx *, struct db *, const char *last, load_fn *, bool *found, struct transfer *) MUST_CHECK;
/* Puts those whose time has come into the queue; *next: when the next one is due, 0: none waits. */
bool queue_due(struct ctx *, struct db *, int64_t *next) MUST_CHECK;
/* After a start: what ran when the daemon ended goes on. */
bool queue_recover(struct ctx *, struct db *) MUST_CHECK;
/* Takes those off the lists that ended so long ago ([mover] keep-days). */
bool queue_forget(struct ctx *, struct db *) MUST_CHECK;

/* ---- children.c ------------------------------------------------------------------------------------------------ */

/* Runs `naru-mover work ID` (or `tidy ID`: after a cancelled one). False: no place, or one for it runs already. */
bool child_start(const struct transfer *, const char *what);
bool child_runs(const char *id);
/* Asks it to end; it is killed if it does not within two seconds. */
void child_stop(const char *id);
struct load child_load(const struct transfer *);
int children_running(void);
/* After SIGCHLD; calls ended for each. True: one has ended. */
bool children_reap(void (*ended)(const char *id, bool tidied, int status));
/* Kills those that were asked and have not ended. */
void children_hurry(void);
void children_kill(void);
/* Looks at once what there is to do. */
void look_again(void);

int work_main(const char *id);
int tidy_main(const char *id);

#endif
