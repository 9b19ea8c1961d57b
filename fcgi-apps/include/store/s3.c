#include "store/s3.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

#define OPEN_MS 8500 /* the front waits for ten seconds: it is to hear why */

/* ---- keys ---- */

static char *joined(const char *a, const char *b, const char *c)
{
	struct buf key = { 0 };
	buf_printf(&key, "%s%s%s", a, b, c);
	buf_cstr(&key);
	return key.at;
}

char *s3_key(const struct s3 *s, const char *path)
{
	return joined(s->prefix, path, "");
}

char *s3_folder_key(const struct s3 *s, const char *path)
{
	return joined(s->prefix, path, *path ? "/" : "");
}

const char *s3_last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* ---- looking ---- */

int s3_head_of(struct s3 *s, const char *key, int64_t until, struct s3_head *h)
{
	struct s3_call c = { .method = "HEAD", .key = key, .until = until };
	int e = s3_call(s, &c);
	*h = c.head;
	s3_done(&c);
	return !e && h->size < 0 ? why(WIRE_E_ANSWER, "no Content-Length") : e;
}

int s3_folder_is(struct s3 *s, const char *path, int64_t *modified)
{
	if (modified)
		*modified = 0;
	if (!*path)
		return 0;
	struct s3_call c = { 0 };
	char *key = s3_folder_key(s, path);
	int e = s3_some(s, &c, key, "", true, 1);
	if (!e && !c.answer.n)
		e = ENOENT;
	if (!e && modified && same(c.answer.items[0].key, key))
		*modified = c.answer.items[0].modified;
	free(key);
	s3_done(&c);
	return e;
}

int s3_taken(struct s3 *s, const char *path)
{
	struct s3_head h;
	char *key = s3_key(s, path);
	int e = *path ? s3_head_of(s, key, 0, &h) : ENOENT;
	free(key);
	if (e != ENOENT)
		return e ? e : EEXIST;
	e = s3_no_folder(s, path) ? ENOENT : s3_folder_is(s, path, NULL);
	return e == ENOENT ? 0 : e ? e : EISDIR;
}

int s3_stat(void *state, const char *path, struct row *r)
{
	struct s3 *s = state;
	struct s3_head h;
	*r = (struct row){ .kind = ENTRY_FOLDER };
	snprintf(r->name, sizeof r->name, "%s", s3_last_part(path));
	char *key = s3_key(s, path);
	int e = *path ? s3_head_of(s, key, 0, &h) : ENOENT;
	free(key);
	if (e == ENOENT)
		return s3_folder_is(s, path, &r->modified);
	if (e)
		return e;
	r->kind = ENTRY_FILE;
	r->size = h.size;
	r->modified = h.modified;
	return 0;
}

static int s3_writable(void *state, const char *folder, bool *yes)
{
	*yes = true; /* what a key may do, the server tells when it is tried */
	return s3_folder_is(state, folder, NULL);
}

static int s3_about(void *state, struct row_about *a)
{
	const struct s3 *s = state;
	*a = (struct row_about){ 0 };
	snprintf(a->software, sizeof a->software, "%s", s->software);
	return 0;
}

/* ---- streams ---- */

static int s3_result(void *state, int64_t handle, int64_t *bytes)
{
	struct s3 *s = state;
	return stream_result(&s->streams, handle, bytes);
}

static int s3_abort(void *state, int64_t handle)
{
	struct s3 *s = state;
	if (!stream_arg(&s->streams, handle))
		return ENOENT;
	stream_close(&s->streams, handle);
	return 0;
}

static bool s3_pending(void *state)
{
	const struct s3 *s = state;
	return stream_busy(&s->streams);
}

/* ---- opening ---- */

static void s3_close(void *state)
{
	struct s3 *s = state;
	stream_close_all(&s->streams);
	s3_lines_free(s);
	s3_forget(s);
	pthread_mutex_destroy(&s->lock);
	arena_free(s->memory);
	free(s);
}

static const char *copy(struct s3 *s, const char *from)
{
	return from ? arena_copy(s->memory, from, strlen(from)) : "";
}

static int set_up(struct s3 *s, const struct remote *r)
{
	s->memory = arena_new(0);
	s->networks = copy(s, r->networks);
	s->ca_file = copy(s, r->ca_file);
	s->bucket = copy(s, r->bucket);
	s->signer = (struct s3_signer){ copy(s, r->user), copy(s, r->secret), copy(s, s3_region(r)) };
	s->part = S3_PART;
	s->copy_most = S3_COPY_MOST;
	s->copy_part = S3_COPY_PART;
	pthread_mutex_init(&s->lock, NULL);
	if (!s3_where(r, &s->where))
		return why(empty(r->bucket) ? WIRE_E_BUCKET : WIRE_E_HOST, "no host \"%s\" with a bucket \"%s\" can be", r->host ? r->host : "", s->bucket);
	return s3_prefix(s->memory, r, &s->prefix) ? 0 : why(WIRE_E_BUCKET, "no folder \"%s\" can be", r->path);
}

/* A listing of one key says whether host, keys, bucket and folder are right. */
static int look_once(struct s3 *s)
{
	struct s3_call c = { .until = clock_ms() + OPEN_MS };
	int e = s3_some(s, &c, s->prefix, "", true, 1);
	snprintf(s->software, sizeof s->software, "%s", c.head.software);
	if (!e && *s->prefix && !c.answer.n)
		e = why(WIRE_E_BUCKET, "the bucket \"%s\" has no folder \"%s\"", s->bucket, s->prefix);
	s3_done(&c);
	return e == EACCES ? WIRE_E_LOGIN : e;
}

static int s3_open(const struct remote *r, void **state)
{
	struct s3 *s = calloc(1, sizeof *s);
	if (!s)
		return ENOMEM;
	mallopt(M_ARENA_MAX, 2); /* a thread's own heap reserves 64 MiB of an address space that the launcher limits */
	int e = set_up(s, r);
	if (!e)
		e = look_once(s);
	if (e)
		s3_close(s);
	else
		*state = s;
	return e;
}

const struct store_driver s3_driver = {
	.name = "s3",
	.can = STORE_CAN_PART | STORE_CAN_COPY | STORE_CAN_FOLDERS | STORE_CAN_TIMES,
	.open = s3_open,
	.list = s3_list,
	.stat = s3_stat,
	.read = s3_read,
	.result = s3_result,
	.create = s3_create,
	.commit = s3_commit,
	.abort = s3_abort,
	.pending = s3_pending,
	.folder = s3_folder,
	.rename = s3_rename,
	.copy = s3_copy,
	.remove = s3_remove,
	.writable = s3_writable,
	.about = s3_about,
	.close = s3_close,
};
