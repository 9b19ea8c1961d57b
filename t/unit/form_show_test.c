/* form_show_test: the inputs of a form: labels, limits, messages tied to fields, and what never comes back. */
#include <json.h>

#include "app.h"
#include "form_pattern.h"
#include "form_show.h"
#include "tap.h"

static struct ctx ctx;

static const struct choice colours[] = { { "red", "Red" }, { "b\"lue", "Blue & <sky>" } };
static const struct choice with_none[] = { { "", "All" }, { "x", "X" } };

static const struct field rows[] = {
	{ .name = "name", .kind = FIELD_TEXT, .label = "Name", .required = true, .min = 3, .max = 64, .grammar = "[A-Za-z0-9._-]+",
	  .grammar_says = "Letters and digits", .group = "Who", .autocomplete = "username" },
	{ .name = "free", .kind = FIELD_TEXT, .label = "Free <b>", .hint = "Anything & all" },
	{ .name = "n", .kind = FIELD_INTEGER, .label = "Number", .required = true, .min = 1, .max = 9, .group = "Size" },
	{ .name = "any", .kind = FIELD_INTEGER, .label = "Any number" },
	{ .name = "colour", .kind = FIELD_CHOICE, .label = "Colour", .required = true, .choices = colours, .n_choices = COUNT(colours) },
	{ .name = "filter", .kind = FIELD_CHOICE, .label = "Filter", .choices = with_none, .n_choices = COUNT(with_none) },
	{ .name = "maybe", .kind = FIELD_CHOICE, .label = "Maybe", .choices = colours, .n_choices = COUNT(colours) },
	{ .name = "flag", .kind = FIELD_FLAG, .label = "Flag" },
	{ .name = "text", .kind = FIELD_MULTILINE, .label = "Text", .max = 5000 },
	{ .name = "script", .kind = FIELD_MULTILINE, .label = "Script", .keep_spaces = true, .group = "More" },
	{ .name = "password", .kind = FIELD_PASSWORD, .label = "Password", .required = true, .autocomplete = "current-password" },
	{ .name = "code", .kind = FIELD_CODE, .label = "Code", .max = 6, .autocomplete = "one-time-code" },
	{ .name = "day", .kind = FIELD_DATE, .label = "Day" },
	{ .name = "secret", .kind = FIELD_HIDDEN },
	{ .name = "several", .kind = FIELD_CHOICES, .label = "Several", .choices = colours, .n_choices = COUNT(colours) },
	{ .name = "file", .kind = FIELD_FILE, .label = "File" },
};
FORM(test_form, rows);

static const char *shown(const struct form *f)
{
	struct out o = { .ctx = &ctx };
	buf_in(&o.buf, ctx.arena);
	put_form(&o, f);
	return buf_cstr(&o.buf);
}

static bool has(const char *page, const char *part)
{
	if (strstr(page, part))
		return true;
	diag("not found: %s\nin: %s", part, page);
	return false;
}

static struct form *filled(void)
{
	struct form *f = form_new(&ctx, &test_form);
	form_set(f, "name", "\"><script>");
	form_set(f, "free", "x\x1b");
	form_set(f, "n", "7");
	form_set(f, "colour", "b\"lue");
	form_set(f, "flag", "yes");
	form_set(f, "text", "a\n</textarea><b>");
	form_set(f, "script", "\n#!/bin/sh\n\techo");
	form_set(f, "password", "swordfish");
	form_set(f, "code", "123456");
	form_set(f, "day", "2026-11-29");
	form_set(f, "secret", "h'");
	form_set(f, "several", "red");
	form_set(f, "several", "b\"lue");
	return f;
}

static void inputs(const char *page)
{
	ok(has(page, "<label for=\"test_form-name\">Name"), "label tied to its input");
	ok(has(page, "<input type=\"text\" id=\"test_form-name\" name=\"name\" required autocomplete=\"username\" aria-describedby=\"test_form-name-hint\""
		" minlength=\"1\" maxlength=\"64\" pattern=\"[A-Za-z0-9._\\-]+\" title=\"Letters and digits\""), "text: limits, pattern, hint");
	ok(has(page, "value=\"&#34;&gt;&lt;script&gt;\">"), "what was typed is escaped");
	ok(has(page, "<label for=\"test_form-free\">Free &lt;b&gt;"), "labels are escaped");
	ok(has(page, "<p class=\"hint\" id=\"test_form-free-hint\">Anything &amp; all</p>"), "hint");
	ok(has(page, " step=\"1\" min=\"1\" max=\"9\" value=\"7\">"), "integer: limits and value");
	ok(has(page, " name=\"any\" inputmode=\"numeric\" step=\"1\" value=\"\">"), "integer without limits");
	ok(has(page, "<option value=\"b&#34;lue\" selected>Blue &amp; &lt;sky&gt;</option>"), "choice");
	ok(has(page, "<select id=\"test_form-filter\" name=\"filter\">\n<option value=\"\" selected>All</option>"), "a choice with its own empty value gets no other");
	ok(has(page, "<select id=\"test_form-maybe\" name=\"maybe\">\n<option value=\"\" selected>None</option>"), "an optional choice may be none");
	ok(has(page, "<input type=\"checkbox\" value=\"yes\" id=\"test_form-flag\" name=\"flag\" checked>"), "flag");
	ok(has(page, ">\na\n&lt;/textarea&gt;&lt;b&gt;</textarea>"), "text of several lines");
	ok(has(page, ">\n\n#!/bin/sh\n\techo</textarea>"), "a first empty line is kept");
	ok(has(page, " class=\"mono\" wrap=\"off\""), "code is not wrapped");
	ok(has(page, "<input type=\"hidden\" name=\"secret\" value=\"h&#39;\">"), "hidden");
	ok(has(page, "<input type=\"date\" id=\"test_form-day\" name=\"day\" value=\"2026-11-29\">"), "date");
	ok(has(page, "<legend>Several</legend>"), "several choices have a legend");
	ok(has(page, "id=\"test_form-several-0\" name=\"several\" value=\"red\" checked><label for=\"test_form-several-0\">Red</label>"), "several choices");
	ok(has(page, "id=\"test_form-several-1\" name=\"several\" value=\"b&#34;lue\" checked>"), "each of them");
	ok(has(page, "<input type=\"file\" id=\"test_form-file\" name=\"file\">"), "file");
	ok(has(page, "Name <span class=\"need\">(required)</span>"), "the rarer of required and optional is said");
}

static void secrets(const char *page)
{
	ok(has(page, "<input type=\"password\" id=\"test_form-password\" name=\"password\" required autocomplete=\"current-password\""), "password input");
	ok(!strstr(page, "swordfish"), "a password never comes back");
	ok(!strstr(page, "123456"), "nor does a one-time code");
}

static size_t count(const char *page, const char *part)
{
	size_t n = 0;
	for (; (page = strstr(page, part)); page++)
		n++;
	return n;
}

static void wrong_fields(void)
{
	struct form *f = filled();
	ok(!strstr(shown(f), "role=\"alert\""), "no summary while all is good");
	form_wrong(f, "n", "Too <many>.");
	form_wrong(f, "script", "Too long.");
	const char *page = shown(f);
	ok(has(page, "<li><a href=\"#test_form-n\">Number</a>: Too &lt;many&gt;.</li>"), "summary with a link");
	ok(has(page, "name=\"n\" required aria-describedby=\"test_form-n-wrong\" aria-invalid=\"true\" autofocus"), "the wrong input says so");
	ok(has(page, "<p class=\"wrong\" id=\"test_form-n-wrong\">Too &lt;many&gt;.</p>"), "message at the field");
	is_int(count(page, " autofocus"), 1, "the first wrong field has the focus, no other");
	struct form *whole = filled();
	form_wrong(whole, NULL, "The scheduler does not answer.");
	ok(has(shown(whole), "<div class=\"note bad\" role=\"alert\">\n<p>The scheduler does not answer.</p>\n</div>"), "a message about the whole form");
}

static void runtime_choices(void)
{
	static const struct choice parts[] = { { "gpu", "gpu: 1 node" } };
	struct form *f = form_new(&ctx, &test_form);
	form_choices(f, "colour", parts, COUNT(parts));
	const char *page = shown(f);
	ok(has(page, "name=\"colour\" required>\n<option value=\"\" selected>Please choose</option>\n<option value=\"gpu\">gpu: 1 node</option>\n</select>"),
		"choices set at run time");
}

static void patterns(void)
{
	static const struct { const char *grammar, *want; } cases[] = {
		{ "[0-9]+(-[0-9]+)?", "[0-9]+(-[0-9]+)?" },
		{ "[a-z-]", "[a-z\\-]" },
		{ "[-a-z]", "[\\-a-z]" },
		{ "[^/]+", "[^\\/]+" },
		{ "[][()]", "[\\]\\[\\(\\)]" },
		{ "[\\w]", "[\\\\w]" },
		{ "a\\.b", "a\\.b" },
		{ "[[:alnum:]]+", NULL },
		{ "[a", NULL },
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		is(form_pattern(ctx.arena, cases[i].grammar), cases[i].want, "pattern %s", cases[i].grammar);
}

static void as_json(void)
{
	struct form *f = filled();
	form_wrong(f, "n", "Too \"many\".");
	struct out o = { .ctx = &ctx };
	buf_in(&o.buf, ctx.arena);
	form_json(&o, f);
	const char *said = buf_cstr(&o.buf);
	struct json_object *read = json_tokener_parse(said);
	ok(read != NULL, "the form as JSON is JSON");
	json_object_put(read);
	ok(has(said, "{\"good\":false,\"fields\":[{\"name\":\"name\",\"label\":\"Name\",\"required\":true,\"value\":\"\\\"><script>\"}"), "fields with their values");
	ok(has(said, "\"choices\":[\"red\",\"b\\\"lue\"]"), "choices");
	ok(has(said, "\"message\":\"Too \\\"many\\\".\""), "message");
	ok(!strstr(said, "swordfish") && !strstr(said, "123456"), "no secrets");
}

int main(void)
{
	ctx.arena = arena_new(0);
	const char *page = shown(filled());
	inputs(page);
	secrets(page);
	is_int(count(page, "<fieldset class=\"group\">"), 3, "a fieldset for each group");
	is_int(count(page, "</fieldset>"), 4, "each is closed, and that of the choices");
	wrong_fields();
	runtime_choices();
	patterns();
	as_json();
	is(shown(NULL), "", "no form, nothing shown");
	arena_free(ctx.arena);
	return done_testing();
}
