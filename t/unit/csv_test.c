/*
 * Tables as text: cells, quotes, line ends, what is cut.
 * link: fcgi-apps/files/csv.c
 * flags: -iquote fcgi-apps/files
 */
#include <string.h>

#include "csv.h"
#include "tap.h"

static struct ctx ctx;

/* Cells joined by '|', rows by '/'. */
static const char *all(const char *s, size_t n, char separator, size_t most, bool last)
{
	struct buf b = { 0 };
	struct csv_row row;
	size_t used = 0, taken;
	buf_in(&b, ctx.arena);
	while ((taken = csv_row(ctx.arena, s + used, n - used, last, separator, most, &row)) > 0) {
		for (size_t i = 0; i < row.n; i++)
			buf_printf(&b, "%s%s", i ? "|" : "", row.cells[i]);
		buf_printf(&b, "(%zu)/", row.all);
		used += taken;
	}
	buf_printf(&b, "%zu", n - used);
	return buf_cstr(&b);
}

static const struct { const char *name, *in, *want; char separator; size_t most; bool last; } rows[] = {
	{ "plain", "a,b\nc,d\n", "a|b(2)/c|d(2)/0", ',', 9, true },
	{ "no line end at the end", "a,b\nc,d", "a|b(2)/c|d(2)/0", ',', 9, true },
	{ "CR LF", "a,b\r\nc,d\r\n", "a|b(2)/c|d(2)/0", ',', 9, true },
	{ "a CR of its own stays", "a\rb,c\n", "a\rb|c(2)/0", ',', 9, true },
	{ "quotes", "\"a,b\",\"c\"\"d\"\n", "a,b|c\"d(2)/0", ',', 9, true },
	{ "a line end in quotes", "\"a\nb\",c\nd\n", "a\nb|c(2)/d(1)/0", ',', 9, true },
	{ "text behind a quote", "\"a\"b,c\n", "ab|c(2)/0", ',', 9, true },
	{ "a quote inside a cell", "a\"b,c\n", "a\"b|c(2)/0", ',', 9, true },
	{ "empty cells", ",,\n\n", "||(3)/(1)/0", ',', 9, true },
	{ "more cells than wanted", "a,b,c,d\n", "a|b(4)/0", ',', 2, true },
	{ "semicolons", "1,5;2\n", "1,5|2(2)/0", ';', 9, true },
	{ "tabs", "a\tb\n", "a|b(2)/0", '\t', 9, true },
	{ "a quote without end, at the end", "a,\"b\nc", "a|b\nc(2)/0", ',', 9, true },
	{ "a quote without end, more to come", "x\na,\"b\nc", "x(1)/6", ',', 9, false },
	{ "half a row, more to come", "x\na,b", "x(1)/3", ',', 9, false },
	{ "ends with a separator", "a,", "a|(2)/0", ',', 9, true },
	{ "nothing", "", "0", ',', 9, true },
};

int main(void)
{
	ctx.arena = arena_new(0);
	for (size_t i = 0; i < COUNT(rows); i++)
		is(all(rows[i].in, strlen(rows[i].in), rows[i].separator, rows[i].most, rows[i].last), rows[i].want, "%s", rows[i].name);
	is(all("a\0b,c\n", 6, ',', 9, true), "ab|c(2)/0", "NUL is left out");
	char *wide = arena_alloc(ctx.arena, 1000001);
	memset(wide, ',', 1000000);
	is(all(wide, 1000000, ',', 3, true), "||(1000001)/0", "a million columns");
	memset(wide, 'x', 1000000);
	struct csv_row row;
	is_int(csv_row(ctx.arena, wide, 1000000, true, ',', 3, &row), 1000000, "a cell of a million letters");
	is_int(strlen(row.cells[0]), CSV_CELL_MOST + 3, "is cut");
	for (size_t i = 0; i + 3 <= 999; i += 3)
		memcpy(wide + i, "가", 3);
	csv_row(ctx.arena, wide, 999, true, ',', 3, &row);
	ok(utf8_valid(row.cells[0], strlen(row.cells[0])), "never inside a letter");
	is_int(csv_separator("x.tsv", "a,b", 3), '\t', "tsv");
	is_int(csv_separator("x.csv", "a;b;c\n,,,,,", 11), ';', "the first line decides");
	is_int(csv_separator("x.csv", "\"a;b;c\",d\n", 10), ',', "outside of quotes");
	is_int(csv_separator("x.csv", "a\tb\n", 4), '\t', "tabs in a csv");
	arena_free(ctx.arena);
	return done_testing();
}
