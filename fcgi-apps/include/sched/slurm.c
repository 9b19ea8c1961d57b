/*
 * Slurm over slurmrestd (22.05's v0.0.38, on a unix socket or https), with the user's own token. Reading is in slurm_poll.c, the
 * body of a submit in slurm_submit.c, refusals in slurm_errors.c.
 */
#include "sched/slurm.h"

#include <string.h>

static const struct sched_setting settings[] = {
	{ "socket", "Path of slurmrestd's unix socket", "", false },
	{ "url", "https://host:port of slurmrestd, when it is not on a unix socket", "", false },
	{ "ca", "File with the certificate authority of url", "", false },
	{ "version", "Version of the REST interface", "v0.0.38", false },
	{ "slurm-cluster", "ClusterName of slurm.conf, when slurmdbd keeps several", "", false },
	{ "token-file", "File with the poller's token", "", true },
	{ "token-user", "Slurm user of that token", "naru-poller", false },
	{ "job-path", "PATH of jobs", "/usr/local/bin:/usr/bin:/bin", false },
	{ "job-shell", "SHELL of jobs", "/bin/bash", false },
	{ "job-lang", "LANG of jobs", "C.UTF-8", false },
};

/* After these the scheduler may have taken the job although no good answer came. */
static bool uncertain(struct ctx *ctx, const char *detail)
{
	forget(ctx);
	return fail(ctx, KIND_TIMEOUT, tr(ctx, "The batch system did not confirm the job. It may have taken it all the same: look at your jobs before you "
		"send it again."), "slurm: %s", detail);
}

/* Codes that come with an accepted job and only say how it is. */
static const char *warning_of(struct ctx *ctx, const struct slurm_answer *answer)
{
	struct error kept = ctx->error;
	const char *sentence;

	if (answer->text == NULL || answer->code == 2042) /* held, as asked */
		return NULL;
	slurm_refused(ctx, answer, 200, false);
	sentence = ctx->error.message;
	ctx->error = kept;
	return sentence;
}

static bool submitted(struct ctx *ctx, const struct web_answer *web, int64_t *job_id, const char **warning)
{
	struct slurm_answer answer;

	if (!slurm_read(ctx, web->body, NULL, NULL, NULL, &answer)) {
		if (web->status == 200)
			return uncertain(ctx, "the answer to a submit is not complete");
		forget(ctx);
		return slurm_refused(ctx, &(struct slurm_answer){ 0 }, web->status, false);
	}
	if (answer.job_id > 0) {
		*job_id = answer.job_id;
		*warning = warning_of(ctx, &answer);
		return true;
	}
	if (answer.code == 5005) /* slurmctld closed the connection: a refused token, or it ended in the middle */
		return uncertain(ctx, "zero bytes from slurmctld");
	return slurm_refused(ctx, &answer, web->status, false);
}

static bool submit(struct ctx *ctx, const struct sched_login *login, const struct sched_ask *ask, int64_t *job_id, const char **warning)
{
	struct slurm_call call = { .method = "POST", .path = "/job/submit" };
	struct web_answer web;

	if (!slurm_submit_body(ctx, login, ask, &call.body))
		return false;
	if (slurm_send(ctx, login, &call, &web))
		return submitted(ctx, &web, job_id, warning);
	if (web.sent)
		return uncertain(ctx, ctx->error.detail != NULL ? ctx->error.detail : "no answer");
	return false;
}

/* "18" or "18_3": nothing else gets into the path. */
static bool is_job_id(const char *id)
{
	size_t digits = strspn(id, "0123456789");
	const char *rest = id + digits;

	if (digits == 0 || digits > 10 || id[0] == '0')
		return false;
	if (*rest == '\0')
		return true;
	digits = strspn(rest + 1, "0123456789");
	return *rest == '_' && digits > 0 && digits <= 9 && rest[1 + digits] == '\0';
}

/* 22.05 reports each update of an array as failed, without a code, when it succeeded: its list of tasks holds "no error". */
static bool array_update(const struct slurm_answer *answer)
{
	return answer->code <= 0 && answer->text != NULL && starts_with(answer->text, "job array update");
}

static bool control(struct ctx *ctx, const struct sched_login *login, const char *id, enum sched_verb verb)
{
	static const char hold[] = "{\"hold\":true}", release[] = "{\"hold\":false}";
	struct slurm_call call = { .method = "DELETE" };
	struct slurm_answer answer;
	struct web_answer web;

	if (!is_job_id(id))
		return fail(ctx, KIND_NOT_FOUND, tr(ctx, "There is no such job, or it is not yours."), "slurm: job id");
	call.path = text(ctx->arena, "/job/%s", id);
	if (verb != SCHED_CANCEL) {
		call.method = "POST";
		call.body = verb == SCHED_HOLD ? (struct bytes){ (const unsigned char *)hold, sizeof hold - 1 } :
			(struct bytes){ (const unsigned char *)release, sizeof release - 1 };
	}
	if (!slurm_send(ctx, login, &call, &web))
		return false;
	if (!slurm_read(ctx, web.body, NULL, NULL, NULL, &answer)) {
		forget(ctx);
		return slurm_refused(ctx, &(struct slurm_answer){ 0 }, web.status, false);
	}
	if (web.status == 200 && (answer.text == NULL || array_update(&answer)))
		return true;
	return slurm_refused(ctx, &answer, web.status, false);
}

const struct sched_driver slurm_driver = {
	.name = "slurm",
	.settings = settings, .n_settings = COUNT(settings),
	.can = SCHED_CAN_ARRAY | SCHED_CAN_DEPEND | SCHED_CAN_GPU | SCHED_CAN_MAIL | SCHED_CAN_HOLD | SCHED_CAN_ACCOUNTING | SCHED_CAN_UNCHANGED |
		SCHED_CAN_RARE,
	.submit = submit, .control = control,
	.jobs = slurm_jobs, .nodes = slurm_nodes, .partitions = slurm_partitions, .history = slurm_history, .people = slurm_people,
};
