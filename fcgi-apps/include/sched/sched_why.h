/* sched_why: sentences for the reasons of Slurm 22.05, shared by sched_why.c and its table. */
#ifndef NARU_SCHED_WHY_H
#define NARU_SCHED_WHY_H

#include "sched.h"

/* What is told beside the sentence. */
enum why_numbers {
	WHY_PLAIN,
	WHY_FREE,        /* what is free in the partition, and what was asked for */
	WHY_QUEUE,       /* how many jobs wait there */
	WHY_TIME,        /* the partition's longest wall time and the job's */
	WHY_NODES,       /* the partition's most nodes and the job's */
	WHY_DEPENDENCY,  /* the dependency as the scheduler has it */
	WHY_TASKS,       /* how many tasks of the array may run at once */
};

struct why { const char *reason; enum why_numbers numbers; const char *sentence; };

/* A reason that stands for itself; NULL: not in the table. */
const struct why *why_find(const char *reason);
/* A limit of an account or QOS ("AssocGrpCPUMinutesLimit"), from the parts of its name; NULL: not such a name. */
const char *why_limit(struct ctx *, const char *reason);

#endif
