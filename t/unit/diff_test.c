/*
 * Two texts line by line: what comes out makes the one of the other, and is the shortest.
 * link: fcgi-apps/files/diff.c
 * flags: -iquote fcgi-apps/files
 */
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "tap.h"

static struct arena *a;

static const char *told(const char *old, const char *new)
{
	struct diff d = diff_lines(a, old, new);
	struct buf b = { 0 };
	buf_in(&b, a);
	for (size_t i = 0; i < d.n; i++)
		buf_printf(&b, "%c%s ", d.at[i].kind, d.at[i].text);
	return buf_cstr(&b);
}

static const struct { const char *name, *old, *new, *want; } cases[] = {
	{ "the same", "a\nb\n", "a\nb\n", "~ " },
	{ "nothing and nothing", "", "", "" },
	{ "all new", "", "a\nb\n", "+a +b " },
	{ "all gone", "a\nb\n", "", "-a -b " },
	{ "one changed", "a\nb\nc\n", "a\nx\nc\n", " a -b +x  c " },
	{ "one inserted", "a\nc\n", "a\nb\nc\n", " a +b  c " },
	{ "one removed", "a\nb\nc\n", "a\nc\n", " a -b  c " },
	{ "the last line end", "a\nb", "a\nb\n", "~ " },
	{ "Myers' own", "a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", "-a -b  c +b  a  b -b  a +c " },
	{ "far away lines are left out", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\nx\n", "~  6  7  8 -9 +x " },
	{ "empty lines are lines", "a\n\n\nb\n", "a\n\nb\n", " a   -  b " },
};

/* A text of n lines out of few words, so that much is alike. */
static char *random_text(size_t n)
{
	char *s = arena_alloc(a, 2 * n + 1);
	for (size_t i = 0; i < n; i++) {
		s[2 * i] = (char)('a' + random() % 4);
		s[2 * i + 1] = '\n';
	}
	return s;
}

/* The edits of the shortest way, by the textbook's table. */
static size_t shortest(const char *x, const char *y)
{
	size_t n = strlen(x) / 2, m = strlen(y) / 2, *table = calloc((n + 1) * (m + 1), sizeof *table), common;
	for (size_t i = 1; i <= n; i++)
		for (size_t k = 1; k <= m; k++) {
			size_t up = table[(i - 1) * (m + 1) + k], left = table[i * (m + 1) + k - 1];
			table[i * (m + 1) + k] = x[2 * i - 2] == y[2 * k - 2] ? table[(i - 1) * (m + 1) + k - 1] + 1 : up > left ? up : left;
		}
	common = table[n * (m + 1) + m];
	free(table);
	return n + m - 2 * common;
}

static void try_random(void)
{
	size_t wrong = 0, longer = 0;
	for (int round = 0; round < 300; round++) {
		const char *x = random_text((size_t)(random() % 40)), *y = random_text((size_t)(random() % 40));
		struct diff d = diff_lines(a, x, y);
		size_t edits = 0;
		for (size_t i = 0; i < d.n; i++) {
			const struct diff_row *r = &d.at[i];
			edits += r->kind == '-' || r->kind == '+';
			if (r->old)
				wrong += x[2 * (r->old - 1)] != *r->text;
			if (r->new)
				wrong += y[2 * (r->new - 1)] != *r->text;
		}
		longer += edits != shortest(x, y);
	}
	is_int(wrong, 0, "300 pairs of texts: every row is the line that it says");
	is_int(longer, 0, "and no way is shorter");
}

int main(void)
{
	a = arena_new(0);
	for (size_t i = 0; i < COUNT(cases); i++)
		is(told(cases[i].old, cases[i].new), cases[i].want, "%s", cases[i].name);
	srandom(1);
	try_random();
	arena_reset(a);
	int64_t start = clock_ms();
	char *x = random_text(60000), *y = random_text(60000);
	struct diff d = diff_lines(a, x, y);
	ok(d.cut && d.n == DIFF_ROWS_MOST, "60,000 lines that have nothing in common: cut");
	ok(clock_ms() - start < 5000, "in time");
	arena_free(a);
	return done_testing();
}
