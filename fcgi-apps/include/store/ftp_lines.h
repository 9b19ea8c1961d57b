/* ftp_lines: what FTP servers say about files: facts (MLSD, MLST, RFC 3659) and the listings of Unix and Windows (LIST), which no one has written down. */
#ifndef NARU_STORE_FTP_LINES_H
#define NARU_STORE_FTP_LINES_H

#include "store/driver.h"

enum ftp_line {
	FTP_ROW,     /* an entry */
	FTP_SKIP,    /* nothing, or nothing of interest: "total 5", the folder itself */
	FTP_UNKNOWN, /* none of those formats */
};

/* "type=file;size=5;modify=20261129150102; name". Of MLST the name is the path. */
enum ftp_line ftp_facts(const char *line, struct row *);
/* A line of LIST. `at`: seconds since 1970, for the year that is not told. */
enum ftp_line ftp_listed(const char *line, int64_t at, struct row *);
/* "20261129150102" in UTC; -1: no time. */
int64_t ftp_time(const char *);

#define FTP_LINE_MOST 8192

/* Cuts what arrives into lines, without their ends. Longer lines, and those with a NUL in them, are left out. */
struct ftp_cut { size_t n; bool spoilt; char line[FTP_LINE_MOST + 1]; };
/* False as soon as `each` says so: no more is wanted. */
bool ftp_cut(struct ftp_cut *, const char *data, size_t n, bool (*each)(void *, const char *line), void *arg);
/* What stands behind the last line end. */
bool ftp_cut_end(struct ftp_cut *, bool (*each)(void *, const char *line), void *arg);

#endif
