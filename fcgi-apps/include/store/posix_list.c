/* Listing. Unsorted pages follow the file system's own order by its cookie, so page 1 of a million entries reads only itself. Sorted pages
 * look at every name and keep the first `limit` behind `after` in a heap; when that takes too long the page comes unsorted instead. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "store.h"
#include "store/posix.h"

/* ---- order: folders first, then by the key, then by name ---- */

struct sort { int order; bool descending; };

static int64_t key_of(const struct sort *o, const struct row *r)
{
	return o->order == STORE_BY_SIZE ? r->size : o->order == STORE_BY_TIME ? r->modified : 0;
}

static int compare(const void *a_, const void *b_, void *o_)
{
	const struct row *a = a_, *b = b_;
	const struct sort *o = o_;
	int group = (a->kind != ENTRY_FOLDER) - (b->kind != ENTRY_FOLDER);
	if (group)
		return group;
	int64_t ka = key_of(o, a), kb = key_of(o, b);
	int c = ka != kb ? (ka < kb ? -1 : 1) : strcmp(a->name, b->name);
	return o->descending ? -c : c;
}

/* ---- page keys: "u" and a cookie, or "k" group "." key "." name in hexadecimal ---- */

static void key_write(char *to, size_t n, const struct sort *o, const struct row *r)
{
	int at = snprintf(to, n, "k%d.%" PRId64 ".", r->kind != ENTRY_FOLDER, key_of(o, r));
	for (const char *s = r->name; *s; s++, at += 2)
		snprintf(to + at, n - (size_t)at, "%02x", (unsigned)(unsigned char)*s);
}

static bool name_read(const char *hex, char *name)
{
	size_t n = strlen(hex) / 2;
	if (strlen(hex) % 2 || n > WIRE_NAME_MOST || strspn(hex, "0123456789abcdef") != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], 0 };
		name[i] = (char)strtoul(pair, NULL, 16);
	}
	name[n] = 0;
	return true;
}

static bool key_read(const char *text, struct row *r)
{
	char *end;
	if (text[0] != 'k' || (text[1] != '0' && text[1] != '1') || text[2] != '.')
		return false;
	r->kind = text[1] == '0' ? ENTRY_FOLDER : ENTRY_FILE;
	r->size = r->modified = strtoll(text + 3, &end, 10);
	return *end == '.' && name_read(end + 1, r->name);
}

/* ---- reading entries ---- */

DIR *posix_entries(int fd)
{
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d && fd >= 0) {
		int e = errno;
		close(fd);
		errno = e;
	}
	return d;
}

static bool hidden(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..") || !strncmp(name, POSIX_PART, sizeof POSIX_PART - 1);
}

/* From the entry alone where that says enough, else from the inode. False: it has gone meanwhile. */
static bool fill(DIR *d, const struct dirent *e, bool full, struct row *r)
{
	struct stat s;
	if (!full && e->d_type != DT_UNKNOWN) {
		memcpy(r->name, e->d_name, strlen(e->d_name) + 1);
		r->kind = e->d_type == DT_DIR ? ENTRY_FOLDER : ENTRY_FILE;
		return true;
	}
	if (fstatat(dirfd(d), e->d_name, &s, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	posix_row(r, e->d_name, &s);
	return true;
}

static bool wanted(const struct row_query *q, const char *name)
{
	return !hidden(name) && strlen(name) <= WIRE_NAME_MOST && (!*q->match || strcasestr(name, q->match));
}

/* ---- unsorted ---- */

static int stream(DIR *d, const struct row_query *q, long cookie, struct rows *out)
{
	int64_t until = clock_ms() + 500; /* a rare name in a huge folder: give what was found so far */
	out->n = 0;
	out->total = -1;
	out->unsorted = true;
	if (cookie)
		seekdir(d, cookie);
	for (unsigned seen = 1;; seen++) {
		errno = 0;
		const struct dirent *e = readdir(d);
		if (!e)
			return errno;
		if (wanted(q, e->d_name) && fill(d, e, true, &out->at[out->n]))
			out->n++;
		if (out->n == q->limit || (seen % 1024 == 0 && clock_ms() > until)) {
			snprintf(out->next, sizeof out->next, "u%ld", (long)e->d_off);
			return 0;
		}
	}
}

/* ---- sorted ---- */

struct heap { struct row *at; size_t n, limit; struct sort by; bool more; };

static void swap(struct row *a, struct row *b)
{
	struct row t = *a;
	*a = *b;
	*b = t;
}

static bool below(struct heap *h, size_t i, size_t j)
{
	return compare(&h->at[i], &h->at[j], &h->by) < 0;
}

static void sift_up(struct heap *h, size_t i)
{
	for (; i && below(h, (i - 1) / 2, i); i = (i - 1) / 2)
		swap(&h->at[i], &h->at[(i - 1) / 2]);
}

static void sift_down(struct heap *h)
{
	for (size_t i = 0;;) {
		size_t big = i, l = 2 * i + 1, r = l + 1;
		if (l < h->n && below(h, big, l))
			big = l;
		if (r < h->n && below(h, big, r))
			big = r;
		if (big == i)
			return;
		swap(&h->at[i], &h->at[big]);
		i = big;
	}
}

static void offer(struct heap *h, const struct row *r)
{
	if (h->n < h->limit) {
		h->at[h->n++] = *r;
		sift_up(h, h->n - 1);
		return;
	}
	h->more = true;
	if (compare(r, &h->at[0], &h->by) < 0) {
		h->at[0] = *r;
		sift_down(h);
	}
}

/* 0, an errno, or ETIMEDOUT: too large to sort in time. */
static int scan(DIR *d, const struct row_query *q, const struct row *after, struct heap *h, int64_t *total)
{
	bool full = h->by.order != STORE_BY_NAME;
	struct row r = { 0 };
	for (unsigned seen = 1;; seen++) {
		errno = 0;
		const struct dirent *e = readdir(d);
		if (!e)
			return errno;
		if (seen % 256 == 0 && clock_ms() > q->until)
			return ETIMEDOUT;
		if (!wanted(q, e->d_name) || !fill(d, e, full, &r))
			continue;
		++*total;
		if (!after || compare(after, &r, &h->by) < 0)
			offer(h, &r);
	}
}

/* Entries that were kept by name only get the rest; those that have gone meanwhile are left out. */
static void complete(DIR *d, struct rows *out)
{
	size_t kept = 0;
	for (size_t i = 0; i < out->n; i++) {
		struct stat s;
		char name[WIRE_NAME_MOST + 1];
		memcpy(name, out->at[i].name, sizeof name);
		if (fstatat(dirfd(d), name, &s, AT_SYMLINK_NOFOLLOW) == 0)
			posix_row(&out->at[kept++], name, &s);
	}
	out->n = kept;
}

static int sorted(DIR *d, const struct row_query *q, const struct row *after, struct rows *out)
{
	struct heap h = { .at = out->at, .limit = q->limit, .by = { q->order, q->descending } };
	out->total = 0;
	int e = scan(d, q, after, &h, &out->total);
	if (e)
		return e;
	qsort_r(h.at, h.n, sizeof *h.at, compare, &h.by);
	if (h.more)
		key_write(out->next, sizeof out->next, &h.by, &h.at[h.n - 1]);
	out->n = h.n;
	complete(d, out);
	return 0;
}

static int list(DIR *d, const struct row_query *q, struct rows *out)
{
	struct row after = { 0 };
	if (*q->after == 'u')
		return stream(d, q, strtol(q->after + 1, NULL, 10), out);
	if (q->order == STORE_ANY)
		return *q->after ? EINVAL : stream(d, q, 0, out);
	if (*q->after && !key_read(q->after, &after))
		return EINVAL;
	int e = sorted(d, q, *q->after ? &after : NULL, out);
	if (e != ETIMEDOUT)
		return e;
	rewinddir(d);
	return stream(d, q, 0, out);
}

int posix_list(void *state, const struct row_query *q, struct rows *out)
{
	const struct posix *p = state;
	*out = (struct rows){ .at = calloc(q->limit, sizeof *out->at) };
	if (!out->at)
		return ENOMEM;
	DIR *d = posix_entries(posix_beneath(p->top, q->path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0));
	if (!d)
		return posix_error(errno);
	int e = list(d, q, out);
	closedir(d);
	return e;
}
