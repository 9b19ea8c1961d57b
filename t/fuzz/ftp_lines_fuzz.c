/* Any bytes as an FTP server's listing, read as facts and as the output of LIST: rows in their bounds, and the same however they are cut. */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "store/ftp_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct seen { bool facts; size_t n, bytes; };

static bool look(void *arg, const char *line)
{
	struct seen *s = arg;
	struct row r;
	if (strlen(line) > FTP_LINE_MOST || strchr(line, '\n'))
		abort();
	if ((s->facts ? ftp_facts(line, &r) : ftp_listed(line, 1795966920, &r)) != FTP_ROW)
		return true;
	s->n++;
	s->bytes += strlen(r.name) + (size_t)r.kind;
	if (r.size < 0 || r.modified < 0 || strlen(r.name) > WIRE_NAME_MOST)
		abort();
	return s->n < 1000;
}

static struct seen run(const uint8_t *data, size_t n, size_t step, bool facts)
{
	static struct ftp_cut cut;
	struct seen s = { .facts = facts };
	bool more = true;
	cut = (struct ftp_cut){ .n = 0 };
	for (size_t at = 0; at < n && more; at += step)
		more = ftp_cut(&cut, (const char *)data + at, n - at < step ? n - at : step, look, &s);
	if (more)
		ftp_cut_end(&cut, look, &s);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	for (int facts = 0; facts < 2; facts++) {
		struct seen a = run(data, n, n + 1, facts), b = run(data, n, 5, facts);
		if (a.n != b.n || a.bytes != b.bytes)
			abort();
	}
	return 0;
}
