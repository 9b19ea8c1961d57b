/* One call to slurmrestd and the reading of a list: see slurm.h. */
#include "sched/slurm.h"

#include "conf.h"

#include <string.h>

/* Most bytes of an answer: 30,000 jobs at 3.2 KB each. */
enum { MOST_ANSWER = 100 << 20 };

static const char *base_url(struct ctx *ctx, const char *section, bool accounting)
{
	const char *version = sched_setting(&slurm_driver, section, "version");
	const char *url = sched_setting(&slurm_driver, section, "url");

	return text(ctx->arena, "%s/%s/%s", empty(url) ? "http://localhost" : url, accounting ? "slurmdb" : "slurm", version);
}

/* A name or token that could break out of its header. Both come from account, but a header is made of them here. */
static bool usable(const char *value)
{
	return !empty(value) && strpbrk(value, "\r\n") == NULL;
}

/* What web.h said, in the words of this service. */
static bool not_answered(struct ctx *ctx)
{
	struct error error = ctx->error;

	forget(ctx);
	return fail(ctx, error.kind, error.kind == KIND_TIMEOUT ? tr(ctx, "The batch system did not answer in time. Try again in a moment.") :
		error.kind == KIND_TOO_LARGE ? tr(ctx, "The batch system answers with more data than Naru accepts. Tell the administrators.") :
		tr(ctx, "The batch system does not answer now. Try again in a moment."), "%s", error.detail != NULL ? error.detail : "no detail");
}

bool slurm_send(struct ctx *ctx, const struct sched_login *login, const struct slurm_call *call, struct web_answer *answer)
{
	const char *socket = sched_setting(&slurm_driver, login->cluster, "socket");
	const char *ca = sched_setting(&slurm_driver, login->cluster, "ca");
	const char *headers[3] = { NULL, NULL, NULL };
	struct web_request request = {
		.method = call->method, .headers = headers, .body = call->body, .most = MOST_ANSWER,
		.content_type = call->body.n > 0 ? "application/json" : NULL, .unix_socket = empty(socket) ? NULL : socket,
		.ca_file = empty(ca) ? NULL : ca,
	};

	*answer = (struct web_answer){ 0 };
	if (!usable(login->user) || !usable(login->token))
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The batch system did not accept your sign-in. Load the page again and try once more."),
			"slurm: no user or token");
	headers[0] = text(ctx->arena, "X-SLURM-USER-NAME: %s", login->user);
	headers[1] = text(ctx->arena, "X-SLURM-USER-TOKEN: %s", login->token);
	request.url = text(ctx->arena, "%s%s", base_url(ctx, login->cluster, call->accounting), call->path);
	return web_call(ctx, &request, answer) || not_answered(ctx);
}

/* What no list of ours looks like: 401 and 404 are plain text. */
static bool refused_plainly(struct ctx *ctx, const struct slurm_call *call, int status)
{
	struct slurm_answer none = { 0 };

	if (status == 404 && call->accounting)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The batch system keeps no accounting. Tell the administrators."), "slurm: no slurmdb at %s",
			call->path);
	if (status == 404)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The batch system speaks another version than Naru is set up for. Tell the administrators."),
			"slurm: 404 at %s", call->path);
	return slurm_refused(ctx, &none, status, true);
}

bool slurm_list(struct ctx *ctx, const struct sched_login *login, const struct slurm_call *call, const char *list, slurm_element *fn, void *arg,
	struct slurm_answer *answer, bool *unchanged)
{
	struct web_answer web;

	*unchanged = false;
	*answer = (struct slurm_answer){ 0 };
	if (!slurm_send(ctx, login, call, &web))
		return false;
	*unchanged = web.status == 304;
	if (*unchanged)
		return true;
	if (web.status == 401 || web.status == 404)
		return refused_plainly(ctx, call, web.status);
	if (!slurm_read(ctx, web.body, list, fn, arg, answer))
		return false;
	if (call->accounting && answer->code == 9003) /* "nothing found" is an empty list */
		return true;
	if (web.status != 200 || answer->text != NULL)
		return slurm_refused(ctx, answer, web.status, true);
	if (!answer->has_list)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The batch system sent an answer that cannot be read. Naru keeps asking."),
			"slurm: no list %s", list);
	if (answer->skipped > 0)
		log_line(ctx, "slurm: %zu of the %s could not be read", answer->skipped, list);
	return true;
}
