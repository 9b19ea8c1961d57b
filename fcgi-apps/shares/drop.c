/* Uploads through a link: new files only, whole or not at all, and no word about what else is there. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "file_names.h"
#include "shares.h"
#include "views.h"

#define BLOCK 262144
enum { FILES_MOST = 100, NAMES_MOST = 1000, TAKEN_MOST = 10000 /* through one link: empty ones take room, too */, CALL_MS = 10000 };

struct intake { struct req *r; struct visit *v; char *block; struct arrival *at; size_t n, good; };

struct reply drop_reply(struct req *r, const struct visit *v, const struct arrival *at, size_t n, const char *summary, int status)
{
	int64_t left = v->s.most - v->s.bytes;
	struct dropping m = {
		.name = share_name(r, &v->s), .owner = v->s.owner, .ends = v->s.ends, .action = text(r->ctx->arena, "/s/up/%s", v->token),
		.room = left > 0 ? human_size(r->ctx->arena, left) : NULL, .arrived = { at, n }, .summary = summary, .url = visit_url(r, v, "", ""),
	};
	r->title = say(r->ctx, "Send files to “%s”", m.name);
	return reply_page_status(r, status, &dropping_view, &m);
}

/* ---- room ---- */

static bool take_room(struct ctx *c, struct share *s, void *arg)
{
	int64_t n = *(const int64_t *)arg;
	if (!share_runs(s) || s->bytes + n > s->most || s->used >= TAKEN_MOST)
		return fail(c, KIND_TOO_LARGE, tr(c, "This is more than may come through this link. It was not kept."), "drop: %lld of %lld", (long long)(s->bytes + n), (long long)s->most);
	s->bytes += n;
	s->used++;
	return true;
}

static bool give_back(struct ctx *c, struct share *s, void *arg)
{
	(void)c;
	s->bytes -= *(const int64_t *)arg;
	s->used--;
	return true;
}

/* ---- one file ---- */

static bool pour(struct intake *in, int fd, int64_t *bytes)
{
	for (size_t n = 1; n > 0; *bytes += (int64_t)n) {
		if (!upload_read(in->r, in->block, BLOCK, &n))
			return false;
		if (*bytes + (int64_t)n > in->v->s.most - in->v->s.bytes)
			return fail(in->r->ctx, KIND_TOO_LARGE, tr(in->r->ctx, "This is more than may come through this link. It was not kept."), "drop: too large");
		if (n && !store_write(in->r->ctx, fd, in->block, n))
			return false;
	}
	return true;
}

/* The rest of a file that is not wanted. */
static bool pour_away(struct intake *in)
{
	for (size_t n = 1; n > 0;)
		if (!upload_read(in->r, in->block, BLOCK, &n))
			return false;
	return true;
}

/* "data.txt", "data (2).txt", …: the store refuses a name that is taken. */
static bool commit(struct intake *in, int fd, const char **name)
{
	struct ctx *c = in->r->ctx;
	const char *wish = *name;
	for (int i = 2; i < NAMES_MOST; i++) {
		if (store_commit(c, in->v->store, fd, *name, false))
			return true;
		if (c->error.kind != KIND_CONFLICT)
			return false;
		forget(c);
		*name = name_copy(c->arena, wish, i);
	}
	return fail(c, KIND_CONFLICT, tr(c, "There are too many files of this name. Choose another name."), "drop: names");
}

static bool keep(struct intake *in, int fd, const char **name, int64_t bytes)
{
	struct ctx *c = in->r->ctx;
	struct share *s = &in->v->s;
	const char *address = req_header(in->r, "REMOTE_ADDR");
	if (!audit(c, s->owner, "shares.drop", text(c->arena, "%s:%s", s->id, *name), address) || !share_change(c, s->owner, s->id, take_room, &bytes, s))
		return false;
	if (commit(in, fd, name))
		return true;
	struct error e = c->error;
	forget(c);
	if (!share_change(c, s->owner, s->id, give_back, &bytes, s))
		forget(c);
	c->error = e;
	return false;
}

static bool take(struct intake *in, const char **name)
{
	struct ctx *c = in->r->ctx;
	int64_t bytes = 0;
	int fd;
	c->deadline = clock_ms() + CALL_MS;
	/* What a shell or a program reads by itself nobody else may put there: ".bash_profile" at the top of a home. */
	if (**name == '.' || strlen(*name) > 240 || !name_good(*name) || !utf8_valid(*name, strlen(*name)))
		return fail(c, KIND_INVALID, tr(c, "This cannot be a name. Choose another one."), "name");
	return store_create(c, in->v->store, *name, -1, &fd) && pour(in, fd, &bytes) && keep(in, fd, name, bytes);
}

static const char *base_name(const char *name)
{
	const char *slash = strrchr(name, '/'), *back = strrchr(name, '\\');
	return slash && (!back || slash > back) ? slash + 1 : back ? back + 1 : name;
}

/* False: the request itself is broken. */
static bool take_part(struct intake *in, const struct upload *u)
{
	const char *name = base_name(u->file_name);
	struct ctx *c = in->r->ctx;
	if (!*name)
		return true;
	if (in->n == FILES_MOST)
		return fail(c, KIND_TOO_LARGE, tr(c, "A form may carry 100 files. Those up to here have arrived; send the rest again."), "files");
	bool good = take(in, &name);
	struct error e = c->error;
	in->at[in->n++] = (struct arrival){ .name = name, .state = good ? "done" : "failed", .says = good ? tr(c, "arrived") : e.message };
	in->good += good;
	if (!good && (e.kind == KIND_BAD_REQUEST || e.kind == KIND_TIMEOUT))
		return false;
	forget(c);
	return good || pour_away(in);
}

struct reply visit_drop(struct req *r)
{
	struct visit v;
	struct reply answer;
	struct upload u;
	struct intake in = { .r = r, .v = &v, .block = arena_alloc(r->ctx->arena, BLOCK), .at = NEW_ARRAY(r->ctx->arena, struct arrival, FILES_MOST) };
	if (!visit_open(r, &v, "drop", &answer))
		return answer;
	for (bool more = true;;) {
		if (!upload_next(r, &u, &more))
			return visit_oops(r);
		if (!more)
			break;
		if (u.file_name && same(u.field, "file") && !take_part(&in, &u))
			return visit_oops(r);
	}
	const char *summary = !in.n ? tr(r->ctx, "No file was chosen, so nothing was sent.") : say(r->ctx, "Arrived: %lld of %lld files.", (long long)in.good, (long long)in.n);
	return drop_reply(r, &v, in.at, in.n, summary, in.good == in.n ? 200 : 409);
}
