/* The messages of SFTP: what is written is read back, what a server sends is read to its end and no further, its errors become ours. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base.h"
#include "store.h"
#include "store/sftp.h"
#include "store/why.h"
#include "tap.h"

static unsigned char room[70000];

static struct sftp_out out(void)
{
	return (struct sftp_out){ .at = room, .room = sizeof room };
}

static struct sftp_in in_of(const struct sftp_out *o)
{
	return (struct sftp_in){ o->at, o->n, false };
}

static void messages(void)
{
	struct sftp_out o = out();
	sftp_begin(&o, SFTP_RENAME, 7);
	sftp_put_text(&o, "from");
	sftp_put_text(&o, "to");
	sftp_end(&o);
	sftp_begin(&o, SFTP_CLOSE, 8);
	sftp_put(&o, "\0\xff", 2);
	sftp_end(&o);
	is_int(sftp_whole(o.at, o.n), 4 + 1 + 4 + 8 + 6, "the first of two messages");
	for (size_t i = 0; i < 23; i++)
		if (sftp_whole(o.at, i) != 0)
			ok(false, "it is whole at %zu", i);
	struct sftp_in in = in_of(&o);
	is_int(sftp_u32(&in), 19, "its length");
	ok(sftp_u8(&in) == SFTP_RENAME && sftp_u32(&in) == 7, "its type and number");
	struct bytes b = sftp_bytes(&in);
	ok(b.n == 4 && !memcmp(b.at, "from", 4), "a text");
	sftp_bytes(&in);
	sftp_u64(&in);
	sftp_u8(&in);
	b = sftp_bytes(&in);
	ok(b.n == 2 && !in.bad && in.n == 0, "the second one's handle");
	ok(sftp_u8(&in) == 0 && in.bad, "nothing behind");
}

static void lengths(void)
{
	ok(sftp_whole((const unsigned char *)"\0\0\0\4....", 8) < 0, "a message has a type and a number");
	ok(sftp_whole((const unsigned char *)"\xff\xff\xff\xff....", 8) < 0, "and an end");
	ok(sftp_whole((const unsigned char *)"Last login", 10) < 0, "words of a shell are none");
	struct sftp_out o = { .at = room, .room = 20 };
	sftp_begin(&o, SFTP_OPENDIR, 1);
	sftp_put_text(&o, "more than there is room for");
	sftp_end(&o);
	ok(o.bad && o.n <= 20, "what does not fit is not written");
	struct sftp_in in = { (const unsigned char *)"\xff\xff\xff\xff" "abc", 7, false };
	struct bytes b = sftp_bytes(&in);
	ok(b.n == 0 && in.bad, "a text that is longer than its message");
}

/* ---- entries ---- */

static void put_entry(struct sftp_out *o, const char *name, size_t n, uint32_t mode)
{
	sftp_put(o, name, n);
	sftp_put_text(o, "-rw-r--r-- 1 a a 5 Jan 1 1970 x");
	sftp_put_u32(o, SFTP_HAS_SIZE | SFTP_HAS_OWNER | SFTP_HAS_MODE | SFTP_HAS_TIMES | SFTP_HAS_MORE);
	sftp_put_u64(o, 5000000000);
	sftp_put_u32(o, 1001);
	sftp_put_u32(o, 1002);
	sftp_put_u32(o, mode);
	sftp_put_u32(o, 1);
	sftp_put_u32(o, 4000000000);
	sftp_put_u32(o, 1);
	sftp_put_text(o, "x@y");
	sftp_put_text(o, "z");
}

static bool entry(const char *name, size_t n, uint32_t mode, struct row *r)
{
	struct sftp_out o = out();
	put_entry(&o, name, n, mode);
	struct sftp_in in = in_of(&o);
	bool is = sftp_read_entry(&in, r);
	if (in.bad || in.n)
		ok(false, "%s is not read to its end", name);
	return is;
}

static void entries(void)
{
	struct row r;
	char longest[300];
	memset(longest, 'n', sizeof longest);
	ok(entry("a \xff\n", 4, S_IFREG | 04644, &r) && same(r.name, "a \xff\n") && r.kind == ENTRY_FILE && r.mode == 04644, "a name of any bytes");
	ok(r.size == 5000000000 && r.uid == 1001 && r.gid == 1002 && r.modified == 4000000000, "and what belongs to it");
	ok(entry("d", 1, S_IFDIR | 0755, &r) && r.kind == ENTRY_FOLDER && entry("l", 1, S_IFLNK | 0777, &r) && r.kind == ENTRY_LINK && entry("p", 1, S_IFIFO, &r) &&
		r.kind == ENTRY_OTHER, "kinds");
	ok(!entry(".", 1, S_IFDIR, &r) && !entry("..", 2, S_IFDIR, &r) && !entry("", 0, 0, &r), "no name");
	ok(!entry("../x", 4, 0, &r) && !entry("/", 1, 0, &r) && !entry("a\0b", 3, 0, &r), "none that leads elsewhere");
	ok(entry(longest, 255, 0, &r) && !entry(longest, 256, 0, &r), "none that is too long");
}

static void cut_entries(void)
{
	struct row r;
	struct sftp_out o = out();
	put_entry(&o, "name", 4, S_IFREG);
	size_t good = 0;
	for (size_t n = 0; n < o.n; n++) {
		struct sftp_in in = { o.at, n, false };
		good += sftp_read_entry(&in, &r) || !in.bad;
	}
	is_int(good, 0, "an entry that is cut anywhere is none");
	struct sftp_attrs a;
	struct sftp_in in = { (const unsigned char *)"\x80\0\0\0\xff\xff\xff\xff", 8, false };
	sftp_read_attrs(&in, &a);
	ok(in.bad, "four thousand million attributes are not waited for");
}

/* ---- errors ---- */

static int status(uint32_t code, const char *words)
{
	struct sftp_out o = out();
	sftp_put_u32(&o, code);
	if (words)
		sftp_put_text(&o, words);
	struct sftp_in in = in_of(&o);
	why_forget();
	return sftp_read_status(&in);
}

static void errors(void)
{
	ok(status(0, "Success") == 0 && status(1, "End of file") == SFTP_EOF, "none, and the end");
	ok(status(2, "No such file") == ENOENT && status(3, "Permission denied") == EACCES && !*why_words(), "what needs no words");
	ok(status(4, "Failure") == EIO && !*why_words(), "a failure of which nothing is known");
	ok(status(4, "write: No space left on device") == ENOSPC && same(why_words(), "write: No space left on device"), "one that is known by its words, which are kept");
	ok(status(4, "Disk quota exceeded") == EDQUOT && status(4, "File exists") == EEXIST && status(4, "Directory not empty") == ENOTEMPTY, "others");
	ok(status(8, "") == WIRE_E_CANNOT && status(11, "") == EEXIST && status(14, "x") == ENOSPC && status(18, NULL) == ENOTEMPTY, "by their numbers");
	ok(status(4000000000, "odd\x1b[31m\nwords") == EIO && same(why_words(), "odd [31m words"), "an unknown number, and words that would steer a terminal");
	struct sftp_in nothing = { NULL, 0, false };
	is_int(sftp_read_status(&nothing), WIRE_E_ANSWER, "a status without a number");
}

static void extensions(void)
{
	struct sftp_out o = out();
	sftp_put_text(&o, "posix-rename@openssh.com");
	sftp_put_text(&o, "1");
	sftp_put_text(&o, "statvfs@openssh.com");
	sftp_put_text(&o, "3");
	sftp_put_text(&o, "fsync@openssh.com");
	sftp_put_text(&o, "1");
	struct sftp_in in = in_of(&o);
	is_int(sftp_read_extensions(&in), SFTP_POSIX_RENAME | SFTP_FSYNC, "what is offered, of the version that we know");
	in = in_of(&o);
	in.n -= 3;
	is_int(sftp_read_extensions(&in), SFTP_POSIX_RENAME, "as far as it goes");
}

static void hidden_names(void)
{
	char to[SFTP_PATH_MOST], other[SFTP_PATH_MOST];
	sftp_part_path("/home/a/b c/name", to);
	sftp_part_path("/home/a/b c/name", other);
	ok(starts_with(to, "/home/a/b c/.naru-part-") && strlen(to) == strlen("/home/a/b c/.naru-part-") + 16 && !same(to, other), "%s", to);
	struct sftp f = { .base = "/" };
	sftp_path(&f, "a/b", to);
	is(to, "/a/b", "below the root");
	sftp_path(&f, "", to);
	is(to, "/", "the root");
	snprintf(f.base, sizeof f.base, "/home/x");
	sftp_path(&f, "a", to);
	is(to, "/home/x/a", "below a folder");
	sftp_path(&f, "", to);
	is(to, "/home/x", "the folder");
}

int main(void)
{
	messages();
	lengths();
	entries();
	cut_entries();
	errors();
	extensions();
	hidden_names();
	return done_testing();
}
