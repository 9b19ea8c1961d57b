/* image: which image a reference means on an engine now, told to the module that asked, on descriptor 3, before anything is started from it. */
#include "deployer.h"

#include <string.h>
#include <sys/socket.h>

#include <json-c/json.h>

#include "cluster.h"

enum { LOOK_MS = 2500 };

/* ---- the ask: a process of its own asks the engine and answers ------------------------------------------------------- */

bool desk_image(struct ask *ask)
{
	struct texts engines = cluster_engines();
	const char *engine = ask_text(ask, "engine"), *reference = ask_text(ask, "image");
	const char *words[] = { "image", ask_text(ask, "lang"), engine, reference, NULL };
	bool known = false;

	for (size_t i = 0; i < engines.n; i++)
		known = known || same(engines.at[i], engine);
	if (!known)
		return ask_wrong(ask, "engine", tr(ask->ctx, "This app cannot run on that cluster."));
	if (!image_allowed(ask->ctx, reference)) {
		ask->field = "image";
		return false;
	}
	if (!spawn(&(struct child_job){ CHILD_IMAGE, ask->who.user, text(ask->ctx->arena, "image %s %s", ask->who.user, engine), words, ask->socket }))
		return fail(ask->ctx, KIND_TOO_MANY, tr(ask->ctx, "An image is being looked up already. Please try again in a moment."), NULL);
	ask->socket = -1;
	return true;
}

/* ---- the answer --------------------------------------------------------------------------------------------------------- */

int image_main(const char *lang, const char *engine, const char *reference)
{
	struct ctx ctx = { .arena = arena_new(0), .tag = "image", .deadline = clock_ms() + LOOK_MS };
	struct json_object *answer = json_object_new_object();
	const char *digest = NULL;
	bool found = false;

	lang_parse(lang, &ctx.lang);
	if (cluster_image(&ctx, engine, reference, &found, &digest)) {
		json_object_object_add(answer, "found", json_object_new_boolean(found));
		json_object_object_add(answer, "digest", json_object_new_string(found && digest ? digest : ""));
	} else {
		log_line(&ctx, "%s: %s (%s)", reference, ctx.error.message, ctx.error.detail ? ctx.error.detail : "");
		json_object_object_add(answer, "error", json_object_new_int((int)ctx.error.kind));
		json_object_object_add(answer, "message", json_object_new_string(ctx.error.message));
	}
	const char *said = json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN);

	return send(3, said, strlen(said), MSG_NOSIGNAL) < 0;
}
