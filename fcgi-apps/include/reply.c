/* reply: what a handler can answer. Nothing is written here; send.c does that when the handler has returned. */
#include "app_private.h"
#include "gate_address.h"

#include <string.h>
#include <unistd.h>

static const struct { enum kind kind; int status; const char *title, *advice; } kinds[] = {
	{ KIND_BAD_REQUEST, 400, MSG("The request was not understood"), NULL },
	{ KIND_SIGN_IN, 401, MSG("Please sign in"), NULL },
	{ KIND_FORBIDDEN, 403, MSG("Not allowed"), NULL },
	{ KIND_NOT_FOUND, 404, MSG("Not found"), MSG("It may have been removed, or it belongs to somebody else.") },
	{ KIND_METHOD, 405, MSG("Not possible here"), NULL },
	{ KIND_CONFLICT, 409, MSG("Something changed meanwhile"), MSG("Nothing was changed by this request.") },
	{ KIND_TOO_LARGE, 413, MSG("Too large"), NULL },
	{ KIND_RANGE, 416, MSG("No such part of the file"), NULL },
	{ KIND_INVALID, 422, MSG("This cannot be done"), MSG("Nothing was changed.") },
	{ KIND_TOO_MANY, 429, MSG("Too many requests"), MSG("Please wait a moment and try again.") },
	{ KIND_INTERNAL, 500, MSG("An error of the portal"), MSG("It is in the portal's log. Trying again may help; if not, please write to the centre.") },
	{ KIND_UNAVAILABLE, 503, MSG("Not available now"), MSG("The rest of the portal works. Please try again in a moment.") },
	{ KIND_TIMEOUT, 504, MSG("No answer in time"), MSG("Please look whether it was done before you try again.") },
};

static size_t row_of(enum kind kind)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].kind == kind)
			return i;
	return row_of(KIND_INTERNAL);
}

int kind_status(enum kind kind)
{
	return kinds[row_of(kind)].status;
}

static struct reply make(struct req *r, int status, enum body_kind kind, const void *body, size_t n)
{
	struct reply reply = { .status = status, .state = NEW(r->ctx->arena, struct reply_state) };
	*reply.state = (struct reply_state){ .kind = kind, .memory = { body, n }, .fd = -1 };
	return reply;
}

enum { FRAME = 6 * 1024 /* what stands around a page, about */ };

static struct out out_new(struct req *r)
{
	struct out out = { .ctx = r->ctx, .csrf = r->who.user ? r->who.csrf : r->state->form_cookie };
	buf_in(&out.buf, r->ctx->arena);
	out.key = random_token(r->ctx->arena, 128);
	return out;
}

static struct reply page_json(struct req *r, int status, const struct model *model, const void *object)
{
	struct out out = out_new(r);
	model_json(&out, model, object);
	buf_char(&out.buf, '\n');
	header_add(&r->state->headers, "Content-Type", "application/json");
	return make(r, status, BODY_MEMORY, out.buf.at, out.buf.n);
}

struct reply reply_page_status(struct req *r, int status, const struct view *view, const void *model)
{
	if (r->json)
		return page_json(r, status, view->model, model);
	struct out page = out_new(r), whole = out_new(r);
	view->html(&page, model);
	buf_room(&whole.buf, page.buf.n + FRAME);
	frame_fill(r, &page, &whole);
	header_add(&r->state->headers, "Content-Type", "text/html; charset=utf-8");
	if (r->refresh > 0 && !frame_still(r)) /* what the visitor has just changed shows soon */
		header_add(&r->state->headers, "Refresh", text(r->ctx->arena, "%d", r->state->flash && r->refresh > 5 ? 5 : r->refresh));
	if (!r->who.user && r->state->form_cookie_new)
		reply_cookie(r, form_cookie_name, r->state->form_cookie, 0);
	if (r->state->flash)
		reply_cookie(r, flash_cookie_name, "", -1);
	return make(r, status, BODY_MEMORY, whole.buf.at, whole.buf.n);
}

struct reply reply_page(struct req *r, const struct view *view, const void *model)
{
	return reply_page_status(r, 200, view, model);
}

static const char *encode(struct arena *arena, const char *s)
{
	struct out out = {0};
	buf_in(&out.buf, arena);
	put_url_part(&out, s);
	return buf_cstr(&out.buf);
}

/* Percent-encoded it must fit into the headers that nginx takes. */
static const char *shortened(struct arena *arena, const char *s)
{
	enum { MOST = 600 };
	size_t n = strlen(s);
	if (n <= MOST)
		return s;
	for (n = MOST; n > 0 && (s[n] & 0xc0) == 0x80; n--)
		;
	return text(arena, "%.*s…", (int)n, s);
}

/* A path of this site: "//" and "/\" would be other sites to a browser. */
static bool local_path(const char *path)
{
	if (path[0] != '/' || path[1] == '/' || path[1] == '\\')
		return false;
	for (const unsigned char *p = (const unsigned char *)path; *p; p++)
		if (*p <= 0x20 || *p == 0x7f)
			return false;
	return true;
}

struct reply reply_go(struct req *r, const char *path, const char *flash)
{
	path = local_path(path) ? path : "/";
	header_add(&r->state->headers, "Location", path);
	if (flash && r->json) {
		struct buf b;
		buf_in(&b, r->ctx->arena);
		buf_text(&b, "{\"message\":");
		json_text(&b, flash);
		buf_text(&b, ",\"location\":");
		json_text(&b, path);
		buf_text(&b, "}\n");
		header_add(&r->state->headers, "Content-Type", "application/json");
		return make(r, 303, BODY_MEMORY, b.at, b.n);
	}
	if (flash)
		reply_cookie(r, flash_cookie_name, encode(r->ctx->arena, shortened(r->ctx->arena, flash)), 60);
	return make(r, 303, BODY_MEMORY, "", 0);
}

struct reply reply_leave(struct req *r, const char *address)
{
	if (!own_url_ok(address))
		die("a page leads to a host that is no app's");
	header_add(&r->state->headers, "Location", address);
	return make(r, 303, BODY_MEMORY, "", 0);
}

static struct reply error_json(struct req *r, int status, const struct error *error)
{
	struct buf b;
	buf_in(&b, r->ctx->arena);
	buf_printf(&b, "{\"status\":%d,\"error\":", status);
	json_text(&b, error->message);
	buf_text(&b, ",\"request\":");
	json_text(&b, r->ctx->tag);
	buf_text(&b, "}\n");
	header_add(&r->state->headers, "Content-Type", "application/json");
	return make(r, status, BODY_MEMORY, b.at, b.n);
}

extern const struct view oops_view;
#include "views/models.h"

static void way_on(struct req *r, enum kind kind, struct oops *page)
{
	if (kind == KIND_SIGN_IN) {
		page->next_path = "/sign-in";
		page->next_title = tr(r->ctx, "Sign in");
	} else if (r->who.role == ROLE_EXPIRED) {
		page->next_path = "/account/contract";
		page->next_title = tr(r->ctx, "My contract");
	} else if (r->who.user) {
		frame_module(r, &page->next_path, &page->next_title);
	}
}

struct reply reply_error(struct req *r, const struct error *error)
{
	size_t row = row_of(error->kind);
	int status = kinds[row].status;
	log_line(r->ctx, "%s %s: %d %s", r->who.user ? r->who.user : "-", path_logged(r), status, error->detail ? error->detail : error->message);
	if (status == 503)
		header_add(&r->state->headers, "Retry-After", "5");
	if (r->json)
		return error_json(r, status, error);
	struct oops *page = NEW(r->ctx->arena, struct oops);
	page->status = status;
	page->message = error->message;
	page->advice = kinds[row].advice ? tr(r->ctx, kinds[row].advice) : NULL;
	page->tag = status >= 500 ? r->ctx->tag : NULL;
	way_on(r, error->kind, page);
	r->title = tr(r->ctx, kinds[row].title);
	r->crumb = NULL;
	r->refresh = 0;
	r->as_of = 0;
	return reply_page_status(r, status, &oops_view, page);
}

struct reply reply_oops(struct req *r)
{
	struct error error = r->ctx->error;
	if (error.kind == KIND_NONE)
		error = (struct error){ KIND_INTERNAL, tr(r->ctx, "Something went wrong inside the portal."), "an error without a reason" };
	return reply_error(r, &error);
}

struct reply reply_fail(struct req *r, enum kind kind, const char *message)
{
	fail(r->ctx, kind, message, NULL);
	return reply_oops(r);
}

struct reply reply_text(struct req *r, const char *type, const char *body, size_t n)
{
	header_add(&r->state->headers, "Content-Type", type);
	header_add(&r->state->headers, "X-Content-Type-Options", "nosniff");
	return make(r, 200, BODY_MEMORY, arena_copy(r->ctx->arena, body, n), n);
}

/* RFC 6266: an ASCII name for old clients, the exact bytes for the others. */
static const char *disposition(struct arena *arena, const char *name)
{
	struct buf b;
	static const char hex_digits[] = "0123456789ABCDEF";
	buf_in(&b, arena);
	buf_text(&b, "attachment; filename=\"");
	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		buf_char(&b, *p < 0x20 || *p >= 0x7f || strchr("\"\\%;/", *p) ? '_' : (char)*p);
	buf_text(&b, "\"; filename*=UTF-8''");
	for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-_.~", *p)) {
			buf_char(&b, (char)*p);
		} else {
			buf_char(&b, '%');
			buf_char(&b, hex_digits[*p >> 4]);
			buf_char(&b, hex_digits[*p & 15]);
		}
	}
	return buf_cstr(&b);
}

static void close_fd(void *arg)
{
	close(*(int *)arg);
}

/* nginx takes so much without waiting for the visitor. */
enum { AT_ONCE = 256 * 1024 };

struct part { int64_t offset, length, total; };

/* start: where in fd; -1: fd is a pipe. */
static struct reply send_part(struct req *r, int fd, int64_t start, struct part part, const char *type, const char *download_name)
{
	int64_t offset = part.offset, length = part.length, total = part.total;
	bool partial = offset != 0 || length != total;
	/* What comes from a server of the user's can take any time, however short it is. */
	if ((start < 0 || length > AT_ONCE) && !r->state->head && !transfer_begin(r)) {
		close(fd);
		return reply_oops(r);
	}
	struct buf *headers = &r->state->headers;
	header_add(headers, "Content-Type", type);
	header_add(headers, "X-Content-Type-Options", "nosniff");
	header_add(headers, "Accept-Ranges", "bytes");
	header_add(headers, "Content-Length", text(r->ctx->arena, "%lld", (long long)length));
	if (download_name)
		header_add(headers, "Content-Disposition", disposition(r->ctx->arena, download_name));
	if (partial)
		header_add(headers, "Content-Range", text(r->ctx->arena, "bytes %lld-%lld/%lld", (long long)offset, (long long)(offset + length - 1), (long long)total));
	struct reply reply = make(r, partial ? 206 : 200, BODY_FILE, NULL, 0);
	int *kept = NEW(r->ctx->arena, int);
	*kept = reply.state->fd = fd;
	reply.state->offset = start;
	reply.state->length = length;
	arena_defer(r->ctx->arena, close_fd, kept);
	return reply;
}

struct reply reply_file(struct req *r, int fd, int64_t offset, int64_t length, int64_t total, const char *type, const char *download_name)
{
	return send_part(r, fd, offset, (struct part){ offset, length, total }, type, download_name);
}

struct reply reply_pipe(struct req *r, int fd, int64_t offset, int64_t length, int64_t total, const char *type, const char *download_name)
{
	return send_part(r, fd, -1, (struct part){ offset, length, total }, type, download_name);
}

struct reply reply_status(struct req *r, int status)
{
	return make(r, status, BODY_MEMORY, "", 0);
}

struct reply reply_stream(struct req *r, const char *type, const char *download_name, reply_more *more, void *arg)
{
	if (!r->state->head && !transfer_begin(r))
		return reply_oops(r);
	struct buf *headers = &r->state->headers;
	header_add(headers, "Content-Type", type);
	header_add(headers, "X-Content-Type-Options", "nosniff");
	if (download_name)
		header_add(headers, "Content-Disposition", disposition(r->ctx->arena, download_name));
	struct reply reply = make(r, 200, BODY_STREAM, NULL, 0);
	reply.state->more = more;
	reply.state->of_more = arg;
	return reply;
}
