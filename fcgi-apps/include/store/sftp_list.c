/* Listing. A folder is read from its beginning each time (the protocol has no other way), with a few requests ahead; an unsorted page stops as soon
 * as it is full, the next one goes on behind the name that the page before ended with. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "store/page.h"
#include "store/sftp.h"

#define AHEAD 8

/* ---- a folder's entries ---- */

int sftp_folder_open(struct ssh *s, const char *path, struct folder *d)
{
	*d = (struct folder){ .s = s, .ahead = 1 };
	sftp_path_request(s, SFTP_OPENDIR, path);
	return sftp_ask_handle(s, &d->handle);
}

/* More ahead with each answer: a small folder is asked for twice, a large one is not waited for. */
static int ask_ahead(struct folder *d)
{
	if (d->ahead < AHEAD)
		d->ahead++;
	while (d->s->waiting < d->ahead)
		sftp_handle_request(d->s, SFTP_READDIR, SFTP_BYTES(&d->handle));
	return sftp_flush(d->s);
}

static int next_answer(struct folder *d)
{
	int e = ask_ahead(d);
	if (!e)
		e = sftp_answer(d->s, &d->answer);
	if (!e)
		e = sftp_expect(&d->answer, SFTP_NAME);
	if (!e)
		d->left = sftp_u32(&d->answer.in);
	return !e && d->answer.in.bad ? WIRE_E_ANSWER : e;
}

/* Empty answers are allowed, but not without end. */
int sftp_folder_next(struct folder *d, struct row *r)
{
	for (unsigned empty_ones = 0; !d->over;) {
		while (d->left) {
			d->left--;
			if (sftp_read_entry(&d->answer.in, r) && (d->all || !starts_with(r->name, SFTP_PART)))
				return 0;
			if (d->answer.in.bad)
				return WIRE_E_ANSWER;
		}
		int e = ++empty_ones > 1000 ? WIRE_E_ANSWER : next_answer(d);
		d->over = e != 0;
		if (e)
			return e;
	}
	return SFTP_EOF;
}

void sftp_folder_close(struct folder *d)
{
	struct answer a;
	if (d->s->broken)
		return;
	sftp_handle_request(d->s, SFTP_CLOSE, SFTP_BYTES(&d->handle));
	int e = sftp_flush(d->s);
	while (!e && d->s->waiting)
		e = sftp_answer(d->s, &a);
}

/* ---- pages ---- */

struct listing { const struct row_query *q; struct rows *out; };

/* What earlier pages have shown: the number of entries, and the name that the last page ended with. */
struct mark { int64_t shown; char last[WIRE_NAME_MOST + 1]; };

static void mark_write(char *to, size_t n, const struct mark *m)
{
	int at = snprintf(to, n, "%" PRId64, m->shown);
	page_mark_write(to + at, n - (size_t)at, m->last);
}

static bool mark_read(const char *key, struct mark *m)
{
	char *end;
	m->shown = strtoll(key, &end, 10);
	return *key >= '0' && *key <= '9' && m->shown > 0 && page_mark_read(end, m->last);
}

/* Goes on behind the name; SFTP_EOF: it is gone. */
static int skip_name(struct folder *d, const char *last)
{
	struct row r;
	int e;
	do
		e = sftp_folder_next(d, &r);
	while (!e && !same(r.name, last));
	return e;
}

static int skip_count(struct folder *d, int64_t n)
{
	struct row r;
	int e = 0;
	while (!e && n-- > 0)
		e = sftp_folder_next(d, &r);
	return e;
}

static int fill(struct folder *d, const struct row_query *q, struct rows *out, struct mark *m)
{
	int64_t until = clock_ms() + 500; /* a rare name in a huge folder: give what was found so far */
	*out = (struct rows){ .at = out->at, .total = -1, .unsorted = true };
	int e = 0;
	for (unsigned seen = 1; !e; seen++) {
		struct row *r = &out->at[out->n];
		e = sftp_folder_next(d, r);
		if (e)
			break;
		m->shown++;
		memcpy(m->last, r->name, sizeof r->name);
		if (page_wants(q, r->name))
			out->n++;
		if (out->n == q->limit || (seen % 1024 == 0 && clock_ms() > until)) {
			mark_write(out->next, sizeof out->next, m);
			break;
		}
	}
	return e == SFTP_EOF ? 0 : e;
}

static int scan(struct folder *d, const struct row_query *q, struct page *page)
{
	struct row r;
	int e;
	for (unsigned seen = 1; (e = sftp_folder_next(d, &r)) == 0; seen++) {
		if (seen % 256 == 0 && clock_ms() > q->until)
			return ETIMEDOUT;
		if (page_wants(q, r.name))
			page_offer(page, &r);
	}
	return e == SFTP_EOF ? 0 : e;
}

static int sorted(struct folder *d, const struct listing *l)
{
	struct page page;
	int e = page_begin(&page, l->q, l->out);
	if (!e)
		e = scan(d, l->q, &page);
	if (!e)
		page_end(&page);
	return e;
}

/* How a page begins: at the top, behind a name, or behind so many. */
enum start { AT_TOP, BEHIND_NAME, BEHIND_COUNT };

static int page_of(struct ssh *s, const char *path, const struct listing *l, enum start start, struct mark *m)
{
	struct folder d;
	int e = sftp_folder_open(s, path, &d);
	if (e)
		return e;
	if (start != AT_TOP)
		e = start == BEHIND_NAME ? skip_name(&d, m->last) : skip_count(&d, m->shown);
	if (!e)
		e = m ? fill(&d, l->q, l->out, m) : sorted(&d, l);
	sftp_folder_close(&d);
	return e;
}

static int list(struct ssh *s, const char *path, const struct listing *l)
{
	struct mark m = { 0 };
	if (mark_read(l->q->after, &m)) {
		int e = page_of(s, path, l, BEHIND_NAME, &m);
		if (e == SFTP_EOF)
			e = page_of(s, path, l, BEHIND_COUNT, &m);
		return e == SFTP_EOF ? 0 : e;
	}
	m = (struct mark){ 0 };
	if (l->q->order == STORE_ANY)
		return *l->q->after ? EINVAL : page_of(s, path, l, AT_TOP, &m);
	int e = page_of(s, path, l, AT_TOP, NULL);
	return e == ETIMEDOUT && !s->broken ? page_of(s, path, l, AT_TOP, &m) : e;
}

static int list_op(struct sftp *f, struct ssh *s, void *arg)
{
	const struct listing *l = arg;
	char path[SFTP_PATH_MOST];
	struct sftp_attrs a;
	sftp_path(f, l->q->path, path);
	*l->out = (struct rows){ .at = l->out->at };
	int e = list(s, path, l);
	if ((e == ENOENT || e == EIO) && !s->broken && sftp_attrs_of(s, SFTP_STAT, path, &a) == 0 && (a.has & SFTP_HAS_MODE) && (a.mode & 0170000) != 0040000)
		e = ENOTDIR;
	return e;
}

int sftp_list(void *state, const struct row_query *q, struct rows *out)
{
	*out = (struct rows){ .at = calloc(q->limit, sizeof *out->at) };
	struct listing l = { q, out };
	return out->at ? sftp_with(state, true, list_op, &l) : ENOMEM;
}
