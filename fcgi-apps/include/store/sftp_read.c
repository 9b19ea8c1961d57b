/* Reading: up to SFTP_READ_DEPTH requests under way, never one behind the end that the server told. Answers come in order from nearly all servers and
 * then go from the session's buffer into the pipe at once; those that come early are kept until their turn. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/sftp.h"
#include "store/why.h"

/* One request. n: what is asked for still, got: what has come of it and waits in `early`. */
struct part { uint32_t id; int64_t at; size_t n, got; unsigned char *early; };

struct reading {
	struct sftp *f;
	struct ssh *s;
	struct handle handle;
	int64_t next, end;               /* of the next request; no more than this is read */
	bool to_the_end;                 /* the server did not say how much there is */
	struct part part[SFTP_READ_DEPTH];    /* a ring, in the order of the content */
	size_t first, n;
};

static struct part *part_at(struct reading *r, size_t i)
{
	return &r->part[(r->first + i) % SFTP_READ_DEPTH];
}

static void ask_for(struct reading *r, struct part *p)
{
	p->id = sftp_request(r->s, SFTP_READ);
	sftp_put(&r->s->out, r->handle.at, r->handle.n);
	sftp_put_u64(&r->s->out, (uint64_t)p->at + p->got);
	sftp_put_u32(&r->s->out, (uint32_t)(p->n - p->got));
	sftp_end(&r->s->out);
}

/* A quarter of the depth at a time, so that many requests travel in one packet. */
static int ask_ahead(struct reading *r)
{
	size_t depth = r->to_the_end ? 1 : SFTP_READ_DEPTH;
	if (r->n > depth * 3 / 4)
		return 0;
	while (r->n < depth && r->next < r->end) {
		struct part *p = part_at(r, r->n++);
		int64_t left = r->end - r->next;
		*p = (struct part){ .at = r->next, .n = left < SFTP_CHUNK ? (size_t)left : SFTP_CHUNK };
		ask_for(r, p);
		r->next += (int64_t)p->n;
		if (r->s->out.room - r->s->out.n < 1024 && sftp_flush(r->s))
			return ssh_failed(r->s);
	}
	return r->s->out.n ? sftp_flush(r->s) : 0;
}

static struct part *part_of(struct reading *r, uint32_t id)
{
	for (size_t i = 0; i < r->n; i++)
		if (part_at(r, i)->id == id && part_at(r, i)->n > part_at(r, i)->got)
			return part_at(r, i);
	return NULL;
}

static int keep(struct part *p, struct bytes b)
{
	if (!p->early)
		p->early = malloc(p->n);
	if (!p->early)
		return ENOMEM;
	memcpy(p->early + p->got, b.at, b.n);
	p->got += b.n;
	return 0;
}

/* The first of all, and nothing of it kept: no need to copy it. */
static int pass_on(struct stream *to, struct part *p, struct bytes b)
{
	p->at += (int64_t)b.n;
	p->n -= b.n;
	return stream_put(to, b.at, b.n) ? 0 : ECANCELED;
}

/* Whatever of the beginning is complete, in its order. */
static int let_go(struct reading *r, struct stream *to)
{
	bool good = true;
	while (good && r->n && part_at(r, 0)->n == part_at(r, 0)->got) {
		struct part *p = part_at(r, 0);
		if (p->early)
			good = stream_put(to, p->early, p->got);
		free(p->early);
		p->early = NULL;
		r->first = (r->first + 1) % SFTP_READ_DEPTH;
		r->n--;
	}
	return good ? 0 : ECANCELED;
}

/* The server may give less than was asked for: then the rest is asked for again. */
static int take_data(struct reading *r, struct stream *to, struct answer *a)
{
	struct part *p = part_of(r, a->id);
	struct bytes b = sftp_bytes(&a->in);
	if (!p || a->in.bad || b.n == 0 || b.n > p->n - p->got)
		return WIRE_E_ANSWER;
	int e = p == part_at(r, 0) && !p->early ? pass_on(to, p, b) : keep(p, b);
	if (e)
		return e;
	if (p->got < p->n)
		return ask_for(r, p), sftp_flush(r->s);
	return let_go(r, to);
}

/* SFTP_EOF: that was all, of a file whose size was not known. Of others it is too early. */
static int take(struct reading *r, struct stream *to)
{
	struct answer a;
	int e = sftp_answer(r->s, &a);
	if (e)
		return e;
	if (a.type == SFTP_DATA)
		return take_data(r, to, &a);
	if (!part_of(r, a.id))
		return WIRE_E_ANSWER;
	e = sftp_expect(&a, SFTP_DATA);
	return e == SFTP_EOF && !r->to_the_end ? WIRE_E_CUT : e;
}

static int move(struct stream *to, void *arg)
{
	struct reading *r = arg;
	r->s->stream = to;
	r->s->until = INT64_MAX;
	int e = 0;
	while (!e && (r->n || r->next < r->end)) {
		e = ask_ahead(r);
		if (!e)
			e = take(r, to);
	}
	if (!e || e == SFTP_EOF) {
		sftp_close_later(r->s, &r->handle);
		e = 0;
	}
	if (e)
		r->s->broken = true; /* with all that is still under way */
	sftp_give(r->f, r->s);
	r->s = NULL;
	return e;
}

/* ---- beginning and end ---- */

static void done(void *arg)
{
	struct reading *r = arg;
	for (size_t i = 0; i < SFTP_READ_DEPTH; i++)
		free(r->part[i].early);
	if (r->s)
		sftp_give(r->f, r->s);
	free(r);
}

static int look(struct ssh *s, const char *path, struct sftp_attrs *a)
{
	int e = sftp_attrs_of(s, SFTP_STAT, path, a);
	return !e && (a->has & SFTP_HAS_MODE) && !S_ISREG(a->mode) ? WIRE_E_TYPE : e;
}

/* What the file is, is looked at before it is opened: a pipe or a device may block or act. */
int sftp_open_file(struct ssh *s, const char *path, struct sftp_attrs *a, struct handle *h)
{
	int e = look(s, path, a);
	if (e)
		return e;
	sftp_request(s, SFTP_OPEN);
	sftp_put_text(&s->out, path);
	sftp_put_u32(&s->out, SFTP_OPEN_READ);
	sftp_put_u32(&s->out, 0);
	sftp_end(&s->out);
	return sftp_ask_handle(s, h);
}

static void set_range(struct reading *r, const struct sftp_attrs *a, int64_t offset, int64_t length)
{
	r->to_the_end = !(a->has & SFTP_HAS_SIZE);
	int64_t size = r->to_the_end || a->size > INT64_MAX ? INT64_MAX : (int64_t)a->size;
	r->next = offset < size ? offset : size;
	r->end = length < 0 || length > size - r->next ? size : r->next + length;
}

struct wish { struct reading *r; const char *path; struct sftp_attrs attrs; };

/* Keeps the session if the file could be opened. */
static int take_open(struct sftp *f, struct wish *w)
{
	for (bool first = true;; first = false) {
		bool kept;
		int e = sftp_take(f, &w->r->s, &kept);
		if (e)
			return e;
		e = sftp_open_file(w->r->s, w->path, &w->attrs, &w->r->handle);
		if (!e)
			return 0;
		bool again = first && kept && w->r->s->broken && e == EPIPE;
		sftp_give(f, w->r->s);
		w->r->s = NULL;
		if (!again)
			return e;
	}
}

int sftp_read(void *state, const char *path, int64_t offset, int64_t length, struct row *row, int64_t *handle, int *fd)
{
	struct sftp *f = state;
	char full[SFTP_PATH_MOST];
	struct reading *r = calloc(1, sizeof *r);
	if (!r)
		return ENOMEM;
	r->f = f;
	sftp_path(f, path, full);
	struct wish w = { .r = r, .path = full };
	int e = take_open(f, &w);
	if (!e) {
		set_range(r, &w.attrs, offset, length);
		sftp_row(row, sftp_last_part(path), &w.attrs);
		e = stream_read(&f->streams, move, r, done, handle, fd);
	}
	if (e) {
		if (r->s)
			r->s->broken = true; /* with a file open */
		done(r);
	}
	return e;
}
