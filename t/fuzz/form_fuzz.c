/* Forms: a body becomes values of a table, is checked, and is printed again. A form that is good keeps what its table promises. */
#include <string.h>

#include "form_show.h"
#include "frame_site.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct choice colours[] = { { "red", "Red" }, { "blue", "Blue" } };

static const struct field rows[] = {
	{ .name = "name", .kind = FIELD_TEXT, .label = "Name", .required = true, .max = 16, .grammar = "[A-Za-z][A-Za-z0-9-]*" },
	{ .name = "nodes", .kind = FIELD_INTEGER, .label = "Nodes", .min = 1, .max = 64, .preset = "1" },
	{ .name = "colour", .kind = FIELD_CHOICE, .label = "Colour", .choices = colours, .n_choices = COUNT(colours) },
	{ .name = "several", .kind = FIELD_CHOICES, .label = "Several", .choices = colours, .n_choices = COUNT(colours) },
	{ .name = "text", .kind = FIELD_MULTILINE, .label = "Text", .max = 100 },
	{ .name = "day", .kind = FIELD_DATE, .label = "Day" },
	{ .name = "flag", .kind = FIELD_FLAG, .label = "Flag" },
	{ .name = "password", .kind = FIELD_PASSWORD, .label = "Password", .max = 30 },
};
FORM(fuzz_form, rows);

static bool is_colour(const char *value)
{
	return same(value, "red") || same(value, "blue");
}

static void check_good(const struct form *form)
{
	const char *name = form_text(form, "name"), *colour = form_text(form, "colour");
	int64_t nodes = form_integer(form, "nodes");
	struct texts several = form_texts(form, "several");

	if (!*name || strlen(name) > 16 || strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
		die("a name outside its grammar");
	if (nodes < 1 || nodes > 64)
		die("a number outside its limits");
	if (*colour && !is_colour(colour))
		die("a choice outside its list");
	for (size_t i = 0; i < several.n; i++)
		if (!is_colour(several.at[i]))
			die("one of several outside its list");
	if (strlen(form_text(form, "text")) > 100 || strlen(form_text(form, "password")) > 30)
		die("a text that is too long");
	if (*form_text(form, "day") && strlen(form_text(form, "day")) != 10)
		die("a day that is none");
}

/* What was typed comes back, escaped; no sign of it may end an attribute or begin an element. */
static void check_shown(struct ctx *ctx, const struct form *form)
{
	struct out html = { .ctx = ctx }, json = { .ctx = ctx };

	buf_in(&html.buf, ctx->arena);
	buf_in(&json.buf, ctx->arena);
	put_form(&html, form);
	form_json(&json, form);
	if (strstr(buf_cstr(&html.buf), "<script") || !utf8_valid(buf_cstr(&html.buf), html.buf.n) || !utf8_valid(buf_cstr(&json.buf), json.buf.n))
		die("a page with somebody else's text in it");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(0);
	struct site s;

	site_begin(&s, arena, "CONTENT_TYPE=application/x-www-form-urlencoded");
	site_body(&s, data, size);
	if (body_read(&s.r)) {
		struct form *form = form_read(&s.r, &fuzz_form);
		if (form_good(form))
			check_good(form);
		check_shown(&s.ctx, form);
	}
	arena_free(arena);
	return 0;
}
