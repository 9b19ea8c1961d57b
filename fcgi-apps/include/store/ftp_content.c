/* Content: RETR from any offset on, STOR under a hidden name, RNFR and RNTO to its own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "store/ftp.h"
#include "store/sift.h"
#include "store/why.h"

/* ---- reading ---- */

struct get {
	struct ftp *f;
	struct stream *stream;
	char path[WIRE_PATH_MOST + 1];
	int64_t offset, left;
	bool to_end, longer;         /* it is asked for to its end; there was more than that */
};

static size_t got(char *data, size_t one, size_t n, void *arg)
{
	struct get *g = arg;
	size_t k = (int64_t)(one * n) < g->left ? one * n : (size_t)g->left;
	g->longer |= k < one * n;
	if (k && !stream_put(g->stream, data, k))
		return 0;
	g->left -= (int64_t)k;
	return k;
}

static int get_work(struct stream *s, void *arg)
{
	struct get *g = arg;
	if (!g->left)
		return 0;
	g->stream = s;
	struct ftp_talk t = { .path = g->path, .from = g->offset, .most = g->to_end ? -1 : g->left, .stream = s, .take = got, .arg = g };
	int e = ftp_talk(g->f, &t);
	if (stream_given_up(s))
		return ECANCELED;
	if (g->longer && g->to_end)
		return why(WIRE_E_CHANGED, "the file has grown meanwhile");
	if (!g->left && (!g->to_end || !e))
		return 0;
	if (ftp_reply(&t, "RETR") && !ftp_done(&t, "RETR"))
		return ftp_refusal(&t, "RETR", EACCES);
	if (ftp_reply(&t, "REST") && !ftp_done(&t, "REST"))
		return ftp_refusal(&t, "REST", WIRE_E_CANNOT);
	return e ? e : WIRE_E_CUT;
}

int ftp_read(void *state, const char *path, int64_t offset, int64_t length, struct row *r, int64_t *handle, int *fd)
{
	struct ftp *f = state;
	int e = ftp_look(f, NULL, path, r);
	if (e || r->kind == ENTRY_FOLDER)
		return e ? e : WIRE_E_TYPE;
	struct get *g = calloc(1, sizeof *g);
	if (!g)
		return ENOMEM;
	g->f = f;
	g->offset = offset;
	g->left = offset < r->size ? r->size - offset : 0;
	g->to_end = length < 0 || length >= g->left;
	g->left = g->to_end ? g->left : length;
	snprintf(g->path, sizeof g->path, "%s", path);
	e = stream_read(&f->streams, get_work, g, free, handle, fd);
	if (e)
		free(g);
	return e;
}

int ftp_result(void *state, int64_t handle, int64_t *bytes)
{
	struct ftp *f = state;
	return stream_result(&f->streams, handle, bytes);
}

/* ---- writing ---- */

struct put {
	struct ftp *f;
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

int ftp_explain(struct ftp *f, struct stream *s, const char *path, int e)
{
	struct row r;
	char parent[WIRE_PATH_MOST + 64];
	const char *slash = strrchr(path, '/');
	if (!slash || e != EACCES)
		return e;
	snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
	int is = ftp_look(f, s, parent, &r);
	return is == ENOENT ? ENOENT : !is && r.kind != ENTRY_FOLDER ? ENOTDIR : e;
}

/* The server must have as many bytes as it got. */
static int check(struct put *p)
{
	struct row r;
	int e = ftp_look(p->f, p->stream, p->path, &r);
	return e ? e : r.size != p->sent ? why(WIRE_E_CHANGED, "%lld bytes were sent, %lld are there", (long long)p->sent, (long long)r.size) : 0;
}

static int put_work(struct stream *s, void *arg)
{
	struct put *p = arg;
	p->stream = s;
	p->begun = true;
	struct ftp_talk t = { .path = p->path, .stream = s, .give = give, .size = p->size, .arg = p };
	int e = ftp_talk(p->f, &t);
	if (stream_given_up(s))
		return ECANCELED;
	if (ftp_reply(&t, "STOR") && !ftp_done(&t, "STOR"))
		return ftp_explain(p->f, s, p->path, ftp_refusal(&t, "STOR", EACCES));
	return e ? e : check(p);
}

/* Not committed: nothing of it stays. */
static void put_done(void *arg)
{
	struct put *p = arg;
	struct ftp_talk t = { .until = clock_ms() + 5000 };
	if (p->begun && !p->named) {
		ftp_say(p->f, &t, true, "DELE", p->path);
		(void)ftp_talk(p->f, &t);
		why_forget();
	}
	free(p);
}

static void part_path(char *to, size_t room, const char *path)
{
	const char *slash = strrchr(path, '/');
	char name[40];
	sift_part_name(name);
	snprintf(to, room, "%.*s%s", slash ? (int)(slash - path + 1) : 0, path, name);
}

int ftp_create(void *state, const char *path, int64_t size, int64_t *handle, int *fd)
{
	struct ftp *f = state;
	int e = *path ? ftp_name_good(path) : EISDIR;
	if (e)
		return e;
	struct put *p = calloc(1, sizeof *p);
	if (!p)
		return ENOMEM;
	p->f = f;
	p->size = size;
	part_path(p->path, sizeof p->path, path);
	e = stream_write(&f->streams, put_work, p, put_done, handle, fd);
	if (e)
		free(p);
	return e;
}

/* RNTO takes the place of a file without a question, and FTP has no flag against it. */
static int may_take(struct ftp *f, const char *path, bool replace, bool *taken)
{
	struct row r;
	int e = ftp_look(f, NULL, path, &r);
	*taken = !e;
	if (e)
		return e == ENOENT ? 0 : e;
	return !replace ? EEXIST : r.kind == ENTRY_FOLDER ? EISDIR : 0;
}

static int move(struct ftp *f, const char *from, const char *to, int64_t until)
{
	struct ftp_talk t = { .until = until };
	ftp_say(f, &t, false, "RNFR", from);
	ftp_say(f, &t, false, "RNTO", to);
	int e = ftp_talk(f, &t);
	if (e)
		return e;
	if (!ftp_done(&t, "RNFR"))
		return ftp_refusal(&t, "RNFR", ENOENT);
	return ftp_done(&t, "RNTO") ? 0 : ftp_explain(f, NULL, to, ftp_refusal(&t, "RNTO", EACCES));
}

/* For servers that do not rename over a file, as those of Windows. The old one is put aside under a name that everybody sees, so that it can come
 * back, and is there to be found if the connection breaks just now; it goes when the new one stands in its place. */
static int move_over(struct ftp *f, const char *from, const char *to, int64_t until)
{
	char aside[WIRE_PATH_MOST + 64];
	snprintf(aside, sizeof aside, "%s.before-%llx", to, (unsigned long long)clock_ms());
	int e = move(f, to, aside, until);
	if (e)
		return e;
	e = move(f, from, to, until);
	if (e) {
		(void)move(f, aside, to, until);
		return e;
	}
	struct ftp_talk t = { .until = until };
	ftp_say(f, &t, true, "DELE", aside);
	(void)ftp_talk(f, &t);
	return 0;
}

int ftp_move(struct ftp *f, const char *from, const char *to, bool replace, int64_t until)
{
	bool taken;
	int e = may_take(f, to, replace, &taken);
	if (!e)
		e = move(f, from, to, until);
	if (taken && replace && (e == EEXIST || e == EACCES))
		e = move_over(f, from, to, until);
	if (!e)
		why_forget();
	return e;
}

int ftp_commit(void *state, int64_t handle, const char *path, bool replace, int64_t size, int64_t until)
{
	struct ftp *f = state;
	int e = *path ? ftp_name_good(path) : EISDIR;
	if (!e)
		e = stream_finish(&f->streams, handle, size, until);
	if (e)
		return e;
	struct put *p = stream_arg(&f->streams, handle);
	e = ftp_move(f, p->path, path, replace, until);
	if (e)
		return e;
	p->named = true;
	stream_close(&f->streams, handle);
	return 0;
}

int ftp_abort(void *state, int64_t handle)
{
	struct ftp *f = state;
	if (!stream_arg(&f->streams, handle))
		return ENOENT;
	stream_close(&f->streams, handle);
	return 0;
}

bool ftp_pending(void *state)
{
	const struct ftp *f = state;
	return stream_busy(&f->streams);
}

/* ---- could it be written to? ---- */

static size_t nothing(char *to, size_t one, size_t n, void *arg)
{
	(void)to, (void)one, (void)n, (void)arg;
	return 0;
}

/* No command says so: an empty hidden file is made and removed again. */
int ftp_writable(void *state, const char *folder, bool *yes)
{
	struct ftp *f = state;
	struct row r;
	char inside[WIRE_PATH_MOST + 3], path[WIRE_PATH_MOST + 64];
	int e = ftp_look(f, NULL, folder, &r);
	if (e || r.kind != ENTRY_FOLDER)
		return e ? e : ENOTDIR;
	snprintf(inside, sizeof inside, "%s%s", folder, *folder ? "/-" : "-");
	part_path(path, sizeof path, inside);
	struct ftp_talk put = { .path = path, .give = nothing, .until = clock_ms() + 8000 }, drop = { .until = clock_ms() + 8000 };
	e = ftp_talk(f, &put);
	*yes = !e && ftp_done(&put, "STOR");
	if (*yes) {
		ftp_say(f, &drop, true, "DELE", path);
		e = ftp_talk(f, &drop);
	}
	return e;
}
