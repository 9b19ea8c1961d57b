/* One call to podman, and what its refusals mean: see podman.h. Nearly every error is a 500; only its words tell which. */
#include "cluster/podman.h"

#include "sched/slurm_json.h"
#include "web.h"

#include <string.h>

enum { MOST_ANSWER = 16 << 20 };

const char *podman_setting(const char *engine, const char *key)
{
	return cluster_setting(&podman_driver, engine, key);
}

static void put_escaped(struct buf *out, const char *value)
{
	for (; *value != '\0'; value++) {
		char c = *value;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-_.~", c) != NULL)
			buf_char(out, c);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
	}
}

const char *podman_filtered(struct arena *arena, const char *what, const char *key, const char *const *values, size_t n)
{
	tree *filters = tree_new(arena), *list = tree_put_list(filters, key);

	for (size_t i = 0; i < n; i++)
		tree_add_text(list, values[i]);
	return podman_with_filters(arena, what, filters);
}

const char *podman_with_filters(struct arena *arena, const char *what, tree *filters)
{
	struct buf out;

	buf_in(&out, arena);
	buf_printf(&out, "%s%cfilters=", what, strchr(what, '?') != NULL ? '&' : '?');
	put_escaped(&out, (const char *)cluster_json_text(arena, filters).at);
	return buf_cstr(&out);
}

/* What web.h said, in the words of this service. An unfinished change may have happened. */
static bool not_answered(struct ctx *ctx, const char *engine, bool read_only, bool sent)
{
	struct error error = ctx->error;
	const char *detail = error.detail != NULL ? error.detail : "no detail";

	forget(ctx);
	if (error.kind == KIND_TIMEOUT || (sent && !read_only))
		return fail(ctx, KIND_TIMEOUT, tr(ctx, "The cluster did not answer in time. Naru looks again."), "%s: %s", engine, detail);
	if (error.kind == KIND_TOO_LARGE)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster answers with more data than Naru accepts. Tell the administrators."), "%s: %s", engine, detail);
	return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster does not answer now. Naru keeps trying."), "%s: %s", engine, detail);
}

/* A refusal need not be JSON. */
static void read_refusal(struct ctx *ctx, const char *engine, struct podman_answer *answer)
{
	struct error before = ctx->error;

	if (!cluster_json(ctx, engine, answer->body, &answer->tree))
		ctx->error = before;
	answer->cause = slurm_text(ctx->arena, answer->tree, "cause");
	answer->message = slurm_text(ctx->arena, answer->tree, "message");
	if (answer->cause == NULL)
		answer->cause = "no cause";
	if (answer->message == NULL)
		answer->message = answer->cause;
}

bool podman_send(struct ctx *ctx, const char *engine, const struct podman_call *call, struct podman_answer *answer)
{
	const char *socket = podman_setting(engine, "socket");
	struct web_request request = {
		.method = call->method, .url = text(ctx->arena, "http://podman/v4.0.0/libpod/%s", call->path), .unix_socket = socket,
		.body = call->body != NULL ? cluster_json_text(ctx->arena, call->body) : call->raw,
		.content_type = call->body != NULL ? "application/json" : "application/octet-stream",
		.most = call->most != 0 ? call->most : MOST_ANSWER, .part = call->part, .part_arg = call->part_arg,
		.wanted = call->wanted, .wanted_arg = call->wanted_arg,
	};
	struct web_answer web;
	bool came = web_call(ctx, &request, &web);

	*answer = (struct podman_answer){ .status = web.status, .sent = web.sent, .body = web.body };
	if (!came)
		return not_answered(ctx, engine, same(call->method, "GET"), web.sent);
	if (web.status < 200 || web.status > 299)
		read_refusal(ctx, engine, answer);
	else if (!call->plain && web.body.n > 0)
		return cluster_json(ctx, engine, web.body, &answer->tree);
	return true;
}

bool podman_call(struct ctx *ctx, const char *engine, const struct podman_call *call, int allowed, struct podman_answer *answer)
{
	if (!podman_send(ctx, engine, call, answer))
		return false;
	return (answer->status >= 200 && answer->status <= 299) || answer->status == allowed || podman_refused(ctx, answer);
}

bool podman_said(const struct podman_answer *answer, const char *words)
{
	return answer->cause != NULL && (strstr(answer->cause, words) != NULL || strstr(answer->message, words) != NULL);
}

/* Words of podman, and what they mean to the user. */
struct meaning { const char *words; enum kind kind; const char *message; };

static const struct meaning meanings[] = {
	{ "image not known", KIND_INVALID, MSG("The image was not found. Check its name, or ask the administrators for it.") },
	{ "failed to find image", KIND_INVALID, MSG("The image was not found. Check its name, or ask the administrators for it.") },
	{ "manifest unknown", KIND_INVALID, MSG("The image was not found. Check its name, or ask the administrators for it.") },
	{ "statfs ", KIND_INVALID, MSG("A folder of the app does not exist on this cluster. Leave it out, or make it first.") },
	{ "command that was not found", KIND_INVALID, MSG("The image does not have the program that the app starts. Choose another image.") },
	{ "executable file not found", KIND_INVALID, MSG("The image does not have the program that the app starts. Choose another image.") },
	{ "attempted to invoke a command", KIND_INVALID, MSG("The image does not have the program that the app starts. Choose another image.") },
	{ "OCI permission denied", KIND_INVALID, MSG("The program that the app starts may not be run by you. Choose another image.") },
	{ "no space left", KIND_UNAVAILABLE, MSG("The cluster's disk is full. Tell the administrators.") },
	{ "failed to find free IP", KIND_UNAVAILABLE, MSG("The cluster has no address left for one more app. Stop one and try again.") },
	{ "volume is being used", KIND_CONFLICT, MSG("The volume is used by an app. Stop the app first.") },
	{ "unable to find network", KIND_UNAVAILABLE, MSG("The cluster is not set up correctly. Tell the administrators.") },
};

bool podman_refused(struct ctx *ctx, const struct podman_answer *answer)
{
	for (size_t i = 0; i < COUNT(meanings); i++)
		if (podman_said(answer, meanings[i].words))
			return fail(ctx, meanings[i].kind, tr(ctx, meanings[i].message), "podman: %d %s", answer->status, answer->message);
	return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster could not do what was asked. Naru tries again; tell the administrators if it stays so."),
		"podman: %d %s", answer->status, answer->message);
}
