/*
 * Any bytes as a table: the rows use all of it, and reading in two halves gives the rows that reading at once gives.
 * link: fcgi-apps/files/csv.c
 * flags: -iquote fcgi-apps/files
 */
#include <stdlib.h>
#include <string.h>

#include "csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { COLUMNS = 5 };

static size_t row_at(struct arena *a, const char *s, size_t n, bool last, char separator, struct csv_row *row)
{
	size_t taken = csv_row(a, s, n, last, separator, COLUMNS, row);
	if (taken > n || (last && n && !taken) || (taken && (row->n > COLUMNS || row->n > row->all || row->all == 0)))
		abort();
	for (size_t i = 0; taken && i < row->n; i++)
		if (strlen(row->cells[i]) > CSV_CELL_MOST + 4)
			abort();
	return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new(0);
	const char *s = (const char *)data;
	char separator = csv_separator("x.csv", s, n);
	struct csv_row row, again;
	for (size_t used = 0; used < n;) {
		size_t taken = row_at(a, s + used, n - used, true, separator, &row);
		/* What comes behind a whole row does not change it. */
		size_t early = row_at(a, s + used, taken, false, separator, &again);
		if (early && (early != taken || again.all != row.all))
			abort();
		used += taken;
	}
	arena_free(a);
	return 0;
}
