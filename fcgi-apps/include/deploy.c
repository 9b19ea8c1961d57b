/* deploy: the client's side: one JSON object there, one back, over a socket of whole messages. */
#include "deploy.h"
#include "conf.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <json-c/json.h>

enum { PRESET_MS = 5000 };

/* The field of the last error; a context has one error, and a process one request at a time. */
static struct { const struct ctx *ctx; const char *message; char field[32]; } wrong;

const char *deploy_wrong(const struct ctx *ctx)
{
	return wrong.ctx == ctx && wrong.message == ctx->error.message && wrong.field[0] ? wrong.field : NULL;
}

static bool silent(struct ctx *ctx, const char *what)
{
	return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The service that starts and stops apps does not answer. Nothing of what you typed is lost: please try again in a moment."),
		"deployer: %s: %s", what, strerror(errno));
}

static void close_socket(void *arg)
{
	close((int)(intptr_t)arg);
}

static bool reach(struct ctx *ctx, int *out)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = text(ctx->arena, "%s/deployer/sock", conf_get("site", "run", "/run/naru"));
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return silent(ctx, "socket");
	arena_defer(ctx->arena, close_socket, (void *)(intptr_t)fd);
	if (strlen(path) >= sizeof to.sun_path)
		return silent(ctx, "the path of its socket is too long");
	memcpy(to.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&to, sizeof to))
		return silent(ctx, "connect");
	*out = fd;
	return true;
}

static bool exchange(struct ctx *ctx, const char *message, const char **answer)
{
	struct pollfd p = { .events = POLLIN };
	char *room = arena_alloc(ctx->arena, DEPLOY_MOST + 1);
	size_t n = strlen(message);

	if (n > DEPLOY_MOST)
		return fail(ctx, KIND_TOO_LARGE, tr(ctx, "This is more than can be asked for at once."), "deployer: message of %zu bytes", n);
	if (!reach(ctx, &p.fd))
		return false;
	if (send(p.fd, message, n, MSG_NOSIGNAL) != (ssize_t)n)
		return silent(ctx, "send");
	if (poll(&p, 1, ctx_left_ms(ctx, PRESET_MS)) != 1)
		return silent(ctx, "no answer");
	ssize_t got = recv(p.fd, room, DEPLOY_MOST, 0);

	if (got <= 0)
		return silent(ctx, "recv");
	*answer = room;
	return true;
}

/* ---- the objects ------------------------------------------------------------------------------------------------- */

static void free_object(void *object)
{
	json_object_put(object);
}

static struct json_object *ask_for(struct ctx *ctx, const char *proof, const char *verb)
{
	struct json_object *ask = json_object_new_object();

	arena_defer(ctx->arena, free_object, ask);
	json_object_object_add(ask, "verb", json_object_new_string(verb));
	json_object_object_add(ask, "proof", json_object_new_string(proof ? proof : ""));
	json_object_object_add(ask, "lang", json_object_new_string(lang_code(ctx->lang)));
	return ask;
}

static void put(struct json_object *ask, const char *name, const char *value)
{
	if (!empty(value))
		json_object_object_add(ask, name, json_object_new_string(value));
}

static void put_int(struct json_object *ask, const char *name, int64_t value)
{
	json_object_object_add(ask, name, json_object_new_int64(value));
}

static void put_texts(struct json_object *ask, const char *name, struct texts texts)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < texts.n; i++)
		json_object_array_add(list, json_object_new_string(texts.at[i]));
	json_object_object_add(ask, name, list);
}

static const char *get(struct ctx *ctx, struct json_object *from, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(from, name, &value) || !json_object_is_type(value, json_type_string))
		return "";
	return arena_copy(ctx->arena, json_object_get_string(value), (size_t)json_object_get_string_len(value));
}

static int64_t get_int(struct json_object *from, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(from, name, &value) ? json_object_get_int64(value) : 0;
}

/* The deployer's error becomes this context's. */
static bool take_error(struct ctx *ctx, struct json_object *answer)
{
	int64_t kind = get_int(answer, "error");
	const char *field = get(ctx, answer, "field");

	fail(ctx, kind >= KIND_BAD_REQUEST && kind <= KIND_TIMEOUT ? (enum kind)kind : KIND_INTERNAL, get(ctx, answer, "message"), NULL);
	wrong.ctx = ctx;
	wrong.message = ctx->error.message;
	wrong.field[0] = '\0';
	if (strlen(field) < sizeof wrong.field)
		memcpy(wrong.field, field, strlen(field) + 1);
	return false;
}

static bool call(struct ctx *ctx, struct json_object *ask, struct json_object **out)
{
	const char *said = "";

	if (!exchange(ctx, json_object_to_json_string_ext(ask, JSON_C_TO_STRING_PLAIN), &said))
		return false;
	struct json_object *answer = json_tokener_parse(said);

	arena_defer(ctx->arena, free_object, answer);
	if (!json_object_is_type(answer, json_type_object))
		return silent(ctx, "not an answer");
	if (get_int(answer, "error"))
		return take_error(ctx, answer);
	if (out)
		*out = answer;
	return true;
}

/* ---- the verbs ------------------------------------------------------------------------------------------------------- */

bool deploy_create(struct ctx *ctx, const char *proof, const struct deploy_ask *a, const char **id)
{
	struct json_object *ask = ask_for(ctx, proof, "create"), *answer = NULL;

	put(ask, "offer", a->offer);
	put(ask, "name", a->name);
	put(ask, "image", a->image);
	put(ask, "engine", a->engine);
	put(ask, "mail", a->mail);
	put(ask, "key", a->key);
	put_int(ask, "cpu", a->cpu_milli);
	put_int(ask, "memory", a->memory_mb);
	put_int(ask, "gpus", a->gpus);
	put_int(ask, "minutes", a->minutes);
	put_texts(ask, "places", a->places);
	put_texts(ask, "volumes", a->volumes);
	if (!call(ctx, ask, &answer))
		return false;
	*id = get(ctx, answer, "id");
	return true;
}

static struct json_object *ask_of(struct ctx *ctx, const char *proof, const char *verb, const char *id)
{
	struct json_object *ask = ask_for(ctx, proof, verb);

	put(ask, "id", id);
	return ask;
}

bool deploy_app(struct ctx *ctx, const char *proof, enum deploy_verb verb, const char *id)
{
	static const char *const words[] = { "start", "stop", "delete", "keep" };

	return call(ctx, ask_of(ctx, proof, words[verb], id), NULL);
}

bool deploy_extend(struct ctx *ctx, const char *proof, const char *id, int64_t minutes, int64_t *ends)
{
	struct json_object *ask = ask_of(ctx, proof, "extend", id), *answer = NULL;

	put_int(ask, "minutes", minutes);
	if (!call(ctx, ask, &answer))
		return false;
	*ends = get_int(answer, "ends");
	return true;
}

bool deploy_share(struct ctx *ctx, const char *proof, const char *id, const char *with, int64_t until)
{
	struct json_object *ask = ask_of(ctx, proof, "share", id);

	put(ask, "with", with);
	put_int(ask, "until", until);
	return call(ctx, ask, NULL);
}

bool deploy_unshare(struct ctx *ctx, const char *proof, const char *id, const char *with)
{
	struct json_object *ask = ask_of(ctx, proof, "unshare", id);

	put(ask, "with", with);
	return call(ctx, ask, NULL);
}

bool deploy_log(struct ctx *ctx, const char *proof, const char *id, size_t most, const char **out)
{
	struct json_object *ask = ask_of(ctx, proof, "log", id), *answer = NULL;

	put_int(ask, "most", (int64_t)most);
	if (!call(ctx, ask, &answer))
		return false;
	*out = get(ctx, answer, "log");
	return true;
}

bool deploy_image(struct ctx *ctx, const char *proof, const char *engine, const char *reference, bool *found, const char **digest)
{
	struct json_object *ask = ask_for(ctx, proof, "image"), *answer = NULL, *is = NULL;

	put(ask, "engine", engine);
	put(ask, "image", reference);
	if (!call(ctx, ask, &answer))
		return false;
	*found = json_object_object_get_ex(answer, "found", &is) && json_object_get_boolean(is);
	*digest = get(ctx, answer, "digest");
	return true;
}

bool deploy_volume(struct ctx *ctx, const char *proof, const char *engine, const char *name, int64_t size_mb)
{
	struct json_object *ask = ask_for(ctx, proof, "volume");

	put(ask, "engine", engine);
	put(ask, "name", name);
	put_int(ask, "size", size_mb);
	return call(ctx, ask, NULL);
}

bool deploy_offer(struct ctx *ctx, const char *proof, const struct deploy_offer *o)
{
	struct json_object *ask = ask_for(ctx, proof, "offer");

	put(ask, "name", o->name);
	put(ask, "like", o->like);
	put(ask, "image", o->image);
	put(ask, "title", o->title);
	put(ask, "title_ko", o->title_ko);
	put(ask, "help", o->help);
	put(ask, "help_ko", o->help_ko);
	return call(ctx, ask, NULL);
}
