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

static size_t put_character(struct out *o, const char *s)
{
	uint32_t c = 0;
	size_t n = utf8_next(s, &c);
	if (n == 0 || (c >= 0x80 && c < 0xa0))
		buf_text(&o->buf, "\xef\xbf\xbd");
	else if (c < 0x20 || c == 0x7f)
		put_control(o, (unsigned char)c);
	else if (is_deceptive(c))
		buf_printf(&o->buf, "[U+%04X]", (unsigned)c);
	else
		buf_add(&o->buf, s, n);
	return n ? n : 1;
}

void put_html(struct out *o, const char *s)
{
	if (!s)
		return;
	while (*s) {
		size_t n = 0;
		while (is_plain((unsigned char)s[n]))
			n++;
		buf_add(&o->buf, s, n);
		s += n;
		if (*s)
			s += put_entity(o, *s) ? 1 : put_character(o, s);
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

void put_integer(struct out *o, int64_t n)
{
	buf_printf(&o->buf, "%lld", (long long)n);
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

static void put_day_and_minute(struct out *o, const struct tm *tm, char between)
{
	buf_printf(&o->buf, "%04d-%02d-%02d%c%02d:%02d", tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday, between, tm->tm_hour, tm->tm_min);
}

/* <time datetime="2026-11-29T14:03:05+09:00"> */
static void put_time_tag(struct out *o, const struct tm *tm)
{
	long minutes = tm->tm_gmtoff / 60, size = minutes < 0 ? -minutes : minutes;
	buf_text(&o->buf, "<time datetime=\"");
	put_day_and_minute(o, tm, 'T');
	buf_printf(&o->buf, ":%02d%c%02ld:%02ld\">", tm->tm_sec, minutes < 0 ? '-' : '+', size / 60, size % 60);
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
	buf_printf(&o->buf, "%02d:%02d:%02d</time>", tm.tm_hour, tm.tm_min, tm.tm_sec);
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
