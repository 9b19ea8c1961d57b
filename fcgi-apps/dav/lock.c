/* LOCK and UNLOCK. */
#include <string.h>
#include <strings.h>

#include "dav.h"
#include "locks.h"

/* "Second-3600", "Infinite", "Infinite, Second-604800"; 0: not said. */
static int64_t seconds_asked(struct req *r)
{
	const char *s = req_header(r, "HTTP_TIMEOUT");
	int64_t n;
	if (!s)
		return 0;
	if (strncasecmp(s, "Second-", 7) != 0)
		return LOCK_SECONDS_MOST;
	const char *digits = arena_copy(r->ctx->arena, s + 7, strcspn(s + 7, ", "));
	return !parse_int(digits, 1, INT64_MAX, &n) ? 0 : n < LOCK_SECONDS_MOST ? n : LOCK_SECONDS_MOST;
}

static struct reply tell(struct work *w, int status, const struct dav_lock *l)
{
	struct buf b = { 0 };
	buf_in(&b, w->r->ctx->arena);
	buf_text(&b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:prop xmlns:D=\"DAV:\"><D:lockdiscovery>");
	put_lock(&b, &w->at, l);
	buf_text(&b, "</D:lockdiscovery></D:prop>\n");
	struct reply reply = reply_text(w->r, "application/xml; charset=utf-8", b.at, b.n);
	reply.status = status;
	return reply;
}

/* ---- an old lock ---- */

static struct reply refresh(struct work *w)
{
	const char *token = conditions_first_token(w);
	struct dav_lock l;
	bool found;
	if (!token) {
		work_refuse(w, 400, NULL);
		return work_reply(w);
	}
	if (!conditions_hold(w, &w->at) || !locks_refresh(w->r->ctx, &w->at, w->r->who.user, token, seconds_asked(w->r), &found, &l))
		return work_reply(w);
	if (found)
		return tell(w, 200, &l);
	work_refuse(w, 412, "lock-token-matches-request-uri");
	return work_reply(w);
}

/* ---- a new one ---- */

static const char *new_token(struct arena *a)
{
	unsigned char raw[16];
	random_bytes(raw, sizeof raw);
	raw[6] = (unsigned char)((raw[6] & 0x0f) | 0x40);
	raw[8] = (unsigned char)((raw[8] & 0x3f) | 0x80);
	const char *h = hex(a, raw, sizeof raw);
	return text(a, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%s", h, h + 8, h + 12, h + 16, h + 20);
}

static bool read_request(struct work *w, const struct node *body, struct dav_lock *l)
{
	const char *depth = req_header(w->r, "HTTP_DEPTH");
	const struct node *scope = tree_child(body, "DAV: lockscope"), *owner = tree_child(body, "DAV: owner");
	int64_t seconds = seconds_asked(w->r);
	struct arena *a = w->r->ctx->arena;
	if (!same(body->name, "DAV: lockinfo") || !tree_child(tree_child(body, "DAV: locktype"), "DAV: write"))
		return work_refuse(w, 400, NULL);
	bool shared = tree_child(scope, "DAV: shared"), zero = same(depth, "0");
	if (shared == (tree_child(scope, "DAV: exclusive") != NULL) || (depth && !zero && strcasecmp(depth, "infinity") != 0))
		return work_refuse(w, 400, NULL);
	*l = (struct dav_lock){ .path = w->at.path, .token = new_token(a), .user = w->r->who.user, .owner = owner ? tree_text(a, owner) : NULL,
		.shared = shared, .deep = !zero, .seconds = seconds ? seconds : 3600 };
	l->until = now() + l->seconds;
	return !l->owner || strlen(l->owner) <= OWNER_MOST || work_refuse(w, 413, NULL);
}

static bool may(struct work *w)
{
	bool yes;
	const char *folder = spot_folder(&w->at) ? w->at.path : path_folder(w->r->ctx->arena, w->at.path);
	if (!w->at.store)
		return work_refuse(w, 403, NULL);
	if (!conditions_hold(w, &w->at) || (!w->at.there && !locks_let(w, &w->at, TOUCH_NAME)))
		return false;
	if (!store_writable(w->r->ctx, w->at.store, folder, &yes)) {
		if (w->r->ctx->error.kind != KIND_NOT_FOUND)
			return false;
		forget(w->r->ctx);
		return work_refuse(w, 409, NULL);
	}
	return yes || work_refuse(w, 403, NULL);
}

/* The name is the client's from now on: an empty file (RFC 4918, section 7.3). */
static bool make_empty(struct work *w)
{
	struct ctx *c = w->r->ctx;
	int fd;
	if (store_create(c, w->at.store, w->at.path, 0, &fd) && store_commit(c, w->at.store, fd, w->at.path, false))
		return true;
	if (c->error.kind != KIND_CONFLICT)
		return false;
	forget(c); /* somebody has made it meanwhile */
	return true;
}

static bool lock_it(struct work *w, struct dav_lock *l)
{
	struct dav_lock other;
	struct error why;
	bool found, mine;
	if (!locks_take(w->r->ctx, &w->at, l, &other))
		return false;
	if (other.token) {
		w->href = spot_href(w->r->ctx->arena, w->at.place, other.path, false);
		return work_refuse(w, 423, "no-conflicting-lock");
	}
	if (w->at.there || make_empty(w))
		return true;
	why = w->r->ctx->error;
	forget(w->r->ctx);
	if (!locks_drop(w->r->ctx, &w->at, l->user, l->token, &found, &mine))
		forget(w->r->ctx); /* it ends by itself */
	w->r->ctx->error = why;
	return false;
}

struct reply dav_lock(struct req *r)
{
	struct work w;
	struct node *body;
	struct dav_lock l;
	if (!work_begin(&w, r) || !tree_read(r, &body))
		return work_reply(&w);
	if (!body)
		return refresh(&w);
	if (!read_request(&w, body, &l) || !may(&w) || !lock_it(&w, &l))
		return work_reply(&w);
	reply_header(r, "Lock-Token", text(r->ctx->arena, "<%s>", l.token));
	return tell(&w, w.at.there ? 200 : 201, &l);
}

/* ---- its end ---- */

static const char *token_of(struct req *r)
{
	const char *s = req_header(r, "HTTP_LOCK_TOKEN");
	size_t n = s ? strlen(s) : 0;
	return n > 2 && s[0] == '<' && s[n - 1] == '>' ? arena_copy(r->ctx->arena, s + 1, n - 2) : NULL;
}

struct reply dav_unlock(struct req *r)
{
	struct work w;
	bool found = false, mine = false;
	const char *token = token_of(r);
	if (!work_begin(&w, r) || (!token && !work_refuse(&w, 400, NULL)) || !conditions_hold(&w, &w.at))
		return work_reply(&w);
	if (w.at.store && !locks_drop(r->ctx, &w.at, r->who.user, token, &found, &mine))
		return work_reply(&w);
	if (mine)
		return reply_status(r, 204);
	work_refuse(&w, found ? 403 : 409, found ? NULL : "lock-token-matches-request-uri");
	return work_reply(&w);
}
