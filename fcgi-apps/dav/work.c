#include <errno.h>
#include <string.h>

#include "audit.h"
#include "dav.h"

/* ---- beginning ---- */

/* nginx drops what stands behind a '#', and with it half of the name that a careless client meant. */
static bool whole_address(struct work *w)
{
	const char *uri = req_header(w->r, "REQUEST_URI");
	return uri && !strchr(uri, '#') ? true : work_refuse(w, 400, NULL);
}

bool work_begin(struct work *w, struct req *r)
{
	*w = (struct work){ .r = r, .begun = clock_ms() };
	return whole_address(w) && spot_at(r, req_part(r, "place"), req_part(r, "path"), &w->at) && conditions_read(w);
}

bool work_time(struct work *w)
{
	struct ctx *c = w->r->ctx;
	c->deadline = clock_ms() + CALL_MS;
	return clock_ms() - w->begun < LONG_MS || fail(c, KIND_TIMEOUT, tr(c, "This is more than one request may take. Do it in parts, or as a transfer in the portal."), "time of a request");
}

bool work_overwrite(const struct work *w)
{
	const char *word = req_header(w->r, "HTTP_OVERWRITE");
	return !same(word, "F") && !same(word, "f");
}

bool work_no_body(struct work *w)
{
	char byte[1];
	size_t n;
	if (!body_next(w->r, byte, sizeof byte, &n))
		return false;
	return n == 0 || work_refuse(w, 415, NULL);
}

bool work_note(struct work *w, const char *what, const struct spot *s, const char *detail)
{
	struct arena *a = w->r->ctx->arena;
	return audit(w->r->ctx, w->r->who.user, text(a, "dav.%s", what), name_shown(a, text(a, "%s:%s", s->place, s->path)), detail);
}

/* ---- refusals ---- */

bool work_refuse(struct work *w, int status, const char *condition)
{
	if (w->status == 0 && w->r->ctx->error.kind == KIND_NONE) {
		w->status = status;
		w->condition = condition;
	}
	return false;
}

static bool no_room(struct ctx *c)
{
	const char *words;
	int code = store_failure(&words);
	return (code == ENOSPC || code == EDQUOT) && same(c->error.message, store_failure_says(c, code, words));
}

int error_status(struct ctx *c)
{
	static const struct { enum kind kind; int status; } all[] = {
		{ KIND_BAD_REQUEST, 400 }, { KIND_SIGN_IN, 401 }, { KIND_FORBIDDEN, 403 }, { KIND_NOT_FOUND, 404 }, { KIND_METHOD, 405 }, { KIND_CONFLICT, 409 },
		{ KIND_TOO_LARGE, 413 }, { KIND_RANGE, 416 }, { KIND_INVALID, 422 }, { KIND_TOO_MANY, 429 }, { KIND_UNAVAILABLE, 503 }, { KIND_TIMEOUT, 504 },
	};
	if (c->error.kind == KIND_UNAVAILABLE && no_room(c))
		return 507;
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].kind == c->error.kind)
			return all[i].status;
	return 500;
}

static struct reply say_error(struct req *r)
{
	struct ctx *c = r->ctx;
	int status = error_status(c);
	const char *words = c->error.message ? c->error.message : "";
	log_line(c, "%s %s %s: %d %s", r->who.user, method_name(r->method), r->path, status, c->error.detail ? c->error.detail : words);
	if (status == 503 || status == 429)
		reply_header(r, "Retry-After", "5");
	struct reply reply = reply_text(r, "text/plain; charset=utf-8", words, strlen(words));
	reply.status = status;
	return reply;
}

/* RFC 4918, section 9.8.8: some of a folder is done. */
static struct reply say_member(struct work *w)
{
	struct buf b = { 0 };
	int status = error_status(w->r->ctx);
	buf_in(&b, w->r->ctx->arena);
	log_line(w->r->ctx, "%s %s %s: %d at %s", w->r->who.user, method_name(w->r->method), w->r->path, status, w->member);
	buf_text(&b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>");
	put_xml(&b, w->member);
	buf_printf(&b, "</D:href><D:status>HTTP/1.1 %d %s</D:status><D:responsedescription>", status, status_reason(status));
	put_xml(&b, w->r->ctx->error.message ? w->r->ctx->error.message : "");
	buf_text(&b, "</D:responsedescription></D:response></D:multistatus>\n");
	struct reply reply = reply_text(w->r, "application/xml; charset=utf-8", b.at, b.n);
	reply.status = 207;
	return reply;
}

struct reply work_reply(struct work *w)
{
	struct buf b = { 0 };
	if (w->member && w->r->ctx->error.kind != KIND_NONE)
		return say_member(w);
	if (w->r->ctx->error.kind != KIND_NONE || !w->status)
		return say_error(w->r);
	if (!w->condition)
		return reply_status(w->r, w->status);
	buf_in(&b, w->r->ctx->arena);
	buf_printf(&b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:error xmlns:D=\"DAV:\"><D:%s", w->condition);
	if (w->href) {
		buf_text(&b, "><D:href>");
		put_xml(&b, w->href);
		buf_printf(&b, "</D:href></D:%s></D:error>\n", w->condition);
	} else {
		buf_text(&b, "/></D:error>\n");
	}
	struct reply reply = reply_text(w->r, "application/xml; charset=utf-8", b.at, b.n);
	reply.status = w->status;
	return reply;
}

void put_xml(struct buf *b, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '<': buf_text(b, "&lt;"); break;
		case '>': buf_text(b, "&gt;"); break;
		case '&': buf_text(b, "&amp;"); break;
		case '"': buf_text(b, "&quot;"); break;
		case '\r': buf_text(b, "&#13;"); break;
		case '\n': buf_text(b, "&#10;"); break;
		case '\t': buf_text(b, "&#9;"); break;
		default: buf_char(b, (unsigned char)*s < 0x20 ? '?' : *s);
		}
}
