#include "csv.h"

#include <string.h>
#include <strings.h>

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);
	return n >= m && strcasecmp(name + n - m, end) == 0;
}

char csv_separator(const char *name, const char *at, size_t n)
{
	size_t commas = 0, semicolons = 0, tabs = 0;
	bool quoted = false;
	if (ends_in(name, ".tsv") || ends_in(name, ".tab"))
		return '\t';
	for (size_t i = 0; i < n && (quoted || at[i] != '\n'); i++) {
		quoted ^= at[i] == '"';
		commas += !quoted && at[i] == ',';
		semicolons += !quoted && at[i] == ';';
		tabs += !quoted && at[i] == '\t';
	}
	return tabs > commas && tabs > semicolons ? '\t' : semicolons > commas ? ';' : ',';
}

/* Where a row is being read. */
struct reader { const char *at; size_t n, i; char separator; };

static void keep(struct buf *b, char c)
{
	if (b->n < CSV_CELL_MOST && c)
		buf_char(b, c);
}

/* Up to the quote that ends it; two quotes are one. False: it does not end. */
static bool quoted(struct reader *r, struct buf *b)
{
	for (r->i++; r->i < r->n; r->i++) {
		if (r->at[r->i] != '"')
			keep(b, r->at[r->i]);
		else if (r->i + 1 < r->n && r->at[r->i + 1] == '"')
			keep(b, r->at[r->i++]);
		else
			return r->i++, true;
	}
	return false;
}

static bool at_end(const struct reader *r)
{
	char c = r->at[r->i];
	return c == r->separator || c == '\n' || (c == '\r' && r->i + 1 < r->n && r->at[r->i + 1] == '\n');
}

/* A letter that was cut in the middle goes. */
static const char *cell_text(struct arena *a, struct buf *b)
{
	if (b->n < CSV_CELL_MOST)
		return b->n ? arena_copy(a, b->at, b->n) : "";
	while (b->n && ((unsigned char)b->at[b->n - 1] & 0xc0) == 0x80)
		b->n--;
	if (b->n && (unsigned char)b->at[b->n - 1] >= 0xc0)
		b->n--;
	return text(a, "%.*s…", (int)b->n, b->at);
}

/* False: the text ends inside the cell. What stands behind a closing quote belongs to the cell, as in every spreadsheet. */
static bool cell(struct reader *r, struct buf *b)
{
	b->n = 0;
	if (r->i < r->n && r->at[r->i] == '"' && !quoted(r, b))
		return false;
	for (; r->i < r->n && !at_end(r); r->i++)
		keep(b, r->at[r->i]);
	return r->i < r->n;
}

size_t csv_row(struct arena *a, const char *at, size_t n, bool last, char separator, size_t most, struct csv_row *row)
{
	struct reader r = { .at = at, .n = n, .separator = separator };
	const char **cells = NEW_ARRAY(a, const char *, most + 1);
	struct buf b = { 0 };
	*row = (struct csv_row){ .cells = cells };
	if (n == 0)
		return 0;
	for (bool more = true; more;) {
		bool whole = cell(&r, &b);
		if (!whole && !last) {
			buf_free(&b);
			return 0;
		}
		if (row->n < most)
			cells[row->n++] = cell_text(a, &b);
		row->all++;
		more = whole && at[r.i] == separator;
		r.i += more;
	}
	buf_free(&b);
	if (r.i < n && at[r.i] == '\r')
		r.i++;
	return r.i + (r.i < n);
}
