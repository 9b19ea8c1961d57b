/* Whole trees: removing one, and adding up what one holds; and the space of the file system. Links are never followed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store.h"
#include "store/sftp.h"

#define AT_ONCE 64    /* files that are being removed */
#define FOLDERS 16    /* that are remembered of one reading of a folder */

/* ---- removing ---- */

struct removal { struct ssh *s; int64_t until; char path[SFTP_PATH_MOST]; };
/* What one reading of a folder found; it is read again until it is empty, so this need not hold all. */
struct found { unsigned files, folders; char (*file)[WIRE_NAME_MOST + 1], (*folder)[WIRE_NAME_MOST + 1]; };

static int remove_folder(struct ssh *s, const char *path)
{
	sftp_path_request(s, SFTP_RMDIR, path);
	return sftp_ask_status(s);
}

/* Unfinished files, too. */
static int look_in(struct removal *r, struct found *f)
{
	struct folder d;
	struct row one;
	int e = sftp_folder_open(r->s, r->path, &d);
	if (e)
		return e;
	d.all = true;
	while (f->files < AT_ONCE && f->folders < FOLDERS && (e = sftp_folder_next(&d, &one)) == 0)
		memcpy(one.kind == ENTRY_FOLDER ? f->folder[f->folders++] : f->file[f->files++], one.name, sizeof one.name);
	sftp_folder_close(&d);
	return e == SFTP_EOF ? 0 : e;
}

static bool enter(struct removal *r, size_t at, const char *name)
{
	int n = snprintf(r->path + at, sizeof r->path - at, "/%s", name);
	return (size_t)n < sizeof r->path - at && strlen(r->path) < SFTP_PATH_MOST - 1;
}

/* Under way together; what is gone already is gone. */
static int remove_files(struct removal *r, const struct found *f)
{
	size_t at = strlen(r->path);
	int first = 0, e = 0;
	for (unsigned i = 0; i < f->files && !e; i++) {
		e = enter(r, at, f->file[i]) ? 0 : ENAMETOOLONG;
		if (!e)
			sftp_path_request(r->s, SFTP_REMOVE, r->path);
		if (!e)
			e = sftp_flush(r->s);
	}
	r->path[at] = 0;
	while (!r->s->broken && r->s->waiting) {
		int one = sftp_statuses(r->s, 1);
		if (one && one != ENOENT && !first)
			first = one;
	}
	return e ? e : first;
}

static int clear(struct removal *);

static int remove_folders(struct removal *r, const struct found *f)
{
	size_t at = strlen(r->path);
	int e = 0;
	for (unsigned i = 0; i < f->folders && !e; i++) {
		e = enter(r, at, f->folder[i]) ? clear(r) : ENAMETOOLONG;
		if (!e)
			e = remove_folder(r->s, r->path);
		r->path[at] = 0;
	}
	return e;
}

static int clear_once(struct removal *r, struct found *f)
{
	f->files = f->folders = 0;
	int e = clock_ms() > r->until ? WIRE_E_UNFINISHED : look_in(r, f);
	if (!e)
		e = remove_files(r, f);
	return e ? e : remove_folders(r, f);
}

/* A path has an end, and so has the depth. */
static int clear(struct removal *r)
{
	struct found f = { .file = malloc(AT_ONCE * sizeof *f.file), .folder = malloc(FOLDERS * sizeof *f.folder) };
	int e = f.file && f.folder ? 0 : ENOMEM;
	do
		e = e ? e : clear_once(r, &f);
	while (!e && (f.files || f.folders));
	free(f.file);
	free(f.folder);
	return e;
}

struct wish { const char *path; bool with_content; int64_t until; };

static bool holds_something(struct ssh *s, const char *path)
{
	struct folder d;
	struct row one;
	if (s->broken || sftp_folder_open(s, path, &d))
		return false;
	d.all = true;
	int e = sftp_folder_next(&d, &one);
	sftp_folder_close(&d);
	return e == 0;
}

static int remove_op(struct sftp *f, struct ssh *s, void *arg)
{
	const struct wish *w = arg;
	struct sftp_attrs a;
	struct removal r = { .s = s, .until = w->until };
	sftp_path(f, w->path, r.path);
	int e = sftp_attrs_of(s, SFTP_LSTAT, r.path, &a);
	if (e)
		return e;
	if (!S_ISDIR(a.mode)) {
		sftp_path_request(s, SFTP_REMOVE, r.path);
		return sftp_ask_status(s);
	}
	if (w->until > s->until)
		s->until = w->until;
	e = w->with_content ? clear(&r) : 0;
	if (!e)
		e = remove_folder(s, r.path);
	return e == EIO && !w->with_content && holds_something(s, r.path) ? ENOTEMPTY : e;
}

int sftp_remove(void *state, const char *path, bool with_content, int64_t until)
{
	struct wish w = { path, with_content, until };
	return *path ? sftp_with(state, false, remove_op, &w) : WIRE_E_TOP;
}

/* ---- space ---- */

struct walk { struct ssh *s; int64_t until, used; bool at_least; };

/* One folder at a time, by names that are kept: no more than these are looked into. */
#define WALK_MOST 10000
struct ahead { char **at; size_t n; };

static void later(struct walk *w, struct ahead *t, const char *folder, const char *name)
{
	char path[SFTP_PATH_MOST];
	int n = snprintf(path, sizeof path, "%s/%s", folder, name);
	char *kept = (size_t)n < sizeof path && t->n < WALK_MOST ? strdup(path) : NULL;
	if (kept)
		t->at[t->n++] = kept;
	else
		w->at_least = true;
}

static int add_folder(struct walk *w, struct ahead *t, const char *path)
{
	struct folder d;
	struct row one;
	int e = sftp_folder_open(w->s, path, &d);
	if (e)
		return w->at_least = true, w->s->broken ? e : 0;
	d.all = true;
	while ((e = sftp_folder_next(&d, &one)) == 0 && clock_ms() < w->until) {
		if (one.kind == ENTRY_FILE && __builtin_add_overflow(w->used, one.size, &w->used))
			w->used = INT64_MAX;
		if (one.kind == ENTRY_FOLDER)
			later(w, t, path, one.name);
	}
	w->at_least |= e == 0;
	sftp_folder_close(&d);
	return w->s->broken ? e : 0;
}

static int add_up(struct walk *w, const char *top)
{
	struct ahead t = { calloc(WALK_MOST, sizeof *t.at), 0 };
	int e = t.at ? add_folder(w, &t, top) : ENOMEM;
	while (t.n) {
		char *path = t.at[--t.n];
		if (!e && clock_ms() < w->until)
			e = add_folder(w, &t, path);
		else
			w->at_least = true;
		free(path);
	}
	free(t.at);
	return e;
}

struct room { int64_t until; struct row_space *out; };

static int64_t times(uint64_t blocks, uint64_t size)
{
	uint64_t bytes;
	return __builtin_mul_overflow(blocks, size, &bytes) || bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
}

/* statvfs@openssh.com: block size, fragment size, blocks, free, free for us, files, free, free for us, and more. */
static int ask_room(struct sftp *f, struct ssh *s, struct row_space *out)
{
	struct answer a;
	uint64_t v[8];
	sftp_request(s, SFTP_EXTENDED);
	sftp_put_text(&s->out, "statvfs@openssh.com");
	sftp_put_text(&s->out, f->base);
	sftp_end(&s->out);
	int e = sftp_ask(s, &a);
	e = e ? e : sftp_expect(&a, SFTP_EXTENDED_REPLY);
	for (size_t i = 0; !e && i < COUNT(v); i++)
		v[i] = sftp_u64(&a.in);
	if (e || a.in.bad)
		return e && e != SFTP_EOF ? e : WIRE_E_ANSWER;
	out->total = times(v[2], v[1]);
	out->free = times(v[4], v[1]);
	out->files_free = times(v[7], 1);
	return 0;
}

static int space_op(struct sftp *f, struct ssh *s, void *arg)
{
	const struct room *r = arg;
	int e = s->extensions & SFTP_STATVFS ? ask_room(f, s, r->out) : WIRE_E_CANNOT;
	struct walk w = { .s = s, .until = r->until, .at_least = r->until == 0 };
	if (!e && r->until)
		e = add_up(&w, f->base);
	r->out->used = w.used;
	r->out->at_least = w.at_least;
	return e;
}

int sftp_space(void *state, int64_t until, struct row_space *out)
{
	struct room r = { until, out };
	return sftp_with(state, true, space_op, &r);
}
