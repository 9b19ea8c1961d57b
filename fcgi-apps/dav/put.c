/* PUT: a file appears whole or not at all, and in constant memory however large it is. */
#include <string.h>

#include "dav.h"
#include "locks.h"

#define SMALL 262144 /* is here before anybody waits for it */

static bool may(struct work *w)
{
	if (!w->at.store || !*w->at.path || spot_folder(&w->at))
		return work_refuse(w, 405, NULL);
	if (req_header(w->r, "HTTP_CONTENT_RANGE"))
		return work_refuse(w, 400, NULL);
	return conditions_hold(w, &w->at) && locks_let(w, &w->at, TOUCH_IT | (w->at.there ? 0 : TOUCH_NAME));
}

/* The folder is missing: RFC 4918, section 9.7.1. */
static bool make(struct work *w, int64_t size, int *fd)
{
	if (store_create(w->r->ctx, w->at.store, w->at.path, size, fd))
		return true;
	if (w->r->ctx->error.kind != KIND_NOT_FOUND)
		return false;
	forget(w->r->ctx);
	return work_refuse(w, 409, NULL);
}

static bool pour(struct work *w, int fd)
{
	char *block = arena_room(w->r->ctx->arena, BLOCK);
	for (size_t n = 1; n > 0;)
		if (!body_next(w->r, block, BLOCK, &n) || (n && !store_write(w->r->ctx, fd, block, n)))
			return false;
	return true;
}

/* What ownCloud's clients, and rclone as one of them, send along: seconds since 1970. -1: nothing, or the store cannot keep it. */
static int64_t told_time(struct work *w)
{
	const char *s = req_header(w->r, "HTTP_X_OC_MTIME");
	int64_t when;
	if (!s || !(w->at.can & STORE_CAN_DATE) || !parse_int(arena_copy(w->r->ctx->arena, s, strcspn(s, ".")), 0, INT64_C(1) << 36, &when))
		return -1;
	reply_header(w->r, "X-OC-MTime", "accepted");
	return when;
}

/* Somebody may have made it since we looked. */
static bool commit(struct work *w, int fd)
{
	struct ctx *c = w->r->ctx;
	bool only_new = same(req_header(w->r, "HTTP_IF_NONE_MATCH"), "*");
	c->deadline = clock_ms() + CALL_MS; /* the content may have taken hours */
	if (store_commit_dated(c, w->at.store, fd, w->at.path, !only_new, told_time(w)))
		return true;
	if (!only_new || c->error.kind != KIND_CONFLICT)
		return false;
	forget(c);
	return work_refuse(w, 412, NULL);
}

static bool put(struct work *w)
{
	int64_t size = body_length(w->r);
	int fd;
	if ((size < 0 || size > SMALL) && !long_begin(w->r))
		return false;
	return make(w, size, &fd) && pour(w, fd) && (!w->at.there || work_note(w, "replace", &w->at, NULL)) && commit(w, fd);
}

struct reply dav_put(struct req *r)
{
	struct work w;
	if (!work_begin(&w, r) || !may(&w) || !put(&w))
		return work_reply(&w);
	int status = w.at.there ? 204 : 201;
	if (store_stat(r->ctx, w.at.store, w.at.path, &w.at.entry))
		reply_header(r, "ETag", entry_etag(r->ctx->arena, &w.at.entry));
	forget(r->ctx);
	return reply_status(r, status);
}
