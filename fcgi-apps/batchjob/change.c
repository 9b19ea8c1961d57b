/* Cancel, hold, release: one job or several. Each is the user's own, and each is on the audit list before it happens. */
#include "audit.h"
#include "batchjob.h"
#include "views.h"

#include <string.h>

enum { PICK_MOST = 200 };

static const struct choice verbs[] = { { "cancel", MSG("Cancel") }, { "hold", MSG("Hold") }, { "release", MSG("Release") } };

static const struct field do_rows[] = {
	{ .name = "pick", .kind = FIELD_CHOICES, .label = MSG("Jobs") },
	{ .name = "verb", .kind = FIELD_CHOICE, .label = MSG("What to do"), .required = true, .choices = verbs, .n_choices = COUNT(verbs) },
};
FORM(do_form, do_rows);

static const char *verb_word(enum sched_verb v)
{
	return v == SCHED_CANCEL ? "cancel" : v == SCHED_HOLD ? "hold" : "release";
}

static const char *done_says(struct ctx *ctx, enum sched_verb v)
{
	switch (v) {
	case SCHED_CANCEL: return tr(ctx, "cancelled");
	case SCHED_HOLD: return tr(ctx, "held");
	case SCHED_RELEASE: return tr(ctx, "released");
	}
	return "";
}

static bool change_one(struct req *r, const char *cluster, const char *id, enum sched_verb verb)
{
	struct job job;
	bool seen;
	if (!job_mine(r, cluster, id, &job, &seen))
		return false;
	bool whole_array = seen && job.array_job > 0 && !strchr(id, '_'); /* the job is its first task; others may still run */
	if (seen && job_finished(&job) && !whole_array)
		return fail(r->ctx, KIND_CONFLICT, tr(r->ctx, "The job has ended already."), NULL);
	if (seen && verb == SCHED_HOLD && job_group(&job) == JOBS_RUNNING && !whole_array) /* Slurm says yes and does nothing */
		return fail(r->ctx, KIND_CONFLICT, tr(r->ctx, "The job runs already, and only a waiting job can be held. Cancel would end it."), NULL);
	return audit(r->ctx, r->who.user, text(r->ctx->arena, "job.%s", verb_word(verb)), text(r->ctx->arena, "%s/%s", cluster, id), NULL) &&
		sched_control(r->ctx, cluster, r->who.user, r->who.token, id, verb);
}

/* ---- one ---- */

static struct reply one(struct req *r, enum sched_verb verb)
{
	const char *cluster = req_part(r, "cluster"), *id = req_part(r, "id");
	if (!change_one(r, cluster, id, verb))
		return reply_oops(r);
	return reply_go(r, job_path(r->ctx->arena, cluster, id), say(r->ctx, "Job %s: %s. The new state shows in a few seconds.", id, done_says(r->ctx, verb)));
}

struct reply job_cancel(struct req *r) { return one(r, SCHED_CANCEL); }
struct reply job_hold(struct req *r) { return one(r, SCHED_HOLD); }
struct reply job_release(struct req *r) { return one(r, SCHED_RELEASE); }

/* ---- several ---- */

static struct outcome change_picked(struct req *r, const char *pick, enum sched_verb verb)
{
	struct texts parts = split(r->ctx->arena, pick, '/');
	bool good = parts.n == 2 ? change_one(r, parts.at[0], parts.at[1], verb)
		: fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such job, or it is not yours."), "pick");
	struct outcome o = { .id = parts.n == 2 ? parts.at[1] : pick, .good = good, .css = good ? "done" : "failed",
		.says = good ? done_says(r->ctx, verb) : r->ctx->error.message };
	if (parts.n == 2 && (good || r->ctx->error.kind != KIND_NOT_FOUND))
		o.url = job_path(r->ctx->arena, parts.at[0], parts.at[1]);
	forget(r->ctx);
	return o;
}

static enum sched_verb verb_of(const char *word)
{
	return same(word, "hold") ? SCHED_HOLD : same(word, "release") ? SCHED_RELEASE : SCHED_CANCEL;
}

struct reply jobs_do(struct req *r)
{
	struct form *form = form_read(r, &do_form);
	struct texts picks = form_texts(form, "pick");
	if (!form_good(form) || picks.n > PICK_MOST)
		return reply_fail(r, KIND_INVALID, tr(r->ctx, "Choose at most 200 jobs, and one of Cancel, Hold and Release."));
	if (picks.n == 0)
		return reply_go(r, "/jobs", tr(r->ctx, "Nothing was chosen: tick the jobs first."));
	struct outcome *at = NEW_ARRAY(r->ctx->arena, struct outcome, picks.n);
	size_t good = 0;
	for (size_t i = 0; i < picks.n; i++) {
		at[i] = change_picked(r, picks.at[i], verb_of(form_text(form, "verb")));
		good += at[i].good;
	}
	const char *summary = say(r->ctx, "Jobs %s: %lld of %lld. The new states show in a few seconds.",
		done_says(r->ctx, verb_of(form_text(form, "verb"))), (long long)good, (long long)picks.n);
	if (good == picks.n && !r->json)
		return reply_go(r, "/jobs", summary);
	r->title = good == picks.n ? tr(r->ctx, "Done") : tr(r->ctx, "Not everything was done");
	r->crumb = tr(r->ctx, "Jobs");
	r->crumb_path = "/jobs";
	return reply_page_status(r, good == picks.n ? 200 : 409, &outcomes_view, &(struct outcomes){
		.summary = summary, .outcomes = { at, picks.n }, .back = "/jobs" });
}
