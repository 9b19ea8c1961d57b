/* page: a page of a sorted folder in bounded memory, against sorting all of it; keys of pages that were not written here. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "store.h"
#include "store/page.h"
#include "tap.h"

#define ROWS 500

static struct row rows[ROWS];

static void make_rows(void)
{
	srand(3);
	for (int i = 0; i < ROWS; i++) {
		rows[i] = (struct row){ .kind = rand() % 5 ? ENTRY_FILE : ENTRY_FOLDER, .size = rand() % 20, .modified = rand() % 20 - 10 };
		snprintf(rows[i].name, sizeof rows[i].name, "%c%d \xff%s", 'a' + rand() % 26, i, (const char *const[]){ "", ".c", ".h" }[rand() % 3]);
	}
}

static int expected(const struct row *a, const struct row *b, const struct row_query *q)
{
	if ((a->kind == ENTRY_FOLDER) != (b->kind == ENTRY_FOLDER))
		return a->kind == ENTRY_FOLDER ? -1 : 1;
	int64_t x = q->order == STORE_BY_SIZE ? a->size : q->order == STORE_BY_TIME ? a->modified : 0, y = q->order == STORE_BY_SIZE ? b->size : q->order == STORE_BY_TIME ? b->modified : 0;
	const char *ea = strrchr(a->name, '.'), *eb = strrchr(b->name, '.');
	int ending = q->order == STORE_BY_ENDING ? strcmp(ea ? ea : "", eb ? eb : "") : 0;
	int c = x != y ? (x < y ? -1 : 1) : ending ? ending : strcmp(a->name, b->name);
	return q->descending ? -c : c;
}

/* One page; 0 or an error. The rows are offered from another one on each time. */
static int page_of(struct row_query *q, struct rows *out)
{
	struct page p;
	int e = page_begin(&p, q, out), first = rand() % ROWS;
	for (int i = 0; !e && i < ROWS; i++)
		if (page_wants(q, rows[(first + i) % ROWS].name))
			page_offer(&p, &rows[(first + i) % ROWS]);
	if (!e)
		page_end(&p);
	return e;
}

/* All pages together: every row once, in order. */
static bool all_pages(int order, bool descending, size_t limit)
{
	char after[sizeof((struct rows *)NULL)->next] = "";
	struct row last = { 0 };
	size_t n = 0;
	for (size_t pages = 0; pages <= ROWS; pages++) {
		struct row_query q = { .path = "", .after = after, .match = "", .order = order, .descending = descending, .limit = limit };
		struct rows out = { 0 };
		if (page_of(&q, &out) || out.n > limit || out.total != ROWS)
			return free(out.at), false;
		for (size_t i = 0; i < out.n; last = out.at[i++], n++)
			if (n && expected(&last, &out.at[i], &q) >= 0)
				return free(out.at), diag("%s before %s", last.name, out.at[i].name), false;
		snprintf(after, sizeof after, "%s", out.next);
		free(out.at);
		if (!*after)
			break;
	}
	return n == ROWS;
}

static void pages(void)
{
	static const size_t limits[] = { 1, 7, 100, ROWS - 1, ROWS, ROWS + 1 };
	for (int order = STORE_BY_NAME; order <= STORE_BY_ENDING; order++)
		for (int descending = 0; descending < 2; descending++)
			for (size_t i = 0; i < COUNT(limits); i++)
				ok(all_pages(order, descending, limits[i]), "order %d%s, %zu a page", order, descending ? " from the end" : "", limits[i]);
}

static void matches(void)
{
	struct row_query q = { .path = "", .after = "", .match = "A1", .order = STORE_BY_NAME, .limit = 1000 };
	struct rows out = { 0 };
	size_t want = 0;
	for (int i = 0; i < ROWS; i++)
		want += strcasestr(rows[i].name, "a1") != NULL;
	ok(page_of(&q, &out) == 0 && out.n == want && out.total == (int64_t)want && want > 0, "%zu names have a part", want);
	free(out.at);
	q = (struct row_query){ .match = "" };
	ok(page_wants(&q, ".bashrc"), "hidden names are names");
	q.no_dots = true;
	ok(!page_wants(&q, ".bashrc") && page_wants(&q, "a.b"), "unless they are not wanted");
	char longest[300];
	memset(longest, 'x', sizeof longest);
	longest[256] = 0;
	ok(!page_wants(&(struct row_query){ .match = "" }, longest), "a name of 256 bytes is none");
	longest[255] = 0;
	ok(page_wants(&(struct row_query){ .match = "" }, longest), "one of 255 is");
}

/* What nobody wrote here is refused, and what looks as if it were does no harm. */
static void wild_keys(void)
{
	static const char *const bad[] = { "k", "kx", "k2.0.61", "k1", "k1.", "k1.5", "k1.x.61", "k1.5.6", "k1.5.6G", "k1.5.6A", "k1.5.61.", "k1.5.00", "k1.5.6100", "u61", "0", " k1.5.61", "k1..61x" };
	static const char *const wild[] = { "k1.99999999999999999999999.61", "k0.-99999999999999999999.61", "k1..", "k0.5.", "k1.+5.61" };
	char longest[600];
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct row_query q = { .path = "", .after = bad[i], .match = "", .order = STORE_BY_NAME, .limit = 10 };
		struct rows out = { 0 };
		is_int(page_of(&q, &out), EINVAL, "refused: %s", bad[i]);
		free(out.at);
	}
	for (size_t i = 0; i < COUNT(wild); i++) {
		struct row_query q = { .path = "", .after = wild[i], .match = "", .order = STORE_BY_SIZE, .limit = 10 };
		struct rows out = { 0 };
		ok(page_of(&q, &out) == 0 && out.n <= 10, "a page after %s", wild[i]);
		free(out.at);
	}
	memset(longest, '6', sizeof longest);
	memcpy(longest, "k1.5.", 5);
	longest[5 + 2 * 255] = 0;
	struct row_query q = { .path = "", .after = longest, .match = "", .order = STORE_BY_NAME, .limit = 10 };
	struct rows out = { 0 };
	ok(page_of(&q, &out) == 0, "a name of 255 bytes");
	free(out.at);
	out = (struct rows){ 0 };
	memcpy(longest + 5 + 2 * 255, "66", 3);
	ok(page_of(&q, &out) == EINVAL, "not of 256");
	free(out.at);
}

static void long_names(void)
{
	struct row_query q = { .path = "", .after = "", .match = "", .order = STORE_BY_TIME, .limit = 1 };
	struct rows out = { 0 };
	struct page p;
	struct row a = { .kind = ENTRY_FILE, .modified = INT64_MIN }, b = { .kind = ENTRY_FILE, .modified = INT64_MAX };
	memset(a.name, '\xff', 255);
	memset(b.name, 'b', 255);
	ok(page_begin(&p, &q, &out) == 0, "names of 255 bytes, times without end");
	page_offer(&p, &b);
	page_offer(&p, &a);
	page_end(&p);
	ok(out.n == 1 && same(out.at[0].name, a.name) && strlen(out.next) < sizeof out.next - 1, "a first page");
	q.after = strdup(out.next);
	free(out.at);
	out = (struct rows){ 0 };
	ok(page_begin(&p, &q, &out) == 0, "its key is known again");
	page_offer(&p, &a);
	page_offer(&p, &b);
	page_end(&p);
	ok(out.n == 1 && same(out.at[0].name, b.name) && !*out.next, "the second and last");
	free(out.at);
	free((void *)(uintptr_t)q.after);
}

static void marks(void)
{
	char key[2 * WIRE_NAME_MOST + 64], mark[WIRE_NAME_MOST + 1], longest[WIRE_NAME_MOST + 1];
	memset(longest, '\xee', sizeof longest);
	longest[WIRE_NAME_MOST] = 0;
	const char *const all[] = { "", "a", "two words/and more", "\x01\xff", longest };
	for (size_t i = 0; i < COUNT(all); i++) {
		page_mark_write(key, sizeof key, all[i]);
		ok(key[strspn(key, "0123456789abcdefu")] == 0 && page_mark_read(key, mark) && same(mark, all[i]), "a mark of %zu bytes", strlen(all[i]));
	}
	ok(!page_mark_read("k61", mark) && !page_mark_read("u6", mark) && !page_mark_read("u00", mark) && !page_mark_read("", mark) && !page_mark_read("uXX", mark), "marks that are none");
}

int main(void)
{
	program = "test";
	make_rows();
	pages();
	matches();
	wild_keys();
	long_names();
	marks();
	return done_testing();
}
