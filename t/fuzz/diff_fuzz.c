/*
 * Two texts, cut at the first NUL: every row of what differs is the line that it says, and its numbers go up.
 * link: fcgi-apps/files/diff.c
 * flags: -iquote fcgi-apps/files
 */
#include <stdlib.h>
#include <string.h>

#include "diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool is_line(const char *s, int64_t number, const char *line)
{
	while (--number > 0)
		s += strcspn(s, "\n") + 1;
	return strlen(line) == strcspn(s, "\n") && memcmp(s, line, strlen(line)) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new(0);
	const char *old = arena_copy(a, data, n), *new = strlen(old) < n ? old + strlen(old) + 1 : "";
	struct diff d = diff_lines(a, old, new);
	int64_t last_old = 0, last_new = 0;
	for (size_t i = 0; i < d.n; i++) {
		const struct diff_row *r = &d.at[i];
		if ((r->old && (r->old <= last_old || !is_line(old, r->old, r->text))) || (r->new && (r->new <= last_new || !is_line(new, r->new, r->text))))
			abort();
		last_old = r->old ? r->old : last_old;
		last_new = r->new ? r->new : last_new;
	}
	arena_free(a);
	return 0;
}
