/*
 * unpack: reads an archive from standard input and answers with what is in it, in the words of unpack_wire.h. libarchive parses what a stranger wrote, so
 * this is a process that can do nothing else. Names that are no UTF-8 are taken to be Korean as Windows writes it.
 */
#include "unpack_wire.h"

#include <archive.h>
#include <archive_entry.h>
#include <iconv.h>
#include <locale.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cage.h"

#define SECONDS 1200
#define MEMORY ((size_t)1 << 30)    /* xz -9 needs 65 MiB, zstd --ultra 128 MiB */

static unsigned char block[UNPACK_BLOCK];
static bool seekable;

/* ---- answering ---- */

static void put(const void *data, size_t n)
{
	for (const char *from = data; n > 0;) {
		ssize_t k = write(1, from, n);
		if (k <= 0)
			cage_leave(1); /* nobody reads */
		from += k;
		n -= (size_t)k;
	}
}

static unsigned char *little(unsigned char *to, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (unsigned char)(v >> (8 * i));
	return to + n;
}

static void put_number(uint32_t v)
{
	unsigned char at[4];
	little(at, v, 4);
	put(at, sizeof at);
}

static void put_head(char kind, struct archive_entry *e, const char *name)
{
	unsigned char at[17] = { (unsigned char)kind }, *to = at + 1;
	uint32_t n = (uint32_t)strlen(name);
	to = little(to, archive_entry_mode(e) & 0777, 4);
	to = little(to, (uint64_t)(archive_entry_mtime_is_set(e) ? (int64_t)archive_entry_mtime(e) : -1), 8);
	little(to, n, 4);
	put(at, sizeof at);
	put(name, n);
}

/* ---- names ---- */

static iconv_t korean;

static const char *name_of(struct archive_entry *e)
{
	static char converted[UNPACK_NAME];
	const char *name = archive_entry_pathname(e);
	if (!name || strlen(name) >= UNPACK_NAME)
		return "";
	if (utf8_valid(name, strlen(name)) || korean == (iconv_t)-1)
		return name;
	char *from = (char *)(uintptr_t)name, *to = converted;
	size_t left = strlen(name), room = sizeof converted - 1;
	iconv(korean, NULL, NULL, NULL, NULL);
	if (iconv(korean, &from, &left, &to, &room) == (size_t)-1 || left)
		return name;
	*to = 0;
	return converted;
}

static char kind_of(struct archive_entry *e)
{
	if (archive_entry_hardlink(e) || archive_entry_filetype(e) == AE_IFLNK)
		return 'l';
	if (archive_entry_is_data_encrypted(e) > 0)
		return 'x';
	return archive_entry_filetype(e) == AE_IFREG ? 'f' : archive_entry_filetype(e) == AE_IFDIR ? 'd' : 'o';
}

/* ---- reading ---- */

static la_ssize_t take(struct archive *a, void *arg, const void **at)
{
	(void)a;
	(void)arg;
	static unsigned char in[UNPACK_BLOCK];
	*at = in;
	return read(0, in, sizeof in);
}

static la_int64_t seek_in(struct archive *a, void *arg, la_int64_t offset, int whence)
{
	(void)a;
	(void)arg;
	return lseek(0, offset, whence);
}

static void content(struct archive *a)
{
	la_ssize_t n;
	while ((n = archive_read_data(a, block, sizeof block)) > 0) {
		put_number((uint32_t)n);
		put(block, (size_t)n);
	}
	put_number(n < 0 ? UNPACK_DAMAGED : UNPACK_GOOD);
}

/* The last byte: how the archive ended. */
static char entries(struct archive *a)
{
	struct archive_entry *e;
	for (int64_t seen = 0;; seen++) {
		int r = archive_read_next_header(a, &e);
		if (r == ARCHIVE_EOF)
			return seen || archive_format(a) ? 'E' : 'N';
		if (r < ARCHIVE_WARN)
			return seen || archive_format(a) ? 'B' : 'N';
		char kind = kind_of(e);
		put_head(kind, e, name_of(e));
		if (kind == 'f')
			content(a);
	}
}

static struct archive *reader(void)
{
	struct archive *a = archive_read_new();
	if (!a)
		cage_leave(1);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_zip(a);
	if (seekable)
		archive_read_set_seek_callback(a, seek_in);
	return a;
}

int main(void)
{
	struct stat s;
	program = "unpack";
	prctl(PR_SET_NAME, "naru-unpack"); /* started from a descriptor, it would be called by its number */
	seekable = fstat(0, &s) == 0 && S_ISREG(s.st_mode);
	setlocale(LC_CTYPE, "C.UTF-8");
	korean = iconv_open("UTF-8", "UHC"); /* before the door is shut: it is read from a file */
	tzset();
	struct archive *a = reader();
	cage_enter(SECONDS, MEMORY);
	char end = archive_read_open2(a, NULL, NULL, take, NULL, NULL) == ARCHIVE_OK ? entries(a) : 'N';
	put(&end, 1);
	cage_leave(0);
}
