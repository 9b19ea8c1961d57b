/* deploy: what may be asked of the deployer. */
#include "deploy.h"

#include <json-c/json.h>

#include "asking.h"

static const struct asking deployer = {
	"deployer", MSG("The service that starts and stops apps does not answer. Nothing of what you typed is lost: please try again in a moment."),
};

const char *deploy_wrong(const struct ctx *ctx)
{
	return asking_wrong(ctx);
}

/* ---- the verbs ------------------------------------------------------------------------------------------------------- */

bool deploy_create(struct ctx *ctx, const char *proof, const struct deploy_ask *a, const char **id)
{
	struct json_object *ask = asking_new(ctx, proof, "create"), *answer = NULL;

	asking_put(ask, "offer", a->offer);
	asking_put(ask, "name", a->name);
	asking_put(ask, "image", a->image);
	asking_put(ask, "engine", a->engine);
	asking_put(ask, "mail", a->mail);
	asking_put(ask, "key", a->key);
	asking_put_int(ask, "cpu", a->cpu_milli);
	asking_put_int(ask, "memory", a->memory_mb);
	asking_put_int(ask, "gpus", a->gpus);
	asking_put_int(ask, "minutes", a->minutes);
	asking_put_texts(ask, "places", a->places);
	asking_put_texts(ask, "volumes", a->volumes);
	if (!asking_call(ctx, &deployer, ask, &answer))
		return false;
	*id = asking_get(ctx, answer, "id");
	return true;
}

static struct json_object *ask_of(struct ctx *ctx, const char *proof, const char *verb, const char *id)
{
	struct json_object *ask = asking_new(ctx, proof, verb);

	asking_put(ask, "id", id);
	return ask;
}

bool deploy_app(struct ctx *ctx, const char *proof, enum deploy_verb verb, const char *id)
{
	static const char *const words[] = { "start", "stop", "delete", "keep" };

	return asking_call(ctx, &deployer, ask_of(ctx, proof, words[verb], id), NULL);
}

bool deploy_extend(struct ctx *ctx, const char *proof, const char *id, int64_t minutes, int64_t *ends)
{
	struct json_object *ask = ask_of(ctx, proof, "extend", id), *answer = NULL;

	asking_put_int(ask, "minutes", minutes);
	if (!asking_call(ctx, &deployer, ask, &answer))
		return false;
	*ends = asking_get_int(answer, "ends");
	return true;
}

bool deploy_share(struct ctx *ctx, const char *proof, const char *id, const char *with, int64_t until)
{
	struct json_object *ask = ask_of(ctx, proof, "share", id);

	asking_put(ask, "with", with);
	asking_put_int(ask, "until", until);
	return asking_call(ctx, &deployer, ask, NULL);
}

bool deploy_unshare(struct ctx *ctx, const char *proof, const char *id, const char *with)
{
	struct json_object *ask = ask_of(ctx, proof, "unshare", id);

	asking_put(ask, "with", with);
	return asking_call(ctx, &deployer, ask, NULL);
}

bool deploy_log(struct ctx *ctx, const char *proof, const char *id, size_t most, const char **out)
{
	struct json_object *ask = ask_of(ctx, proof, "log", id), *answer = NULL;

	asking_put_int(ask, "most", (int64_t)most);
	if (!asking_call(ctx, &deployer, ask, &answer))
		return false;
	*out = asking_get(ctx, answer, "log");
	return true;
}

bool deploy_image(struct ctx *ctx, const char *proof, const char *engine, const char *reference, bool *found, const char **digest)
{
	struct json_object *ask = asking_new(ctx, proof, "image"), *answer = NULL, *is = NULL;

	asking_put(ask, "engine", engine);
	asking_put(ask, "image", reference);
	if (!asking_call(ctx, &deployer, ask, &answer))
		return false;
	*found = json_object_object_get_ex(answer, "found", &is) && json_object_get_boolean(is);
	*digest = asking_get(ctx, answer, "digest");
	return true;
}

bool deploy_volume(struct ctx *ctx, const char *proof, const char *engine, const char *name, int64_t size_mb)
{
	struct json_object *ask = asking_new(ctx, proof, "volume");

	asking_put(ask, "engine", engine);
	asking_put(ask, "name", name);
	asking_put_int(ask, "size", size_mb);
	return asking_call(ctx, &deployer, ask, NULL);
}

bool deploy_offer(struct ctx *ctx, const char *proof, const struct deploy_offer *o)
{
	struct json_object *ask = asking_new(ctx, proof, "offer");

	asking_put(ask, "name", o->name);
	asking_put(ask, "like", o->like);
	asking_put(ask, "image", o->image);
	asking_put(ask, "title", o->title);
	asking_put(ask, "title_ko", o->title_ko);
	asking_put(ask, "help", o->help);
	asking_put(ask, "help_ko", o->help_ko);
	return asking_call(ctx, &deployer, ask, NULL);
}
