/* Searching in a POSIX place: everything once whatever the size of a page, by each term; links, depth, changes between pages, cookies that nobody wrote. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base.h"
#include "store.h"
#include "store/driver.h"
#include "store/posix_quota.h"
#include "store/terms.h"
#include "tap.h"

static char base[64] = "/tmp/naru-find-XXXXXX";
static struct arena *arena;
static void *place;
static const struct store_terms any = { .at_least = -1, .at_most = -1, .dots = true };

static const char *at(const char *below)
{
	return text(arena, "%s/%s", base, below);
}

static void make_file(const char *below, off_t size)
{
	int fd = open(at(below), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, size))
		die("%s: %s", at(below), strerror(errno));
	close(fd);
}

static void make_folder(const char *below)
{
	if (mkdir(at(below), 0755))
		die("%s: %s", at(below), strerror(errno));
}

/* ---- searching until nothing is left ---- */

struct found { size_t n, pages; int64_t looked, unread; int error; struct texts names; };

static struct found search(const char *path, const struct store_terms *t, size_t limit)
{
	static const char *names[20000];
	struct found f = { .names = { names, 0 } };
	const char *cookie = "";
	do {
		struct row_find q = { .path = path, .cookie = cookie, .terms = t, .limit = limit, .until = clock_ms() + 5000 };
		struct row_hits out;
		f.error = posix_driver.find(place, &q, &out);
		f.pages++;
		f.looked += out.looked;
		f.unread += out.unread;
		for (size_t i = 0; !f.error && i < out.n && f.n < COUNT(names); i++)
			names[f.n++] = text(arena, "%s%s%s", out.at[i].folder, *out.at[i].folder ? "/" : "", out.at[i].row.name);
		cookie = text(arena, "%s", f.error ? "" : out.next);
		free(out.at);
	} while (*cookie && f.pages < 20000);
	f.names.n = f.n;
	return f;
}

static int order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* No name twice? */
static bool once(struct found f)
{
	const char **sorted = NEW_ARRAY(arena, const char *, f.n + 1);
	memcpy(sorted, f.names.at, f.n * sizeof *sorted);
	qsort(sorted, f.n, sizeof *sorted, order);
	for (size_t i = 1; i < f.n; i++)
		if (same(sorted[i], sorted[i - 1]))
			return diag("%s twice", sorted[i]), false;
	return true;
}

static bool has(struct found f, const char *name)
{
	for (size_t i = 0; i < f.n; i++)
		if (same(f.names.at[i], name))
			return true;
	return false;
}

/* ---- cases ---- */

/* 3 levels, 10 folders in each, 10 files in each of the deepest. */
#define ALL (10 + 100 + 1000)
static void make_tree(void)
{
	make_folder("tree");
	for (int i = 0; i < 10; i++) {
		make_folder(text(arena, "tree/d%d", i));
		for (int k = 0; k < 10; k++) {
			make_folder(text(arena, "tree/d%d/e%d", i, k));
			for (int m = 0; m < 10; m++)
				make_file(text(arena, "tree/d%d/e%d/run-%d.%s", i, k, m, m % 2 ? "log" : "dat"), 100 * m);
		}
	}
}

static void pages(void)
{
	static const size_t limits[] = { 1, 3, 10, 11, 199, 200 };
	for (size_t i = 0; i < COUNT(limits); i++) {
		struct found f = search("tree", &any, limits[i]);
		ok(f.error == 0 && f.n == ALL && f.looked == ALL && once(f), "%zu a page: everything once (%zu in %zu pages)", limits[i], f.n, f.pages);
	}
	struct found f = search("tree/d3/e4", &any, 200);
	ok(f.n == 10 && has(f, "run-3.log"), "from a folder down; paths are told from there");
	f = search("tree/none", &any, 200);
	is_int(f.error, ENOENT, "a folder that is not there");
	f = search("tree/d3/e4/run-3.log", &any, 200);
	is_int(f.error, ENOTDIR, "a file");
}

static void terms(void)
{
	struct store_terms t = any;
	t.name = "RUN-3";
	is_int(search("tree", &t, 50).n, 100, "a part of the name, in any case");
	t.name = "run-?.LOG";
	is_int(search("tree", &t, 50).n, 500, "a pattern is the whole name");
	t.name = "un-?.log";
	is_int(search("tree", &t, 50).n, 0, "not a part");
	t = any;
	t.kind = ENTRY_FOLDER;
	is_int(search("tree", &t, 50).n, 110, "folders");
	t.kind = ENTRY_FILE;
	t.at_least = 300;
	t.at_most = 400;
	is_int(search("tree", &t, 50).n, 200, "files of a size");
	t.kind = 0;
	t.at_least = 0;
	t.at_most = 0;
	is_int(search("tree", &t, 50).n, 100, "folders have none");
	t = any;
	struct timespec when[2] = { { .tv_sec = 1000000 }, { .tv_sec = 1000000 } };
	utimensat(AT_FDCWD, at("tree/d0/e0/run-0.dat"), when, 0);
	t.before = 1000001;
	is_int(search("tree", &t, 50).n, 1, "older than");
	t.before = 0;
	t.since = 1000001;
	is_int(search("tree", &t, 50).n, ALL - 1, "younger than");
}

static void hidden(void)
{
	struct store_terms t = any;
	make_folder("dots");
	make_folder("dots/.cache");
	make_file("dots/.cache/seen", 1);
	make_file("dots/.naru-part-123", 1);
	make_file("dots/plain", 1);
	is_int(search("dots", &t, 50).n, 3, "hidden ones when they are wanted, unfinished ones never");
	t.dots = false;
	struct found f = search("dots", &t, 50);
	ok(f.n == 1 && has(f, "plain"), "else neither they nor what is in them");
}

static void links(void)
{
	make_folder("links");
	make_folder("links/in");
	make_file("links/in/file", 1);
	ok(symlink("/etc", at("links/out")) == 0 && symlink("..", at("links/up")) == 0 && symlink("in", at("links/alias")) == 0, "links out, up and beside");
	struct found f = search("links", &any, 50);
	ok(f.n == 5 && has(f, "out") && has(f, "in/file") && !has(f, "out/passwd") && !has(f, "alias/file"), "are told and not followed");
	f = search("links/out", &any, 50);
	is_int(f.error, WIRE_E_OUTSIDE, "nor searched");
	chmod(at("links/in"), 0700);
	if (geteuid() != 0 || setegid(65534) || seteuid(65534))
		return;
	f = search("links", &any, 50);
	ok(f.error == 0 && f.unread == 1, "a folder that may not be read is counted (%d, %lld)", f.error, (long long)f.unread);
	ok(seteuid(0) == 0 && setegid(0) == 0, "root again");
}

/* Deeper than there are descriptors. */
static void deep(void)
{
	char path[1000] = "deep";
	size_t n = 4;
	make_folder(path);
	for (int i = 0; i < 150; i++, n += 2) {
		memcpy(path + n, "/d", 3);
		make_folder(path);
	}
	struct found f = search("deep", &any, 10);
	ok(f.error == 0 && f.n == 96 && f.unread == 1 && once(f), "150 levels: as far as it gets, and it says so (%zu, %zu pages)", f.n, f.pages);
}

static void changes(void)
{
	struct row_hits out;
	struct row_find q = { .path = "tree", .cookie = "", .terms = &any, .limit = 60, .until = clock_ms() + 5000 };
	ok(posix_driver.find(place, &q, &out) == 0 && out.n == 60 && *out.next, "a first page");
	const char *cookie = text(arena, "%s", out.next), *folder = text(arena, "%s", out.at[59].folder);
	free(out.at);
	ok(rename(at(text(arena, "tree/%s", folder)), at("gone")) == 0, "the folder where it stopped is moved away");
	q.cookie = cookie;
	q.limit = 200;
	ok(posix_driver.find(place, &q, &out) == 0 && out.n == 200, "the search goes on behind it");
	free(out.at);
	ok(rename(at("gone"), at(text(arena, "tree/%s", folder))) == 0, "it comes back");
	q.until = 0;
	ok(posix_driver.find(place, &q, &out) == 0 && *out.next, "no time at all: a cookie");
	free(out.at);
}

static void wild_cookies(void)
{
	static const char *const bad[] = { "x", ".", "-", "1.", "1.2", "1x", "1.2.3", "~", "u61", " " };
	static const char *const wild[] = { "ffffffffffffffffffffffff", "1.2-", "1.2-x", "0.0-0", "7fffffffffffffff.1-0", "0.ffffffffffffffffffff-0.1-0.1-0", "8000000000000000" };
	for (size_t i = 0; i < COUNT(bad) + COUNT(wild); i++) {
		const char *cookie = i < COUNT(bad) ? bad[i] : wild[i - COUNT(bad)];
		struct row_find q = { .path = "tree", .cookie = cookie, .terms = &any, .limit = 10, .until = clock_ms() + 1000 };
		struct row_hits out;
		int e = posix_driver.find(place, &q, &out);
		ok(i < COUNT(bad) ? e == EINVAL : e == 0 && out.n <= 10, "%s: %d", cookie, e);
		free(out.at);
	}
}

/* ---- patterns, against fnmatch() ---- */

static void patterns(void)
{
	static const char letters[] = "ab*?";
	unsigned wrong = 0;
	srand(7);
	for (int i = 0; i < 20000; i++) {
		char p[9] = "", s[9] = "";
		for (int k = rand() % 8; k > 0; k--)
			p[strlen(p)] = letters[rand() % 4];
		for (int k = rand() % 8; k > 0; k--)
			s[strlen(s)] = letters[rand() % 2];
		if (!strpbrk(p, "*?"))
			continue;
		struct store_terms t = any;
		t.name = p;
		wrong += terms_name(&t, s) != (fnmatch(p, s, 0) == 0);
	}
	is_int(wrong, 0, "20,000 patterns as fnmatch() has them");
	struct store_terms t = any;
	t.name = "?.dat";
	ok(terms_name(&t, "한.dat") && !terms_name(&t, "한글.dat") && terms_name(&t, "\xff.dat"), "a question mark is a letter, of whatever length");
	char stars[60], name[256];
	memset(stars, '*', 59);
	memset(name, 'a', 255);
	stars[59] = name[255] = 0;
	for (int i = 0; i < 58; i += 2)
		stars[i] = 'a';
	stars[58] = 'b';
	t.name = stars;
	int64_t begin = clock_ms();
	ok(!terms_name(&t, name) && clock_ms() - begin < 100, "a pattern that means trouble takes no time");
}

/* ---- quotas: what of the kernel's words is told ---- */

static void quotas(void)
{
	struct row_quota q;
	struct dqblk d = { .dqb_bhardlimit = 100, .dqb_bsoftlimit = 80, .dqb_curspace = 50 * 1024, .dqb_ihardlimit = 9, .dqb_curinodes = 8 };
	quota_of(&d, STORE_QUOTA_USER, &q);
	ok(q.of == STORE_QUOTA_USER && q.used == 51200 && q.limit == 81920 && q.files == 8 && q.files_limit == 9 && q.grace == 0, "the lower limit; no grace while it is kept");
	d.dqb_curspace = 90 * 1024;
	d.dqb_btime = 2000;
	d.dqb_itime = 1000;
	quota_of(&d, STORE_QUOTA_GROUP, &q);
	ok(q.of == STORE_QUOTA_GROUP && q.grace == 1000, "passed: when the first grace ends");
	d = (struct dqblk){ .dqb_bhardlimit = 10 };
	quota_of(&d, STORE_QUOTA_USER, &q);
	ok(q.limit == 10240 && q.files_limit == 0, "a hard limit alone; 0 is none");
	ok(posix_driver.quota(place, &q) == 0 && q.of >= STORE_QUOTA_NONE && q.of <= STORE_QUOTA_FOLDER, "asking for one where there may be none is no error");
}

int main(void)
{
	struct remote r = { .path = base };
	arena = arena_new(0);
	if (!mkdtemp(base) || posix_driver.open(&r, &place))
		die("%s: %s", base, strerror(errno));
	chmod(base, 0755);
	make_tree();
	pages();
	terms();
	hidden();
	links();
	deep();
	changes();
	wild_cookies();
	patterns();
	quotas();
	posix_driver.close(place);
	ok(system(text(arena, "rm -rf %s", base)) == 0, "tidied up");
	arena_free(arena);
	return done_testing();
}
