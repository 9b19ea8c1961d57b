#include "store/page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "store.h"

/* ---- order ---- */

static int64_t key_of(int order, const struct row *r)
{
	return order == STORE_BY_SIZE ? r->size : order == STORE_BY_TIME ? r->modified : 0;
}

/* "log" of "run.log"; of ".profile" and "README" nothing. */
static const char *ending(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot && dot > name ? dot + 1 : "";
}

static int compare_names(int order, const char *a, const char *b)
{
	int c = order == STORE_BY_ENDING ? strcasecmp(ending(a), ending(b)) : 0;
	return c ? c : strcmp(a, b);
}

static int compare(const void *a_, const void *b_, void *q_)
{
	const struct row *a = a_, *b = b_;
	const struct row_query *q = q_;
	int group = (a->kind != ENTRY_FOLDER) - (b->kind != ENTRY_FOLDER);
	if (group)
		return group;
	int64_t ka = key_of(q->order, a), kb = key_of(q->order, b);
	int c = ka != kb ? (ka < kb ? -1 : 1) : compare_names(q->order, a->name, b->name);
	return q->descending ? -c : c;
}

/* ---- page keys: "u" and a mark, or "k" group "." key "." name, names in hexadecimal ---- */

static void hex_write(char *to, size_t n, const char *s)
{
	for (size_t at = 0; *s && at + 2 < n; s++, at += 2)
		snprintf(to + at, n - at, "%02x", (unsigned)(unsigned char)*s);
}

static bool hex_read(const char *hex, char name[WIRE_NAME_MOST + 1])
{
	size_t n = strlen(hex) / 2;
	if (strlen(hex) % 2 || n > WIRE_NAME_MOST || strspn(hex, "0123456789abcdef") != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], 0 };
		name[i] = (char)strtoul(pair, NULL, 16);
	}
	name[n] = 0;
	return strlen(name) == n;
}

void page_mark_write(char *to, size_t n, const char *mark)
{
	snprintf(to, n, "u");
	hex_write(to + 1, n - 1, mark);
}

bool page_mark_read(const char *key, char mark[WIRE_NAME_MOST + 1])
{
	return key[0] == 'u' && hex_read(key + 1, mark);
}

static void key_write(char *to, size_t n, int order, const struct row *r)
{
	int at = snprintf(to, n, "k%d.%" PRId64 ".", r->kind != ENTRY_FOLDER, key_of(order, r));
	hex_write(to + at, n - (size_t)at, r->name);
}

static bool key_read(const char *text, struct row *r)
{
	char *end;
	if (text[0] != 'k' || (text[1] != '0' && text[1] != '1') || text[2] != '.')
		return false;
	r->kind = text[1] == '0' ? ENTRY_FOLDER : ENTRY_FILE;
	r->size = r->modified = strtoll(text + 3, &end, 10);
	return *end == '.' && hex_read(end + 1, r->name);
}

/* ---- the heap: the last of those kept is on top ---- */

static void swap(struct row *a, struct row *b)
{
	struct row t = *a;
	*a = *b;
	*b = t;
}

static bool below(struct page *p, size_t i, size_t j)
{
	return compare(&p->out->at[i], &p->out->at[j], (void *)(uintptr_t)p->q) < 0;
}

static void sift_up(struct page *p, size_t i)
{
	for (; i && below(p, (i - 1) / 2, i); i = (i - 1) / 2)
		swap(&p->out->at[i], &p->out->at[(i - 1) / 2]);
}

static void sift_down(struct page *p)
{
	for (size_t i = 0;;) {
		size_t big = i, l = 2 * i + 1, r = l + 1;
		if (l < p->n && below(p, big, l))
			big = l;
		if (r < p->n && below(p, big, r))
			big = r;
		if (big == i)
			return;
		swap(&p->out->at[i], &p->out->at[big]);
		i = big;
	}
}

static void keep(struct page *p, const struct row *r)
{
	if (p->n < p->q->limit) {
		p->out->at[p->n++] = *r;
		sift_up(p, p->n - 1);
		return;
	}
	p->more = true;
	if (compare(r, &p->out->at[0], (void *)(uintptr_t)p->q) < 0) {
		p->out->at[0] = *r;
		sift_down(p);
	}
}

/* ---- the page ---- */

int page_begin(struct page *p, const struct row_query *q, struct rows *out)
{
	*p = (struct page){ .out = out, .q = q, .later = *q->after != 0 };
	if (p->later && !key_read(q->after, &p->after))
		return EINVAL;
	if (!out->at)
		out->at = calloc(q->limit, sizeof *out->at);
	return out->at ? 0 : ENOMEM;
}

bool page_wants(const struct row_query *q, const char *name)
{
	bool trash = empty(q->path) && !strncmp(name, STORE_TRASH, sizeof STORE_TRASH - 1);
	return strlen(name) <= WIRE_NAME_MOST && !trash && !(q->no_dots && *name == '.') && (!*q->match || strcasestr(name, q->match));
}

void page_offer(struct page *p, const struct row *r)
{
	p->out->total++;
	if (!p->later || compare(&p->after, r, (void *)(uintptr_t)p->q) < 0)
		keep(p, r);
}

void page_end(struct page *p)
{
	qsort_r(p->out->at, p->n, sizeof *p->out->at, compare, (void *)(uintptr_t)p->q);
	if (p->more)
		key_write(p->out->next, sizeof p->out->next, p->q->order, &p->out->at[p->n - 1]);
	p->out->n = p->n;
}
