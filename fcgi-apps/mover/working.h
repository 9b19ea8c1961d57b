/*
 * working: the process that works at one transfer, and its lanes. The first process plans, writes the ledger and hands out files; it reads no content.
 * Nobody else writes this transfer's records meanwhile, except the desk: .state, which is looked at with each batch.
 */
#ifndef NARU_WORKING_H
#define NARU_WORKING_H

#include <stdatomic.h>

#include "moving.h"
#include "rules.h"

/* What the first process and the lanes see at once. */
struct lane_shared { _Atomic(int64_t) now /* bytes of the file at hand */, moved /* bytes since the start */, rate /* bytes a second; 0: no limit */; };

/* One file to be copied, deleted, … and what came of it. */
struct task { int64_t number, size, modified; bool doubt; const char *from, *to; /* paths in their places */ };
enum outcome { OUT_DONE, OUT_SKIPPED, OUT_FAILED, OUT_LATER };
struct result {
	int64_t number, size;
	enum outcome outcome;
	enum act act;
	int code;
	char words[400];
	const char *name;    /* path in the place that it got, "" for the one it was meant to have; arena of the receiver */
};

/* ---- lane.c --------------------------------------------------------------------------------------------------------- */

/* What a lane, or the first process for its planning, works with. */
struct hands {
	struct arena *arena;         /* of the stores */
	struct ctx *ctx;             /* of the task at hand */
	const struct transfer *t;
	struct store *from, *to;
	struct lane_shared *shared;
	int64_t due;                 /* clock_ms() when, at its rate, it may go on */
};
/* Opens what is not open. */
bool hands_open(struct hands *) MUST_CHECK;
/* The last failure in a result. */
void hands_failed(struct hands *, struct result *);

enum { LANE_BATCH = 48 };
struct lane { int fd; int busy; int64_t load; struct lane_shared *shared; };
bool lane_start(struct lane *, const struct transfer *) MUST_CHECK;
bool lane_send(struct lane *, const struct task *) MUST_CHECK;
/* One result that is there. False: the lane has ended. */
bool lane_receive(struct lane *, struct arena *, struct result *) MUST_CHECK;

/* Bytes from which on an unfinished file is kept. */
enum { FILE_KEPT = 32 << 20 };

/* ---- file.c, pour.c ------------------------------------------------------------------------------------------------- */

/* Copies, moves, or only looks (a dry run) as the transfer wants. */
enum stage { STAGE_OVER /* .out says how */, STAGE_WRITTEN /* has all its content, and no name */, STAGE_NAMED };
struct file {
	struct hands *h;
	const struct task *task;
	struct result *out;
	enum stage stage;
	bool batched;              /* may stop at STAGE_WRITTEN */
	bool begun;                /* something may have come of it at the target */
	bool kept;                 /* unfinished, it stays for the next process */
	const char *to;            /* the name it gets */
	struct entry source, there;
	bool taken;                /* .there is something */
	unsigned char hash[32];    /* of the source, if .hashed */
	bool hashed, fresh;        /* fresh: nothing had its name */
	enum act act;
	int fd;
};
/* One after the other; between them others may be begun. file_named() verifies; a moved file is removed at its old place by file_left(). */
void file_begin(struct file *);
void file_named(struct file *);
void file_left(struct file *);
/* The hidden name of a big file of this transfer while it is not finished. */
const char *file_keep(struct arena *, const struct transfer *, const struct task *);
/* Moves content to a file that store_create() made: all of it, as fast as descriptors can. *hash (32 bytes) unless NULL. *n: how much is
 * there, before and after. */
bool pour(struct hands *, const struct store_file *, bool from_seeks, int to, bool to_seeks, unsigned char *hash, int64_t *n) MUST_CHECK;
/* The hash of a file's content where it lies. */
bool pour_hash(struct hands *, struct store *, const char *path, unsigned char *hash) MUST_CHECK;

/* ---- work.c: the first process ----------------------------------------------------------------------------------------- */

enum { BATCH = 200, WINDOW = 2000, PAGE = 500, DEPTH = 64 /* files given to a lane at once */ };

struct work {
	struct db *db;
	struct transfer t;           /* its own numbers; texts live as long as the process */
	struct arena *arena;         /* of the process */
	struct arena *step;          /* of a batch */
	struct ctx ctx;              /* of a step */
	struct hands hands;          /* for planning */
	struct result results[BATCH];
	size_t n_results;
	int64_t next_flush, last_flush, moved_before;
	int64_t cursor;              /* the next number to be handed out */
	int64_t doubt_below;         /* numbers below it were handed out by one who did not finish */
	int64_t done_before;         /* files done when this run began: was there any progress? */
	struct lane lanes[TRANSFER_LANES];
	int n_lanes;
	struct task *ready;          /* read from the ledger, not handed out */
	size_t n_ready, at_ready;
	struct arena *ready_arena;
	int64_t in_flight[TRANSFER_LANES * DEPTH]; /* numbers; 0: free */
	int later_code;              /* not 0: no more is handed out, it goes on later */
	char later_words[400];
	bool over;                   /* the desk wants it no more: paused, cancelled */
};

/* Where a file of the ledger goes, and where it is; paths in their places. */
const char *work_from(struct work *, const struct transfer_file *);
const char *work_to(struct work *, const struct transfer_file *);

/* ledger.c. Writes results, counters and .handed in one transaction; .over if the transfer is not wanted any more. */
bool ledger_flush(struct work *) MUST_CHECK;
/* Adds found entries, and the planner's place, in one transaction. */
bool ledger_add(struct work *, struct transfer_file *, size_t n, const struct transfer_file *folder /* now finished; NULL */, int64_t folder_number) MUST_CHECK;
/* Reads up to `most` files that have no result, from .cursor on, into .ready. */
bool ledger_ready(struct work *, size_t most) MUST_CHECK;
/* The next record from `from` on that is a folder without result. *number 0: none. */
bool ledger_folder(struct work *, int64_t from, struct transfer_file *, int64_t *number) MUST_CHECK;
/* Makes the ledger empty, or those that failed undecided again, before a run. */
bool ledger_renew(struct work *) MUST_CHECK;
/* Folders of the ledger in either direction. */
bool ledger_next(struct work *, int64_t *number, bool descending, bool *found, struct transfer_file *) MUST_CHECK;
/* The end: the state it has now. */
bool ledger_end(struct work *, const char *state, int code, const char *words, int64_t next_try) MUST_CHECK;

/* plan.c. One step of the walk: true if it was taken, or all is planned. False: a failure for the whole transfer (store_failure()). */
bool plan_step(struct work *) MUST_CHECK;

/* Was the process asked to end? */
bool work_stopped(void);

/* finish.c. What is left to be done when all files are: deleting (mirror), emptied folders (move). False as plan_step(). */
bool finish(struct work *) MUST_CHECK;

#endif
