/*
 * The contract of store.h with a real launcher, a real connector and a real server: t/stores*.t run it with each of those of ops/stores. What kinds
 * differ in is asked of store_can() and of nothing else. Run as root.
 *
 * STORE_KIND s3, sftp, ftp, webdav, or posix for alice's home; STORE_HOST, STORE_PORT, STORE_USER, STORE_SECRET, STORE_KEY_FILE, STORE_BUCKET, STORE_REGION,
 * STORE_PATH, STORE_SECURITY, STORE_AUTH, STORE_PINNED, STORE_ACTIVE: the record. STORES_CA: authorities; STORES_OTHER_CA: one that signed nothing.
 * STORE_BRIEF: without the cases that need no real server. STORE_FILES: where the server keeps what it is given, if that can be looked at.
 */
#include "store_contract_records.h"
#include "store_contract_rights.h"
#include "store_contract_site.h"
#include "store_contract_find.h"

/* ---- the cases ---- */

static void opening(void)
{
	struct entry e;
	struct store_page p;
	const char *software = "", *key = "";
	start("open, top, folders");
	can = store_can(s);
	diag("can %#x", can);
	ok(can & STORE_CAN_WRITE, "it may be written to");
	ok(!(can & STORE_CAN_SEEK) == !is_posix, "content comes through pipes, unless it is a file of this machine");
	ok(store_stat(c, s, "", &e) && e.kind == ENTRY_FOLDER && !*e.name, "the top is a folder");
	ok(store_list(c, s, &(struct store_query){ .path = "", .limit = 10 }, &p), "and can be listed");
	if (!is_posix)
		ok(store_about(c, s, &software, &key), "it tells of itself: %s %s", software, key);
	folder = text(site_arena, "contract %lld", (long long)clock_ms());
	ok(store_make_folder(c, s, folder) && store_stat(c, s, folder, &e) && e.kind == ENTRY_FOLDER && same(e.name, folder), "a folder is made");
	ok(fails(store_make_folder(c, s, folder), KIND_CONFLICT), "once");
	ok(count(folder) == 0, "it is empty");
	ok(store_list(c, s, &(struct store_query){ .path = "", .match = folder, .limit = 10 }, &p) && p.n == 1 && p.at[0].kind == ENTRY_FOLDER && same(p.at[0].name, folder),
		"the top lists it");
	ok(store_make_folder(c, s, in("a")) && store_make_folder(c, s, in("a/b")) && count(in("a")) == 1, "folders in folders");
	ok(fails(store_make_folder(c, s, in("none/b")), KIND_NOT_FOUND), "not in one that is not there");
}

static void sizes(void)
{
	static const int64_t all[] = { 0, 1, 4095, 100000, 3 << 20 };
	struct entry e;
	start("sizes");
	for (size_t i = 0; i < COUNT(all); i++) {
		const char *path = in(text(c->arena, "size%zu", i));
		ok(make_file(path, all[i], i % 2 ? -1 : all[i], false), "%lld bytes are written", (long long)all[i]);
		ok(has_content(path, all[i]), "and read");
		ok(store_stat(c, s, path, &e) && e.size == all[i] && e.kind == ENTRY_FILE && same(e.name, text(c->arena, "size%zu", i)), "and listed with their size");
		int64_t age = now() - e.modified;
		ok(!(can & STORE_CAN_TIMES) || (age > -60 && age < 600), "and with a time (%lld s ago)", (long long)age);
	}
	ok(make_file(in("size3"), 70000, -1, true) && has_content(in("size3"), 70000), "a shorter one takes a longer one's place");
	int64_t before = clock_ms();
	ok(make_file(in("large"), LARGE, LARGE, false), "%lld MiB are written", (long long)(LARGE >> 20));
	diag("%lld ms", (long long)(clock_ms() - before));
	before = clock_ms();
	ok(has_content(in("large"), LARGE), "and read");
	diag("%lld ms", (long long)(clock_ms() - before));
#if !defined(__SANITIZE_ADDRESS__)
	long kb = peak(connector());
	ok(kb > 0 && kb < PEAK_KB, "the connector has had %ld KiB at most", kb);
#endif
	ok(make_file(in("large"), LARGE / 4, -1, true) && has_content(in("large"), LARGE / 4), "of a length that nobody knew");
}

static void parts(void)
{
	start("parts");
	int64_t size = LARGE / 4;
	ok(has_part(in("large"), 0, 100, 100), "the first 100 bytes");
	if (!(can & STORE_CAN_PART)) {
		ok(fails(has_part(in("large"), 5, 100, 105), KIND_INVALID), "from another offset on it cannot, and says so");
		return;
	}
	ok(has_part(in("large"), 12345, 1, 12346), "one byte");
	ok(has_part(in("large"), 1000003, 3000000, 4000003), "some of the middle");
	ok(has_part(in("large"), size - 10, -1, size), "the last ten");
	ok(has_part(in("large"), size - 10, 1000, size), "at most 1,000 of the last ten");
	ok(has_part(in("large"), size, -1, size), "nothing behind the end");
	ok(has_part(in("size0"), 0, 10, 0), "nothing of an empty file");
	ok(has_part(in("large"), 100, 0, 100), "no bytes at all");
}

/* Names that all must carry, and then those that a protocol may refuse. */
static const char *const names[] = {
	"two words", " lead", "\xed\x95\x9c\xea\xb8\x80 \xec\x9d\xb4\xeb\xa6\x84.txt", "quote'\"`", "100%", "%2e%2e", "%41", "a+b", "number#1", "what?", "a;b;type=i", ".hidden", "-rf", "a&b=c",
	"<b>", "[x]{y}*", "colon: c", "at@sign", "tilde~", "$HOME", "caf\xc3\xa9", "cafe\xcc\x81", "...", "a,b", "(1)|^", "CON",
	"\xf0\x9f\x9a\xa2",
};
static const char *const hard_names[] = { "back\\slash", "tab\there", "line\nend", "cr\rlf\r\n", "\xff\xfe", "\x1b[31m", "trail ", "trail.", "d\x7f" };

static bool listed(const char *path, const char *name)
{
	struct store_page p;
	if (!store_list(c, s, &(struct store_query){ .path = path, .order = STORE_BY_NAME, .limit = 1000 }, &p))
		return false;
	for (size_t i = 0; i < p.n; i++)
		if (same(p.at[i].name, name))
			return true;
	return false;
}

static bool carries(const char *name)
{
	const char *path = text(c->arena, "%s/names/%s", folder, name);
	return make_file(path, 10, 10, false) && has_content(path, 10) && listed(in("names"), name);
}

static void name_is_kept(const char *name, bool may_refuse)
{
	bool kept = carries(name);
	bool refused = !kept && may_refuse && c->error.kind == KIND_INVALID;
	if (refused)
		forget(c);
	ok(kept || (refused && !listed(in("names"), name)), "%s: %s", kept ? "kept" : "refused", name);
}

static void odd_names(void)
{
	char longest[256];
	start("names");
	ok(store_make_folder(c, s, in("names")), "a folder");
	for (size_t i = 0; i < COUNT(names); i++)
		name_is_kept(names[i], false);
	int had = count(in("names"));
	is_int(had, COUNT(names), "all of them are listed");
	for (size_t i = 0; i < COUNT(hard_names); i++)
		name_is_kept(hard_names[i], true);
	memset(longest, 'n', 255);
	longest[255] = 0;
	name_is_kept(longest, true);
	for (size_t i = 0; i < COUNT(names); i++) {
		const char *from = text(c->arena, "%s/names/%s", folder, names[i]), *to = text(c->arena, "%s/a/%s", folder, names[i]);
		ok(store_rename(c, s, from, to) && has_content(to, 10) && !there(from) && store_remove(c, s, to, false), "renamed and removed: %s", names[i]);
	}
	ok(store_make_folder(c, s, in("names/\xed\x8f\xb4\xeb\x8d\x94 #1 100%")) && make_file(in("names/\xed\x8f\xb4\xeb\x8d\x94 #1 100%/x"), 5, 5, false) &&
		count(in("names/\xed\x8f\xb4\xeb\x8d\x94 #1 100%")) == 1, "an odd folder with a file");
	ok(store_remove(c, s, in("names"), true) && !there(in("names")), "and all are removed with their folder");
}

/* ---- many ---- */

static int place_of(const char *name)
{
	int64_t k;
	return name[0] == 'f' && parse_int(name + 1, 0, MANY - 1, &k) ? (int)k : -1;
}

static int compare(const struct entry *a, const struct entry *b, enum store_order order)
{
	int64_t x = order == STORE_BY_SIZE ? a->size : order == STORE_BY_TIME ? a->modified : 0, y = order == STORE_BY_SIZE ? b->size : order == STORE_BY_TIME ? b->modified : 0;
	return x != y ? (x < y ? -1 : 1) : strcmp(a->name, b->name);
}

/* Every entry once, and none before its turn. */
static bool page_through(struct store_query q)
{
	static char seen[MANY];
	struct entry last = { 0 };
	int n = 0, pages = 0;
	memset(seen, 0, sizeof seen);
	q.path = in("many");
	for (struct store_page p; pages < MANY; pages++) {
		if (!store_list(c, s, &q, &p))
			return false;
		for (size_t i = 0; i < p.n; last = p.at[i++], n++) {
			int k = place_of(p.at[i].name);
			if (k < 0 || seen[k]++ || p.at[i].size != k % 7)
				return diag("%s: once too often, or not of its size", p.at[i].name), false;
			int order = last.name && q.order != STORE_ANY ? compare(&last, &p.at[i], q.order) : 0;
			if (q.descending ? order < 0 : order > 0)
				return diag("%s comes before %s", last.name, p.at[i].name), false;
		}
		if (!(q.after = p.next))
			break;
	}
	if (n != MANY)
		diag("%d entries", n);
	return n == MANY;
}

#define BY_STORE 100

/* Where the server keeps what it is given; NULL: that cannot be looked at. */
static const char *files_of_server(void)
{
	return is_posix ? site_path("home/alice") : getenv("STORE_FILES");
}

/* What is listed need not all have come through the store: a file made beside it takes no round trip. */
static bool plant(int i)
{
	int fd = open(text(c->arena, "%s/%s/f%d", files_of_server(), in("many"), i), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
	bool full = fd >= 0 && put(fd, i % 7);
	return fd >= 0 && close(fd) == 0 && full;
}

static bool make_many(void)
{
	for (int i = 0; i < MANY; i++) {
		if (i >= BY_STORE && files_of_server()) {
			if (plant(i))
				continue;
			return false;
		}
		int fd;
		const char *path = in(text(c->arena, "many/f%d", i));
		if (!store_create(c, s, path, i % 7, &fd) || !put(fd, i % 7) || !store_commit(c, s, fd, path, false))
			return false;
		if (i % 100 == 99)
			again();
	}
	return true;
}

static void paging(void)
{
	struct store_page p;
	start("many");
	int64_t before = clock_ms();
	ok(store_make_folder(c, s, in("many")) && make_many(), "%d files are made", MANY);
	diag("%lld ms", (long long)(clock_ms() - before));
	for (enum store_order order = STORE_ANY; order <= STORE_BY_TIME; order++)
		for (int descending = 0; descending < 2; descending++)
			ok(page_through((struct store_query){ .order = order, .descending = descending, .limit = descending ? 1000 : 333 }), "order %d%s: each once", (int)order,
				descending ? ", from the end" : "");
	struct store_query q = { .path = in("many"), .order = STORE_BY_NAME, .limit = 1000 };
	q.match = "F119";
	ok(store_list(c, s, &q, &p) && p.n == 11 && !p.next && (p.total == 11 || p.total == -1), "by a part of the name: %zu", p.n);
	q.match = "no such";
	ok(store_list(c, s, &q, &p) && p.n == 0 && !p.next, "by a part that none has");
	ok(store_list(c, s, &(struct store_query){ .path = in("many"), .order = STORE_ANY, .match = "f119", .limit = 3 }, &p) && p.n <= 3, "unsorted, by a part");
	ok(fails(store_list(c, s, &(struct store_query){ .path = in("many"), .order = STORE_BY_NAME, .after = "kx", .limit = 3 }, &p), KIND_INVALID), "a page key that is none");
	bool gone = false;
	before = clock_ms();
	for (int i = 0; i < 20 && !gone; i++)
		gone = store_remove(c, s, in("many"), true) || kind_then_forget() != KIND_TIMEOUT;
	ok(gone && !there(in("many")), "all are removed");
	diag("%lld ms", (long long)(clock_ms() - before));
}

/* ---- changes ---- */

static void renaming(void)
{
	start("renaming");
	ok(make_file(in("old"), 100, 100, false) && make_file(in("other"), 200, 200, false), "two files");
	ok(store_rename(c, s, in("old"), in("new")) && has_content(in("new"), 100) && !there(in("old")), "one gets another name");
	ok(store_rename(c, s, in("new"), in("a/new")) && has_content(in("a/new"), 100) && !there(in("new")), "another folder");
	ok(fails(store_rename(c, s, in("a/new"), in("other")), KIND_CONFLICT) && has_content(in("other"), 200) && has_content(in("a/new"), 100), "never another's place");
	ok(fails(store_rename(c, s, in("a/new"), in("a/b")), KIND_CONFLICT) && has_content(in("a/new"), 100), "nor a folder's");
	ok(fails(store_rename(c, s, in("none"), in("x")), KIND_NOT_FOUND), "what is not there has none");
	ok(fails(store_rename(c, s, in("other"), in("none/x")), KIND_NOT_FOUND) && has_content(in("other"), 200), "nor is there one in a folder that is not there");
	ok(fails(store_rename(c, s, "", "x"), KIND_INVALID) && fails(store_remove(c, s, "", true), KIND_INVALID), "the top stays");
	ok(fails(store_rename(c, s, in("a"), in("a/b/c")), KIND_INVALID) && has_content(in("a/new"), 100), "a folder does not go into itself");
	bool moved = store_rename(c, s, in("a"), in("moved"));
	if (!moved && !(can & STORE_CAN_MOVE))
		ok(fails(false, KIND_INVALID) && has_content(in("a/new"), 100), "a folder cannot be renamed here, and nothing was");
	else
		ok(moved && has_content(in("moved/new"), 100) && there(in("moved/b")) && !there(in("a")) && store_rename(c, s, in("moved"), in("a")), "a folder with its content");
}

static void replacing(void)
{
	int fd;
	start("replacing");
	ok(make_file(in("kept"), 500, 500, false) && store_create(c, s, in("kept"), -1, &fd) && put(fd, 900), "another content of a file is written");
	ok(has_content(in("kept"), 500), "the old one is there until the end");
	ok(fails(store_commit(c, s, fd, in("kept"), false), KIND_CONFLICT) && has_content(in("kept"), 500), "it does not take a name that is taken");
	ok(store_commit(c, s, fd, in("kept too"), false) && has_content(in("kept too"), 900) && has_content(in("kept"), 500), "the same gets another name");
	ok(make_file(in("kept"), 900, 900, true) && has_content(in("kept"), 900), "or the place of the old one");
	ok(fails(make_file(in("a"), 10, 10, true), KIND_CONFLICT) && there(in("a/b")), "never that of a folder");
	forget(c);
	ok(fails(make_file(in("none/x"), 10, 10, false), KIND_NOT_FOUND), "a folder that is not there");
	forget(c);
	ok(make_file(in("fresh"), 10, 10, true) && has_content(in("fresh"), 10), "replacing what is not there makes it");
}

/* Is anything of an unfinished file left, on the server itself? */
static bool leftovers(void)
{
	const char *files = files_of_server();
	return files && system(text(c->arena, "find '%s/%s' -name '.naru-part*' | grep -q .", files, folder)) == 0;
}

static void unfinished(void)
{
	int fd;
	start("not committed");
	int before = count(folder);
	ok(store_create(c, s, in("half"), -1, &fd) && put(fd, 300000), "a file is begun");
	ok(count(folder) == before && !there(in("half")), "it is not seen");
	start("the request is over");
	ok(count(folder) == before && !there(in("half")), "it has never existed");
	ok(store_create(c, s, in("half"), 5 << 20, &fd) && put(fd, 100), "another, of which little is written");
	start("the request is over");
	bool left = true;
	for (int i = 0; i < 100 && left; i++, usleep(100000))
		left = leftovers();
	ok(!left && count(folder) == before, "nothing of it is left on the server");
	ok(store_create(c, s, in("short"), 1000, &fd) && put(fd, 10), "ten bytes where 1,000 were announced");
	bool done = store_commit(c, s, fd, in("short"), false);
	ok(done ? has_content(in("short"), 10) : c->error.kind != KIND_NONE && (forget(c), !there(in("short"))), "are a file of ten, or none");
	if (is_posix)
		return;
	before = count(folder);
	ok(store_create(c, s, in("long"), 100, &fd) && put(fd, 100), "100 bytes, as were announced");
	for (int i = 0; i < 20 && store_write(c, fd, "more", 4); i++)
		usleep(20000);
	forget(c); /* the store may have read no further than it was told */
	ok(count(folder) == before && !there(in("long")) && !there(".naru-part-never"), "more of them, not committed, are no file of any name");
}

static void removing(void)
{
	start("removing");
	ok(fails(store_remove(c, s, in("a"), false), KIND_CONFLICT) && there(in("a/b")), "a folder with content stays");
	ok(store_remove(c, s, in("a/b"), false) && !there(in("a/b")), "an empty one goes");
	ok(store_remove(c, s, in("a/new"), false) && !there(in("a/new")), "a file goes");
	ok(fails(store_remove(c, s, in("a/new"), false), KIND_NOT_FOUND), "once");
	if (can & STORE_CAN_FOLDERS)
		ok(there(in("a")) && count(in("a")) == 0, "its folder stays");
	else if (!there(in("a")))
		ok(store_make_folder(c, s, in("a")), "its folder went with it");
	ok(store_make_folder(c, s, in("a/deep")) && store_make_folder(c, s, in("a/deep/er")) && make_file(in("a/deep/er/x"), 1, 1, false) && make_file(in("a/y"), 1, 1, false) &&
		store_remove(c, s, in("a"), true) && !there(in("a")), "a folder with all that is in it");
	ok(there(in("other")), "and nothing else");
}

static void copying(void)
{
	start("copying");
	if (!(can & STORE_CAN_COPY)) {
		ok(fails(store_copy(c, s, in("other"), in("copy"), false), KIND_INVALID) && !there(in("copy")), "it cannot copy, and says so");
		return;
	}
	ok(store_copy(c, s, in("other"), in("copy"), false) && has_content(in("copy"), 200) && has_content(in("other"), 200), "a copy");
	ok(fails(store_copy(c, s, in("kept"), in("copy"), false), KIND_CONFLICT) && has_content(in("copy"), 200), "takes nobody's place");
	ok(store_copy(c, s, in("kept"), in("copy"), true) && has_content(in("copy"), 900), "unless it shall");
	ok(fails(store_copy(c, s, in("none"), in("x"), false), KIND_NOT_FOUND) && !there(in("x")), "of nothing");
	ok(store_copy(c, s, in("large"), in("copy"), true) && has_content(in("copy"), LARGE / 4), "of a large one");
	ok(fails(store_copy(c, s, in("other"), in("none/x"), false), KIND_NOT_FOUND) && !leftovers(), "into no folder that is not there");
}

static void missing(void)
{
	struct entry e;
	struct store_page p;
	struct store_file f;
	bool yes = false;
	start("what is not there");
	ok(fails(store_stat(c, s, in("none"), &e), KIND_NOT_FOUND), "look at nothing");
	ok(fails(store_stat(c, s, in("none/x"), &e), KIND_NOT_FOUND), "in nothing");
	ok(fails(store_read(c, s, in("none"), &f), KIND_NOT_FOUND), "read nothing");
	ok(fails(store_list(c, s, &(struct store_query){ .path = in("none"), .limit = 5 }, &p), KIND_NOT_FOUND), "list nothing");
	ok(fails(store_list(c, s, &(struct store_query){ .path = in("other"), .limit = 5 }, &p), KIND_NOT_FOUND), "list a file");
	ok(fails(store_stat(c, s, in("other/x"), &e), KIND_NOT_FOUND), "look into a file");
	ok(fails(store_read(c, s, folder, &f), KIND_INVALID), "read a folder");
	ok(store_writable(c, s, folder, &yes) && yes, "a folder that can be written to");
	ok(fails(store_writable(c, s, in("none"), &yes), KIND_NOT_FOUND), "and none");
	struct store_space space;
	if (can & STORE_CAN_SPACE)
		ok(store_space(c, s, 0, &space) && space.total >= space.free && space.free > 0, "it tells how much room there is");
	else
		ok(fails(store_space(c, s, 0, &space), KIND_INVALID), "it cannot tell how much room there is");
}

/* ---- several at once, and ends that come early ---- */

static void several(void)
{
	static unsigned char block[100000], want[100000];
	struct store_file one, two;
	int fd;
	start("several at once");
	ok(store_read(c, s, in("large"), &one) && store_read(c, s, in("kept"), &two) && store_create(c, s, in("third"), -1, &fd), "two are read and one is written");
	fill(want, sizeof want, 0);
	ok(take(one.fd, block, 1000) == 1000 && !memcmp(block, want, 1000), "some of the first");
	ok(put(fd, 200000), "some of the third");
	ok(is_content(two.fd, 0, 900) && store_read_end(c, s, &two), "the second");
	ok(there(in("kept")) && count(folder) > 0, "other questions are answered meanwhile");
	ok(is_content(one.fd, 1000, LARGE / 4) && store_read_end(c, s, &one), "the rest of the first");
	ok(store_commit(c, s, fd, in("third"), false) && has_content(in("third"), 200000), "the third");
	ok(store_read_end(c, s, &one), "how it has ended can be asked again");
	close(one.fd);
	close(two.fd);
}

static void abandoned(void)
{
	unsigned char block[1000];
	struct store_file f;
	start("a read that is given up");
	for (int i = 0; i < 20; i++) {
		if (!store_read(c, s, in("large"), &f) || take(f.fd, block, sizeof block) != sizeof block)
			break;
		close(f.fd);
		f.fd = -1;
	}
	ok(f.fd == -1, "twenty times in a row");
	int64_t before = clock_ms();
	bool all = store_read_end(c, s, &f);
	forget(c);
	ok(clock_ms() - before < 5000 && (can & STORE_CAN_SEEK || !all), "it is not told to have been all");
	ok(has_content(in("large"), LARGE / 4), "and the store is as before");
}

static void killed(void)
{
	unsigned char block[1000];
	struct store_file f;
	int fd;
	if (is_posix)
		return;
	start("the connector is killed");
	int before = count(folder);
	ok(store_read(c, s, in("large"), &f) && take(f.fd, block, sizeof block) == sizeof block, "in the middle of a read");
	drop_connectors();
	is_content(f.fd, 1000, LARGE / 4);
	close(f.fd);
	ok(fails(store_read_end(c, s, &f), KIND_UNAVAILABLE), "said so");
	again();
	ok(store_create(c, s, in("never"), LARGE, &fd) && put(fd, 100000), "in the middle of a write");
	drop_connectors();
	ok(fails(put(fd, LARGE), KIND_UNAVAILABLE), "said so");
	again();
	ok(count(folder) == before && !there(in("never")), "it has never existed");
	ok(make_file(in("after"), 1000, 1000, false) && has_content(in("after"), 1000), "the next works");
	ok(store_create(c, s, in("never"), 100, &fd) && put(fd, 100), "between write and commit");
	drop_connectors();
	ok(fails(store_commit(c, s, fd, in("never"), false), KIND_UNAVAILABLE), "said so");
	again();
	ok(!there(in("never")), "it has never existed");
}

/* ---- all of it ---- */

static void usual(void)
{
	opening();
	sizes();
	parts();
	odd_names();
	renaming();
	replacing();
	unfinished();
	removing();
	copying();
	dating();
	missing();
	several();
	abandoned();
	paging(), finding();
	killed();
}

int main(int argc, char **argv)
{
	(void)argc;
	if (geteuid() != 0)
		die("must run as root: it starts a launcher");
	site_start(argv[0]);
	signal(SIGPIPE, SIG_IGN); /* as the modules do */
	read_record();
	if (!is_posix)
		site_remote(&good);
	usual();
	if (!is_posix)
		bases(), read_only(), wrong_records();
	/* Servers that are none are the test's own, the same in each way to speak to a kind of server. */
	if (!is_posix && !getenv("STORE_BRIEF"))
		no_servers(), policy();
	if (!is_posix)
		site_remote(&good);
	start("the end");
	ok(store_remove(c, s, folder, true) && !there(folder), "nothing is left");
	site_done(c);
	site_stop();
	return done_testing();
}
