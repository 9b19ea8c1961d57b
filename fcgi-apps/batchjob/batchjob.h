/* batchjob: what its files share. Routes are in batchjob.c; each other file is one noun. */
#ifndef BATCHJOB_H
#define BATCHJOB_H

#include "app.h"
#include "ask.h"
#include "models.h"
#include "sched.h"
#include "script.h"
#include "store.h"
#include "template.h"

#define RECORD submission
#include "record_def.h"

/* ---- batchjob.c ---- */
extern struct db *portal;
/* The snapshot; NULL while the poller has not written one yet. */
struct db *snapshot(struct ctx *);
/* The cluster that the request names (?cluster=), else the first; KIND_NOT_FOUND. */
bool cluster_asked(struct req *, const char **) MUST_CHECK;
/* Its title in naru.conf, or its name. */
const char *cluster_title(struct ctx *, const char *cluster);
/* "14:03", with the date when it is not today's. */
const char *clock_text(struct arena *, int64_t);
/* A line for each cluster that does not answer, and r->as_of. */
struct trouble_list troubles(struct req *);

/* ---- submission.c: records of what was sent ---- */
/* States: "sending" (the batch system may have it), "sent", "refused", "lost" (it never got it). */
/* Adds a record in state sending under the user's form key; *again: there was one, and `s` is it. */
bool submission_begin(struct req *, struct submission *s, const char *key, bool *again) MUST_CHECK;
bool submission_answered(struct req *, struct submission *s, const char *state, int64_t job_id, const char *message) MUST_CHECK;
bool submission_get(struct ctx *, const char *user, const char *id, bool *found, struct submission *) MUST_CHECK;
/* Of a job: by its number, or by the comment that it carries (job may be NULL). */
bool submission_of_job(struct ctx *, const char *user, const char *cluster, const char *id, const struct job *, bool *found, struct submission *) MUST_CHECK;
const char *submission_comment(struct arena *, const struct submission *);
/* Finds out what became of submits that were cut; the tick. */
bool submissions_resolve(struct ctx *) MUST_CHECK;

/* ---- check.c ---- */
struct check {
	struct req *r;
	const char *cluster;
	const struct ask *ask;
	struct findings *found;
	const char *estimate;              /* set by check_ask() */
};
/* Everything that can be known before the submit, in words. */
void check_ask(struct check *);
/* The folder with ~ filled in; home is the user's first place. */
const char *home_of(struct req *);
const char *absolute_folder(struct req *, const char *typed);

/* ---- new.c ---- */
/* The form of a template, with the partitions of the cluster and the accounts of the user to choose from. */
const struct form_table *job_table(struct req *, const struct template *, const char *cluster);
/* The form page with this form (status 200 or 422). */
struct reply form_page(struct req *, int status, const struct template *, const char *cluster, struct form *, const char *note);
/* All values of the form as "name=value", those of fields that are not shown from the template. */
struct texts form_values(struct req *, const struct form *, const struct template *);
void form_fill(struct form *, const struct form_table *, struct texts values);
handler new_show, new_change;

/* ---- review.c, submit.c ---- */
handler review_do, review_again, submit_do, submission_show;
/* What the review page needs: from the form, from a stored record or from what was typed into it. */
struct draft {
	const char *cluster;
	const struct template *template;
	struct texts values;               /* of the form; empty: none came */
	const char *script;
	struct ask ask;                    /* read from the script */
	struct findings found;
	const char *estimate;
	const char *refused;               /* what the batch system said, or NULL */
	int status;
	bool read;                         /* draft_read() was here */
	bool confirm;                      /* differences want a second look */
};
void draft_read(struct req *, struct draft *);       /* script → ask, findings, estimate */
const char *draft_generate(struct req *, const struct draft *); /* the script of the form's values */
/* The form's values with what the script says instead, so that "run again" begins with what was really asked for. */
struct texts draft_kept(struct req *, const struct draft *);
struct diff_list draft_diffs(struct req *, const struct draft *);
struct reply draft_reply(struct req *, struct draft *);
const char *draft_pack(struct req *, const struct draft *); /* values for the hidden field */
bool draft_unpack(struct req *, const char *packed, struct draft *) MUST_CHECK;
extern const struct form_table submit_form;
const char *draft_hash(struct arena *, const char *script);

/* ---- list.c, show.c, change.c, tail.c, advice.c ---- */
handler jobs_list, job_show, job_script, jobs_do, job_cancel, job_hold, job_release;
/* "18" or "18_3" and nothing else. */
bool job_id_good(const char *);
/* The user's job: from the snapshot, or just submitted and not seen yet (*seen false; then only cluster, id and name are set). */
bool job_mine(struct req *, const char *cluster, const char *id, struct job *, bool *seen) MUST_CHECK;
const char *job_path(struct arena *, const char *cluster, const char *id);
const char *job_css(const struct job *);
/* The end of the output or error file, as the user may read it. */
struct tail *tail_of(struct req *, const struct job *, bool error);
/* Address of the page of a file or folder; NULL if no place holds it. */
const char *files_url(struct req *, const char *absolute);
struct advice_list advice_of(struct req *, const struct job *);

#endif
