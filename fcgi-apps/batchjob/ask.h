/*
 * ask: what a job asks for, as texts. One row for each thing: the form's field of that name, its #SBATCH option, and how a value is
 * brought into its one canonical spelling. The form, the script that is generated, the script that is read back and the comparison of the
 * two all walk these rows.
 */
#ifndef BATCHJOB_ASK_H
#define BATCHJOB_ASK_H

#include "app.h"

enum ask_what {
	ASK_NAME, ASK_PARTITION, ASK_ACCOUNT, ASK_TIME, ASK_NODES, ASK_TASKS, ASK_CPUS, ASK_MEMORY, ASK_GPUS, ASK_ARRAY, ASK_DEPENDENCY,
	ASK_MAIL_TYPE, ASK_MAIL_USER, ASK_FOLDER, ASK_OUTPUT, ASK_ERROR, ASK_HOLD,
	ASK_QOS, ASK_CONSTRAINT,
	/* From here on no field of the form shows them unless a template wants it; they come from an edited script. */
	ASK_RARE, ASK_NODES_MOST = ASK_RARE, ASK_NTASKS, ASK_MEMORY_CPU, ASK_GRES, ASK_EXCLUSIVE, ASK_BEGIN, ASK_NICE, ASK_REQUEUE, ASK_SIGNAL,
	ASK_OPEN_MODE, ASK_LICENSES, ASK_RESERVATION, ASK_EXPORT, ASK_COUNT,
};

struct ask { const char *value[ASK_COUNT]; /* canonical; NULL: not asked for */ };

struct ask_row {
	struct field field;       /* .name is the form's; the same row checks a value wherever it comes from */
	const char *option;       /* "--job-name" without the dashes */
	char letter;              /* 'J'; 0: none */
	/* Canonical spelling, in the arena; NULL if the value cannot be. */
	const char *(*tidy)(struct arena *, const char *value);
	const char *bare;         /* what the option means without a value; NULL: it needs one */
};

extern const struct ask_row ask_rows[ASK_COUNT];

/* The row of a form's field; -1 if it is none. */
int ask_find(const char *field);
/* Checks a value against a field (length, grammar, range) without a request. NULL: good; else the message. `row` gives limits; it
 * may be a template's narrower copy of ask_rows[what].field. */
const char *ask_wrong(struct ctx *, const struct field *row, enum ask_what, const char *value);

/* "00:30", "90", "1:30:00", "2-12", "1-00:00:00" to minutes (seconds round up), -1 if it is none. */
int64_t minutes_of(const char *);
char *minutes_text(struct arena *, int64_t minutes);   /* "01:30:00", "2-12:00:00" */
/* "4G", "4096" (MiB), "2T" to MiB, as sbatch reads them; -1 if it is none. */
int64_t megabytes_of(const char *);
char *megabytes_text(struct arena *, int64_t mb);      /* "4G", "1500M" */
int64_t number_of(const struct ask *, enum ask_what, int64_t preset);
/* GPUs on each node, whether of any kind or of one ("gpu:a100:2"). */
int64_t gpus_of(const struct ask *);
/* How many tasks "0-9:2,20%4" makes; -1 if it is none. *last: the largest index. */
int64_t array_size(const char *, int64_t *last);

#endif
