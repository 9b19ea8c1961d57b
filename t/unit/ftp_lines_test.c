/* ftp_lines_test: facts and listings of FTP servers. */
#include "store.h"
#include "store/ftp_lines.h"
#include "tap.h"

#define NOW 1795964465 /* 2026-11-29 15:01:05 UTC */

static const struct { const char *line; enum ftp_line is; int kind; int64_t size, modified; const char *name; } facts[] = {
	{ "modify=20261129150105;perm=adfrw;size=10;type=file; two words", FTP_ROW, ENTRY_FILE, 10, NOW, "two words" },
	{ "Type=DIR;Modify=20261129150105.123;  lead", FTP_ROW, ENTRY_FOLDER, 0, NOW, " lead" },
	{ "type=OS.unix=slink:/x; l", FTP_ROW, ENTRY_LINK, 0, 0, "l" },
	{ "type=OS.unix=chr-1/3; c", FTP_ROW, ENTRY_OTHER, 0, 0, "c" },
	{ "type=file;size=1; a;b=c", FTP_ROW, ENTRY_FILE, 1, 0, "a;b=c" },
	{ "type=file;size=-1;modify=x; n", FTP_ROW, ENTRY_FILE, 0, 0, "n" },
	{ "type=cdir;perm=e; .", FTP_SKIP, 0, 0, 0, NULL },
	{ "type=pdir; ..", FTP_SKIP, 0, 0, 0, NULL },
	{ "size=10; no type", FTP_UNKNOWN, 0, 0, 0, NULL },
	{ "-rw-r--r-- 1 o g 12 Nov 29 15:01 x", FTP_UNKNOWN, 0, 0, 0, NULL },
	{ "", FTP_UNKNOWN, 0, 0, 0, NULL },
};

static const struct { const char *line; enum ftp_line is; int kind; int64_t size, modified; const char *name; } listed[] = {
	{ "drwxr-xr-x    2 984      976          4096 Nov 29 15:01 small", FTP_ROW, ENTRY_FOLDER, 4096, 1795964460, "small" },
	{ "-rw-r--r--    1 984      976        200000 Nov 29  2025 a  b ", FTP_ROW, ENTRY_FILE, 200000, 1764374400, "a  b " },
	{ "-rw-r--r--    1 984      976             5 Dec 31 10:00  lead", FTP_ROW, ENTRY_FILE, 5, 1767175200, " lead" },
	{ "lrwxrwxrwx 1 a b 5 Nov 29 15:01 link -> to", FTP_ROW, ENTRY_LINK, 5, 1795964460, "link" },
	{ "crw-rw---- 1 root root 1, 3 Nov 29 15:01 null", FTP_ROW, ENTRY_OTHER, 3, 1795964460, "null" },
	{ "-rw-r--r--+ 1 owner 12 2026-11-29 15:01 iso", FTP_ROW, ENTRY_FILE, 12, 1795964460, "iso" },
	{ "-rw-r--r-- 1 o g 12 29 Nov 2025 turned", FTP_ROW, ENTRY_FILE, 12, 1764374400, "turned" },
	{ "-rw-r--r-- 1 o g 12 Nov 29 15:01 Nov 29 15:01", FTP_ROW, ENTRY_FILE, 12, 1795964460, "Nov 29 15:01" },
	{ "drwxr-xr-x 2 o g 4096 Nov 29 15:01 .", FTP_SKIP, 0, 0, 0, NULL },
	{ "total 12", FTP_SKIP, 0, 0, 0, NULL },
	{ "11-29-26  03:01PM       <DIR>          Program Files", FTP_ROW, ENTRY_FOLDER, 0, 1795964460, "Program Files" },
	{ "11-29-2026  12:00AM                 1024 read me.txt", FTP_ROW, ENTRY_FILE, 1024, 1795910400, "read me.txt" },
	{ "11-29-26  03:01PM       <JUNCTION>     j", FTP_ROW, ENTRY_LINK, 0, 1795964460, "j" },
	{ "11-29-26  03:01PM", FTP_UNKNOWN, 0, 0, 0, NULL },
	{ "-rw-r--r-- 1 o g 12 Nov 29 15:01", FTP_UNKNOWN, 0, 0, 0, NULL },
	{ "+i8388621.29609,m824255902,/,\tdev", FTP_UNKNOWN, 0, 0, 0, NULL },
	{ "550 no", FTP_UNKNOWN, 0, 0, 0, NULL },
};

#define all_right(table, read) do { \
	for (size_t i = 0; i < COUNT(table); i++) { \
		struct row r; \
		enum ftp_line is_ = (read); \
		bool same_ = is_ == table[i].is && (is_ != FTP_ROW || (r.kind == table[i].kind && r.size == table[i].size && r.modified == table[i].modified && same(r.name, table[i].name))); \
		if (!ok(same_, "%s", table[i].line) && is_ == FTP_ROW) \
			diag("%c %lld %lld '%s'", r.kind, (long long)r.size, (long long)r.modified, r.name); \
	} \
} while (0)

static char got[200];

static bool keep(void *arg, const char *line)
{
	(void)arg;
	snprintf(got + strlen(got), sizeof got - strlen(got), "[%s]", line);
	return !same(line, "stop");
}

static void cuts(void)
{
	static struct ftp_cut c;
	static char large[FTP_LINE_MOST + 10];
	memset(large, 'x', sizeof large);
	ok(ftp_cut(&c, "a\r\nb\n\n", 6, keep, NULL) && ftp_cut(&c, "c", 1, keep, NULL) && ftp_cut(&c, "d\nn\0ul\n", 7, keep, NULL) && ftp_cut(&c, large, sizeof large, keep, NULL) &&
		ftp_cut(&c, "\nlast", 5, keep, NULL) && ftp_cut_end(&c, keep, NULL), "lines of any length");
	is(got, "[a][b][cd][last]", "whole ones alone");
	ok(!ftp_cut(&c, "stop\nmore\n", 10, keep, NULL), "until enough");
	is(got, "[a][b][cd][last][stop]", "and no more");
}

int main(void)
{
	all_right(facts, ftp_facts(facts[i].line, &r));
	all_right(listed, ftp_listed(listed[i].line, NOW, &r));
	is_int(ftp_time("20261129150105"), NOW, "a time");
	is_int(ftp_time("20261329150105"), -1, "a month that there is not");
	is_int(ftp_time("2026"), -1, "too short");
	cuts();
	return done_testing();
}
