/* diff: Myers' greedy algorithm (An O(ND) Difference Algorithm, 1986) on lines that have become numbers. */
#include "diff.h"

#include <string.h>

struct lines { const char **at; size_t *length; int *id; size_t n; };

/* ---- lines as numbers: equal ones have the same ---- */

static struct lines cut(struct arena *a, const char *s)
{
	struct lines l = { 0 };
	for (const char *p = s; *p && l.n < DIFF_LINES_MOST; p += strcspn(p, "\n"), p += *p != 0)
		l.n++;
	l.at = NEW_ARRAY(a, const char *, l.n + 1);
	l.length = NEW_ARRAY(a, size_t, l.n + 1);
	l.id = NEW_ARRAY(a, int, l.n + 1);
	for (size_t i = 0; i < l.n; i++) {
		l.at[i] = s;
		l.length[i] = strcspn(s, "\n");
		s += l.length[i];
		s += *s != 0;
	}
	return l;
}

struct known { const char *at; size_t length; };
struct table { struct known *known; int *places; size_t room; int n; };

static uint64_t hash(const char *s, size_t n)
{
	uint64_t h = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(1099511628211);
	return h ^ h >> 29;
}

static int number(struct table *t, const char *s, size_t n)
{
	size_t at = hash(s, n) & (t->room - 1);
	for (; t->places[at]; at = (at + 1) & (t->room - 1)) {
		const struct known *k = &t->known[t->places[at]];
		if (k->length == n && memcmp(k->at, s, n) == 0)
			return t->places[at];
	}
	t->known[++t->n] = (struct known){ s, n };
	return t->places[at] = t->n;
}

static void number_all(struct arena *a, struct lines *old, struct lines *new)
{
	struct table t = { .room = 16 };
	while (t.room < 2 * (old->n + new->n))
		t.room *= 2;
	t.known = NEW_ARRAY(a, struct known, old->n + new->n + 1);
	t.places = NEW_ARRAY(a, int, t.room);
	for (size_t i = 0; i < old->n; i++)
		old->id[i] = number(&t, old->at[i], old->length[i]);
	for (size_t i = 0; i < new->n; i++)
		new->id[i] = number(&t, new->at[i], new->length[i]);
}

/* ---- the shortest way ---- */

/* The part that differs; a way ends when all of both is used. furthest[d][k + d]: how far into the old one d edits lead on diagonal k. */
struct ways { const int *old, *new; int n_old, n_new; int **furthest; };

/* Where the best of the two ways with one edit less leads on diagonal k. */
static int after_edit(const struct ways *w, int d, int k)
{
	const int *before = d ? w->furthest[d - 1] + d - 1 : NULL;
	if (!before)
		return 0;
	return k == -d || (k != d && before[k - 1] < before[k + 1]) ? before[k + 1] : before[k - 1] + 1;
}

/* One more edit; true when the end is reached. */
static bool go_on(struct arena *a, struct ways *w, int d)
{
	int *now = (w->furthest[d] = NEW_ARRAY(a, int, 2 * d + 1)) + d;
	for (int k = -d; k <= d; k += 2) {
		int x = after_edit(w, d, k);
		while (x < w->n_old && x - k >= 0 && x - k < w->n_new && w->old[x] == w->new[x - k])
			x++;
		now[k] = x;
		if (x >= w->n_old && x - k >= w->n_new)
			return true;
	}
	return false;
}

/* The edits back from the end: which old lines go, which new ones come. */
static void mark(const struct ways *w, int d, bool *gone, bool *come)
{
	for (int k = w->n_old - w->n_new; d > 0; d--) {
		const int *before = w->furthest[d - 1] + d - 1;
		bool down = k == -d || (k != d && before[k - 1] < before[k + 1]);
		k += down ? 1 : -1;
		if (down)
			come[before[k] - k] = true;
		else
			gone[before[k]] = true;
	}
}

static void compare(struct arena *a, struct ways *w, bool *gone, bool *come)
{
	w->furthest = NEW_ARRAY(a, int *, DIFF_EDITS_MOST + 1);
	for (int d = 0; d <= DIFF_EDITS_MOST; d++)
		if (go_on(a, w, d)) {
			mark(w, d, gone, come);
			return;
		}
	memset(gone, 1, (size_t)w->n_old);
	memset(come, 1, (size_t)w->n_new);
}

/* What is the same at both ends needs no search. */
static void compare_middle(struct arena *a, const struct lines *old, const struct lines *new, bool *gone, bool *come)
{
	size_t head = 0, tail = 0, least = old->n < new->n ? old->n : new->n;
	while (head < least && old->id[head] == new->id[head])
		head++;
	while (tail < least - head && old->id[old->n - 1 - tail] == new->id[new->n - 1 - tail])
		tail++;
	struct ways w = { .old = old->id + head, .new = new->id + head, .n_old = (int)(old->n - head - tail), .n_new = (int)(new->n - head - tail) };
	compare(a, &w, gone + head, come + head);
}

/* ---- rows ---- */

struct writer { struct arena *a; struct diff_row *rows; size_t n; bool cut, skipped; };

static void add(struct writer *w, char kind, size_t old, size_t new, const char *at, size_t n)
{
	if (w->n >= DIFF_ROWS_MOST) {
		w->cut = true;
		return;
	}
	w->rows[w->n++] = (struct diff_row){ kind, (int64_t)old, (int64_t)new, arena_copy(w->a, at, n) };
}

/* Is a change within so many lines of this pair, on either side? */
static bool near_change(const struct lines *old, const struct lines *new, const bool *gone, const bool *come, size_t i, size_t k)
{
	for (size_t step = 0; step <= DIFF_CONTEXT; step++)
		if ((i + step < old->n && gone[i + step]) || (i >= step && i - step < old->n && gone[i - step])
			|| (k + step < new->n && come[k + step]) || (k >= step && k - step < new->n && come[k - step]))
			return true;
	return false;
}

static void write_same(struct writer *w, const struct lines *old, size_t i, size_t k, bool near)
{
	if (near)
		add(w, ' ', i + 1, k + 1, old->at[i], old->length[i]);
	else if (!w->skipped)
		add(w, '~', 0, 0, "", 0);
	w->skipped = !near;
}

struct diff diff_lines(struct arena *a, const char *old_text, const char *new_text)
{
	struct lines old = cut(a, old_text), new = cut(a, new_text);
	bool *gone = NEW_ARRAY(a, bool, old.n + 1), *come = NEW_ARRAY(a, bool, new.n + 1);
	struct writer w = { .a = a, .rows = NEW_ARRAY(a, struct diff_row, DIFF_ROWS_MOST) };
	number_all(a, &old, &new);
	compare_middle(a, &old, &new, gone, come);
	for (size_t i = 0, k = 0; i < old.n || k < new.n;) {
		if (i < old.n && gone[i]) {
			add(&w, '-', i + 1, 0, old.at[i], old.length[i]);
			i++;
		} else if (k < new.n && come[k]) {
			add(&w, '+', 0, k + 1, new.at[k], new.length[k]);
			k++;
		} else {
			write_same(&w, &old, i, k, near_change(&old, &new, gone, come, i, k));
			i++;
			k++;
		}
	}
	return (struct diff){ w.rows, w.n, w.cut };
}
