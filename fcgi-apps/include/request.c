/* request: one request from its environment to its answer. The order of the checks is the order of this file's last functions. */
#include "app_private.h"
#include "identity.h"

#include <string.h>

const char form_cookie_name[] = "__Host-naru-form", flash_cookie_name[] = "__Host-naru-flash";

const char *env_get(const struct wire *wire, const char *name)
{
	size_t n = strlen(name);
	for (char *const *p = wire->env; *p; p++)
		if (strncmp(*p, name, n) == 0 && (*p)[n] == '=')
			return *p + n + 1;
	return NULL;
}

const char *req_header(const struct req *r, const char *name)
{
	return env_get(r->state->wire, name);
}

const char *req_part(const struct req *r, const char *name)
{
	const char *value = params_get(&r->state->parts, name, NULL);
	return value ? value : "";
}

const char *req_query(const struct req *r, const char *name)
{
	bool doubled = false;
	const char *value = params_get(&r->state->query, name, &doubled);
	if (doubled && r->state->refusal.kind == KIND_NONE)
		r->state->refusal = (struct error){ KIND_BAD_REQUEST, tr(r->ctx, "A field was sent twice, so the request was not carried out."), "doubled query field" };
	return doubled ? NULL : value;
}

bool key_valid(const char *key)
{
	size_t n = strlen(key);
	return n >= 16 && n <= 64 && strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == n;
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), t = strlen(tail);
	return n > t && strcmp(s + n - t, tail) == 0;
}

/* ---- reading ---- */

static void wants_json(struct req *r)
{
	const char *accept = env_get(r->state->wire, "HTTP_ACCEPT"), *format = params_get(&r->state->query, "format", NULL);
	r->json |= same(format, "json") || (accept && strstr(accept, "application/json") && !strstr(accept, "text/html"));
}

/* "/jobs.json" is "/jobs" as JSON, unless the route takes the rest of the path as a file's name. */
static bool find_route(struct req *r, const char *raw)
{
	unsigned allowed = 0, other = 0;
	const struct app *app = r->state->app;
	if (ends_with(raw, ".json")) {
		const char *bare = arena_copy(r->ctx->arena, raw, strlen(raw) - strlen(".json"));
		const struct route *route = route_find(r->ctx, app, bare, r->method, &r->state->parts, &allowed);
		if (route && !strchr(route->path, '*')) {
			r->state->route = route;
			return r->json = true;
		}
		r->state->parts = (struct params){0};
		forget(r->ctx);
	}
	r->state->route = route_find(r->ctx, app, raw, r->method, &r->state->parts, &other);
	if (r->state->route)
		return true;
	allowed |= other;
	if (r->ctx->error.kind != KIND_NONE)
		return false;
	if (!allowed)
		return fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such page."), NULL);
	header_add(&r->state->headers, "Allow", methods_allowed(r->ctx->arena, allowed));
	return fail(r->ctx, KIND_METHOD, tr(r->ctx, "This page cannot be asked for in this way."), NULL);
}

const char *path_logged(const struct req *r)
{
	const char *secret = r->state->app->secret;
	return secret && strstr(r->path, secret) ? secret : r->path;
}

static bool read_address(struct req *r)
{
	const char *uri = env_get(r->state->wire, "REQUEST_URI");
	if (empty(uri))
		return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "This address cannot be understood. Please check it for mistakes."), "no address");
	size_t n = strcspn(uri, "?#");
	const char *raw = arena_copy(r->ctx->arena, uri, n), *query = uri[n] == '?' ? uri + n + 1 : "";
	r->query = query;
	r->path = percent_decode(r->ctx->arena, raw, n, false);
	if (!r->path)
		r->path = "/";
	if (!params_parse(r->ctx, &r->state->query, query, strlen(query)))
		return false;
	wants_json(r);
	return find_route(r, raw);
}

static bool read_length(struct req *r)
{
	const char *length = env_get(r->state->wire, "CONTENT_LENGTH");
	r->state->content_length = -1;
	if (empty(length))
		return true;
	if (!parse_int(length, 0, INT64_MAX, &r->state->content_length))
		return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The request cannot be understood."), "content length");
	return true;
}

/* ---- may they? ---- */

static bool scope_has(const char *scope, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = scope; p && (p = strstr(p, word)) != NULL; p += n)
		if ((p == scope || p[-1] == ' ' || p[-1] == ',') && (p[n] == '\0' || p[n] == ' ' || p[n] == ','))
			return true;
	return false;
}

static bool token_may(struct req *r)
{
	const struct route *route = r->state->route;
	if (!r->who.by_token || route->role == ROLE_PUBLIC)
		return true;
	if (method_safe(route->method) && scope_has(r->who.scope, "read"))
		return true;
	if (route->scope && scope_has(r->who.scope, route->scope))
		return true;
	return fail(r->ctx, KIND_FORBIDDEN, tr(r->ctx, "This access token may not do this. Make one with the scope that it needs."), "token scope %.60s", r->who.scope ? r->who.scope : "");
}

static bool role_may(struct req *r)
{
	enum role wanted = r->state->route->role;
	if (wanted == ROLE_PUBLIC)
		return true;
	if (!r->who.user)
		return fail(r->ctx, KIND_SIGN_IN, tr(r->ctx, "Please sign in first."), NULL);
	if (r->who.role == ROLE_EXPIRED && wanted > ROLE_EXPIRED)
		return fail(r->ctx, KIND_FORBIDDEN, tr(r->ctx, "Your contract does not run at present, so the portal's services are closed to you. Your files are kept; please write to the centre to renew it."), "contract ended");
	if (r->who.role < wanted)
		return fail(r->ctx, KIND_FORBIDDEN, tr(r->ctx, "This page is for administrators."), "role");
	return token_may(r);
}

/* A page of another site can make a browser send them with a session's cookie; the secret of a form it cannot send. */
static bool check_other(struct req *r)
{
	if (r->method == GET || (r->who.by_token && method_safe(r->method)))
		return true;
	if (!r->who.by_token)
		return fail(r->ctx, KIND_FORBIDDEN, tr(r->ctx, "This needs a personal access token. Make one on the page of your account."), "%s without a token", method_name(r->method));
	return r->state->csrf_checked = true;
}

static bool check_post(struct req *r)
{
	if (r->method != POST)
		return check_other(r);
	if (!r->who.by_token && !csrf_origin(r))
		return false;
	if (r->state->route->upload)
		return true; /* upload_next() reads and checks */
	if (!body_read(r))
		return false;
	bool doubled = false;
	const char *key = params_get(&r->state->body, "key", &doubled), *secret = params_get(&r->state->body, "csrf", &doubled);
	if (doubled || (!empty(key) && !key_valid(key)))
		return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The request cannot be understood."), "hidden fields");
	r->key = empty(key) ? NULL : key;
	if (r->who.by_token)
		return r->state->csrf_checked = true;
	return csrf_field(r, secret);
}

static void prepare_form_cookie(struct req *r)
{
	const char *cookie = r->who.user ? NULL : req_cookie(r, form_cookie_name);
	if (r->who.user)
		return;
	r->state->form_cookie_new = !cookie || !key_valid(cookie);
	r->state->form_cookie = r->state->form_cookie_new ? random_token(r->ctx->arena, 192) : cookie;
}

static void prepare(struct req *r)
{
	const char *flash = req_cookie(r, flash_cookie_name);
	r->ctx->lang = identity_lang(r);
	prepare_form_cookie(r);
	char *message = flash ? percent_decode(r->ctx->arena, flash, strlen(flash), false) : NULL;
	if (message && utf8_valid(message, strlen(message)))
		r->state->flash = message;
}

static struct reply run(struct req *r)
{
	struct reply reply = r->state->route->run(r);
	if (r->state->refusal.kind == KIND_NONE)
		return reply;
	r->state->headers.n = 0; /* of the reply that is not sent */
	return reply_error(r, &r->state->refusal);
}

static struct reply serve_request(struct req *r)
{
	bool known = identity_read(r);
	prepare(r);
	if (!known)
		return reply_oops(r);
	const char *method = env_get(r->state->wire, "REQUEST_METHOD");
	r->state->head = same(method, "HEAD");
	r->method = method_of(method);
	if (!read_length(r) || !read_address(r) || !role_may(r) || !turn_begin(r) || !check_post(r))
		return reply_oops(r);
	return run(r);
}

void request_serve(const struct app *app, const struct wire *wire, struct arena *arena)
{
	static unsigned long count;
	unsigned char chance[3];
	struct ctx ctx = { .arena = arena, .deadline = clock_ms() + 10000 };
	struct app_state state = { .app = app, .wire = wire };
	struct req r = { .ctx = &ctx, .state = &state, .path = "/", .query = "" };
	random_bytes(chance, sizeof chance);
	ctx.tag = text(arena, "%s-%lx", hex(arena, chance, sizeof chance), ++count);
	buf_in(&state.headers, arena);
	/* A connection that was cut early gives no parameters at all: nothing may happen then. */
	if (!wire->env || !env_get(wire, "REQUEST_METHOD"))
		return;
	reply_send(&r, serve_request(&r));
}
