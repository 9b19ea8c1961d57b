/* One call to the API server: see kubernetes.h. The token is read at each call, since it is renewed while we run. Every call names its object, so it does no
 * harm when libcurl sends it twice over a connection that was kept. */
#include "cluster/kubernetes.h"

#include "conf.h"
#include "sched/slurm_json.h"
#include "web.h"

#include <poll.h>
#include <string.h>

enum { MOST_ANSWER = 32 << 20, MOST_TOKEN = 16384, PRESET_MS = 30000, SPARE_MS = 200, PAGE = 500, MOST_PAGES = 200, TRIES = 4 };

const char *kube_setting(const char *engine, const char *key)
{
	return cluster_setting(&kubernetes_driver, engine, key);
}

bool kube_pause(const struct ctx *ctx, int ms)
{
	if (ctx->deadline != 0 && clock_ms() + ms + SPARE_MS > ctx->deadline)
		return false;
	poll(NULL, 0, ms);
	return true;
}

/* ---- the key ---------------------------------------------------------------------------------------------------- */

/* One word of printable ASCII, so that it cannot break out of its header. */
static bool take_token(struct ctx *ctx, struct bytes file, const char **out)
{
	size_t n = file.n;

	while (n > 0 && (file.at[n - 1] == '\n' || file.at[n - 1] == '\r' || file.at[n - 1] == ' '))
		n--;
	for (size_t i = 0; i < n; i++)
		if (file.at[i] <= ' ' || file.at[i] >= 0x7f)
			return false;
	*out = text(ctx->arena, "Authorization: Bearer %s", arena_copy(ctx->arena, file.at, n));
	return n > 0;
}

static bool read_token(struct ctx *ctx, const char *engine, const char **out)
{
	const char *path = kube_setting(engine, "token-file");
	struct bytes file;

	if (!empty(path) && file_read(ctx, path, MOST_TOKEN, &file) && take_token(ctx, file, out))
		return true;
	forget(ctx);
	return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "Naru has no key for this cluster. Tell the administrators."), "%s: token-file %s", engine,
		empty(path) ? "is not set" : path);
}

/* ---- one call --------------------------------------------------------------------------------------------------- */

/* What web.h said, in the words of this service. */
static bool not_answered(struct ctx *ctx, const char *engine)
{
	struct error error = ctx->error;

	forget(ctx);
	return fail(ctx, error.kind, error.kind == KIND_TIMEOUT ? tr(ctx, "The cluster did not answer in time. Try again in a moment.") :
		error.kind == KIND_TOO_LARGE ? tr(ctx, "The cluster answers with more data than Naru accepts. Tell the administrators.") :
		tr(ctx, "The cluster does not answer now. Try again in a moment."), "%s: %s", engine, error.detail != NULL ? error.detail : "no detail");
}

static bool take_answer(struct ctx *ctx, const char *engine, const struct kube_call *call, const struct web_answer *web, struct kube_answer *out)
{
	bool good = web->status >= 200 && web->status < 300;

	out->text = web->body;
	if (good && (call->plain || call->part != NULL))
		return true;
	if (!cluster_json(ctx, engine, web->body, &out->tree)) {
		if (good)
			return false;
		forget(ctx);
	}
	if (!good)
		kube_fault_read(ctx->arena, web->status, out->tree, &out->fault);
	return true;
}

static bool send_once(struct ctx *ctx, const char *engine, const struct kube_call *call, struct kube_answer *out, int *later)
{
	const char *server = kube_setting(engine, "server"), *ca = kube_setting(engine, "ca"), *headers[] = { NULL, "Accept: application/json", "User-Agent: naru", NULL, NULL };
	struct web_request request = {
		.method = call->method, .url = text(ctx->arena, "%s%s", server, call->path), .headers = headers,
		.body = call->body != NULL ? cluster_json_text(ctx->arena, call->body) : (struct bytes){ 0 },
		.content_type = call->body == NULL ? NULL : call->type != NULL ? call->type : "application/json",
		.most = call->most > 0 ? call->most : MOST_ANSWER, .ca_file = empty(ca) ? NULL : ca,
		.again = true, .part = call->part, .part_arg = call->part_arg,
	};
	struct web_answer web;
	bool good;

	*out = (struct kube_answer){ 0 };
	*later = 0;
	if (!starts_with(server, "https://"))
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster is not set up correctly. Tell the administrators."), "%s: server must begin with https://",
			engine);
	if (call->plain)
		headers[1] = "Accept: */*";
	if (call->from_end > 0)
		headers[3] = text(ctx->arena, "Range: bytes=-%zu", call->from_end);
	if (!read_token(ctx, engine, &headers[0]))
		return false;
	good = web_call(ctx, &request, &web);
	out->status = web.status;
	out->sent = web.sent;
	*later = web.retry_after;
	return good ? take_answer(ctx, engine, call, &web, out) : not_answered(ctx, engine);
}

static bool send_until(struct ctx *ctx, const char *engine, const struct kube_call *call, struct kube_answer *out)
{
	for (int i = 1;; i++) {
		int later;

		if (!send_once(ctx, engine, call, out, &later))
			return false;
		if (out->status != 429 || i == TRIES || later > PRESET_MS / 1000 || !kube_pause(ctx, later > 0 ? later * 1000 : 1000))
			return true;
	}
}

bool kube_send(struct ctx *ctx, const char *engine, const struct kube_call *call, struct kube_answer *out)
{
	int64_t kept = ctx->deadline;
	bool good;

	if (ctx->deadline == 0)
		ctx->deadline = clock_ms() + PRESET_MS;
	good = send_until(ctx, engine, call, out);
	ctx->deadline = kept;
	return good;
}

bool kube_call(struct ctx *ctx, const char *engine, const struct kube_call *call, int allowed, struct kube_answer *out)
{
	if (!kube_send(ctx, engine, call, out))
		return false;
	return (out->status >= 200 && out->status < 300) || out->status == allowed || kube_refused(ctx, &out->fault);
}

bool kube_get(struct ctx *ctx, const char *engine, const char *path, int allowed, struct kube_answer *out)
{
	return kube_call(ctx, engine, &(struct kube_call){ .method = "GET", .path = path }, allowed, out);
}

/* ---- lists ------------------------------------------------------------------------------------------------------ */

static bool each_of_page(struct ctx *ctx, const struct kube_answer *page, kube_item *fn, void *arg)
{
	struct json_object *items = NULL;

	/* An empty list may be null, which is NULL here, but it is there. */
	if (!json_object_object_get_ex(page->tree, "items", &items) || (items != NULL && !json_object_is_type(items, json_type_array)))
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster sent an answer that cannot be read. Naru keeps asking."), "no list of items");
	for (size_t i = 0; i < slurm_length(items); i++)
		if (!fn(ctx, slurm_at(items, i), arg))
			return false;
	return true;
}

bool kube_each(struct ctx *ctx, const char *engine, const char *path, kube_item *fn, void *arg, const char **version)
{
	const char *next = "";

	for (int i = 0; i < MOST_PAGES; i++) {
		const char *sign = strchr(path, '?') != NULL ? "&" : "?";
		struct kube_answer page;

		if (!kube_get(ctx, engine, text(ctx->arena, "%s%slimit=%d%s", path, sign, PAGE, next), 0, &page) || !each_of_page(ctx, &page, fn, arg))
			return false;
		if (version != NULL)
			*version = kube_text(ctx->arena, page.tree, "metadata resourceVersion");
		next = kube_text(ctx->arena, page.tree, "metadata continue");
		if (next == NULL)
			return true;
		next = text(ctx->arena, "&continue=%s", kube_escape(ctx->arena, next));
	}
	return fail(ctx, KIND_TOO_LARGE, tr(ctx, "The cluster answers with more data than Naru accepts. Tell the administrators."), "%s: %s does not end", engine,
		path);
}
