/* New files. A small one is kept until its commit and goes up in one piece; of a larger one the parts go up while it comes, several at a time, each
 * from its own memory so that it can be sent again. Nothing has a name before the commit. An upload has to know its key from the beginning, so where
 * that name is taken already (the commit may want another one then) it goes under a hidden one and is copied on the server. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/s3.h"

#define FIRST_ROOM ((size_t)64 << 10)
#define STACK_BYTES (256 << 10)
#define FRESH_MS 3000                 /* what was looked at so long ago still counts */

struct writing;

struct part {
	struct writing *w;
	char *at; size_t n, room;
	int number;
	pthread_t thread;
	bool busy, started;           /* it goes up; by a thread that is to be joined */
};

struct writing {
	struct s3 *s;
	struct stream *stream;
	char *path, *key;             /* what its name will be; where its parts go */
	int64_t size, bytes;          /* that were announced (-1: not known); that came */
	size_t part_size;
	unsigned parallel;
	struct part parts[S3_PARALLEL];
	struct part *small;           /* all of the content, in one piece */
	int taken; int64_t looked;    /* was the name taken, and when was that asked */
	char id[1100];                /* of the upload in parts; "": none */
	char (*etags)[100]; size_t count, etags_room;
	bool whole, named;            /* the object is there under .key; it has its name */
	pthread_mutex_t lock;         /* of what follows, and of .busy */
	pthread_cond_t free;
	int error;
	char words[WHY_MOST];
};

/* ---- a part on its way ---- */

static void part_over(struct part *p, int e)
{
	struct writing *w = p->w;
	pthread_mutex_lock(&w->lock);
	if (e && !w->error) {
		w->error = e;
		snprintf(w->words, sizeof w->words, "%s", why_words());
	}
	p->busy = false;
	pthread_cond_signal(&w->free);
	pthread_mutex_unlock(&w->lock);
}

static void *send_part(void *arg)
{
	struct part *p = arg;
	struct writing *w = p->w;
	char etag[100];
	int e = s3_upload_part(w->s, w->key, w->id, p->number, p->at, p->n, w->stream, etag);
	pthread_mutex_lock(&w->lock);
	snprintf(w->etags[p->number - 1], sizeof etag, "%s", etag);
	pthread_mutex_unlock(&w->lock);
	part_over(p, e);
	return NULL;
}

/* Its number and the place of its ETag. */
static int enter(struct part *p)
{
	struct writing *w = p->w;
	if (w->count >= S3_PARTS_MOST)
		return why(EFBIG, "more than %d parts", S3_PARTS_MOST);
	pthread_mutex_lock(&w->lock);
	if (w->count == w->etags_room) {
		size_t room = w->etags_room ? 2 * w->etags_room : 64;
		char (*more)[100] = realloc(w->etags, room * sizeof *more);
		if (!more)
			die("out of memory");
		w->etags = more;
		w->etags_room = room;
	}
	p->number = (int)++w->count;
	pthread_mutex_unlock(&w->lock);
	return 0;
}

/* In a thread of its own; in this one if there can be none. */
static int launch(struct part *p)
{
	pthread_attr_t a;
	int e = enter(p);
	if (e)
		return e;
	p->busy = true;
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, STACK_BYTES);
	p->started = pthread_create(&p->thread, &a, send_part, p) == 0;
	pthread_attr_destroy(&a);
	if (!p->started)
		send_part(p);
	return 0;
}

static void join(struct part *p)
{
	if (p->started)
		pthread_join(p->thread, NULL);
	p->started = false;
}

static int failed(struct writing *w)
{
	pthread_mutex_lock(&w->lock);
	int e = w->error;
	if (e && *w->words)
		why(e, "%s", w->words);
	pthread_mutex_unlock(&w->lock);
	return e;
}

/* ---- memory ---- */

/* The first part of an upload always may have memory; others share what the connector has for them. */
static bool may_have(struct writing *w, const struct part *p)
{
	bool yes = p == w->parts;
	pthread_mutex_lock(&w->s->lock);
	if (!yes && w->s->extra < S3_EXTRA) {
		w->s->extra++;
		yes = true;
	}
	pthread_mutex_unlock(&w->s->lock);
	return yes;
}

static void part_free(struct writing *w, struct part *p)
{
	if (!p->w)
		return;
	free(p->at);
	if (p != w->parts) {
		pthread_mutex_lock(&w->s->lock);
		w->s->extra--;
		pthread_mutex_unlock(&w->s->lock);
	}
	*p = (struct part){ 0 };
}

/* One that has memory and is not on its way; NULL: none now. */
static struct part *find_free(struct writing *w)
{
	struct part *new = NULL;
	for (unsigned i = 0; i < w->parallel; i++) {
		struct part *p = &w->parts[i];
		if (p->w && !p->busy)
			return p;
		if (!p->w && !new)
			new = p;
	}
	if (new && may_have(w, new)) {
		new->w = w;
		return new;
	}
	return NULL;
}

static struct part *wait_free(struct writing *w)
{
	pthread_mutex_lock(&w->lock);
	struct part *p;
	while (!(p = find_free(w)))
		pthread_cond_wait(&w->free, &w->lock);
	pthread_mutex_unlock(&w->lock);
	join(p);
	return p;
}

static void wait_all(struct writing *w)
{
	for (unsigned i = 0; i < w->parallel; i++)
		join(&w->parts[i]);
}

static bool grow(struct writing *w, struct part *p)
{
	size_t known = w->size >= 0 && w->size - w->bytes < (int64_t)w->part_size ? (size_t)(w->size - w->bytes) + 1 : w->part_size;
	size_t room = p->room ? 4 * p->room : w->size >= 0 || w->count ? known : FIRST_ROOM;
	room = room < w->part_size ? room : w->part_size;
	if (room <= p->room)
		return true;
	char *more = realloc(p->at, room);
	if (!more)
		return false;
	p->at = more;
	p->room = room;
	return true;
}

/* As much as a part holds; less only at the end of the content. */
static int fill(struct writing *w, struct part *p)
{
	for (p->n = 0; p->n < w->part_size;) {
		if (p->n == p->room && !grow(w, p))
			return ENOMEM;
		ssize_t k = stream_fill(w->stream, p->at + p->n, p->room - p->n);
		if (k < 0)
			return ECANCELED;
		p->n += (size_t)k;
		w->bytes += k;
		if (p->n < p->room)
			break;
	}
	return 0;
}

/* ---- the stream's thread ---- */

static void look(struct writing *w)
{
	w->taken = s3_taken(w->s, w->path);
	w->looked = clock_ms();
	why_forget();
}

/* Where the parts go: to the name itself, or, if there is something, to a hidden one beside it. It is looked at again at the end, which may be far. */
static int begin(struct writing *w)
{
	uint64_t chance;
	look(w);
	w->looked = 0;
	if (w->taken) {
		struct buf hidden = { 0 };
		random_bytes(&chance, sizeof chance);
		size_t n = strlen(w->key) - strlen(s3_last_part(w->path));
		buf_printf(&hidden, "%.*s" S3_HIDDEN "%016llx", (int)n, w->key, (unsigned long long)chance);
		free(w->key);
		w->key = hidden.at;
	}
	return s3_upload_begin(w->s, w->key, w->stream, w->id);
}

static int work(struct stream *stream, void *arg)
{
	struct writing *w = arg;
	w->stream = stream;
	int e = 0;
	for (bool last = false; !e && !last && !(e = failed(w));) {
		struct part *p = wait_free(w);
		e = fill(w, p);
		last = p->n < w->part_size;
		if (e || (last && p->n == 0 && w->count))
			break;
		if (last && !w->count) {
			w->small = p;
			look(w);
			break;
		}
		if (!w->count)
			e = begin(w);
		if (!e)
			e = launch(p);
	}
	wait_all(w);
	return e ? e : failed(w);
}

/* ---- making ---- */

static void done(void *arg)
{
	struct writing *w = arg;
	if (*w->id && !w->whole)
		s3_upload_abort(w->s, w->key, w->id);
	else if (*w->id && !w->named)
		s3_delete(w->s, w->key, clock_ms() + 10000);
	for (unsigned i = 0; i < S3_PARALLEL; i++)
		part_free(w, &w->parts[i]);
	pthread_cond_destroy(&w->free);
	pthread_mutex_destroy(&w->lock);
	free(w->etags);
	free(w->path);
	free(w->key);
	free(w);
}

/* Larger parts for what else would have too many, and fewer of them at a time then. */
static void set_parts(struct writing *w)
{
	w->part_size = w->s->part;
	while (w->size / (int64_t)w->part_size >= S3_PARTS_MOST)
		w->part_size += w->s->part;
	size_t fit = S3_MEMORY / w->part_size;
	w->parallel = fit < 1 ? 1 : fit > S3_PARALLEL ? S3_PARALLEL : (unsigned)fit;
}

int s3_create(void *state, const char *path, int64_t size, int64_t *handle, int *fd)
{
	struct s3 *s = state;
	int e = *path ? s3_parent_is(s, path) : EISDIR;
	if (e)
		return e;
	struct writing *w = calloc(1, sizeof *w);
	if (!w)
		return ENOMEM;
	*w = (struct writing){ .s = s, .path = strdup(path), .key = s3_key(s, path), .size = size };
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->free, NULL);
	set_parts(w);
	e = w->path ? stream_write(&s->streams, work, w, done, handle, fd) : ENOMEM;
	if (e)
		done(w);
	return e;
}

/* ---- giving it its name ---- */

/* May it have this name? What the stream's thread has seen a moment ago is not asked again. */
static int may_be_named(struct writing *w, const char *path, bool replace)
{
	if (!*path)
		return EISDIR;
	bool known = same(path, w->path) && w->looked && clock_ms() - w->looked < FRESH_MS;
	int e = s3_parent_is(w->s, path);
	if (!e)
		e = known ? w->taken : s3_taken(w->s, path);
	w->looked = 0;
	if (replace)
		return e == EEXIST ? 0 : e;
	return e == EISDIR ? EEXIST : e;
}

static int make_whole(struct writing *w, int64_t until)
{
	if (w->whole)
		return 0;
	int e = s3_upload_end(w->s, w->key, w->id, w->etags, w->count, w->bytes, until);
	w->whole = !e;
	return e;
}

/* It went up for another name than it now gets. If somebody else has taken that one meanwhile, making it whole there would destroy theirs. */
static int name_otherwise(struct writing *w, const char *key, int64_t until)
{
	struct s3_head h;
	bool hidden = starts_with(w->key + strlen(w->key) - strlen(s3_last_part(w->key)), S3_HIDDEN);
	int e = !hidden && !w->whole ? s3_head_of(w->s, w->key, until, &h) : ENOENT;
	if (e != ENOENT)
		return e ? e : why(WIRE_E_CUT, "the name that this was sent for was taken meanwhile");
	e = make_whole(w, until);
	if (!e)
		e = s3_head_of(w->s, w->key, until, &h);
	if (!e)
		e = s3_copy_key(w->s, w->key, &h, key, until);
	return e;
}

static int give_name(struct writing *w, const char *path, bool replace, int64_t until)
{
	char *key = s3_key(w->s, path);
	bool own = same(key, w->key);
	int e;
	if (!*w->id)
		e = s3_put(w->s, key, w->small ? w->small->at : "", w->small ? w->small->n : 0, !replace, until);
	else
		e = own ? make_whole(w, until) : name_otherwise(w, key, until);
	w->named = !e && own; /* else what is under .key goes with the stream */
	free(key);
	return e;
}

int s3_commit(void *state, int64_t handle, const char *path, bool replace, int64_t size, int64_t until)
{
	struct s3 *s = state;
	struct writing *w = stream_arg(&s->streams, handle);
	int e = w ? stream_finish(&s->streams, handle, size, until) : ENOENT;
	if (!e)
		e = may_be_named(w, path, replace);
	if (!e)
		e = give_name(w, path, replace, until);
	if (!e)
		stream_close(&s->streams, handle);
	return e;
}
