/* Listing. Unsorted pages follow the file system's own order by its cookie, so page 1 of a million entries reads only itself. Sorted pages
 * look at every name and keep the first `limit` behind `after` in a heap; when that takes too long the page comes unsorted instead. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "store.h"
#include "store/page.h"
#include "store/posix.h"

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

bool posix_hidden(const char *name)
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
	return !posix_hidden(name) && page_wants(q, name);
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

/* 0, an errno, or ETIMEDOUT: too large to sort in time. */
static int scan(DIR *d, const struct row_query *q, struct page *page)
{
	bool full = q->order == STORE_BY_SIZE || q->order == STORE_BY_TIME;
	struct row r = { 0 };
	for (unsigned seen = 1;; seen++) {
		errno = 0;
		const struct dirent *e = readdir(d);
		if (!e)
			return errno;
		if (seen % 256 == 0 && clock_ms() > q->until)
			return ETIMEDOUT;
		if (wanted(q, e->d_name) && fill(d, e, full, &r))
			page_offer(page, &r);
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

static int sorted(DIR *d, const struct row_query *q, struct rows *out)
{
	struct page page;
	int e = page_begin(&page, q, out);
	if (!e)
		e = scan(d, q, &page);
	if (e)
		return e;
	page_end(&page);
	complete(d, out);
	return 0;
}

static int list(DIR *d, const struct row_query *q, struct rows *out)
{
	if (*q->after == 'u')
		return stream(d, q, strtol(q->after + 1, NULL, 10), out);
	if (q->order == STORE_ANY)
		return *q->after ? EINVAL : stream(d, q, 0, out);
	int e = sorted(d, q, out);
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
	DIR *d = posix_entries(posix_beneath(p->top, q->path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, p->resolve));
	if (!d)
		return posix_error(errno);
	int e = list(d, q, out);
	closedir(d);
	return e;
}
