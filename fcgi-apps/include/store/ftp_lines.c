#include "store/ftp_lines.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "store.h"

/* ---- lines ---- */

static bool finish(struct ftp_cut *c, bool (*each)(void *, const char *), void *arg)
{
	bool good = !c->spoilt && c->n > 0;
	if (good && c->line[c->n - 1] == '\r')
		c->n--;
	c->line[c->n] = 0;
	c->n = 0;
	c->spoilt = false;
	return !good || each(arg, c->line);
}

bool ftp_cut(struct ftp_cut *c, const char *data, size_t n, bool (*each)(void *, const char *), void *arg)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n') {
			if (!finish(c, each, arg))
				return false;
		} else if (data[i] == 0 || c->n == FTP_LINE_MOST) {
			c->spoilt = true;
		} else {
			c->line[c->n++] = data[i];
		}
	}
	return true;
}

bool ftp_cut_end(struct ftp_cut *c, bool (*each)(void *, const char *), void *arg)
{
	return finish(c, each, arg);
}

/* ---- times ---- */

static bool number(const char *s, size_t n, int *out)
{
	int v = 0;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]))
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*out = v;
	return n > 0;
}

static int64_t moment(int year, int month, int day, int hour, int minute, int second)
{
	struct tm t = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute, .tm_sec = second };
	bool good = year >= 1900 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 24 && minute <= 59 && second <= 60;
	return good ? (int64_t)timegm(&t) : -1;
}

int64_t ftp_time(const char *s)
{
	int y, mo, d, h, mi, se;
	if (strlen(s) < 14 || !number(s, 4, &y) || !number(s + 4, 2, &mo) || !number(s + 6, 2, &d) || !number(s + 8, 2, &h) || !number(s + 10, 2, &mi) || !number(s + 12, 2, &se))
		return -1;
	return moment(y, mo, d, h, mi, se);
}

/* "15:01", of today or of the past: a year is not told while it is this one. */
static bool clock_of(const char *s, size_t n, int *hour, int *minute)
{
	const char *colon = memchr(s, ':', n);
	return colon && number(s, (size_t)(colon - s), hour) && n >= (size_t)(colon - s) + 3 && number(colon + 1, 2, minute);
}

static int64_t in_some_year(int64_t at, int month, int day, int hour, int minute)
{
	time_t t = (time_t)at;
	struct tm today;
	gmtime_r(&t, &today);
	int64_t m = moment(today.tm_year + 1900, month, day, hour, minute, 0);
	return m > at + 2 * 86400 ? moment(today.tm_year + 1899, month, day, hour, minute, 0) : m;
}

/* ---- facts ---- */

static bool fact_is(const char *fact, const char *name, const char **value)
{
	size_t n = strlen(name);
	*value = fact + n + 1;
	return !strncasecmp(fact, name, n) && fact[n] == '=';
}

/* False: the folder itself, or the one above. */
static bool kind_of(const char *type, struct row *r)
{
	if (!strncasecmp(type, "file;", 5))
		r->kind = ENTRY_FILE;
	else if (!strncasecmp(type, "dir;", 4))
		r->kind = ENTRY_FOLDER;
	else if (!strncasecmp(type, "OS.unix=slink", 13) || !strncasecmp(type, "OS.unix=symlink", 15))
		r->kind = ENTRY_LINK;
	else if (!strncasecmp(type, "cdir;", 5) || !strncasecmp(type, "pdir;", 5))
		return false;
	else
		r->kind = ENTRY_OTHER;
	return true;
}

static int64_t size_of(const char *s, size_t n)
{
	char digits[24];
	int64_t size = -1;
	if (n >= sizeof digits)
		return 0;
	memcpy(digits, s, n);
	digits[n] = 0;
	return parse_int(digits, 0, INT64_MAX, &size) ? size : 0;
}

static void begin_row(struct row *r)
{
	*r = (struct row){ .kind = ENTRY_OTHER, .mode = -1, .uid = -1, .gid = -1 };
}

/* Longer ones do not fit, and are left out by whoever looks at it. */
static void keep_name(struct row *r, const char *s, size_t n)
{
	if (n > WIRE_NAME_MOST)
		n = 0;
	memcpy(r->name, s, n);
	r->name[n] = 0;
}

enum ftp_line ftp_facts(const char *line, struct row *r)
{
	const char *v, *at = line, *end;
	bool shown = true, typed = false;
	begin_row(r);
	for (; (end = strchr(at, ';')) && *at != ' '; at = end + 1) {
		if (fact_is(at, "type", &v))
			shown = kind_of(v, r), typed = true;
		else if (fact_is(at, "size", &v))
			r->size = size_of(v, (size_t)(end - v));
		else if (fact_is(at, "modify", &v))
			r->modified = ftp_time(v);
	}
	if (*at != ' ' || !typed)
		return FTP_UNKNOWN;
	keep_name(r, at + 1, strlen(at + 1));
	r->modified = r->modified < 0 ? 0 : r->modified;
	return shown ? FTP_ROW : FTP_SKIP;
}

/* ---- LIST ---- */

struct word { const char *at; size_t n; };

/* The next word, and where it ends; an empty one at the end. */
static struct word next(const char **at)
{
	*at += strspn(*at, " \t");
	struct word w = { *at, strcspn(*at, " \t") };
	*at += w.n;
	return w;
}

static int month_of(struct word w)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	for (int i = 0; w.n == 3 && i < 12; i++)
		if (!strncasecmp(w.at, names + 3 * i, 3))
			return i + 1;
	return 0;
}

static bool day_of(struct word w, int *day)
{
	return w.n <= 2 && number(w.at, w.n, day) && *day >= 1 && *day <= 31;
}

/* "Nov 29 15:01", "29 Nov 2025", or "2026-11-29 15:01" from word `a` on; *at stands behind b, and afterwards behind what belongs to it. */
static bool dated(struct word a, struct word b, const char **at, int64_t now_, int64_t *out)
{
	int month = month_of(a), day, year, hour = 0, minute = 0;
	if (a.n == 10 && a.at[4] == '-' && a.at[7] == '-' && number(a.at, 4, &year) && number(a.at + 5, 2, &month) && number(a.at + 8, 2, &day) &&
		clock_of(b.at, b.n, &hour, &minute)) {
		*out = moment(year, month, day, hour, minute, 0);
		return true;
	}
	if (!(month ? day_of(b, &day) : (month = month_of(b)) && day_of(a, &day)))
		return false;
	struct word c = next(at);
	if (clock_of(c.at, c.n, &hour, &minute))
		*out = in_some_year(now_, month, day, hour, minute);
	else if (c.n == 4 && number(c.at, 4, &year))
		*out = moment(year, month, day, 0, 0, 0);
	else
		return false;
	return true;
}

static enum ftp_line named(const char *at, struct row *r)
{
	if (*at != ' ' || !at[1])
		return FTP_UNKNOWN;
	at++;
	const char *arrow = r->kind == ENTRY_LINK ? strstr(at, " -> ") : NULL;
	keep_name(r, at, arrow ? (size_t)(arrow - at) : strlen(at));
	r->modified = r->modified < 0 ? 0 : r->modified;
	return FTP_ROW;
}

/* Rights, links, owner, maybe a group, size, date, name: the date is what can be told from the rest, and the size stands before it. */
static enum ftp_line unix_line(const char *line, int64_t at, struct row *r)
{
	const char *p = line;
	next(&p);
	struct word size = { p, 0 }, a = next(&p), b;
	for (int i = 0; i < 8 && a.n; i++) {
		const char *behind = p;
		b = next(&behind);
		if (dated(a, b, &behind, at, &r->modified)) {
			r->size = size_of(size.at, size.n);
			return named(behind, r);
		}
		size = a;
		a = next(&p);
	}
	return FTP_UNKNOWN;
}

/* "11-29-26  03:01PM       <DIR>          name" or a size in place of <DIR>. */
static enum ftp_line windows_line(const char *line, struct row *r)
{
	const char *p = line;
	int month, day, year, hour, minute;
	struct word d = next(&p), t = next(&p), s = next(&p);
	if ((d.n != 8 && d.n != 10) || d.at[2] != '-' || d.at[5] != '-' || !number(d.at, 2, &month) || !number(d.at + 3, 2, &day) || !number(d.at + 6, d.n - 6, &year) ||
		!clock_of(t.at, t.n, &hour, &minute) || !s.n)
		return FTP_UNKNOWN;
	bool folder = *s.at == '<', afternoon = t.n >= 7 && toupper((unsigned char)t.at[t.n - 2]) == 'P', morning = t.n >= 7 && toupper((unsigned char)t.at[t.n - 2]) == 'A';
	if (folder && !(s.n == 5 && !strncasecmp(s.at, "<DIR>", 5)))
		r->kind = ENTRY_LINK; /* <JUNCTION>, <SYMLINKD> */
	else
		r->kind = folder ? ENTRY_FOLDER : ENTRY_FILE;
	if (!folder && !isdigit((unsigned char)*s.at))
		return FTP_UNKNOWN;
	r->size = folder ? 0 : size_of(s.at, s.n);
	hour = afternoon && hour < 12 ? hour + 12 : morning && hour == 12 ? 0 : hour;
	r->modified = moment(d.n == 8 ? year + (year < 70 ? 2000 : 1900) : year, month, day, hour, minute, 0);
	if (folder)
		p += strspn(p, " ") - (*p == ' ');
	return named(p, r);
}

enum ftp_line ftp_listed(const char *line, int64_t at, struct row *r)
{
	begin_row(r);
	if (!*line || !strncasecmp(line, "total ", 6))
		return FTP_SKIP;
	if (isdigit((unsigned char)*line))
		return windows_line(line, r);
	if (!strchr("-dlbcpsD", *line) || strcspn(line, " ") < 10)
		return FTP_UNKNOWN;
	r->kind = *line == '-' ? ENTRY_FILE : *line == 'd' ? ENTRY_FOLDER : *line == 'l' ? ENTRY_LINK : ENTRY_OTHER;
	enum ftp_line is = unix_line(line, at, r);
	return is == FTP_ROW && (same(r->name, ".") || same(r->name, "..")) ? FTP_SKIP : is;
}
