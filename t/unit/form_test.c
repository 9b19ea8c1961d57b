/* form_test: what a form makes of what was sent, and its messages. */
#include "frame_site.h"
#include "tap.h"

static struct arena *arena;
static struct site s;

static const struct choice colours[] = { { "red", "Red" }, { "blue", "Blue" } };
static const struct field rows[] = {
	{ .name = "name", .kind = FIELD_TEXT, .required = true, .min = 2, .max = 9, .grammar = "[a-z가]+", .grammar_says = "Lower-case letters." },
	{ .name = "plain", .kind = FIELD_TEXT },
	{ .name = "kept", .kind = FIELD_TEXT, .keep_spaces = true },
	{ .name = "n", .kind = FIELD_INTEGER, .min = 1, .max = 64, .preset = "4" },
	{ .name = "any", .kind = FIELD_INTEGER },
	{ .name = "colour", .kind = FIELD_CHOICE, .choices = colours, .n_choices = COUNT(colours) },
	{ .name = "later", .kind = FIELD_CHOICE },
	{ .name = "flag", .kind = FIELD_FLAG, .preset = "1" },
	{ .name = "lines", .kind = FIELD_MULTILINE, .max = 50 },
	{ .name = "title", .kind = FIELD_TEXT, .min = 2, .max = 3, .letters = true },
	{ .name = "secret", .kind = FIELD_PASSWORD, .max = 20 },
	{ .name = "day", .kind = FIELD_DATE },
	{ .name = "several", .kind = FIELD_CHOICES, .choices = colours, .n_choices = COUNT(colours) },
	{ .name = "file", .kind = FIELD_FILE, .required = true },
};
FORM(test_form, rows);

static struct form *read_form(const char *query)
{
	site_begin(&s, arena, "A=b");
	s.r.method = POST;
	if (!params_parse(&s.ctx, &s.state.body, query, strlen(query)))
		diag("not parsed: %s", query);
	return form_read(&s.r, &test_form);
}

/* The message at `field` when "name=ab" and one more pair are sent. */
static void says(const char *pair, const char *field, const char *message)
{
	struct form *f = read_form(text(arena, "name=ab&%s", pair));
	is(form_message(f, field), message, "%.60s", pair);
	is_int(form_good(f), !message, "good or not");
}

static void test_values(void)
{
	struct form *f = read_form("name=+abc+&plain=%09a+b%0A&kept=+x+&n=7&colour=red&flag=on&lines=a%0D%0Ab%0D%0A&secret=+p+w+&day=2028-02-29&several=red&several=blue&uid=0");
	ok(form_good(f), "a good form");
	is(form_text(f, "name"), "abc", "spaces at the ends go");
	is(form_text(f, "plain"), "a b", "and tabs and line ends");
	is(form_text(f, "kept"), " x ", "unless they are kept");
	is_int(form_integer(f, "n"), 7, "a number");
	is_int(form_integer(f, "any"), 0, "no number");
	ok(form_flag(f, "flag"), "a tick");
	is(form_text(f, "lines"), "a\nb\n", "line ends of a browser");
	is(form_text(f, "secret"), " p w ", "a password as it is");
	is_int(form_texts(f, "several").n, 2, "several choices");
	is(form_text(f, "later"), "", "what was not sent");
	f = read_form("name=ab");
	ok(!form_flag(f, "flag"), "a box that was not ticked is not its preset");
	is(form_text(f, "n"), "4", "a field that was not sent is its preset");
	is_int(form_integer(f, "n"), 4, "as a number");
	for (int i = 0; i < 4; i++)
		ok(!form_flag(read_form(text(arena, "name=ab&flag=%s", ((const char *const[]){ "0", "no", "false", "off" })[i])), "flag"), "a written no");
}

static void test_messages(void)
{
	is(form_message(read_form(""), "name"), "Please fill this in.", "nothing");
	is(form_message(read_form("name=++"), "name"), "Please fill this in.", "spaces");
	is(form_message(read_form("name=a"), "name"), "At least 2 characters are needed.", "too short");
	is(form_message(read_form("name=abcdefghij"), "name"), "At most 9 characters fit here; this has 10.", "too long");
	is(form_message(read_form("name=%EA%B0%80%EA%B0%80%EA%B0%80%EA%B0%80"), "name"), "At most 9 bytes fit here; this has 12. A letter of Hangul takes three.", "too long in Hangul");
	says("title=%EA%B0%80%EA%B0%80%EA%B0%80", "title", NULL);
	says("title=%EA%B0%80%EA%B0%80%EA%B0%80x", "title", "At most 3 characters fit here; this has 4.");
	says("title=%EA%B0%80", "title", "At least 2 characters are needed.");
	is(form_message(read_form("name=ab1"), "name"), "Lower-case letters.", "the grammar");
	is(form_message(read_form("name=ab%0Acd"), "name"), "Line breaks and control characters are not allowed here.", "a line break");
	is(form_message(read_form("name=ab%7F"), "name"), "Line breaks and control characters are not allowed here.", "DEL");
	static const char *const wrong[] = { "0", "65", "-1", "1.5", "1e1", "0x1", "%2B1", "1+2", "99999999999999999999", "one" };
	for (size_t i = 0; i < COUNT(wrong); i++)
		says(text(arena, "n=%s", wrong[i]), "n", "Enter a whole number from 1 to 64.");
	says("n=1", "n", NULL);
	says("n=64", "n", NULL);
	says("n=", "n", NULL);
	says("any=-9223372036854775808", "any", NULL);
	says("any=9223372036854775808", "any", "Enter a whole number.");
	says("colour=green", "colour", "Please choose from the list.");
	says("colour=Red", "colour", "Please choose from the list.");
	says("several=red&several=green", "several", "Please choose from the list.");
	says("lines=a%1Bb", "lines", "Control characters are not allowed here.");
	says("lines=a%09b%0Ac", "lines", NULL);
	says("day=2027-02-29", "day", "Enter a day as year-month-day, such as 2027-03-31.");
	says("day=2027-13-01", "day", "Enter a day as year-month-day, such as 2027-03-31.");
	says("day=2027-3-1", "day", "Enter a day as year-month-day, such as 2027-03-31.");
	says("day=2027-03-31", "day", NULL);
}

static void test_doubled(void)
{
	struct form *f = read_form("name=ab&n=1&n=2");
	ok(!form_good(f), "a doubled field");
	is_int(s.state.refusal.kind, KIND_BAD_REQUEST, "is a bad request");
	read_form("name=ab&unknown=1&unknown=2");
	is_int(s.state.refusal.kind, KIND_NONE, "one that no row knows is nothing");
}

static void test_choices_later(void)
{
	struct form *f = read_form("name=ab&later=x");
	ok(form_good(f), "without a list there is nothing to check");
	form_choices(f, "later", colours, COUNT(colours));
	ok(!form_check(f), "with one there is");
	is(form_message(f, "later"), "Please choose from the list.", "its message");
	f = form_new(&s.ctx, &test_form);
	form_wrong(f, NULL, "whole");
	form_wrong(f, "n", "first");
	form_wrong(f, "n", "second");
	is(form_message(f, "n"), "first", "the first message stays");
	is(form_message(f, NULL), "whole", "one about the whole form");
}

static void test_params(void)
{
	static const char *const bad[] = { "a=%", "a=%4", "a=%zz", "a=%00", "%00=a", "a=%ff", "a=%ed%a0%80", "a=%c0%80" };
	struct params p = {0};
	for (size_t i = 0; i < COUNT(bad); i++) {
		ok(!params_parse(&s.ctx, &p, bad[i], strlen(bad[i])), "refused: %s", bad[i]);
		forget(&s.ctx);
	}
	p = (struct params){0};
	ok(params_parse(&s.ctx, &p, "&&a&b=&=c&d=e=f&", 16) && p.n == 4, "odd and fine");
	is(params_get(&p, "d", NULL), "e=f", "the first '=' divides");
	is(params_get(&p, "a", NULL), "", "no '=' is an empty value");
	struct buf many;
	buf_in(&many, arena);
	for (int i = 0; i < 100000; i++)
		buf_text(&many, "a=b&");
	p = (struct params){0};
	ok(!params_parse(&s.ctx, &p, many.at, many.n), "100,000 pairs");
	is_int(p.n, PARAMS_MOST, "are read no farther than the limit");
}

int main(void)
{
	arena = arena_new(0);
	test_values();
	test_messages();
	test_doubled();
	test_choices_later();
	test_params();
	arena_free(arena);
	return done_testing();
}
