/* send: a reply onto the wire. What fits a record goes out in one write with the end of the answer. */
#include "app_private.h"

static const struct { int status; const char *reason; } reasons[] = {
	{ 200, "OK" }, { 201, "Created" }, { 204, "No Content" }, { 206, "Partial Content" }, { 207, "Multi-Status" }, { 303, "See Other" }, { 304, "Not Modified" }, { 400, "Bad Request" }, { 401, "Unauthorized" },
	{ 403, "Forbidden" }, { 404, "Not Found" }, { 405, "Method Not Allowed" }, { 409, "Conflict" }, { 412, "Precondition Failed" }, { 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" }, { 416, "Range Not Satisfiable" }, { 422, "Unprocessable Content" }, { 423, "Locked" }, { 424, "Failed Dependency" }, { 429, "Too Many Requests" }, { 500, "Internal Server Error" },
	{ 502, "Bad Gateway" }, { 503, "Service Unavailable" }, { 504, "Gateway Timeout" }, { 507, "Insufficient Storage" },
};

static const char *reason_of(int status)
{
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Status";
}

const char *status_reason(int status)
{
	return reason_of(status);
}

void reply_send(struct req *r, struct reply reply)
{
	const struct wire *wire = r->state->wire;
	struct buf out;
	buf_in(&out, r->ctx->arena);
	buf_printf(&out, "Status: %d %s\r\n", reply.status, reason_of(reply.status));
	buf_add(&out, r->state->headers.at, r->state->headers.n);
	buf_text(&out, "Cache-Control: no-store\r\nVary: Accept, Accept-Language, Cookie\r\n");
	bool memory = reply.state->kind == BODY_MEMORY;
	if (memory && reply.status != 204 && reply.status != 304)
		buf_printf(&out, "Content-Length: %zu\r\n", reply.state->memory.n);
	buf_text(&out, "\r\n");
	struct bytes head = { (const unsigned char *)out.at, out.n };
	if (memory && !r->state->head) {
		(void)wire->answer(wire->arg, head, reply.state->memory);
		return;
	}
	if (!wire->write(wire->arg, head) || memory || r->state->head)
		return;
	bool whole = reply.state->kind == BODY_STREAM ? wire->send_stream(wire->arg, reply.state->more, reply.state->of_more)
		: wire->send_file(wire->arg, reply.state->fd, reply.state->offset, reply.state->length);
	if (!whole)
		log_line(r->ctx, "%s %s: the download was cut", r->who.user ? r->who.user : "-", path_logged(r));
}
