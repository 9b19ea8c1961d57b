/* desk: the server's side of asking.h. */
#include "desk.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <json-c/json.h>

#include "asking.h"

enum { MOST_AT_ONCE = 64, MESSAGE_MS = 500 };

/* ---- reading the ask ------------------------------------------------------------------------------------------- */

const char *ask_text(const struct ask *ask, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(ask->from, name, &value) || !json_object_is_type(value, json_type_string))
		return "";
	const char *at = json_object_get_string(value);
	size_t n = (size_t)json_object_get_string_len(value);

	return strlen(at) == n && utf8_valid(at, n) ? arena_copy(ask->ctx->arena, at, n) : "";
}

int64_t ask_int(const struct ask *ask, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(ask->from, name, &value) && json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : 0;
}

struct texts ask_texts(const struct ask *ask, const char *name)
{
	struct json_object *list;

	if (!json_object_object_get_ex(ask->from, name, &list) || !json_object_is_type(list, json_type_array))
		return (struct texts){ 0 };
	size_t n = json_object_array_length(list);
	const char **at = NEW_ARRAY(ask->ctx->arena, const char *, n + 1);

	for (size_t i = 0; i < n; i++) {
		const char *value = json_object_get_string(json_object_array_get_idx(list, i));

		at[i] = value && utf8_valid(value, strlen(value)) ? arena_copy(ask->ctx->arena, value, strlen(value)) : "";
	}
	return (struct texts){ at, n };
}

void ask_answer(struct ask *ask, const char *name, const char *value)
{
	json_object_object_add(ask->answer, name, json_object_new_string(value));
}

bool ask_wrong(struct ask *ask, const char *field, const char *message)
{
	ask->field = field;
	return fail(ask->ctx, KIND_INVALID, message, NULL);
}

/* ---- answering ---------------------------------------------------------------------------------------------------- */

static void free_object(void *object)
{
	json_object_put(object);
}

static bool understand(struct ask *ask, const struct desk *desk, char *message)
{
	ask->from = json_tokener_parse(message);
	arena_defer(ask->ctx->arena, free_object, ask->from);
	if (!json_object_is_type(ask->from, json_type_object))
		return fail(ask->ctx, KIND_BAD_REQUEST, tr(ask->ctx, "The request cannot be understood."), "not an object");
	lang_parse(ask_text(ask, "lang"), &ask->ctx->lang);
	return proof_check(ask->ctx, ask_text(ask, "proof"), desk->modules, &ask->who);
}

static bool carry_out(struct ask *ask, const struct desk *desk)
{
	const char *verb = ask_text(ask, "verb");

	for (size_t i = 0; i < desk->n; i++)
		if (same(desk->verbs[i].verb, verb))
			return desk->verbs[i].fn(ask);
	return fail(ask->ctx, KIND_BAD_REQUEST, tr(ask->ctx, "The request cannot be understood."), "verb %.40s", verb);
}

static void put_error(struct ask *ask)
{
	const struct error *error = &ask->ctx->error;

	if (error->kind == KIND_INTERNAL || error->kind == KIND_UNAVAILABLE || error->kind == KIND_FORBIDDEN)
		log_line(ask->ctx, "%s: %s (%s)", ask->who.user ? ask->who.user : "-", error->message, error->detail ? error->detail : "no detail");
	json_object_object_add(ask->answer, "error", json_object_new_int(error->kind ? (int)error->kind : (int)KIND_INTERNAL));
	json_object_object_add(ask->answer, "message", json_object_new_string(error->message ? error->message : ""));
	json_object_object_add(ask->answer, "field", json_object_new_string(ask->field ? ask->field : ""));
}

static void answer(struct ctx *ctx, const struct desk *desk, int client, struct db *db, char *message)
{
	struct ask ask = { .ctx = ctx, .db = db, .socket = client, .answer = json_object_new_object() };

	arena_defer(ctx->arena, free_object, ask.answer);
	if (!understand(&ask, desk, message) || !carry_out(&ask, desk))
		put_error(&ask);
	if (ask.socket < 0)
		return;
	const char *said = json_object_to_json_string_ext(ask.answer, JSON_C_TO_STRING_PLAIN);

	if (send(client, said, strlen(said), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_line(ctx, "an answer could not be given: %s", strerror(errno));
}

/* The folder lets in nobody but the modules' group; this says so once more. */
static bool peer_good(const struct desk *desk, int client)
{
	struct ucred peer;
	socklen_t n = sizeof peer;

	if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &n))
		return false;
	for (size_t i = 0; peer.uid && desk->modules[i]; i++) {
		char name[64];
		const struct passwd *module = NULL;

		if (snprintf(name, sizeof name, "naru-%s", desk->modules[i]) < (int)sizeof name)
			module = getpwnam(name);
		if (module && module->pw_uid == peer.uid)
			return true;
	}
	return peer.uid == 0;
}

/* The module sends its message at once; one that does not is not waited for. */
static void serve_one(const struct desk *desk, int client, struct db *db)
{
	static char message[ASKING_MOST + 1];
	struct pollfd p = { .fd = client, .events = POLLIN };

	if (!peer_good(desk, client) || poll(&p, 1, MESSAGE_MS) != 1)
		return;
	ssize_t n = recv(client, message, ASKING_MOST, MSG_DONTWAIT | MSG_TRUNC);

	if (n <= 0 || n > ASKING_MOST)
		return;
	message[n] = '\0';
	struct ctx ctx = { .arena = arena_new(0), .tag = "ask" };

	answer(&ctx, desk, client, db, message);
	arena_free(ctx.arena);
}

void desk_serve(const struct desk *desk, int listener, struct db *db)
{
	for (int i = 0; i < MOST_AT_ONCE; i++) {
		int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (client < 0)
			return;
		serve_one(desk, client, db);
		close(client);
	}
}

int desk_listen(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof at.sun_path)
		die("%s: the path is too long for a socket", path);
	memcpy(at.sun_path, path, strlen(path));
	unlink(path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* The folder's group (set-group-id) is the socket's too: the module that may ask. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || chmod(path, 0660) || listen(fd, 512))
		die("%s: %s", path, strerror(errno));
	return fd;
}
