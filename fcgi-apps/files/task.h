/*
 * task: work that outlives its request: an archive that is taken apart or made. It runs in a process of its own, with the sign-in of the moment it began, so
 * for at most 14 minutes, and tells how far it is in a small file (run/files/tasks) that its page reads. Ended ones are forgotten after a day.
 */
#ifndef NARU_FILES_TASK_H
#define NARU_FILES_TASK_H

#include "files.h"

#define TASK_MS 840000
#define TASK_NOTES 20     /* lines about entries that were left out */

struct task;

/* In the new process, with the request and place of the old one. True: done; false after fail(). */
typedef bool task_run(struct req *, struct where *, struct task *, void *arg);

/* Starts it. title: what the page is called; back: address to go on from. *url: the task's page. A user may have two at a time. */
bool task_start(struct req *, struct where *, const char *title, const char *back, task_run *, void *arg, const char **url) MUST_CHECK;
/* How far it is; written at most twice a second. */
void task_tell(struct task *, int64_t entries, int64_t bytes);
/* One entry was left out; the first few are shown. */
void task_left_out(struct task *, const char *name, const char *why);

#endif
