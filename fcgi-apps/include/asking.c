/* asking: the client's side: one JSON object there, one back, over a socket of whole messages. */
#include "asking.h"
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

const char *asking_wrong(const struct ctx *ctx)
{
	return wrong.ctx == ctx && wrong.message == ctx->error.message && wrong.field[0] ? wrong.field : NULL;
}

static bool silent(struct ctx *ctx, const struct asking *of, const char *what)
{
	return fail(ctx, KIND_UNAVAILABLE, tr(ctx, of->silent), "%s: %s: %s", of->service, what, strerror(errno));
}

static void close_socket(void *arg)
{
	close((int)(intptr_t)arg);
}

static bool reach(struct ctx *ctx, const struct asking *of, int *out)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = text(ctx->arena, "%s/%s/sock", conf_get("site", "run", "/run/naru"), of->service);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return silent(ctx, of, "socket");
	arena_defer(ctx->arena, close_socket, (void *)(intptr_t)fd);
	if (strlen(path) >= sizeof to.sun_path)
		return silent(ctx, of, "the path of its socket is too long");
	memcpy(to.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&to, sizeof to))
		return silent(ctx, of, "connect");
	*out = fd;
	return true;
}

static bool exchange(struct ctx *ctx, const struct asking *of, const char *message, const char **answer)
{
	struct pollfd p = { .events = POLLIN };
	char *room = arena_alloc(ctx->arena, ASKING_MOST + 1);
	size_t n = strlen(message);

	if (n > ASKING_MOST)
		return fail(ctx, KIND_TOO_LARGE, tr(ctx, "This is more than can be asked for at once."), "%s: message of %zu bytes", of->service, n);
	if (!reach(ctx, of, &p.fd))
		return false;
	if (send(p.fd, message, n, MSG_NOSIGNAL) != (ssize_t)n)
		return silent(ctx, of, "send");
	if (poll(&p, 1, ctx_left_ms(ctx, PRESET_MS)) != 1)
		return silent(ctx, of, "no answer");
	ssize_t got = recv(p.fd, room, ASKING_MOST, 0);

	if (got <= 0)
		return silent(ctx, of, "recv");
	*answer = room;
	return true;
}

/* ---- the objects ------------------------------------------------------------------------------------------------- */

static void free_object(void *object)
{
	json_object_put(object);
}

struct json_object *asking_new(struct ctx *ctx, const char *proof, const char *verb)
{
	struct json_object *ask = json_object_new_object();

	arena_defer(ctx->arena, free_object, ask);
	json_object_object_add(ask, "verb", json_object_new_string(verb));
	json_object_object_add(ask, "proof", json_object_new_string(proof ? proof : ""));
	json_object_object_add(ask, "lang", json_object_new_string(lang_code(ctx->lang)));
	return ask;
}

void asking_put(struct json_object *ask, const char *name, const char *value)
{
	if (!empty(value))
		json_object_object_add(ask, name, json_object_new_string(value));
}

void asking_put_int(struct json_object *ask, const char *name, int64_t value)
{
	json_object_object_add(ask, name, json_object_new_int64(value));
}

void asking_put_texts(struct json_object *ask, const char *name, struct texts texts)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < texts.n; i++)
		json_object_array_add(list, json_object_new_string(texts.at[i]));
	json_object_object_add(ask, name, list);
}

const char *asking_get(struct ctx *ctx, struct json_object *from, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(from, name, &value) || !json_object_is_type(value, json_type_string))
		return "";
	return arena_copy(ctx->arena, json_object_get_string(value), (size_t)json_object_get_string_len(value));
}

int64_t asking_get_int(struct json_object *from, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(from, name, &value) ? json_object_get_int64(value) : 0;
}

/* The service's error becomes this context's. */
static bool take_error(struct ctx *ctx, struct json_object *answer)
{
	int64_t kind = asking_get_int(answer, "error");
	const char *field = asking_get(ctx, answer, "field");

	fail(ctx, kind >= KIND_BAD_REQUEST && kind <= KIND_TIMEOUT ? (enum kind)kind : KIND_INTERNAL, asking_get(ctx, answer, "message"), NULL);
	wrong.ctx = ctx;
	wrong.message = ctx->error.message;
	wrong.field[0] = '\0';
	if (strlen(field) < sizeof wrong.field)
		memcpy(wrong.field, field, strlen(field) + 1);
	return false;
}

bool asking_call(struct ctx *ctx, const struct asking *of, struct json_object *ask, struct json_object **out)
{
	const char *said = "";

	if (!exchange(ctx, of, json_object_to_json_string_ext(ask, JSON_C_TO_STRING_PLAIN), &said))
		return false;
	struct json_object *answer = json_tokener_parse(said);

	arena_defer(ctx->arena, free_object, answer);
	if (!json_object_is_type(answer, json_type_object))
		return silent(ctx, of, "not an answer");
	if (asking_get_int(answer, "error"))
		return take_error(ctx, answer);
	if (out)
		*out = answer;
	return true;
}
