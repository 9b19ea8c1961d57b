/* Content: GET from any offset on, PUT under a hidden name, MOVE to its own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "store/sift.h"
#include "store/webdav.h"
#include "store/why.h"

/* ---- reading ---- */

struct get {
	struct dav *d;
	struct stream *stream;
	struct dav_ask ask;
	char path[WIRE_PATH_MOST + 1], etag[DAV_ETAG_MOST];
	int64_t skip, left, total;   /* bytes to pass over, to give, and of the whole file (-1: not known) */
	bool begun;
	int e;                       /* why the content was refused */
};

/* Weak ones say nothing about bytes. */
static bool other_etag(const char *a, const char *b)
{
	return *a == '"' && *b == '"' && !same(a, b);
}

/* The first bytes are here: is it the file that was looked at, and do they begin where they should? */
static int judge(struct get *g)
{
	const struct dav_ask *a = &g->ask;
	int64_t total = a->status == 206 ? a->range_total : a->length;
	if (a->status == 206 && a->range_from != a->from)
		return why(WIRE_E_ANSWER, "206 with another range than was asked for");
	if (other_etag(g->etag, a->etag) || (total >= 0 && g->total >= 0 && total != g->total))
		return why(WIRE_E_CHANGED, "the file was changed meanwhile");
	g->skip = a->status == 206 ? 0 : a->from;
	return 0;
}

static size_t got(char *data, size_t one, size_t n, void *arg)
{
	struct get *g = arg;
	(void)one;
	if (!g->begun)
		g->e = judge(g);
	g->begun = true;
	if (g->e)
		return 0;
	size_t over = (int64_t)n < g->skip ? n : (size_t)g->skip, k = n - over;
	g->skip -= (int64_t)over;
	k = (int64_t)k < g->left ? k : (size_t)g->left;
	if (k && !stream_put(g->stream, data + over, k))
		return 0;
	g->left -= (int64_t)k;
	return over + k; /* fewer than came: the rest was not asked for */
}

static int get_work(struct stream *s, void *arg)
{
	struct get *g = arg;
	if (!g->left)
		return 0;
	g->stream = s;
	g->ask = (struct dav_ask){ .method = "GET", .path = g->path, .from = g->ask.from, .most = g->ask.most, .stream = s, .take = got, .arg = g };
	int e = dav_ask(g->d, &g->ask);
	if (stream_given_up(s))
		return ECANCELED;
	if (!e)
		e = g->e ? g->e : dav_error(&g->ask);
	return !e && g->left && g->total >= 0 ? WIRE_E_CUT : e;
}

/* How many bytes there are of `length` from `offset` on. */
static int64_t part(int64_t total, int64_t offset, int64_t length)
{
	int64_t rest = total < 0 ? INT64_MAX : offset < total ? total - offset : 0;
	return length >= 0 && length < rest ? length : rest;
}

int dav_read(void *state, const char *path, int64_t offset, int64_t length, struct row *r, int64_t *handle, int *fd)
{
	struct dav *d = state;
	struct dav_entry at;
	int e = dav_look(d, NULL, path, &at);
	if (e || at.folder)
		return e ? e : WIRE_E_TYPE;
	const char *slash = strrchr(path, '/');
	*r = (struct row){ .kind = ENTRY_FILE, .size = at.size < 0 ? 0 : at.size, .modified = at.modified < 0 ? 0 : at.modified, .mode = -1, .uid = -1, .gid = -1 };
	snprintf(r->name, sizeof r->name, "%s", slash ? slash + 1 : path);
	struct get *g = calloc(1, sizeof *g);
	if (!g)
		return ENOMEM;
	g->d = d;
	g->total = at.size;
	g->left = part(at.size, offset, length);
	g->ask.from = offset;
	g->ask.most = length < 0 ? (offset ? -1 : 0) : offset || at.size < 0 || g->left < at.size ? g->left : 0;
	memcpy(g->etag, at.etag, sizeof g->etag);
	snprintf(g->path, sizeof g->path, "%s", path);
	e = stream_read(&d->streams, get_work, g, free, handle, fd);
	if (e)
		free(g);
	return e;
}

int dav_result(void *state, int64_t handle, int64_t *bytes)
{
	struct dav *d = state;
	return stream_result(&d->streams, handle, bytes);
}

/* ---- writing ---- */

struct put {
	struct dav *d;
	struct stream *stream;
	int64_t size, sent;
	bool begun, named;             /* there may be something on the server; it has its name */
	char path[WIRE_PATH_MOST + 64];/* of the unfinished file */
};

static size_t give(char *to, size_t one, size_t n, void *arg)
{
	struct put *p = arg;
	ssize_t k = stream_get(p->stream, to, one * n);
	if (k < 0)
		return CURL_READFUNC_ABORT;
	p->sent += k;
	return (size_t)k;
}

static int put_error(const struct put *p, const struct dav_ask *a)
{
	if (p->size < 0 && (a->status == 411 || a->status == 501))
		return why(WIRE_E_CANNOT, "%s: this server wants to know the length of a file before its content", a->reason);
	return dav_error(a);
}

/* The server must have as many bytes as it got. */
static int check(struct put *p)
{
	struct dav_entry at;
	int e = dav_look(p->d, p->stream, p->path, &at);
	return e ? e : at.size >= 0 && at.size != p->sent ? why(WIRE_E_CHANGED, "%lld bytes were sent, %lld are there", (long long)p->sent, (long long)at.size) : 0;
}

static int put_work(struct stream *s, void *arg)
{
	struct put *p = arg;
	p->stream = s;
	p->begun = true;
	struct dav_ask a = { .method = "PUT", .path = p->path, .size = p->size, .stream = s, .give = give, .arg = p };
	int e = dav_ask(p->d, &a);
	if (stream_given_up(s))
		return ECANCELED;
	if (!e)
		e = dav_blame_parent(p->d, p->path, put_error(p, &a));
	return e ? e : check(p);
}

/* Not committed: nothing of it stays. */
static void put_done(void *arg)
{
	struct put *p = arg;
	struct dav_ask a = { .method = "DELETE", .path = p->path, .until = clock_ms() + 5000 };
	if (p->begun && !p->named)
		dav_do(p->d, &a);
	free(p);
}

int dav_create(void *state, const char *path, int64_t size, int64_t *handle, int *fd)
{
	struct dav *d = state;
	const char *slash = strrchr(path, '/');
	char name[40];
	if (!*path)
		return EISDIR;
	struct put *p = calloc(1, sizeof *p);
	if (!p)
		return ENOMEM;
	p->d = d;
	p->size = size;
	sift_part_name(name);
	snprintf(p->path, sizeof p->path, "%.*s%s", slash ? (int)(slash - path + 1) : 0, path, name);
	int e = stream_write(&d->streams, put_work, p, put_done, handle, fd);
	if (e)
		free(p);
	return e;
}

/* MOVE with Overwrite: T removes a collection that is in its way, so that must be looked at before. */
static int may_replace(struct dav *d, const char *path)
{
	struct dav_entry at;
	int e = dav_look(d, NULL, path, &at);
	return e == ENOENT ? 0 : e ? e : at.folder ? EISDIR : 0;
}

int dav_commit(void *state, int64_t handle, const char *path, bool replace, int64_t size, int64_t until)
{
	struct dav *d = state;
	if (!*path)
		return EISDIR;
	int e = stream_finish(&d->streams, handle, size, until);
	if (!e && replace)
		e = may_replace(d, path);
	if (e)
		return e;
	why_forget();
	struct put *p = stream_arg(&d->streams, handle);
	struct dav_ask a = { .method = "MOVE", .path = p->path, .to = path, .replace = replace, .until = until };
	e = dav_blame_parent(d, path, dav_do(d, &a));
	if (e)
		return e;
	p->named = true;
	stream_close(&d->streams, handle);
	return 0;
}

int dav_abort(void *state, int64_t handle)
{
	struct dav *d = state;
	if (!stream_arg(&d->streams, handle))
		return ENOENT;
	stream_close(&d->streams, handle);
	return 0;
}

bool dav_pending(void *state)
{
	const struct dav *d = state;
	return stream_busy(&d->streams);
}
