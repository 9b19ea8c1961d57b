/* New files. They have a hidden name until they are complete, on the disk (where the server can be asked for that) and as long as they should be. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/sftp.h"
#include "store/why.h"

struct writing {
	struct sftp *f;
	struct ssh *s;                   /* NULL: lost on the way */
	struct handle handle;
	char *part;                      /* its hidden name, as the server knows it; NULL: it has its own name, or is removed */
	uint32_t mode, gid;              /* as it is now; mode 0: not known */
	int64_t modified;                /* the time it will have; -1: as it is */
	bool complete;
	int64_t size;
	uint32_t first;                  /* id of the oldest write without an answer */
	bool answered[SFTP_DEPTH];       /* from that one on, a ring by id */
};

/* ---- the content ---- */

static unsigned under_way(const struct writing *w, uint32_t last)
{
	return last + 1 - w->first;
}

/* Answers may come in any order, each once. */
static int take_status(struct writing *w, uint32_t last, struct answer *a)
{
	if (a->id - w->first >= under_way(w, last) || w->answered[a->id % SFTP_DEPTH])
		return WIRE_E_ANSWER;
	w->answered[a->id % SFTP_DEPTH] = true;
	while (under_way(w, last) && w->answered[w->first % SFTP_DEPTH])
		w->answered[w->first++ % SFTP_DEPTH] = false;
	int e = sftp_expect(a, SFTP_STATUS);
	return e == SFTP_EOF ? WIRE_E_ANSWER : e;
}

/* Until at most `most` writes are under way; what has come is taken in any case. */
static int collect(struct writing *w, uint32_t last, unsigned most)
{
	int e = 0;
	while (!e && under_way(w, last) && (under_way(w, last) > most || sftp_answer_ready(w->s))) {
		struct answer a;
		e = sftp_answer(w->s, &a);
		if (!e)
			e = take_status(w, last, &a);
	}
	return e;
}

/* The content is read from the pipe to where it is sent from. */
static ssize_t send_one(struct writing *w, struct stream *from, int *e)
{
	struct sftp_out *o = &w->s->out;
	size_t head = 4 + 1 + 4 + 4 + w->handle.n + 8 + 4;
	ssize_t n = stream_fill(from, o->at + head, SFTP_CHUNK);
	if (n <= 0)
		return n;
	sftp_request(w->s, SFTP_WRITE);
	sftp_put(o, w->handle.at, w->handle.n);
	sftp_put_u64(o, (uint64_t)w->size);
	sftp_put_u32(o, (uint32_t)n);
	o->n += (size_t)n;
	sftp_end(o);
	w->size += n;
	*e = sftp_flush(w->s);
	return n;
}

static int send_all(struct writing *w, struct stream *from)
{
	int e = 0;
	w->first = w->s->id + 1;
	for (unsigned sent = 1;; sent++) {
		ssize_t n = send_one(w, from, &e);
		if (n < 0)
			return ECANCELED;
		if (!e && sent % 16 == 0)
			e = collect(w, w->s->id, SFTP_DEPTH - 17);
		if (e || n < SFTP_CHUNK)
			return e;
	}
}

/* To the disk, how long is it, close: asked for together with the last of the content. */
static int finish(struct writing *w)
{
	struct answer a;
	struct sftp_attrs attrs;
	uint32_t last = w->s->id;
	bool sync = w->s->extensions & SFTP_FSYNC;
	if (sync) {
		sftp_request(w->s, SFTP_EXTENDED);
		sftp_put_text(&w->s->out, "fsync@openssh.com");
		sftp_put(&w->s->out, w->handle.at, w->handle.n);
		sftp_end(&w->s->out);
	}
	sftp_handle_request(w->s, SFTP_FSTAT, SFTP_BYTES(&w->handle));
	sftp_handle_request(w->s, SFTP_CLOSE, SFTP_BYTES(&w->handle));
	int e = sftp_flush(w->s);
	if (!e)
		e = collect(w, last, 0);
	if (!e && sync)
		e = sftp_statuses(w->s, 1);
	if (!e)
		e = sftp_answer(w->s, &a);
	if (!e)
		e = sftp_expect(&a, SFTP_ATTRS);
	if (e)
		return e;
	sftp_read_attrs(&a.in, &attrs);
	w->mode = attrs.has & SFTP_HAS_MODE ? attrs.mode : 0;
	w->gid = attrs.gid;
	e = sftp_statuses(w->s, 1);
	return e || a.in.bad ? (e ? e : WIRE_E_ANSWER) : attrs.has & SFTP_HAS_SIZE && attrs.size != (uint64_t)w->size ? WIRE_E_CHANGED : 0;
}

static int move(struct stream *from, void *arg)
{
	struct writing *w = arg;
	w->s->stream = from;
	w->s->until = INT64_MAX;
	int e = send_all(w, from);
	if (!e)
		e = finish(w);
	w->s->stream = NULL;
	w->complete = e == 0;
	if (e)
		w->s->broken = true; /* with what is still under way */
	return e == SFTP_EOF ? WIRE_E_ANSWER : e;
}

/* ---- beginning ---- */

int sftp_remove_part(struct sftp *f, struct ssh *s, void *arg)
{
	(void)f;
	sftp_path_request(s, SFTP_REMOVE, arg);
	return sftp_ask_status(s);
}

/* What was not committed goes, by whatever session there is. */
static void done(void *arg)
{
	struct writing *w = arg;
	if (w->s)
		sftp_give(w->f, w->s);
	if (w->part && sftp_with(w->f, true, sftp_remove_part, w->part))
		why_forget();
	free(w->part);
	free(w);
}

/* A file that will take another's place is no more open to others than that one, from its first byte on. */
static int open_part(struct writing *w, const char *path)
{
	struct sftp_attrs old;
	uint32_t mode = 0;
	if (sftp_attrs_of(w->s, SFTP_LSTAT, path, &old) == 0 && (old.has & SFTP_HAS_MODE) && S_ISREG(old.mode))
		mode = (old.mode & 0777) | S_IWUSR;
	return w->s->broken ? ssh_failed(w->s) : sftp_open_new(w->s, w->part, mode, &w->handle);
}

static int begin(struct writing *w, const char *path)
{
	for (bool first = true;; first = false) {
		bool kept;
		int e = sftp_take(w->f, &w->s, &kept);
		if (e)
			return e;
		e = open_part(w, path);
		if (!e)
			return 0;
		bool again = first && kept && w->s->broken && e == EPIPE;
		sftp_give(w->f, w->s);
		w->s = NULL;
		if (!again)
			return e;
	}
}

static struct writing *make(struct sftp *f, const char *path)
{
	char part[SFTP_PATH_MOST];
	struct writing *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	sftp_part_path(path, part);
	w->f = f;
	w->modified = -1;
	w->part = strdup(part);
	return w;
}

int sftp_create(void *state, const char *path, int64_t size, int64_t *handle, int *fd)
{
	(void)size; /* what the server has no room for, it says while it is written */
	struct sftp *f = state;
	char full[SFTP_PATH_MOST];
	if (!*path)
		return WIRE_E_TOP;
	sftp_path(f, path, full);
	struct writing *w = make(f, full);
	int e = w && w->part ? begin(w, full) : ENOMEM;
	if (!w)
		return e;
	if (e) {
		free(w->part);
		w->part = NULL;
	} else {
		e = stream_write(&f->streams, move, w, done, handle, fd);
	}
	if (e)
		done(w);
	return e;
}

/* ---- giving it its name ---- */

int sftp_set_mode(struct ssh *s, const char *path, uint32_t mode)
{
	sftp_request(s, SFTP_SETSTAT);
	sftp_put_text(&s->out, path);
	sftp_put_u32(&s->out, SFTP_HAS_MODE);
	sftp_put_u32(&s->out, mode);
	sftp_end(&s->out);
	return sftp_ask_status(s);
}

/* The protocol has 32 bits for it. */
int sftp_set_time(struct ssh *s, const char *path, int64_t modified)
{
	uint32_t t = modified > UINT32_MAX ? UINT32_MAX : (uint32_t)modified;
	sftp_request(s, SFTP_SETSTAT);
	sftp_put_text(&s->out, path);
	sftp_put_u32(&s->out, SFTP_HAS_TIMES);
	sftp_put_u32(&s->out, t); /* of the last reading: it knows only both */
	sftp_put_u32(&s->out, t);
	sftp_end(&s->out);
	return sftp_ask_status(s);
}

/* The new content takes the old file's permissions, never its set-uid bits; the rights of a group go to no other one. */
static int take_over(struct ssh *s, const struct sftp_part *n, const struct sftp_attrs *old)
{
	uint32_t mode = old->mode & 0777;
	if (old->gid != n->gid)
		mode &= ~(uint32_t)070;
	return mode == (n->mode & 07777) ? 0 : sftp_set_mode(s, n->path, mode);
}

static int put_over(struct ssh *s, const struct sftp_part *n, const char *path)
{
	struct sftp_attrs old;
	int e = sftp_attrs_of(s, SFTP_LSTAT, path, &old);
	if (e)
		return e == ENOENT ? sftp_rename_over(s, n->path, path) : e;
	if (S_ISDIR(old.mode))
		return EISDIR;
	if (S_ISREG(old.mode))
		e = take_over(s, n, &old);
	return e ? e : sftp_rename_over(s, n->path, path);
}

int sftp_name_part(struct ssh *s, const struct sftp_part *n, const char *path, bool replace)
{
	int e = n->modified < 0 ? 0 : sftp_set_time(s, n->path, n->modified);
	if (e)
		return e;
	return replace ? put_over(s, n, path) : sftp_rename_new(s, n->path, path);
}

/* The session may have died while somebody thought about another name. */
static int name_it(struct writing *w, const char *path, bool replace)
{
	bool kept;
	if (w->s && (w->s->broken || !ssh_alive(w->s))) {
		w->s->broken = true;
		sftp_give(w->f, w->s);
		w->s = NULL;
	}
	int e = w->s ? 0 : sftp_take(w->f, &w->s, &kept);
	if (e)
		return e;
	w->s->until = clock_ms() + 60000;
	return sftp_name_part(w->s, &(struct sftp_part){ w->part, w->mode, w->gid, w->modified }, path, replace);
}

int sftp_commit(void *state, int64_t handle, const char *path, bool replace, int64_t size, int64_t until)
{
	struct sftp *f = state;
	char full[SFTP_PATH_MOST];
	struct writing *w = stream_arg(&f->streams, handle);
	if (!*path)
		return WIRE_E_TOP;
	int e = stream_finish(&f->streams, handle, size, until);
	if (e)
		return e;
	sftp_path(f, path, full);
	e = name_it(w, full, replace);
	if (e)
		return e;
	free(w->part);
	w->part = NULL;
	stream_close(&f->streams, handle);
	return 0;
}

int sftp_date(void *state, int64_t handle, int64_t modified)
{
	struct sftp *f = state;
	struct writing *w = stream_arg(&f->streams, handle);
	if (!w)
		return ENOENT;
	w->modified = modified; /* read when its thread has come to its end */
	return 0;
}

int sftp_abort(void *state, int64_t handle)
{
	struct sftp *f = state;
	if (!stream_arg(&f->streams, handle))
		return ENOENT;
	stream_close(&f->streams, handle);
	return 0;
}
