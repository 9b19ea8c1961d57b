/* view_test: the printers that compiled views call: what reaches the browser, whatever the text was. */
#include <stdlib.h>
#include <time.h>

#include "tap.h"
#include "utf8.h"
#include "view.h"

static struct ctx ctx;

/* What a printer of texts makes of one. */
static const char *print(void (*put)(struct out *, const char *), const char *before, const char *s)
{
	struct out o = { .ctx = &ctx };
	buf_in(&o.buf, ctx.arena);
	buf_text(&o.buf, before);
	put(&o, s);
	return buf_cstr(&o.buf) + strlen(before);
}

static const char *print_number(void (*put)(struct out *, int64_t), int64_t n)
{
	struct out o = { .ctx = &ctx };
	buf_in(&o.buf, ctx.arena);
	put(&o, n);
	return buf_cstr(&o.buf);
}

struct text_case { const char *name, *in, *want; };

static void check(const char *what, void (*put)(struct out *, const char *), const struct text_case *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		is(print(put, "", at[i].in), at[i].want, "%s: %s", what, at[i].name);
}

static const struct text_case html_cases[] = {
	{ "nothing", "", "" },
	{ "NULL", NULL, "" },
	{ "plain", "job 18, ok.", "job 18, ok." },
	{ "markup", "<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" },
	{ "attribute", "\" onclick=\"x", "&#34; onclick=&#34;x" },
	{ "ampersand", "a&b &lt;", "a&amp;b &amp;lt;" },
	{ "Korean", "나루 시험", "나루 시험" },
	{ "four bytes", "\xf0\x9f\x9a\xa2", "\xf0\x9f\x9a\xa2" },
	{ "tab and line", "a\tb\nc", "a\tb\nc" },
	{ "escape", "\033[2Jx", "␛[2Jx" },
	{ "carriage return", "a\rb", "a␍b" },
	{ "bell and delete", "\a\x7f", "␇␡" },
	{ "C1 control", "a\xc2\x9b" "b", "a�b" },
	{ "right-to-left override", "txt.\xe2\x80\xae" "exe", "txt.[U+202E]exe" },
	{ "isolate", "\xe2\x81\xa6x\xe2\x81\xa9", "[U+2066]x[U+2069]" },
	{ "byte order mark", "\xef\xbb\xbfx", "[U+FEFF]x" },
	{ "line separator", "a\xe2\x80\xa8" "b", "a[U+2028]b" },
	{ "tag character", "\xf3\xa0\x81\x81x", "[U+E0041]x" },
	{ "stray byte", "a\xff\x80z", "a��z" },
	{ "cut character", "a\xea\xb0", "a��" },
	{ "cut before markup", "\xea<b>", "�&lt;b&gt;" },
	{ "overlong", "\xc0\xbc", "��" },
	{ "overlong, three bytes", "\xe0\x80\xbc", "���" },
	{ "surrogate", "\xed\xa0\x80", "���" },
	{ "above the last", "\xf4\x90\x80\x80", "����" },
};

static const struct text_case part_cases[] = {
	{ "NULL", NULL, "" },
	{ "unreserved", "a-Z_0.9~", "a-Z_0.9~" },
	{ "slashes between", "a/b/c", "a/b/c" },
	{ "slashes side by side", "a//b", "a/%2Fb" },
	{ "space and percent", "a b%41", "a%20b%2541" },
	{ "query and fragment", "a?b#c&d=e", "a%3Fb%23c%26d%3De" },
	{ "quotes and markup", "\"'<>", "%22%27%3C%3E" },
	{ "foreign", "나", "%EB%82%98" },
	{ "raw byte", "\xff\n", "%FF%0A" },
	{ "backslash, colon", "\\a:b", "%5Ca%3Ab" },
};

static const struct text_case url_cases[] = {
	{ "NULL", NULL, "#" },
	{ "empty", "", "#" },
	{ "path", "/jobs?state=running&page=2#x", "/jobs?state=running&amp;page=2#x" },
	{ "encoded", "/files/a%20b", "/files/a%20b" },
	{ "foreign and unsafe", "/나\"'<> ", "/%EB%82%98%22%27%3C%3E%20" },
	{ "https", "https://example.org/x", "https://example.org/x" },
	{ "two slashes", "//evil.example", "#" },
	{ "backslash", "/\\evil.example", "#" },
	{ "tab between slashes", "/\t/evil.example", "/%09/evil.example" },
	{ "javascript", "javascript:alert(1)", "#" },
	{ "data", "data:text/html,x", "#" },
	{ "http", "http://example.org/", "#" },
	{ "https without host", "https:///x", "#" },
	{ "space in front", " /x", "#" },
	{ "relative", "x/y", "#" },
};

static const struct text_case path_cases[] = {
	{ "path", "/x?y", "/x?y" },
	{ "https", "https://example.org/x", "#" },
	{ "two slashes", "//x", "#" },
	{ "NULL", NULL, "#" },
};

static void url_parts_after_a_slash(void)
{
	is(print(put_url_part, "<a href=\"/", "/evil"), "%2Fevil", "a part cannot make two slashes at the beginning");
	is(print(put_url_part, "<a href=\"/", ""), ".", "an empty part cannot let two slashes meet");
	is(print(put_url_part, "<a href=\"/x/", ""), "", "an empty part elsewhere is empty");
	is(print(put_url_part, "<a href='/", NULL), ".", "in single quotes too");
}

static void numbers(void)
{
	is(print_number(put_integer, INT64_MIN), "-9223372036854775808", "the smallest integer");
	is(print_number(put_size, 512), "512 B", "size in bytes");
	is(print_number(put_size, 1503238553), "1.4 GiB", "size");
	is(print_number(put_size, -1), "–", "no size");
	is(print_number(put_time, 0), "–", "no time");
	is(print_number(put_clock, 0), "–", "no clock");
	is(print_number(put_date, 0), "–", "no date");
	is(print_number(put_time, INT64_MAX), "–", "a time that no calendar holds");
	is(print_number(put_time, INT64_MIN), "–", "nor this one");
	is(print_number(put_time, 1796000000), "<time datetime=\"2026-11-30T09:53:20+09:00\">2026-11-30 09:53</time>", "time");
	is(print_number(put_clock, 1796000000), "<time datetime=\"2026-11-30T09:53:20+09:00\">09:53:20</time>", "clock");
	is(print_number(put_day, 1796000000), "<time datetime=\"2026-11-30T09:53:20+09:00\">2026-11-30</time>", "day");
	is(print_number(put_day, 0), "–", "no day");
	is(print_number(put_date, 1796000000), "2026-11-30 09:53", "date");
	setenv("TZ", "America/St_Johns", 1);
	tzset();
	is(print_number(put_time, 1796000000), "<time datetime=\"2026-11-29T21:23:20-03:30\">2026-11-29 21:23</time>", "a zone behind, by half hours");
}

static const char *hidden(const char *csrf, const char *key)
{
	struct out o = { .ctx = &ctx, .csrf = csrf, .key = key };
	buf_in(&o.buf, ctx.arena);
	put_hidden(&o);
	return buf_cstr(&o.buf);
}

static void translated(void)
{
	struct ctx ko = { .arena = ctx.arena, .lang = LANG_KO };
	struct out o = { .ctx = &ko };
	buf_in(&o.buf, ko.arena);
	put_tr(&o, "Sign out");
	put_flag(&o, true);
	is(buf_cstr(&o.buf), "로그아웃예", "texts in the reader's language");
}

int main(void)
{
	setenv("TZ", "Asia/Seoul", 1);
	tzset();
	ctx.arena = arena_new(0);
	check("html", put_html, html_cases, COUNT(html_cases));
	check("part of an address", put_url_part, part_cases, COUNT(part_cases));
	check("address", put_url, url_cases, COUNT(url_cases));
	check("path", put_path, path_cases, COUNT(path_cases));
	url_parts_after_a_slash();
	numbers();
	is(hidden("a\"b", "k"), "<input type=\"hidden\" name=\"csrf\" value=\"a&#34;b\"><input type=\"hidden\" name=\"key\" value=\"k\">", "secrets of a form");
	is(hidden(NULL, NULL), "", "no secrets, no inputs");
	translated();
	arena_free(ctx.arena);
	return done_testing();
}
