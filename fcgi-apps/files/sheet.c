/* sheet: a table that was written as text, some rows of it at a time. Only the bytes of those are read. */
#include <string.h>

#include "csv.h"
#include "korean.h"
#include "previews.h"

#define ROWS 200
#define COLUMNS 50
#define READ_MOST 1048576 /* bytes for the rows of a page */
#define HEAD_MOST 65536   /* for the first row, which names the columns */

struct sheet_reader { struct req *r; struct where *w; int64_t size; char separator; size_t widest; };

/* Commas, quotation marks and line ends are no part of a letter in CP949, so cells can be told apart before they are read. */
static const char *readable(struct req *r, const char *cell)
{
	const char *korean = utf8_valid(cell, strlen(cell)) ? NULL : korean_text(r->ctx->arena, cell, strlen(cell), false);
	return korean ? korean : cell;
}

static struct sheet_cell_list cells(struct req *r, const struct csv_row *row)
{
	struct sheet_cell *c = NEW_ARRAY(r->ctx->arena, struct sheet_cell, row->n + 1);
	for (size_t i = 0; i < row->n; i++)
		c[i].value = readable(r, row->cells[i]);
	return (struct sheet_cell_list){ c, row->n };
}

/* "A", "B" … "AX", as spreadsheets call a column that has no name. */
static const char *letters(struct arena *a, size_t i)
{
	return i < 26 ? text(a, "%c", (int)('A' + i)) : text(a, "%c%c", (int)('A' + i / 26 - 1), (int)('A' + i % 26));
}

static struct sheet_cell_list heads(struct req *r, const struct csv_row *first, size_t widest)
{
	size_t n = widest < COLUMNS ? widest : COLUMNS;
	struct sheet_cell *c = NEW_ARRAY(r->ctx->arena, struct sheet_cell, n + 1);
	for (size_t i = 0; i < n; i++)
		c[i].value = i < first->n && *first->cells[i] ? readable(r, first->cells[i]) : letters(r->ctx->arena, i);
	return (struct sheet_cell_list){ c, n };
}

/* The rows from a place on; *at and *row go on to where the next page begins. */
static struct sheet_row_list rows(struct sheet_reader *s, const char *from, size_t n, int64_t *at, int64_t *row)
{
	struct sheet_row *all = NEW_ARRAY(s->r->ctx->arena, struct sheet_row, ROWS);
	struct csv_row one;
	size_t used = 0, taken, count = 0;
	bool last = *at + (int64_t)n >= s->size;
	for (; count < ROWS && (taken = csv_row(s->r->ctx->arena, from + used, n - used, last, s->separator, COLUMNS, &one)); used += taken) {
		all[count++] = (struct sheet_row){ .number = (*row)++, .cells = cells(s->r, &one) };
		s->widest = one.all > s->widest ? one.all : s->widest;
	}
	*at += (int64_t)used;
	return (struct sheet_row_list){ all, count };
}

static const char *page_url(struct req *r, const struct file *m, int64_t at, int64_t row)
{
	return text(r->ctx->arena, "%s?look=table&at=%lld&row=%lld%s", m->url, (long long)at, (long long)row, back_kept(r));
}

static const char *shown(struct sheet_reader *s, const struct sheet *t)
{
	struct ctx *c = s->r->ctx;
	if (t->rows.n == 0)
		return tr(c, "There are no rows here.");
	long long first = (long long)t->rows.at[0].number, last = (long long)t->rows.at[t->rows.n - 1].number;
	if (s->widest > COLUMNS)
		return say(c, "Rows %lld to %lld, columns 1 to %d of %lld", first, last, COLUMNS, (long long)s->widest);
	return say(c, "Rows %lld to %lld", first, last);
}

/* The first row, wherever the page begins. */
static bool first_row(struct sheet_reader *s, struct csv_row *first, int64_t *behind)
{
	char *from;
	size_t n, mark;
	if (!content_read(s->r, s->w, s->size, 0, s->size < HEAD_MOST ? s->size : HEAD_MOST, &from, &n))
		return false;
	if (memchr(from, 0, n))
		return fail(s->r->ctx, KIND_INVALID, tr(s->r->ctx, "This is not a table as text. Download it, or look at its bytes."), "table: NUL");
	mark = n >= 3 && memcmp(from, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	s->separator = csv_separator(path_name(s->w->path), from + mark, n - mark);
	/* A longer one is cut: its names are, at least, the first ones. */
	*behind = (int64_t)(mark + csv_row(s->r->ctx->arena, from + mark, n - mark, (int64_t)n >= s->size, s->separator, COLUMNS, first));
	if (*behind == (int64_t)mark)
		csv_row(s->r->ctx->arena, from + mark, n - mark, true, s->separator, COLUMNS, first);
	s->widest = first->all;
	return true;
}

static int64_t asked(struct req *r, const char *name, int64_t least, int64_t most)
{
	int64_t n;
	return req_query(r, name) && parse_int(req_query(r, name), least, most, &n) ? n : least;
}

bool sheet_fill(struct req *r, struct file *m, struct where *w, const struct entry *e)
{
	struct sheet_reader s = { .r = r, .w = w, .size = e->size };
	struct sheet *t = NEW(r->ctx->arena, struct sheet);
	struct csv_row first;
	int64_t begin = 0, at, row = asked(r, "row", 2, INT64_MAX / 2);
	char *from;
	size_t n;
	if (!first_row(&s, &first, &begin))
		return false;
	at = w->can & (STORE_CAN_SEEK | STORE_CAN_PART) ? asked(r, "at", begin, e->size) : begin;
	if (at == begin)
		row = 2;
	if (!content_read(r, w, e->size, at, READ_MOST, &from, &n))
		return false;
	int64_t next = at, next_row = row;
	t->rows = rows(&s, from, n, &next, &next_row);
	t->heads = heads(r, &first, s.widest);
	t->shown = shown(&s, t);
	t->first = at > begin ? page_url(r, m, begin, 2) : NULL;
	if (next < e->size && t->rows.n > 0)
		t->next = page_url(r, m, next, next_row);
	else if (next < e->size)
		t->stuck = tr(r->ctx, "The next row is longer than 1 MiB, or a quotation mark in it has no end. Look at the file as text.");
	m->sheet = t;
	return true;
}
