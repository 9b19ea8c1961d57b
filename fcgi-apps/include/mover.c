/* mover: what may be asked of naru-mover, and its errors in words. */
#include "mover.h"

#include <json-c/json.h>

#include "asking.h"
#include "store.h"

static const struct asking mover = {
	"mover", MSG("The service that copies files does not answer. Nothing of what you typed is lost: please try again in a moment."),
};

const char *mover_wrong(const struct ctx *ctx)
{
	return asking_wrong(ctx);
}

bool mover_create(struct ctx *ctx, const char *proof, const struct mover_ask *a, const char **id)
{
	struct json_object *ask = asking_new(ctx, proof, "create"), *answer = NULL;
	const struct { const char *name, *value; } texts[] = {
		{ "from_place", a->from_place }, { "from_path", a->from_path }, { "to_place", a->to_place }, { "to_path", a->to_path },
		{ "from_errand", a->from_errand }, { "to_errand", a->to_errand }, { "how", a->verb }, { "rule", a->rule }, { "verify", a->verify },
		{ "key", a->key },
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		asking_put(ask, texts[i].name, texts[i].value);
	asking_put_texts(ask, "names", a->names);
	asking_put_int(ask, "lanes", a->lanes);
	asking_put_int(ask, "rate", a->rate);
	asking_put_int(ask, "start", a->start);
	asking_put_int(ask, "every", a->every);
	asking_put_int(ask, "dry", a->dry);
	if (!asking_call(ctx, &mover, ask, &answer))
		return false;
	*id = asking_get(ctx, answer, "id");
	return true;
}

bool mover_do(struct ctx *ctx, const char *proof, enum mover_verb verb, const char *id)
{
	static const char *const verbs[] = { "pause", "resume", "cancel", "again", "retry", "clear" };
	struct json_object *ask = asking_new(ctx, proof, verbs[verb]);

	asking_put(ask, "id", id);
	return asking_call(ctx, &mover, ask, NULL);
}

static const struct { enum mover_code code; const char *says; } codes[] = {
	{ MOVER_E_EXISTS, MSG("Something with this name is there already, and this transfer refuses to touch it.") },
	{ MOVER_E_VERIFY, MSG("What arrived is not what was sent, so it was removed again. Please try this file again.") },
	{ MOVER_E_CHANGED, MSG("The file was changed while it was copied, so nothing was kept. Please try it again when nobody writes to it.") },
	{ MOVER_E_KIND, MSG("This is neither a file nor a folder (a link or a device), and was not copied.") },
	{ MOVER_E_FOLDER, MSG("A file and a folder have the same name here, so this was not copied. Rename one of them and try again.") },
	{ MOVER_E_CRASHED, MSG("The work was interrupted. It goes on by itself where it stopped.") },
	{ MOVER_E_NAMES, MSG("No free name was found for it in the folder. Please copy it to another one.") },
	{ MOVER_E_NO_FOLDER, MSG("What should be copied, or the folder it should come to, is not there any more.") },
};

const char *mover_says(struct ctx *ctx, int64_t code, const char *words)
{
	for (size_t i = 0; i < COUNT(codes); i++)
		if ((int64_t)codes[i].code == code)
			return tr(ctx, codes[i].says);
	return code <= 0 || code > INT32_MAX ? "" : store_failure_says(ctx, (int)code, words ? words : "");
}
