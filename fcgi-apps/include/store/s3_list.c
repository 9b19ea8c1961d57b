/* Listing. Keys come in the order of their bytes, so an unsorted page begins behind the last name of the page before and reads no more than itself. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "store/page.h"
#include "store/s3.h"

#define WALK_MS 20000

#define LOOK_FOR_MS 500

int s3_some(struct s3 *s, struct s3_call *c, const char *prefix, const char *after, bool deep, size_t most)
{
	struct buf q = { 0 };
	if (!deep)
		buf_text(&q, "delimiter=%2F&");
	buf_printf(&q, "encoding-type=url&list-type=2&max-keys=%zu&prefix=", most < S3_ITEMS_MOST ? most : S3_ITEMS_MOST);
	s3_encode(&q, prefix, false);
	if (*after) {
		buf_text(&q, "&start-after=");
		s3_encode(&q, after, false);
	}
	c->method = "GET";
	c->query = buf_cstr(&q);
	int e = s3_call(s, c);
	c->query = NULL;
	buf_free(&q);
	return !e && !same(c->answer.root, "ListBucketResult") ? why(WIRE_E_ANSWER, "no listing, but \"%s\"", c->answer.root) : e;
}

/* ---- rows ---- */

/* A row of an item in the folder of `prefix`; false: it has no name that a path could carry, or is the folder itself. */
static bool row_of(const struct s3_item *i, const char *prefix, struct row *r)
{
	size_t skip = strlen(prefix), n = strlen(i->key);
	if (n <= skip || strncmp(i->key, prefix, skip) != 0)
		return false;
	n -= skip + (i->folder && i->key[n - 1] == '/');
	if (n < 1 || n > WIRE_NAME_MOST || memchr(i->key + skip, '/', n))
		return false;
	*r = (struct row){ .kind = i->folder ? ENTRY_FOLDER : ENTRY_FILE, .size = i->size, .modified = i->modified };
	memcpy(r->name, i->key + skip, n);
	return !same(r->name, ".") && !same(r->name, "..") && !starts_with(r->name, S3_HIDDEN);
}

/* A walk over a folder, some keys at a time. */
struct walk {
	struct s3 *s;
	const char *prefix;
	struct buf after;             /* the last key, and whatever is in the folder that it is */
	struct s3_call call;
	size_t next, most;            /* the item to look at; how many to ask for */
	bool over, empty;
};

static void walk_begin(struct walk *w, struct s3 *s, const char *prefix, size_t most)
{
	*w = (struct walk){ .s = s, .prefix = prefix, .most = most, .empty = true };
}

static void walk_end(struct walk *w)
{
	s3_done(&w->call);
	buf_free(&w->after);
}

static void pass_by(struct walk *w, const struct s3_item *i)
{
	w->after.n = 0;
	buf_text(&w->after, i->key);
	if (i->folder)
		buf_text(&w->after, S3_LAST);
}

static int more(struct walk *w)
{
	s3_done(&w->call);
	w->call = (struct s3_call){ 0 };
	w->next = 0;
	struct buf after = { 0 };
	buf_text(&after, buf_cstr(&w->after));
	int e = s3_some(w->s, &w->call, w->prefix, buf_cstr(&after), false, w->most);
	const struct s3_answer *a = &w->call.answer;
	w->over = !a->truncated;
	if (!e && !w->over && (!a->n || strcmp(a->items[a->n - 1].key, after.at) <= 0))
		e = why(WIRE_E_ANSWER, "the listing does not go on");
	buf_free(&after);
	return e;
}

/* The next row: 0 with *got, 0 without (that was all), or an error. */
static int walk_next(struct walk *w, struct row *r, bool *got)
{
	int64_t until = clock_ms() + WALK_MS; /* a server may have keys without end that cannot be shown */
	for (*got = false; !*got;) {
		if (clock_ms() > until)
			return ETIMEDOUT;
		if (w->next == w->call.answer.n) {
			int e = w->over ? 0 : more(w);
			if (e || w->next == w->call.answer.n)
				return e;
		}
		const struct s3_item *i = &w->call.answer.items[w->next++];
		w->empty = false;
		if (strcmp(i->key, buf_cstr(&w->after)) <= 0)
			continue;
		pass_by(w, i);
		*got = row_of(i, w->prefix, r);
	}
	return 0;
}

/* ---- unsorted ---- */

/* A page's mark: what the last entry was, and its name. */
static void mark_write(struct rows *out, const struct row *last)
{
	out->next[0] = last->kind == ENTRY_FOLDER ? 'd' : 'f';
	page_mark_write(out->next + 1, sizeof out->next - 1, last->name);
}

static int mark_read(struct walk *w, const char *mark)
{
	char name[WIRE_NAME_MOST + 1];
	if (!*mark)
		return 0;
	if (!page_mark_read(mark + 1, name) || !*name || strchr(name, '/'))
		return EINVAL;
	buf_printf(&w->after, "%s%s%s", w->prefix, name, *mark == 'd' ? "/" S3_LAST : "");
	return 0;
}

/* Is anything left behind the entry that filled the page? */
static bool left(const struct walk *w)
{
	return !w->over || w->next < w->call.answer.n;
}

static int unsorted(struct walk *w, const struct row_query *q, const char *mark, struct rows *out)
{
	int64_t until = clock_ms() + LOOK_FOR_MS; /* a rare name in a huge folder: give what was found so far */
	struct row r;
	bool got = true;
	out->n = 0;
	out->total = -1;
	out->unsorted = true;
	int e = mark_read(w, mark);
	while (!e && !(e = walk_next(w, &r, &got)) && got) {
		if (page_wants(q, r.name))
			out->at[out->n++] = r;
		if (out->n < q->limit && (w->next < w->call.answer.n || clock_ms() < until))
			continue;
		if (left(w))
			mark_write(out, &r);
		break;
	}
	return e;
}

/* ---- sorted ---- */

static int sorted(struct walk *w, const struct row_query *q, struct rows *out)
{
	struct page page;
	struct row r;
	bool got = true;
	int e = page_begin(&page, q, out);
	while (!e && !(e = walk_next(w, &r, &got)) && got) {
		if (page_wants(q, r.name))
			page_offer(&page, &r);
		if (w->next == w->call.answer.n && !w->over && clock_ms() > q->until)
			e = ETIMEDOUT;
	}
	if (!e)
		page_end(&page);
	return e;
}

/* No key at all in it: is it a folder? */
static int no_folder(struct s3 *s, const char *path)
{
	struct s3_head h;
	char *key = s3_key(s, path);
	int e = s3_head_of(s, key, 0, &h);
	free(key);
	return e ? e : ENOTDIR;
}

int s3_list(void *state, const struct row_query *q, struct rows *out)
{
	struct s3 *s = state;
	struct walk w;
	char *prefix = s3_folder_key(s, q->path);
	bool marked = *q->after == 'd' || *q->after == 'f', any = q->order == STORE_ANY;
	*out = (struct rows){ .at = calloc(q->limit, sizeof *out->at) };
	walk_begin(&w, s, prefix, any && !*q->match ? q->limit + 1 : S3_ITEMS_MOST);
	int e = !out->at ? ENOMEM : any && *q->after && !marked ? EINVAL : 0;
	if (!e)
		e = marked || any ? unsorted(&w, q, q->after, out) : sorted(&w, q, out);
	if (e == ETIMEDOUT && !marked && !any && out->at) {
		walk_end(&w);
		walk_begin(&w, s, prefix, S3_ITEMS_MOST);
		*out = (struct rows){ .at = out->at };
		e = unsorted(&w, q, "", out);
	}
	if (!e && w.empty && *q->path && !*q->after)
		e = no_folder(s, q->path);
	walk_end(&w);
	free(prefix);
	return e;
}
