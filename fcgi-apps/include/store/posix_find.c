/*
 * Searching below a folder: by descriptors, never following a link, never crossing a mount, with one open folder a level and nothing kept of
 * what was passed. A walk that stops is told as the position in each folder that is open, in the file system's own order, and the number of the
 * file that is the folder below, so that another process can go on there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "store/posix.h"
#include "store/terms.h"

#define DEEPEST 96 /* levels: a connector may have 256 descriptors */

/* before, ino: where this folder's entry is in the folder above. now: behind the last entry that was read. */
struct level { DIR *d; long before, now; ino_t ino; size_t path; };

struct search {
	const struct row_find *q;
	struct row_hits *out;
	struct level at[DEEPEST];
	size_t depth;                       /* levels that are open */
	char path[WIRE_PATH_MOST + 1];      /* of the deepest one, from the folder searched on */
};

static void leave(struct search *s)
{
	struct level *l = &s->at[--s->depth];
	closedir(l->d);
	s->path[l->path] = 0;
}

/* False: it cannot be looked into. */
static bool enter(struct search *s, const char *name, long before, ino_t ino)
{
	struct level *above = &s->at[s->depth - 1], *l = &s->at[s->depth];
	size_t n = strlen(s->path), more = strlen(name) + (n > 0);
	if (s->depth == DEEPEST || n + more > WIRE_PATH_MOST)
		return false;
	*l = (struct level){ .d = posix_enter(dirfd(above->d), name), .before = before, .ino = ino, .path = n };
	if (!l->d)
		return false;
	snprintf(s->path + n, sizeof s->path - n, "%s%s", n ? "/" : "", name);
	s->depth++;
	return true;
}

/* ---- one entry ---- */

static int kind_of(const struct dirent *e)
{
	return e->d_type == DT_DIR ? ENTRY_FOLDER : e->d_type == DT_REG ? ENTRY_FILE : e->d_type == DT_LNK ? ENTRY_LINK : ENTRY_OTHER;
}

static void keep(struct search *s, const struct dirent *e, const struct stat *st)
{
	struct row_hit *h = &s->out->at[s->out->n++];
	memcpy(h->folder, s->path, strlen(s->path) + 1);
	posix_row(&h->row, e->d_name, st);
}

/* Asks the inode only of what fits by its name and kind, or when the entry does not tell its kind. *folder: to be entered. */
static void look(struct search *s, const struct dirent *e, bool *folder)
{
	const struct store_terms *t = s->q->terms;
	int dir = dirfd(s->at[s->depth - 1].d);
	bool known = e->d_type != DT_UNKNOWN;
	struct stat st;
	struct row r;
	*folder = e->d_type == DT_DIR;
	if (known && (!terms_name(t, e->d_name) || !terms_kind(t, kind_of(e))))
		return;
	if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	*folder = S_ISDIR(st.st_mode);
	posix_row(&r, e->d_name, &st);
	if (terms_name(t, r.name) && terms_facts(t, r.kind, r.size, r.modified))
		keep(s, e, &st);
}

static void pass(struct search *s, const struct dirent *e)
{
	struct level *l = &s->at[s->depth - 1];
	long before = l->now;
	bool folder;
	l->now = (long)e->d_off;
	if (posix_hidden(e->d_name) || (s->depth == 1 && !*s->q->path && !strncmp(e->d_name, STORE_TRASH, sizeof STORE_TRASH - 1)) || !terms_seen(s->q->terms, e->d_name))
		return;
	s->out->looked++;
	look(s, e, &folder);
	if (folder && !enter(s, e->d_name, before, e->d_ino))
		s->out->unread++;
}

/* ---- stopping and going on ---- */

static bool write_cookie(const struct search *s)
{
	char *to = s->out->next;
	size_t room = sizeof s->out->next, at = 0;
	for (size_t i = 1; i < s->depth && at < room; i++)
		at += (size_t)snprintf(to + at, room - at, "%lx.%lx-", (unsigned long)s->at[i].before, (unsigned long)s->at[i].ino);
	if (at < room)
		at += (size_t)snprintf(to + at, room - at, "%lx", (unsigned long)s->at[s->depth - 1].now);
	return at < room;
}

/* The entry that was at this position; if the folder has changed, it is looked for. */
static bool find_again(struct search *s, long before, ino_t ino)
{
	DIR *d = s->at[s->depth - 1].d;
	const struct dirent *e;
	if (before)
		seekdir(d, before);
	if ((e = readdir(d)) && e->d_ino == ino && enter(s, e->d_name, before, ino))
		return true;
	rewinddir(d);
	while ((e = readdir(d)) && clock_ms() < s->q->until)
		if (e->d_ino == ino)
			return enter(s, e->d_name, before, ino);
	return false;
}

/* What is gone since is left out: the walk goes on behind it. 0, or EINVAL. */
static int go_on(struct search *s)
{
	char *end;
	for (const char *c = s->q->cookie; *c; c = end + 1) {
		struct level *l = &s->at[s->depth - 1];
		long at = (long)strtoul(c, &end, 16);
		if (end == c)
			return EINVAL;
		l->now = at;
		if (*end == '.') {
			const char *number = end + 1;
			unsigned long ino = strtoul(number, &end, 16);
			if (end == number || *end != '-')
				return EINVAL;
			if (find_again(s, at, (ino_t)ino)) {
				l->now = telldir(l->d);
				continue;
			}
		} else if (*end) {
			return EINVAL;
		}
		rewinddir(l->d);
		if (at)
			seekdir(l->d, at);
		return 0;
	}
	return EINVAL;
}

/* ---- the walk ---- */

static int walk(struct search *s)
{
	for (unsigned seen = 1; s->depth; seen++) {
		errno = 0;
		const struct dirent *e = readdir(s->at[s->depth - 1].d);
		if (!e) {
			s->out->unread += errno != 0;
			leave(s);
			continue;
		}
		pass(s, e);
		if (s->out->n == s->q->limit || (seen % 64 == 0 && clock_ms() > s->q->until))
			return write_cookie(s) ? 0 : ENAMETOOLONG;
	}
	return 0;
}

int posix_find(void *state, const struct row_find *q, struct row_hits *out)
{
	const struct posix *p = state;
	struct search *s = calloc(1, sizeof *s);
	*out = (struct row_hits){ .at = calloc(q->limit, sizeof *out->at) };
	int e = s && out->at ? 0 : ENOMEM;
	DIR *d = e ? NULL : posix_entries(posix_beneath(p->top, q->path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, p->resolve));
	if (!e && !d)
		e = posix_error(errno);
	if (d) {
		*s = (struct search){ .q = q, .out = out, .at = { { .d = d } }, .depth = 1 };
		if (*q->cookie)
			e = go_on(s);
		if (!e)
			e = walk(s);
		while (s->depth)
			leave(s);
	}
	free(s);
	return e;
}
