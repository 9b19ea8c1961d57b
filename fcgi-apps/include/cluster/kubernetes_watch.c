/*
 * Waiting for a change: see kubernetes.h. A watch begins at the version that the cursor names, so nothing between two calls is missed; the first call has
 * none, takes the version of now and reports a change, so that the caller lists after it.
 */
#include "cluster/kubernetes.h"

#include <string.h>

enum { LONGEST_LINE = 8 << 20, SPARE_MS = 3000, QUICK_SPARE_MS = 1000 };

struct watch {
	struct ctx *ctx;
	const char *engine;
	struct buf line;
	const char *version;      /* of the last event */
	struct kube_fault fault;  /* .code 0: none */
	bool changed, broken;
};

/* One line: an event, a bookmark, or the end of the watch. */
static void take_line(struct watch *w, struct bytes line)
{
	struct arena *arena = w->ctx->arena;
	struct json_object *event;
	const char *version;

	if (!cluster_json(w->ctx, w->engine, line, &event)) {
		forget(w->ctx);
		w->broken = true;
		return;
	}
	if (kube_is(event, "type", "ERROR")) {
		kube_fault_read(arena, 200, kube_at(event, "object"), &w->fault);
		if (w->fault.code == 200)
			w->fault.code = 500;
		return;
	}
	version = kube_text(arena, event, "object metadata resourceVersion");
	if (version == NULL)
		w->broken = true;
	else
		w->version = version;
	if (!kube_is(event, "type", "BOOKMARK"))
		w->changed = true;
}

/* All whole lines of what has come; then the watch ends if one of them was news. */
static bool take_part(void *arg, struct bytes part)
{
	struct watch *w = arg;

	for (size_t i = 0; i < part.n && !w->broken && w->fault.code == 0; i++) {
		if (part.at[i] != '\n') {
			buf_char(&w->line, (char)part.at[i]);
			w->broken = w->line.n > LONGEST_LINE;
			continue;
		}
		if (w->line.n > 0)
			take_line(w, (struct bytes){ (const unsigned char *)buf_cstr(&w->line), w->line.n });
		w->line.n = 0;
	}
	return !w->changed && !w->broken && w->fault.code == 0;
}

static bool nothing(struct ctx *ctx, const struct json_object *item, void *arg)
{
	(void)ctx;
	(void)item;
	(void)arg;
	return true;
}

static const char *watched(struct arena *arena)
{
	return text(arena, "/api/v1/pods?labelSelector=" MANIFEST_SITE "%%3D%s", cluster_site(arena));
}

static bool begin(struct ctx *ctx, const char *engine, struct arena *keep, const char **cursor, bool *changed)
{
	const char *version = NULL;

	if (!kube_each(ctx, engine, watched(ctx->arena), nothing, NULL, &version))
		return false;
	if (version == NULL)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster sent an answer that cannot be read. Naru keeps asking."), "%s: a list without a version",
			engine);
	*cursor = arena_copy(keep, version, strlen(version));
	*changed = true;
	return true;
}

/* A call that ends by its own deadline, or the server's, is a quiet time when the server had answered. */
static bool finish(struct ctx *ctx, struct watch *w, bool good, const struct kube_answer *answer)
{
	if (!good) {
		if (ctx->error.kind != KIND_TIMEOUT || answer->status != 200)
			return w->changed ? (forget(ctx), true) : false;
		forget(ctx);
	} else if (answer->status != 200) {
		return kube_refused(ctx, &answer->fault);
	}
	if (w->fault.code != 0)
		return w->changed || kube_refused(ctx, &w->fault);
	if (w->broken && !w->changed)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster sent an answer that cannot be read. Naru keeps asking."), "%s: a line of the watch", w->engine);
	return true;
}

static bool watch(struct ctx *ctx, const char *engine, int seconds, struct watch *w, const char *cursor)
{
	struct kube_call call = { .method = "GET", .part = take_part, .part_arg = w, .path = text(ctx->arena,
		"%s&watch=1&allowWatchBookmarks=true&resourceVersion=%s&timeoutSeconds=%d", watched(ctx->arena), kube_escape(ctx->arena, cursor), seconds) };
	struct kube_answer answer;
	int64_t kept = ctx->deadline;
	bool good;

	buf_in(&w->line, ctx->arena);
	ctx->deadline = clock_ms() + (int64_t)seconds * 1000 + (seconds > 5 ? SPARE_MS : QUICK_SPARE_MS);
	if (kept != 0 && kept < ctx->deadline)
		ctx->deadline = kept;
	good = kube_send(ctx, engine, &call, &answer);
	ctx->deadline = kept;
	return finish(ctx, w, good, &answer);
}

bool kube_wait(struct ctx *ctx, const char *engine, int seconds, struct arena *keep, const char **cursor, bool *changed)
{
	struct watch w = { .ctx = ctx, .engine = engine };

	*changed = false;
	if (*cursor == NULL)
		return begin(ctx, engine, keep, cursor, changed);
	if (!watch(ctx, engine, seconds > 0 ? seconds : 1, &w, *cursor))
		return false;
	*changed = w.changed;
	if (w.version != NULL && !same(w.version, *cursor))
		*cursor = arena_copy(keep, w.version, strlen(w.version));
	return true;
}
