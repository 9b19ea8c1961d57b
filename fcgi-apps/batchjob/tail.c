/* The end of a job's output, read as the user through the store. */
#include "batchjob.h"

#include <string.h>
#include <unistd.h>

enum { TAIL = 65536 };

static void close_fd(void *fd) { close((int)(intptr_t)fd); }

/* NUL bytes would end the text; they become pictures of themselves. A carriage return of a progress bar starts its line again. */
static const char *printable(struct arena *a, const char *s, size_t n)
{
	struct buf b = { 0 };
	size_t line = 0;
	buf_in(&b, a);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\0') {
			buf_text(&b, "\xe2\x90\x80");
		} else if (s[i] == '\r' && i + 1 < n && s[i + 1] != '\n') {
			b.n = line;
		} else if (s[i] != '\r') {
			buf_char(&b, s[i]);
			line = s[i] == '\n' ? b.n : line;
		}
	}
	return arena_copy(a, buf_cstr(&b), b.n);
}

static void read_tail(struct req *r, const struct store_file *f, struct tail *t)
{
	int64_t size = f->entry.size, from = size > TAIL ? size - TAIL : 0;
	char *block = arena_alloc(r->ctx->arena, TAIL + 1);
	size_t n = store_read_at(f->fd, block, TAIL, from);
	const char *s = block, *line = from > 0 ? memchr(block, '\n', n) : NULL;
	if (line) { /* whole lines only */
		n -= (size_t)(line + 1 - s);
		s = line + 1;
	}
	t->cut = from > 0;
	t->size = size;
	t->modified = f->entry.modified;
	t->content = printable(r->ctx->arena, s, n);
}

static const char *encoded(struct arena *a, const char *place, const char *path)
{
	struct buf b = { 0 };
	buf_in(&b, a);
	buf_printf(&b, "/files/in/%s%s", place, *path ? "/" : "");
	for (; *path; path++)
		if ((*path >= 'a' && *path <= 'z') || (*path >= 'A' && *path <= 'Z') || (*path >= '0' && *path <= '9') || strchr("-._~/", *path))
			buf_char(&b, *path);
		else
			buf_printf(&b, "%%%02X", (unsigned)(unsigned char)*path);
	return arena_copy(a, buf_cstr(&b), b.n);
}

const char *files_url(struct req *r, const char *absolute)
{
	const char *place, *path;
	if (empty(absolute) || !store_locate(r->ctx->arena, r->who.user, absolute, &place, &path))
		return NULL;
	return encoded(r->ctx->arena, place, path);
}

static const char *no_file(struct req *r, const struct job *job)
{
	return job_finished(job) ? tr(r->ctx, "There is no such file: the job wrote none, or it was removed or moved.") : tr(r->ctx, "No output yet.");
}

static void open_tail(struct req *r, const struct job *job, const char *absolute, struct tail *t)
{
	const char *place, *path;
	struct store *s;
	struct store_file f;
	if (!store_locate(r->ctx->arena, r->who.user, absolute, &place, &path)) {
		t->problem = tr(r->ctx, "The file is outside the places that can be shown here.");
		return;
	}
	if (store_open(r->ctx, r->who.proof, place, &s) && store_read(r->ctx, s, path, &f)) {
		arena_defer(r->ctx->arena, close_fd, (void *)(intptr_t)f.fd);
		t->url = encoded(r->ctx->arena, place, path);
		read_tail(r, &f, t);
		return;
	}
	t->problem = r->ctx->error.kind == KIND_NOT_FOUND ? no_file(r, job) : r->ctx->error.message;
	forget(r->ctx);
}

struct tail *tail_of(struct req *r, const struct job *job, bool error)
{
	const char *absolute = sched_output(r->ctx, job, error);
	struct tail *t = NEW(r->ctx->arena, struct tail);
	if (!absolute || same(absolute, "/dev/null"))
		return NULL;
	t->path = absolute;
	open_tail(r, job, absolute, t);
	return t;
}
