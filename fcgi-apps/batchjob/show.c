/* One job: its page and its script. */
#include "batchjob.h"
#include "views.h"

#include <string.h>

enum { REFRESH = 5, TASKS_MOST = 1000 };

/* ---- which job ---- */

bool job_id_good(const char *id)
{
	size_t n = strspn(id, "0123456789"), m;
	if (n == 0 || n > 10 || id[0] == '0')
		return false;
	if (id[n] == '\0')
		return true;
	m = strspn(id + n + 1, "0123456789");
	return id[n] == '_' && m > 0 && m <= 9 && id[n + 1 + m] == '\0' && (m == 1 || id[n + 1] != '0');
}

static bool no_such_job(struct ctx *ctx)
{
	return fail(ctx, KIND_NOT_FOUND, tr(ctx, "There is no such job, or it is not yours."), NULL);
}

static bool cluster_known(const char *name)
{
	struct texts names = sched_clusters();
	for (size_t i = 0; i < names.n; i++)
		if (same(names.at[i], name))
			return true;
	return false;
}

/* A job that was sent a moment ago: the poller has not seen it. */
static bool just_sent(struct req *r, const char *cluster, const char *id, struct job *job)
{
	struct submission s;
	bool found;
	if (!submission_of_job(r->ctx, r->who.user, cluster, id, NULL, &found, &s))
		return false;
	if (!found || strchr(id, '_'))
		return no_such_job(r->ctx);
	*job = (struct job){ .cluster = s.cluster, .id = id, .user = s.user, .name = id, .submitted = s.created };
	return true;
}

bool job_mine(struct req *r, const char *cluster, const char *id, struct job *job, bool *seen)
{
	struct db *db = snapshot(r->ctx);
	*seen = false;
	if (!job_id_good(id) || !cluster_known(cluster))
		return no_such_job(r->ctx);
	if (db && !sched_job(r->ctx, db, r->who.user, cluster, id, seen, job))
		return false;
	return *seen || just_sent(r, cluster, id, job);
}

/* ---- tasks of an array ---- */

static int64_t array_of(const struct job *j)
{
	return j->array_job > 0 ? j->array_job : j->raw_id;
}

static struct task make_task(struct req *r, const struct job *j)
{
	return (struct task){ .id = j->id, .url = job_path(r->ctx->arena, j->cluster, j->id), .css = job_css(j), .state = sched_state(r->ctx, j),
		.started = job_group(j) == JOBS_WAITING ? 0 : j->started, .ended = j->ended, .nodes = j->nodes };
}

static struct task_list tasks_of(struct req *r, const struct job *job)
{
	const char *number = text(r->ctx->arena, "%lld", (long long)array_of(job));
	struct job_query q = { .user = r->who.user, .order = JOBS_BY_ID, .ascending = true, .match = number, .per_page = TASKS_MOST };
	struct job_page page = { 0 };
	size_t n = 0;
	if (job->array_job <= 0)
		return (struct task_list){ 0 };
	if (!sched_jobs(r->ctx, snapshot(r->ctx), &q, &page)) {
		forget(r->ctx);
		return (struct task_list){ 0 };
	}
	struct task *at = NEW_ARRAY(r->ctx->arena, struct task, page.n + 1);
	for (size_t i = 0; i < page.n; i++)
		if (page.at[i].array_job == job->array_job && same(page.at[i].cluster, job->cluster))
			at[n++] = make_task(r, &page.at[i]);
	return (struct task_list){ at, n };
}

/* Where the whole array can be cancelled, while anything of it runs or waits. */
static const char *active_array(struct req *r, const struct job *j, struct task_list tasks)
{
	for (size_t i = 0; i < tasks.n; i++)
		if (tasks.at[i].ended == 0)
			return job_path(r->ctx->arena, j->cluster, text(r->ctx->arena, "%lld", (long long)array_of(j)));
	return NULL;
}

/* ---- the page ---- */

static void times(struct req *r, const struct job *j, struct one_job *m)
{
	struct arena *a = r->ctx->arena;
	int64_t end = j->ended > 0 ? j->ended : now();
	m->submitted = j->submitted;
	m->ended = j->ended;
	m->limit = j->limit_minutes > 0 ? human_time(a, j->limit_minutes * 60) : NULL;
	if (m->waiting) {
		m->expected = j->started > now() ? j->started : 0;
		return;
	}
	m->started = j->started;
	if (j->started <= 0 || end < j->started)
		return;
	m->ran = human_time(a, end - j->started);
	if (m->running && j->limit_minutes > 0)
		m->bar = text(a, "<progress class=\"bar\" max=\"%lld\" value=\"%lld\" aria-label=\"%s\"></progress>", (long long)j->limit_minutes * 60,
			(long long)(end - j->started), tr(r->ctx, "Wall time"));
}

static void size_of(struct req *r, const struct job *j, struct one_job *m)
{
	m->partition = j->partition;
	m->account = j->account;
	m->nodes = j->nodes;
	m->node_count = j->node_count;
	m->cpus = j->cpus;
	m->gpus = j->gpus;
	m->memory = j->memory_mb > 0 ? human_size(r->ctx->arena, j->memory_mb * 1048576) : NULL;
	m->folder = j->folder;
	m->folder_url = files_url(r, j->folder);
	m->dependency = j->dependency;
	m->restarts = j->restarts;
	m->array_tasks = j->array_tasks;
}

static void outputs(struct req *r, const struct job *j, struct one_job *m)
{
	if (m->waiting && j->started <= 0 && j->restarts == 0)
		return;
	if (m->waiting)
		return;
	m->output = tail_of(r, j, false);
	const struct tail *errors = empty(j->error_file) ? NULL : tail_of(r, j, true);
	m->errors = errors && m->output && same(errors->path, m->output->path) ? NULL : errors;
}

static bool recorded(struct req *r, const struct job *j, bool seen, struct one_job *m)
{
	struct submission s;
	bool found;
	if (!submission_of_job(r->ctx, r->who.user, j->cluster, j->id, seen ? j : NULL, &found, &s))
		return false;
	m->again_url = text(r->ctx->arena, "/jobs/new?again=%s/%s", j->cluster, j->id);
	if (!found)
		return true;
	m->script = s.script;
	m->warning = s.warning;
	m->script_url = text(r->ctx->arena, "%s/script", m->path);
	m->same_url = text(r->ctx->arena, "/jobs/submissions/%s/review", s.id);
	return true;
}

static void describe(struct req *r, const struct job *j, struct one_job *m)
{
	m->css = job_css(j);
	m->state = sched_state(r->ctx, j);
	m->running = job_group(j) == JOBS_RUNNING;
	m->waiting = job_group(j) == JOBS_WAITING;
	m->finished = job_finished(j);
	m->active = !m->finished;
	m->held = m->waiting && same(m->css, "held");
	m->why = m->waiting ? sched_why(r->ctx, snapshot(r->ctx), j) : NULL;
	times(r, j, m);
	size_of(r, j, m);
	outputs(r, j, m);
	m->tasks = tasks_of(r, j);
	m->array_path = active_array(r, j, m->tasks);
	m->advice = advice_of(r, j);
}

/* The page of a job that the batch system has lost leads to the record of it. */
static const char *lost_at(struct req *r, const struct job *j)
{
	struct submission s;
	bool found;
	if (!submission_of_job(r->ctx, r->who.user, j->cluster, j->id, NULL, &found, &s)) {
		forget(r->ctx);
		return NULL;
	}
	return found && same(s.state, "forgotten") ? text(r->ctx->arena, "/jobs/submissions/%s", s.id) : NULL;
}

static struct reply page(struct req *r, struct one_job *m)
{
	r->title = m->seen ? say(r->ctx, "Job %s: %s", m->id, m->name) : say(r->ctx, "Job %s", m->id);
	r->crumb = tr(r->ctx, "Jobs");
	r->crumb_path = "/jobs";
	r->refresh = m->active ? (m->seen ? REFRESH : 2) : 0;
	return reply_page(r, &one_job_view, m);
}

struct reply job_show(struct req *r)
{
	struct job job;
	struct one_job m = { 0 };
	if (!job_mine(r, req_part(r, "cluster"), req_part(r, "id"), &job, &m.seen))
		return reply_oops(r);
	const char *lost = m.seen ? NULL : lost_at(r, &job);
	if (lost)
		return reply_go(r, lost, NULL);
	m.troubles = troubles(r);
	m.id = job.id;
	m.cluster = job.cluster;
	m.name = empty(job.name) ? job.id : job.name;
	m.path = job_path(r->ctx->arena, job.cluster, job.id);
	m.active = true;
	if (m.seen)
		describe(r, &job, &m);
	else
		m.submitted = job.submitted;
	return recorded(r, &job, m.seen, &m) ? page(r, &m) : reply_oops(r);
}

/* ---- its script ---- */

struct reply job_script(struct req *r)
{
	struct job job;
	struct submission s;
	bool seen, found;
	if (!job_mine(r, req_part(r, "cluster"), req_part(r, "id"), &job, &seen))
		return reply_oops(r);
	if (!submission_of_job(r->ctx, r->who.user, job.cluster, job.id, seen ? &job : NULL, &found, &s))
		return reply_oops(r);
	if (!found)
		return reply_fail(r, KIND_NOT_FOUND, tr(r->ctx, "This job was not sent from here, so its script is not known."));
	reply_header(r, "Content-Disposition", text(r->ctx->arena, "attachment; filename=\"job-%s.sh\"", job.id));
	return reply_text(r, "text/plain; charset=utf-8", s.script, strlen(s.script));
}
