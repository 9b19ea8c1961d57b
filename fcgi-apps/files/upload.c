/* Uploads. Each file streams into a nameless file of the user's and gets its name when all of it is there, so it appears whole or not at all. */
#include <stdlib.h>
#include <string.h>

#include "files.h"

#include "views.h"

#define BLOCK 262144
#define FILES_MOST 1000  /* in one form */
#define COPIES_MOST 1000 /* "name (2)" … */
#define CALL_MS 10000    /* for what the store is asked, beside the content */

enum conflict { REFUSE, KEEP, REPLACE };

struct intake {
	struct req *r;
	struct where w;
	enum conflict conflict;
	char *block;
	struct outcome *outcomes;
	size_t n, good;
};

/* ---- one file ---- */

static bool pour(struct intake *in, int fd)
{
	for (size_t n = 1; n > 0;) {
		if (!upload_read(in->r, in->block, BLOCK, &n))
			return false;
		if (n && !store_write(in->r->ctx, fd, in->block, n))
			return false;
	}
	return true;
}

static bool exists(struct intake *in, const char *path)
{
	struct entry e;
	bool yes = store_stat(in->r->ctx, in->w.store, path, &e);
	forget(in->r->ctx);
	return yes;
}

/* The commit itself refuses a name that is taken, so of two uploads at once both end up kept. */
static bool commit_beside(struct intake *in, int fd, const char **name)
{
	struct ctx *c = in->r->ctx;
	const char *wish = *name;
	for (int copy = 1; copy < COPIES_MOST; copy++) {
		*name = copy == 1 ? wish : name_copy(c->arena, wish, copy);
		if (store_commit(c, in->w.store, fd, path_join(c->arena, in->w.path, *name), false))
			return true;
		if (c->error.kind != KIND_CONFLICT)
			return false;
		forget(c);
	}
	return fail(c, KIND_CONFLICT, tr(c, "There are too many copies of this name. Choose another name."), "copies");
}

static bool take(struct intake *in, const char **name)
{
	struct ctx *c = in->r->ctx;
	const char *path = path_join(c->arena, in->w.path, *name);
	int fd;
	c->deadline = clock_ms() + CALL_MS; /* the files before this one may have taken hours */
	if (!name_good(*name))
		return fail(c, KIND_INVALID, tr(c, "This cannot be a name. Choose another one."), "name");
	if (in->conflict == REFUSE && exists(in, path))
		return fail(c, KIND_CONFLICT, tr(c, "A file of this name is there already. It was left as it is; the new one was not saved."), "exists");
	if (!store_create(c, in->w.store, path, -1, &fd) || !pour(in, fd) || !note(in->r, "upload", &in->w, path, NULL))
		return false;
	if (in->conflict == KEEP)
		return commit_beside(in, fd, name);
	return store_commit(c, in->w.store, fd, path, in->conflict == REPLACE);
}

/* Some browsers send the whole path of the user's own disk. */
static const char *base_name(const char *name)
{
	for (const char *s = name; *s; s++)
		if (*s == '/' || *s == '\\')
			name = s + 1;
	return name;
}

/* False: the request itself is broken, so there is no next part. */
static bool take_part(struct intake *in, const struct upload *u)
{
	const char *name = base_name(u->file_name);
	if (!*name)
		return true;
	if (in->n == FILES_MOST)
		return fail(in->r->ctx, KIND_TOO_LARGE, tr(in->r->ctx, "A form may carry 1,000 files. Those up to here are saved; send the rest again."), "files");
	bool good = take(in, &name);
	struct error e = in->r->ctx->error;
	in->outcomes[in->n++] = (struct outcome){
		.name = name, .good = good, .state = good ? "done" : "failed", .says = good ? tr(in->r->ctx, "saved") : e.message,
	};
	in->good += good;
	if (!good && (e.kind == KIND_BAD_REQUEST || e.kind == KIND_TIMEOUT))
		return false;
	forget(in->r->ctx);
	return true;
}

/* ---- the form ---- */

static bool take_choice(struct intake *in)
{
	char word[16] = "";
	size_t n = 0, got = 1;
	while (n < sizeof word - 1 && got) {
		if (!upload_read(in->r, word + n, sizeof word - 1 - n, &got))
			return false;
		n += got;
	}
	in->conflict = same(word, "replace") ? REPLACE : same(word, "keep") ? KEEP : REFUSE;
	return true;
}

static bool take_all(struct intake *in)
{
	struct upload u;
	for (bool more = true;;) {
		if (!upload_next(in->r, &u, &more))
			return false;
		if (!more)
			return true;
		if (u.file_name && same(u.field, "file")) {
			if (!take_part(in, &u))
				return false;
		} else if (!u.file_name && same(u.field, "conflict") && !take_choice(in)) {
			return false;
		}
	}
}

static struct reply say_outcomes(struct req *r, struct intake *in)
{
	const char *url = where_url(r, "/files/in", in->w.name, in->w.path);
	if (in->n == 0)
		return reply_go(r, url, tr(r->ctx, "No file was chosen, so nothing was uploaded."));
	const char *summary = in->n == 1 && in->good == 1 ? say(r->ctx, "“%s” is saved.", name_shown(r->ctx->arena, in->outcomes[0].name))
		: say(r->ctx, "Saved: %lld of %lld files.", (long long)in->good, (long long)in->n);
	if (in->good == in->n)
		return reply_go(r, url, summary);
	r->title = tr(r->ctx, "Not everything was saved");
	return reply_page_status(r, 409, &outcomes_view, &(struct outcomes){
		.url = url, .steps = where_steps(r, &in->w, in->w.path), .outcomes = { in->outcomes, in->n }, .summary = summary,
	});
}

struct reply upload_take(struct req *r)
{
	struct intake in = { .r = r, .block = arena_alloc(r->ctx->arena, BLOCK), .outcomes = NEW_ARRAY(r->ctx->arena, struct outcome, FILES_MOST) };
	if (!where_open(r, &in.w) || !take_all(&in))
		return reply_oops(r);
	return say_outcomes(r, &in);
}
