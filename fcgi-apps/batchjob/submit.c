/* The submit: record first, then the audit line, then the batch system, then the answer into the record. */
#include "audit.h"
#include "batchjob.h"
#include "views.h"

#include <string.h>

/* ---- what is sent ---- */

static int64_t memory_of(const struct ask *a, enum ask_what what) { return a->value[what] ? megabytes_of(a->value[what]) : 0; }

/* The NAME=VALUE of --export; NONE and ALL come to the same: there is no terminal whose environment could be taken along. */
static struct texts variables_of(struct arena *arena, const struct ask *a)
{
	struct texts words = split(arena, a->value[ASK_EXPORT] ? a->value[ASK_EXPORT] : "", ',');
	const char **at = NEW_ARRAY(arena, const char *, words.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < words.n; i++)
		if (strchr(words.at[i], '='))
			at[n++] = words.at[i];
	return (struct texts){ at, n };
}

static struct sched_ask to_send(struct req *r, const struct draft *d, const struct submission *s)
{
	const struct ask *a = &d->ask;
	return (struct sched_ask){
		.name = a->value[ASK_NAME], .partition = a->value[ASK_PARTITION], .account = a->value[ASK_ACCOUNT], .folder = a->value[ASK_FOLDER],
		.output = a->value[ASK_OUTPUT], .error_file = a->value[ASK_ERROR], .array = a->value[ASK_ARRAY], .dependency = a->value[ASK_DEPENDENCY],
		.mail_type = a->value[ASK_MAIL_TYPE], .mail_user = a->value[ASK_MAIL_USER], .comment = submission_comment(r->ctx->arena, s),
		.script = d->script, .minutes = a->value[ASK_TIME] ? minutes_of(a->value[ASK_TIME]) : 0, .nodes = number_of(a, ASK_NODES, 0),
		.tasks_per_node = number_of(a, ASK_TASKS, 0), .cpus_per_task = number_of(a, ASK_CPUS, 0),
		.memory_mb = memory_of(a, ASK_MEMORY), .gpus = number_of(a, ASK_GPUS, 0),
		.hold = a->value[ASK_HOLD] != NULL, .user = r->who.user, .home = home_of(r),
		.qos = a->value[ASK_QOS], .constraint = a->value[ASK_CONSTRAINT], .gres = a->value[ASK_GRES], .exclusive = a->value[ASK_EXCLUSIVE],
		.begin = a->value[ASK_BEGIN], .signal = a->value[ASK_SIGNAL], .open_mode = a->value[ASK_OPEN_MODE], .licenses = a->value[ASK_LICENSES],
		.reservation = a->value[ASK_RESERVATION], .variables = variables_of(r->ctx->arena, a), .nodes_most = number_of(a, ASK_NODES_MOST, 0),
		.tasks = number_of(a, ASK_NTASKS, 0), .memory_cpu_mb = memory_of(a, ASK_MEMORY_CPU), .nice = number_of(a, ASK_NICE, 0),
		.requeue = a->value[ASK_REQUEUE] != NULL,
	};
}

/* ---- what became of it ---- */

static const char *sent_path(struct arena *a, const struct submission *s)
{
	if (s->job_id > 0)
		return job_path(a, s->cluster, text(a, "%lld", (long long)s->job_id));
	return text(a, "/jobs/submissions/%s", s->id);
}

/* The batch system said no, or could not be reached: the form comes back with everything in it. */
static struct reply refused(struct req *r, struct draft *d, struct submission *s)
{
	static const int statuses[] = { [KIND_UNAVAILABLE] = 503, [KIND_TIMEOUT] = 503, [KIND_FORBIDDEN] = 403 };
	enum kind kind = r->ctx->error.kind;
	d->refused = r->ctx->error.message;
	log_line(r->ctx, "submit refused: %s", r->ctx->error.detail ? r->ctx->error.detail : "");
	forget(r->ctx);
	if (!submission_answered(r, s, "refused", 0, d->refused))
		return reply_oops(r);
	d->status = kind < COUNT(statuses) && statuses[kind] ? statuses[kind] : 422;
	return draft_reply(r, d);
}

static struct reply send(struct req *r, struct draft *d, struct submission *s)
{
	struct sched_ask ask = to_send(r, d, s);
	const char *warning = NULL;
	int64_t job_id = 0;
	if (!audit(r->ctx, r->who.user, "job.submit", text(r->ctx->arena, "%s %s", d->cluster, s->id), d->ask.value[ASK_NAME]))
		return refused(r, d, s);
	if (!sched_submit(r->ctx, d->cluster, r->who.user, r->who.token, &ask, &job_id, &warning)) {
		if (r->ctx->error.kind != KIND_TIMEOUT)
			return refused(r, d, s);
		log_line(r->ctx, "submission %s: no answer: %s", s->id, r->ctx->error.detail ? r->ctx->error.detail : "");
		forget(r->ctx); /* it may have been taken: the record stays as it is, and is looked for */
		return reply_go(r, sent_path(r->ctx->arena, s), NULL);
	}
	if (!submission_answered(r, s, "sent", job_id, warning)) {
		log_line(r->ctx, "submission %s is job %lld but could not be recorded: %s", s->id, (long long)job_id, r->ctx->error.message);
		forget(r->ctx); /* the tick does it later */
		s->job_id = job_id;
	}
	return reply_go(r, sent_path(r->ctx->arena, s), warning ? say(r->ctx, "The job is accepted. The batch system adds: %s", warning)
		: tr(r->ctx, "The job is accepted."));
}

/* ---- the handler ---- */

static struct reply submit(struct req *r, struct draft *d)
{
	struct submission s = { .cluster = d->cluster, .template = d->template->name, .script = d->script, .form = draft_kept(r, d),
		.edited = d->values.n > 0 && !same(d->script, draft_generate(r, d)) };
	bool again;
	if (!submission_begin(r, &s, r->key, &again))
		return reply_oops(r);
	if (again)
		return reply_go(r, sent_path(r->ctx->arena, &s), NULL);
	return send(r, d, &s);
}

/* The user's text stays; the messages of the field table go to the top. */
static struct reply not_good(struct req *r, struct draft *d, struct form *form)
{
	if (form_message(form, "values") || form_message(form, "confirmed"))
		return reply_fail(r, KIND_BAD_REQUEST, tr(r->ctx, "The values of the form cannot be read. Begin again under New job."));
	const char *says = form_message(form, "script");
	find_add(r->ctx, &d->found, true, 0, says ? says : tr(r->ctx, "The script cannot be read."));
	d->status = 422;
	return draft_reply(r, d);
}

struct reply submit_do(struct req *r)
{
	struct draft d = { .status = 422 };
	struct form *form = form_read(r, &submit_form);
	if (!cluster_asked(r, &d.cluster) || !draft_unpack(r, form_text(form, "values"), &d))
		return reply_oops(r);
	d.script = script_typed(r->ctx->arena, form_text(form, "script"));
	if (!form_good(form))
		return not_good(r, &d, form);
	draft_read(r, &d);
	if (find_errors(&d.found))
		return draft_reply(r, &d);
	if (draft_diffs(r, &d).n > 0 && !same(form_text(form, "confirmed"), draft_hash(r->ctx->arena, d.script))) {
		d.confirm = true;
		return draft_reply(r, &d);
	}
	return submit(r, &d);
}

/* ---- the page of a submission that has no job yet ---- */

static void describe(struct req *r, const struct submission *s, struct sent *m)
{
	if (same(s->state, "sending")) {
		m->message = tr(r->ctx, "The batch system did not answer in time. It may have taken the job all the same: it is being looked for. Nothing is sent twice.");
		m->css = "warn";
		r->refresh = 3;
		return;
	}
	m->css = "bad";
	m->again = text(r->ctx->arena, "/jobs/submissions/%s/review", s->id);
	m->message = same(s->state, "lost") ? tr(r->ctx, "The batch system did not take this job: it was not accepted. You can send it again.")
		: same(s->state, "forgotten") ? tr(r->ctx, "The batch system accepted this job and then lost it, as happens when it is cut off. If it had begun, look at its files; you can send it again.")
		: s->message;
}

/* The snapshot may know the job before the tick has written it down, or after it was given up. */
static bool find_job(struct req *r, struct submission *s)
{
	struct db *db = snapshot(r->ctx);
	struct job job;
	bool found, gone = false;
	if (s->job_id > 0 || same(s->state, "refused") || !db)
		return s->job_id > 0;
	if (!sched_by_comment(r->ctx, db, s->user, submission_comment(r->ctx->arena, s), &found, &job) || (found && !sched_gone(r->ctx, db, &job, &gone))) {
		forget(r->ctx);
		return false;
	}
	found = found && !gone;
	if (found)
		s->job_id = job.array_job > 0 ? job.array_job : job.raw_id;
	return found;
}

struct reply submission_show(struct req *r)
{
	struct submission s;
	bool found;
	if (!submission_get(r->ctx, r->who.user, req_part(r, "submission"), &found, &s))
		return reply_oops(r);
	if (!found)
		return reply_fail(r, KIND_NOT_FOUND, tr(r->ctx, "There is no such submission."));
	if (find_job(r, &s))
		return reply_go(r, sent_path(r->ctx->arena, &s), NULL);
	struct sent m = { .id = s.id, .cluster = s.cluster, .state = s.state, .created = s.created, .script = s.script };
	describe(r, &s, &m);
	r->title = same(s.state, "sending") ? tr(r->ctx, "Looking for the job") : same(s.state, "forgotten") ? tr(r->ctx, "The job was lost")
		: tr(r->ctx, "The job was not accepted");
	r->crumb = tr(r->ctx, "Jobs");
	r->crumb_path = "/jobs";
	return reply_page(r, &sent_view, &m);
}
