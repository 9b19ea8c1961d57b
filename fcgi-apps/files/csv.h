/* csv: tables as text, RFC 4180 and what programs write besides: rows of cells, quoted or not, CR LF or LF. */
#ifndef NARU_FILES_CSV_H
#define NARU_FILES_CSV_H

#include "base.h"

enum { CSV_CELL_MOST = 200 /* bytes of a cell that are kept; then "…" */ };

struct csv_row { const char *const *cells; size_t n; size_t all; /* cells that there were */ };

/* What stands between cells: ',', ';' or a tab, by the first line; a tab if the name ends in .tsv or .tab. */
char csv_separator(const char *name, const char *at, size_t n);
/* Reads one row of at most `most` cells (more are counted only). Returns how many bytes it took, with its line end; 0: the row is not
 * all there (`last` false) or nothing is left. Cells are in the arena, bytes that are no UTF-8 as they are. */
size_t csv_row(struct arena *, const char *at, size_t n, bool last, char separator, size_t most, struct csv_row *);

#endif
