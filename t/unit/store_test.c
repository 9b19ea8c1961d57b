/* The contract of the POSIX driver, through a real launcher: files, folders, lists, and what a broken connector can do. Run as root. */
#include <errno.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "store/wire.h"
#include "store_site.h"

static size_t count(const char *path)
{
	struct store_page p;
	return store_list(c, s, &(struct store_query){ .path = path, .order = STORE_BY_NAME, .limit = 1000 }, &p) ? p.n : 9999;
}

/* ---- the usual ---- */

static void new_files(void)
{
	struct entry e;
	struct stat st;
	int fd;
	begin("new files");
	ok(write_file("one.txt", "hello", false), "a file is made");
	ok(same(read_file("one.txt"), "hello"), "and read");
	ok(store_stat(c, s, "one.txt", &e) && e.kind == ENTRY_FILE && e.size == 5 && e.uid == ALICE && e.gid == RESEARCHERS && e.mode == 0644, "it is alice's, 0644");
	ok(stat(site_path("home/alice/one.txt"), &st) == 0 && st.st_uid == ALICE, "on the disk too");
	ok(store_create(c, s, "new", -1, &fd) && store_write(c, fd, "half", 4) && count("") == 1, "a file that is not committed is not seen");
	ok(fails(store_commit(c, s, fd, "one.txt", false), KIND_CONFLICT) && same(read_file("one.txt"), "hello"), "a name that is taken is not taken over");
	ok(store_commit(c, s, fd, "two.txt", false) && same(read_file("two.txt"), "half"), "the same file under another name is");
	begin("not committed");
	ok(store_create(c, s, "new", -1, &fd) && store_write(c, fd, "half", 4), "a file is begun");
	begin("not committed, the request is over");
	ok(count("") == 2, "it has never existed");
	ok(fails(write_file("none/x", "x", false), KIND_NOT_FOUND), "a folder that is not there");
}

static void replacing(void)
{
	struct entry e;
	int fd;
	begin("replacing");
	chmod(site_path("home/alice/one.txt"), 04640);
	ok(store_create(c, s, "new", -1, &fd) && store_write(c, fd, "new content", 11), "a new content is written");
	ok(same(read_file("one.txt"), "hello"), "the old one is there until the end");
	ok(store_commit(c, s, fd, "one.txt", true) && same(read_file("one.txt"), "new content"), "then the new one");
	ok(store_stat(c, s, "one.txt", &e) && e.mode == 0640, "with the old permissions, without set-uid");
	ok(count("") == 2, "and nothing else is left over");
	ok(write_file("three.txt", "3", true), "replacing what is not there makes it");
	ok(store_make_folder(c, s, "folder") && fails(write_file("folder", "x", true), KIND_CONFLICT), "a folder is not replaced");
	ok(symlink("one.txt", site_path("home/alice/alias")) == 0 && write_file("alias", "own", true), "a link is replaced");
	ok(same(read_file("one.txt"), "new content") && same(read_file("alias"), "own"), "not what it pointed to");
}

static void names(void)
{
	struct entry e;
	begin("folders and names");
	ok(fails(store_make_folder(c, s, "folder"), KIND_CONFLICT), "a folder that is there already");
	ok(store_make_folder(c, s, "folder/in") && store_stat(c, s, "folder/in", &e) && e.mode == 0755 && e.uid == ALICE, "a folder in it");
	ok(store_rename(c, s, "two.txt", "folder/2.txt") && same(read_file("folder/2.txt"), "half"), "renamed into it");
	ok(fails(store_rename(c, s, "folder/2.txt", "one.txt"), KIND_CONFLICT) && same(read_file("one.txt"), "new content"), "never over another");
	ok(fails(store_rename(c, s, "folder", "folder/in/x"), KIND_INVALID), "not into itself");
	ok(fails(store_rename(c, s, "", "x"), KIND_INVALID) && fails(store_remove(c, s, "", true), KIND_INVALID), "not the top");
	ok(fails(store_remove(c, s, "folder", false), KIND_CONFLICT), "a folder with content is not removed");
	ok(store_remove(c, s, "folder", true) && fails(store_stat(c, s, "folder", &e), KIND_NOT_FOUND), "with its content it is");
	ok(store_remove(c, s, "alias", false) && store_remove(c, s, "three.txt", false), "files are removed");
	ok(fails(store_remove(c, s, "three.txt", false), KIND_NOT_FOUND), "once");
}

static void odd_names(void)
{
	static const char *const odd[] = {
		"a\nb", "a\rb\r\n", "quote'\"\\", "%2e%2e", " lead", "\xed\x95\x9c\xea\xb8\x80", "\xff\xfe\x80", "-rf", "<script>", "\x1b[31m", "\xe2\x80\xaegnp", "...",
	};
	char name[256];
	begin("odd names");
	for (size_t i = 0; i < COUNT(odd); i++)
		ok(write_file(text(c->arena, "odd %zu %s", i, odd[i]), "x", false) && same(read_file(text(c->arena, "odd %zu %s", i, odd[i])), "x"), "odd name %zu", i);
	memset(name, 'n', 255);
	name[255] = 0;
	ok(write_file(name, "long", false) && same(read_file(name), "long"), "a name of 255 bytes");
	struct store_page p;
	ok(store_list(c, s, &(struct store_query){ .path = "", .order = STORE_BY_NAME, .match = "odd ", .limit = 100 }, &p) && p.n == COUNT(odd), "all of them are listed");
	bool all = true;
	for (size_t i = 0; i < p.n; i++)
		all = all && store_remove(c, s, p.at[i].name, false);
	ok(all && store_remove(c, s, name, false), "and removed by the names that the list gave");
}

/* ---- the size of things ---- */

static bool page_through(const char *folder, struct store_query q, size_t want)
{
	static char seen[100000];
	size_t n = 0, pages = 0;
	memset(seen, 0, sizeof seen);
	q.path = folder;
	for (struct store_page p = { 0 }; pages < 2000; pages++) {
		if (!store_list(c, s, &q, &p))
			return false;
		for (size_t i = 0; i < p.n; i++, n++) {
			int64_t k;
			if (!parse_int(p.at[i].name + 1, 0, (int64_t)want - 1, &k) || seen[k]++)
				return false;
		}
		if (!(q.after = p.next))
			break;
	}
	return n == want;
}

static void make_many(const char *folder, int n)
{
	mkdir(site_path("%s", folder), 0755);
	(void)!chown(site_path("%s", folder), ALICE, RESEARCHERS);
	int dir = open(site_path("%s", folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < n; i++) {
		char name[20];
		snprintf(name, sizeof name, "f%d", i);
		int fd = openat(dir, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
		if (i % 7 == 0)
			(void)!write(fd, name, (size_t)(i % 5));
		close(fd);
	}
	close(dir);
}

static void paging(void)
{
	struct store_page p;
	begin("paging");
	make_many("home/alice/many", 3000);
	ok(page_through("many", (struct store_query){ .order = STORE_BY_NAME, .limit = 100 }, 3000), "by name: each entry once");
	ok(page_through("many", (struct store_query){ .order = STORE_BY_NAME, .descending = true, .limit = 777 }, 3000), "by name, from the end");
	ok(page_through("many", (struct store_query){ .order = STORE_BY_SIZE, .limit = 500 }, 3000), "by size");
	ok(page_through("many", (struct store_query){ .order = STORE_BY_TIME, .descending = true, .limit = 999 }, 3000), "by time");
	ok(page_through("many", (struct store_query){ .order = STORE_ANY, .limit = 250 }, 3000), "as the disk has them");
	ok(store_list(c, s, &(struct store_query){ .path = "many", .order = STORE_BY_NAME, .match = "F29", .limit = 1000 }, &p) && p.n == 111 && p.total == 111 && !p.next, "by a part of the name");
	ok(store_list(c, s, &(struct store_query){ .path = "many", .order = STORE_BY_SIZE, .descending = true, .limit = 3 }, &p) && p.at[0].size == 4 && p.total == 3000 && p.next, "the largest first");
	ok(fails(store_list(c, s, &(struct store_query){ .path = "many", .order = STORE_BY_NAME, .after = "kx", .limit = 3 }, &p), KIND_INVALID), "a page key that is none");
	ok(store_list(c, s, &(struct store_query){ .path = "many", .order = STORE_ANY, .after = "u99999999999999999999", .limit = 3 }, &p) || kind_then_forget(), "or a wild one");
	forget(c);
	ok(store_remove(c, s, "many", true), "all are removed");
}

static void large_folder(void)
{
	struct store_page p;
	begin("100,000 entries");
	make_many("home/alice/large", 100000);
	for (enum store_order order = STORE_ANY; order <= STORE_BY_TIME; order++) {
		int64_t start = clock_ms();
		bool good = store_list(c, s, &(struct store_query){ .path = "large", .order = order, .limit = 200 }, &p) && p.n == 200;
		int64_t took = clock_ms() - start;
		ok(good && took < 1000, "the first page in order %d under a second", (int)order);
		diag("%lld ms%s", (long long)took, p.unsorted ? ", unsorted" : "");
	}
	bool done = false;
	for (int i = 0; i < 10 && !done; i++)
		done = store_remove(c, s, "large", true) || kind_then_forget() != KIND_TIMEOUT;
	ok(done && access(site_path("home/alice/large"), F_OK) < 0, "it is removed");
}

static void full_disk(void)
{
	static char block[65536];
	int fd;
	begin("a full disk");
	(void)!mkdir(site_path("home/alice/small"), 0755);
	if (mount("tmpfs", site_path("home/alice/small"), "tmpfs", 0, "size=256k,mode=0777")) {
		ok(false, "a small disk: %s", strerror(errno));
		return;
	}
	ok(write_file("small/kept", "original", false) && store_create(c, s, "small/new", -1, &fd), "a small disk with a file");
	bool wrote = true;
	for (int i = 0; i < 10 && wrote; i++)
		wrote = store_write(c, fd, block, sizeof block);
	ok(fails(wrote, KIND_UNAVAILABLE), "the disk becomes full");
	begin("a full disk, afterwards");
	ok(same(read_file("small/kept"), "original") && count("small") == 1, "the original is kept, and no part of the new one");
	umount(site_path("home/alice/small"));
}

/* ---- a connector that is hostile ---- */

/* Answers behind type and number; each is wrong in its own way. */
static const struct { unsigned char type; const char *body; size_t n; const char *what; } nonsense[] = {
	{ WIRE_OK, "", 0, "too short" },
	{ WIRE_OK, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0x", 22, "too long" },
	{ WIRE_OK, "\2\0\0\0k\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 23, "a NUL in a text" },
	{ WIRE_OK, "\1\0\0\0<\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22, "a page key that is none" },
	{ WIRE_ENTRIES, "\0\0\0\0\0\0\0\0", 8, "no entries" },
	{ WIRE_ENTRIES, "\xff\xff\xff\xff\xff\xff\xff\x7f", 8, "more entries than there are numbers" },
	{ WIRE_ENTRIES, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "less than none" },
	{ WIRE_ENTRIES, "\6\0\0\0\0\0\0\0", 8, "more entries than asked for" },
	{ WIRE_ENTRIES, "\1\0\0\0\0\0\0\0\3\0\0\0a/b\0f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 64, "a name with a slash" },
	{ WIRE_ENTRIES, "\1\0\0\0\0\0\0\0\1\0\0\0a\0q\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 62, "a kind that is none" },
	{ WIRE_ERROR, "\0\0\0\0\0\0\0\0\0\0\0\0\0", 13, "error 0" },
	{ WIRE_ERROR, "\xff\xff\xff\xff\xff\xff\xff\x7f\0\0\0\0\0", 13, "an error without end" },
	{ WIRE_ERROR, "\2\0\0\0\0\0\0\0", 8, "an error without words" },
	{ WIRE_LIST, "", 0, "a request" },
	{ 0, "", 0, "type 0" },
};

/* Lets one client in and answers its request with nonsense. */
static void be_hostile(int listener, size_t i)
{
	static unsigned char block[70000];
	int fd = accept(listener, NULL, NULL);
	(void)!read(fd, block, sizeof block);
	(void)!write(fd, "\x40\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 17);
	(void)!read(fd, block, sizeof block);
	block[0] = nonsense[i].type;
	memcpy(block + 9, nonsense[i].body, nonsense[i].n);
	(void)!write(fd, block, 9 + nonsense[i].n);
	_exit(0);
}

static int pretend_launcher(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	site_kill_connectors(ALICE);
	kill(site_launcher, SIGTERM);
	waitpid(site_launcher, NULL, 0);
	site_launcher = 0;
	snprintf(a.sun_path, sizeof a.sun_path, "%s", site_path("run/launcher/sock"));
	unlink(a.sun_path);
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&a, sizeof a) || listen(listener, 5))
		diag("bind: %s", strerror(errno));
	return listener;
}

static void hostile(void)
{
	begin("a hostile connector");
	int listener = pretend_launcher();
	for (size_t i = 0; i < COUNT(nonsense); i++) {
		pid_t pid = fork();
		if (pid == 0)
			be_hostile(listener, i);
		struct store *t = site_open(c, "alice", "home");
		ok(t && fails(store_list(c, t, &(struct store_query){ .path = "", .limit = 5 }, &(struct store_page){ 0 }), KIND_UNAVAILABLE),
			"refused: %s", nonsense[i].what);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	close(listener);
	struct store *t;
	const char *proof = site_proof(c, "alice", ALICE, RESEARCHERS, "30000", "files", now() + 60);
	ok(fails(store_open(c, proof, "home", &t), KIND_UNAVAILABLE), "no launcher: said so");
}

int main(int argc, char **argv)
{
	(void)argc;
	if (geteuid() != 0) {
		skip("must run as root: it starts a launcher and is two users", 1);
		return done_testing();
	}
	site_start(argv[0]);
	new_files();
	replacing();
	names();
	odd_names();
	paging();
	large_folder();
	full_disk();
	hostile();
	site_done(c);
	site_stop();
	return done_testing();
}
