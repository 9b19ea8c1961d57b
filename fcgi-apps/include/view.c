/* view: the printers that compiled views call. */
#include "view.h"

#include <string.h>
#include <time.h>

#include "utf8.h"

void put_raw(struct out *o, const char *literal, size_t n)
{
	buf_add(&o->buf, literal, n);
}

void put_markup(struct out *o, const char *markup)
{
	if (markup)
		buf_text(&o->buf, markup);
}

/* ---- text ---- */

/* Bytes that need a look: controls but tab and newline, the five of HTML, DEL, and all of a foreign script. */
static bool is_plain(unsigned char c)
{
	if (c < 0x20)
		return c == '\t' || c == '\n';
	return c < 0x7f && c != '&' && c != '<' && c != '>' && c != '"' && c != '\'';
}

static bool put_entity(struct out *o, char c)
{
	const char *entity = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&#34;" : c == '\'' ? "&#39;" : NULL;
	if (entity)
		buf_text(&o->buf, entity);
	return entity != NULL;
}

/* Characters that change the order or the look of what stands around them, so that a name could pass for another. */
static bool is_deceptive(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x061c
		|| c == 0x2028 || c == 0x2029 || c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f) || (c >= 0xfff9 && c <= 0xfffb);
}

/* U+2400 and on are the pictures of the control characters. */
static void put_control(struct out *o, unsigned char c)
{
	char picture[3] = { (char)0xe2, (char)0x90, (char)(0x80 + (c == 0x7f ? 0x21 : c)) };
	buf_add(&o->buf, picture, sizeof picture);
}

/* What must not reach a page as it is: a control, a deceptive character, or no character at all. */
static size_t put_strange(struct out *o, const char *s)
{
	uint32_t c = 0;
	size_t n = utf8_next(s, &c);
	if (n == 0 || (c >= 0x80 && c < 0xa0))
		buf_text(&o->buf, "\xef\xbf\xbd");
	else if (c < 0x20 || c == 0x7f)
		put_control(o, (unsigned char)c);
	else
		buf_printf(&o->buf, "[U+%04X]", (unsigned)c);
	return n ? n : 1;
}

/* Length of the text in front of the first byte that needs a look. */
static size_t harmless(const char *s)
{
	size_t n = 0, step;
	uint32_t c;
	for (;; n += step) {
		while (is_plain((unsigned char)s[n]))
			n++;
		step = (unsigned char)s[n] < 0x80 ? 0 : utf8_next(s + n, &c);
		if (step == 0 || c < 0xa0 || is_deceptive(c))
			return n;
	}
}

void put_html(struct out *o, const char *s)
{
	if (!s)
		return;
	while (*s) {
		size_t n = harmless(s);
		buf_add(&o->buf, s, n);
		s += n;
		if (*s)
			s += put_entity(o, *s) ? 1 : put_strange(o, s);
	}
}

void put_tr(struct out *o, const char *english)
{
	put_html(o, tr(o->ctx, english));
}

/* ---- addresses ---- */

static void put_percent(struct out *o, char c)
{
	static const char digits[] = "0123456789ABCDEF";
	char code[3] = { '%', digits[(unsigned char)c >> 4], digits[(unsigned char)c & 15] };
	buf_add(&o->buf, code, sizeof code);
}

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

static bool ends_with(const struct buf *b, const char *end)
{
	size_t n = strlen(end);
	return b->n >= n && memcmp(b->at + b->n - n, end, n) == 0;
}

/* "/" + "/evil" would be another host, and so would "/" + "" + "/evil": neither may come about. */
void put_url_part(struct out *o, const char *s)
{
	if (empty(s) && (ends_with(&o->buf, "\"/") || ends_with(&o->buf, "'/")))
		buf_char(&o->buf, '.');
	for (; s && *s; s++) {
		if (is_unreserved(*s) || (*s == '/' && !ends_with(&o->buf, "/")))
			buf_char(&o->buf, *s);
		else
			put_percent(o, *s);
	}
}

static bool is_path(const char *url)
{
	return url[0] == '/' && url[1] != '/' && url[1] != '\\';
}

static bool is_good_url(const char *url)
{
	if (url[0] == '/')
		return is_path(url);
	return starts_with(url, "https://") && url[8] != '\0' && url[8] != '/' && url[8] != '\\';
}

/* Reserved characters stay as they are, but for the two that HTML needs escaped. */
void put_url(struct out *o, const char *url)
{
	if (!url || !is_good_url(url)) {
		buf_char(&o->buf, '#');
		return;
	}
	for (; *url; url++) {
		if (is_unreserved(*url) || strchr("/?#:@!$()*+,;=%[]", *url))
			buf_char(&o->buf, *url);
		else if (*url == '&')
			buf_text(&o->buf, "&amp;");
		else
			put_percent(o, *url);
	}
}

void put_path(struct out *o, const char *path)
{
	put_url(o, path && is_path(path) ? path : NULL);
}

/* ---- numbers and times ---- */

/* Lists hold thousands of numbers and times: printf would be most of a page's cost. */
static void put_digits(struct out *o, uint64_t n, size_t least)
{
	char digits[24], *at = digits + sizeof digits;
	size_t written = 0;
	for (; n || written < least; n /= 10, written++)
		*--at = (char)('0' + n % 10);
	buf_add(&o->buf, at, written);
}

void put_integer(struct out *o, int64_t n)
{
	if (n < 0)
		buf_char(&o->buf, '-');
	put_digits(o, n < 0 ? -(uint64_t)n : (uint64_t)n, 1);
}

void put_flag(struct out *o, bool yes)
{
	put_html(o, yes ? tr(o->ctx, "yes") : tr(o->ctx, "no"));
}

/* The time in the site's zone; false for 0 and for what no calendar holds. */
static bool local_time(int64_t seconds, struct tm *tm)
{
	time_t t = (time_t)seconds;
	return seconds != 0 && localtime_r(&t, tm) && tm->tm_year > -1900 && tm->tm_year < 8100;
}

static void put_dash(struct out *o)
{
	buf_text(&o->buf, "\xe2\x80\x93");
}

/* Two digits behind a separator. */
static void put_two(struct out *o, char separator, int n)
{
	buf_char(&o->buf, separator);
	put_digits(o, (uint64_t)n, 2);
}

static void put_day_only(struct out *o, const struct tm *tm)
{
	put_digits(o, (uint64_t)(tm->tm_year + 1900), 4);
	put_two(o, '-', tm->tm_mon + 1);
	put_two(o, '-', tm->tm_mday);
}

static void put_day_and_minute(struct out *o, const struct tm *tm, char between)
{
	put_day_only(o, tm);
	put_two(o, between, tm->tm_hour);
	put_two(o, ':', tm->tm_min);
}

/* <time datetime="2026-11-29T14:03:05+09:00"> */
static void put_time_tag(struct out *o, const struct tm *tm)
{
	int minutes = (int)(tm->tm_gmtoff / 60), size = minutes < 0 ? -minutes : minutes;
	buf_text(&o->buf, "<time datetime=\"");
	put_day_and_minute(o, tm, 'T');
	put_two(o, ':', tm->tm_sec);
	put_two(o, minutes < 0 ? '-' : '+', size / 60);
	put_two(o, ':', size % 60);
	buf_text(&o->buf, "\">");
}

void put_time(struct out *o, int64_t seconds)
{
	struct tm tm;
	if (!local_time(seconds, &tm)) {
		put_dash(o);
		return;
	}
	put_time_tag(o, &tm);
	put_day_and_minute(o, &tm, ' ');
	buf_text(&o->buf, "</time>");
}

void put_clock(struct out *o, int64_t seconds)
{
	struct tm tm;
	if (!local_time(seconds, &tm)) {
		put_dash(o);
		return;
	}
	put_time_tag(o, &tm);
	put_digits(o, (uint64_t)tm.tm_hour, 2);
	put_two(o, ':', tm.tm_min);
	put_two(o, ':', tm.tm_sec);
	buf_text(&o->buf, "</time>");
}

void put_day(struct out *o, int64_t seconds)
{
	struct tm tm;
	if (!local_time(seconds, &tm)) {
		put_dash(o);
		return;
	}
	put_time_tag(o, &tm);
	put_day_only(o, &tm);
	buf_text(&o->buf, "</time>");
}

void put_date(struct out *o, int64_t seconds)
{
	struct tm tm;
	if (local_time(seconds, &tm))
		put_day_and_minute(o, &tm, ' ');
	else
		put_dash(o);
}

void put_size(struct out *o, int64_t bytes)
{
	if (bytes < 0)
		put_dash(o);
	else
		put_html(o, human_size(o->ctx->arena, bytes));
}

/* ---- what every POST form carries ---- */

static void put_secret(struct out *o, const char *name, const char *value)
{
	if (empty(value))
		return;
	buf_printf(&o->buf, "<input type=\"hidden\" name=\"%s\" value=\"", name);
	put_html(o, value);
	buf_text(&o->buf, "\">");
}

void put_hidden(struct out *o)
{
	put_secret(o, "csrf", o->csrf);
	put_secret(o, "key", o->key);
}
