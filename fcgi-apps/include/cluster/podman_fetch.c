/* Fetching an image from its registry, which creating a container does not do: see podman.h. */
#include "cluster/podman.h"

#include <string.h>

enum { MOST_SAID = 1 << 20 };

struct said { struct buf text; };

static bool take_said(void *arg, struct bytes part)
{
	struct said *said = arg;

	buf_add(&said->text, part.at, part.n);
	return said->text.n < MOST_SAID;
}

/* A failure comes as 200 with a line of its own. */
static bool refused(struct ctx *ctx, const char *image, const char *said)
{
	static const char *const lacks[] = { "manifest unknown", "name unknown", "not found", "denied", "unauthorized" };

	for (size_t i = 0; i < COUNT(lacks); i++)
		if (strstr(said, lacks[i]) != NULL)
			return fail(ctx, KIND_INVALID, tr(ctx, "The image was not found. Check its name, or ask the administrators for it."), "%s: %.2000s", image, said);
	return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The image could not be fetched from its registry. Naru tries again."), "%s: %.2000s", image, said);
}

/* Out of time there is no hope in trying again: it would begin anew. */
static bool not_fetched(struct ctx *ctx, const char *image)
{
	struct error error = ctx->error;
	const char *detail = error.detail != NULL ? error.detail : "no detail";

	if (error.kind == KIND_INVALID)
		return false;
	forget(ctx);
	if (clock_ms() >= ctx->deadline)
		return fail(ctx, KIND_INVALID, tr(ctx, "Fetching the image took longer than this site lets it. Try again, or tell the administrators."), "%s: %s", image, detail);
	return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The image could not be fetched from its registry. Naru tries again."), "%s: %s", image, detail);
}

bool podman_fetch(struct ctx *ctx, const char *engine, const char *image, const struct cluster_fetch *fetch)
{
	struct podman_call call = { .method = "GET", .path = text(ctx->arena, "images/%s/exists", image), .plain = true };
	struct podman_answer answer;
	struct said said;

	if (!podman_call(ctx, engine, &call, 404, &answer))
		return false;
	if (answer.status != 404)
		return true;
	fetch->begins(fetch->arg);
	buf_in(&said.text, ctx->arena);
	call = (struct podman_call){ .method = "POST", .path = text(ctx->arena, "images/pull?policy=missing&quiet=true&reference=%s", image), .plain = true,
		.part = take_said, .part_arg = &said, .wanted = fetch->wanted, .wanted_arg = fetch->arg };
	if (!podman_call(ctx, engine, &call, 0, &answer))
		return not_fetched(ctx, image);
	return strstr(buf_cstr(&said.text), "\"error\":") == NULL || refused(ctx, image, buf_cstr(&said.text));
}
