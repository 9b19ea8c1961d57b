/* Copies of the POSIX driver, through a real launcher: what a copy has of its source, and when nothing may be left of it. Run as root. */
#include <errno.h>
#include <sys/stat.h>

#include "store/driver.h"
#include "store_site.h"

static const char *home(const char *name)
{
	return site_path("home/alice/%s", name);
}

static struct stat at(const char *name)
{
	struct stat of = { 0 };
	lstat(home(name), &of);
	return of;
}

static size_t count(void)
{
	struct store_page p;
	return store_list(c, s, &(struct store_query){ .path = "", .order = STORE_BY_NAME, .limit = 1000 }, &p) ? p.n : 9999;
}

static void rights(void)
{
	begin("rights, time, owner");
	site_file_n(home("source"), "content", 7, ALICE, RESEARCHERS, 06751);
	struct timespec t[2] = { { 0, UTIME_OMIT }, { 1000000000, 123456789 } };
	utimensat(AT_FDCWD, home("source"), t, 0);
	ok(store_copy(c, s, "source", "copy", false) && same(read_file("copy"), "content"), "a copy");
	ok((at("copy").st_mode & 07777) == 0751, "has the rights, without set-uid and set-gid");
	ok(at("copy").st_mtim.tv_sec == 1000000000 && at("copy").st_mtim.tv_nsec == 123456789, "and the time");
	ok(at("copy").st_uid == ALICE && at("copy").st_nlink == 1, "alice owns it");
	site_file_n(home("old"), "old", 3, ALICE, RESEARCHERS, 0600);
	ok(fails(store_copy(c, s, "source", "old", false), KIND_CONFLICT) && same(read_file("old"), "old"), "it takes nobody's place");
	ok(store_copy(c, s, "source", "old", true) && same(read_file("old"), "content") && (at("old").st_mode & 07777) == 0600, "unless it shall, with the old one's rights");
	site_file_n(home("others"), "secret", 6, BOB, RESEARCHERS, 0600);
	ok(fails(store_copy(c, s, "others", "mine", false), KIND_FORBIDDEN), "what cannot be read cannot be copied");
	site_file_n(home("readable"), "open", 4, BOB, RESEARCHERS, 0644);
	ok(store_copy(c, s, "readable", "mine", false) && at("mine").st_uid == ALICE, "a copy of another's file is one's own");
}

static void strange(void)
{
	begin("what is no file");
	ok(symlink("source", home("link")) == 0 && store_copy(c, s, "link", "of link", false) && S_ISREG(at("of link").st_mode), "a link: what it leads to");
	ok(symlink("/etc/passwd", home("out")) == 0 && fails(store_copy(c, s, "out", "x", false), KIND_FORBIDDEN), "never outside");
	ok(mkfifo(home("fifo"), 0644) == 0 && fails(store_copy(c, s, "fifo", "x", false), KIND_INVALID), "no pipe, and it does not wait for one");
	ok(store_make_folder(c, s, "folder") && fails(store_copy(c, s, "folder", "x", false), KIND_INVALID), "no folder");
	ok(fails(store_copy(c, s, "source", "folder", true), KIND_CONFLICT), "not over a folder");
	ok(fails(store_copy(c, s, "source", "", true), KIND_INVALID), "not over the top");
	ok(store_copy(c, s, "source", "source", true) && same(read_file("source"), "content"), "over itself: it is as it was");
}

static void holes(void)
{
	begin("holes");
	int fd = open(home("sparse"), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	ok(fd >= 0 && pwrite(fd, "begin", 5, 0) == 5 && pwrite(fd, "middle", 6, 1 << 20) == 6 && ftruncate(fd, (off_t)1 << 40) == 0 && fchown(fd, ALICE, RESEARCHERS) == 0,
		"a file of a tebibyte that holds little");
	close(fd);
	int64_t before = clock_ms();
	ok(store_copy(c, s, "sparse", "sparse too", false), "is copied");
	ok(clock_ms() - before < 5000, "soon: %lld ms", (long long)(clock_ms() - before));
	ok(at("sparse too").st_size == (off_t)1 << 40 && at("sparse too").st_blocks < 1000, "its copy holds as little");
	char block[8] = "";
	fd = open(home("sparse too"), O_RDONLY | O_CLOEXEC);
	ok(fd >= 0 && pread(fd, block, 6, 1 << 20) == 6 && same(block, "middle"), "at the same place");
	close(fd);
}

static void late(void)
{
	begin("large ones, and no time");
	size_t had = count();
	int fd = open(home("large"), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	ok(fd >= 0 && posix_fallocate(fd, 0, 200 << 20) == 0 && fchown(fd, ALICE, RESEARCHERS) == 0, "a large file");
	close(fd);
	ok(store_copy(c, s, "large", "large too", false) && at("large too").st_size == 200 << 20, "is copied whatever the page's time");
	ok(count() == had + 2, "and nothing else is there");
	void *state;
	ok(posix_driver.open(&(struct remote){ .path = site_path("home/alice") }, &state) == 0, "the driver by itself");
	ok(posix_driver.copy(state, "sparse", "never", false, clock_ms() - 1) == ETIMEDOUT, "a copy whose time is over");
	ok(!posix_driver.pending(state) && count() == had + 2, "leaves nothing");
	posix_driver.close(state);
}

static void set_modes(void)
{
	struct store_details d;
	struct store_tree tree;
	begin("rights and details");
	site_file_n(home("m"), "x", 1, ALICE, RESEARCHERS, 04755);
	ok(store_set_mode(c, s, "m", 0755) && (at("m").st_mode & 07777) == 0755, "rights that are set take the set-uid bit away");
	ok(fails(store_set_mode(c, s, "m", 04755), KIND_FORBIDDEN) && fails(store_set_mode(c, s, "m", -1), KIND_FORBIDDEN) && (at("m").st_mode & 07777) == 0755, "which nothing sets");
	ok(fails(store_set_mode(c, s, "out", 0777), KIND_INVALID) && fails(store_set_mode(c, s, "fifo", 0666), KIND_INVALID), "not of what leads out, nor of a pipe");
	ok(fails(store_set_mode(c, s, "", 0777), KIND_INVALID), "not of the top");
	ok(fails(store_set_mode(c, s, "readable", 0777), KIND_FORBIDDEN), "not of another's");
	ok(store_details(c, s, "out", &d) && same(d.target, "/etc/passwd"), "where a link leads");
	ok(store_details(c, s, "link", &d) && same(d.target, "source"), "one inside, too");
	ok(store_details(c, s, "m", &d) && d.links == 1 && !d.target && d.acl.n == 0, "of a plain file nothing special");
	ok(write_file("folder/in", "12345", false) && store_tree(c, s, "folder", 1000, &tree) && tree.entries == 1 && tree.bytes == 5 && !tree.at_least, "what a folder holds");
	ok(fails(store_tree(c, s, "m", 1000, &tree), KIND_NOT_FOUND), "a file holds nothing");
	ok(store_make_folder(c, s, STORE_TRASH "1") && store_make_folder(c, s, "folder/" STORE_TRASH "1"), "a trash at the top");
	struct store_page p;
	ok(store_list(c, s, &(struct store_query){ .path = "", .match = STORE_TRASH, .limit = 10 }, &p) && p.n == 0, "is in no list");
	ok(store_list(c, s, &(struct store_query){ .path = "folder", .match = STORE_TRASH, .limit = 10 }, &p) && p.n == 1, "below the top it is a folder like others");
}

int main(int argc, char **argv)
{
	(void)argc;
	if (geteuid() != 0) {
		skip("must run as root: it starts a launcher and is two users", 1);
		return done_testing();
	}
	site_start(argv[0]);
	rights();
	strange();
	holes();
	late();
	set_modes();
	site_done(c);
	site_stop();
	return done_testing();
}
