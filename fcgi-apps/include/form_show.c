/* form_show: prints the inputs of a form, each with its label, hint and message tied to it. */
#include "form_show.h"

#include <string.h>

#include "app.h"
#include "form_pattern.h"

enum { PRESET_LENGTH = 1000 };

/* One field on its way to the page. */
struct shown {
	struct out *o;
	const struct form *form;
	const struct field *field;
	const char *table;   /* prefix of the id */
	const char *wrong;   /* message, NULL if none */
	bool focus;          /* first wrong field of the form */
};

static void put(struct out *o, const char *literal)
{
	put_raw(o, literal, strlen(literal));
}

/* name="escaped value", with the space in front. */
static void put_attribute(struct out *o, const char *name, const char *value)
{
	buf_printf(&o->buf, " %s=\"", name);
	put_html(o, value);
	put(o, "\"");
}

static void put_number(struct out *o, const char *name, int64_t value)
{
	buf_printf(&o->buf, " %s=\"%lld\"", name, (long long)value);
}

static void put_id(const struct shown *s, const char *attribute, const char *suffix)
{
	buf_printf(&s->o->buf, " %s=\"%s-%s%s\"", attribute, s->table, s->field->name, suffix);
}

/* ---- hint and message ---- */

static const char *hint_of(const struct field *f)
{
	return !empty(f->hint) ? f->hint : f->grammar_says;
}

static void put_described(const struct shown *s)
{
	bool hint = !empty(hint_of(s->field));
	if (!hint && !s->wrong)
		return;
	buf_text(&s->o->buf, " aria-describedby=\"");
	if (hint)
		buf_printf(&s->o->buf, "%s-%s-hint", s->table, s->field->name);
	if (s->wrong)
		buf_printf(&s->o->buf, "%s%s-%s-wrong", hint ? " " : "", s->table, s->field->name);
	put(s->o, "\"");
}

static void put_notes(const struct shown *s)
{
	if (!empty(hint_of(s->field))) {
		put(s->o, "<p class=\"hint\"");
		put_id(s, "id", "-hint");
		put(s->o, ">");
		put_tr(s->o, hint_of(s->field));
		put(s->o, "</p>\n");
	}
	if (s->wrong) {
		put(s->o, "<p class=\"wrong\"");
		put_id(s, "id", "-wrong");
		put(s->o, ">");
		put_html(s->o, s->wrong);
		put(s->o, "</p>\n");
	}
}

/* ---- label ---- */

/* Says in words which fields are needed: of the two kinds the rarer one is marked. */
static bool mostly_required(const struct form_table *t)
{
	size_t required = 0, all = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (t->fields[i].kind == FIELD_HIDDEN || t->fields[i].kind == FIELD_FLAG)
			continue;
		all++;
		required += t->fields[i].required;
	}
	return required * 2 > all;
}

static void put_need(const struct shown *s)
{
	bool most = mostly_required(form_table_of(s->form));
	if (s->field->required == most || s->field->kind == FIELD_FLAG)
		return;
	put(s->o, " <span class=\"need\">(");
	put_tr(s->o, most ? MSG("optional") : MSG("required"));
	put(s->o, ")</span>");
}

static void put_label(const struct shown *s)
{
	put(s->o, "<label");
	put_id(s, "for", "");
	put(s->o, ">");
	put_tr(s->o, s->field->label);
	put_need(s);
	put(s->o, "</label>\n");
}

/* ---- inputs ---- */

/* What all inputs carry. */
static void put_common(const struct shown *s)
{
	put_id(s, "id", "");
	put_attribute(s->o, "name", s->field->name);
	if (s->field->required)
		put(s->o, " required");
	if (!empty(s->field->autocomplete))
		put_attribute(s->o, "autocomplete", s->field->autocomplete);
	put_described(s);
	if (s->wrong)
		put(s->o, " aria-invalid=\"true\"");
	if (s->focus)
		put(s->o, " autofocus");
}

/* The browser counts characters where we may count bytes: then its limit is never the tighter one. */
static void put_lengths(const struct shown *s)
{
	if (s->field->min > 0)
		put_number(s->o, "minlength", s->field->letters ? s->field->min : (s->field->min + 3) / 4);
	put_number(s->o, "maxlength", s->field->max > 0 ? s->field->max : PRESET_LENGTH);
}

static void put_pattern(const struct shown *s)
{
	const char *pattern = s->field->grammar ? form_pattern(s->o->ctx->arena, s->field->grammar) : NULL;
	if (pattern)
		put_attribute(s->o, "pattern", pattern);
	if (pattern && !empty(s->field->grammar_says))
		put_attribute(s->o, "title", tr(s->o->ctx, s->field->grammar_says));
	if (s->field->grammar)
		put(s->o, " autocapitalize=\"none\" spellcheck=\"false\"");
}

static void show_integer_limits(const struct shown *s)
{
	put(s->o, " inputmode=\"numeric\" step=\"1\"");
	if (s->field->min == 0 && s->field->max == 0)
		return;
	put_number(s->o, "min", s->field->min);
	put_number(s->o, "max", s->field->max);
}

/* <input> of every type; what was typed comes back, except secrets. */
static void show_input(const struct shown *s)
{
	enum field_kind kind = s->field->kind;
	const char *type = kind == FIELD_INTEGER ? "number" : kind == FIELD_PASSWORD ? "password" : kind == FIELD_DATE ? "date"
		: kind == FIELD_FILE ? "file" : "text";
	put_label(s);
	put(s->o, "<input");
	put_attribute(s->o, "type", type);
	put_common(s);
	if (kind == FIELD_INTEGER)
		show_integer_limits(s);
	if (kind == FIELD_TEXT || kind == FIELD_PASSWORD || kind == FIELD_CODE)
		put_lengths(s);
	if (kind == FIELD_TEXT || kind == FIELD_CODE)
		put_pattern(s);
	if (kind == FIELD_CODE)
		put(s->o, " inputmode=\"numeric\" class=\"code\"");
	if (kind != FIELD_PASSWORD && kind != FIELD_CODE && kind != FIELD_FILE)
		put_attribute(s->o, "value", form_text(s->form, s->field->name));
	put(s->o, ">\n");
}

static int64_t rows_for(const char *value)
{
	int64_t lines = 2;
	for (; *value; value++)
		lines += *value == '\n';
	return lines < 4 ? 4 : lines > 26 ? 26 : lines;
}

/* What comes back from the browser must be what was put there: no character is made visible by putting another in its place. */
static void put_as_is(struct out *o, const char *s)
{
	for (size_t n; *s; s += n) {
		n = strcspn(s, "&<>");
		put_raw(o, s, n);
		s += n;
		n = *s != 0;
		put(o, *s == '&' ? "&amp;" : *s == '<' ? "&lt;" : *s == '>' ? "&gt;" : "");
	}
}

/* A field that keeps its spaces is code: fixed width, no wrapping. */
static void show_multiline(const struct shown *s)
{
	const char *value = form_text(s->form, s->field->name);
	put_label(s);
	put(s->o, "<textarea");
	put_common(s);
	put_lengths(s);
	put_number(s->o, "rows", rows_for(value));
	if (s->field->keep_spaces)
		put(s->o, " cols=\"80\" class=\"mono\" wrap=\"off\" spellcheck=\"false\" autocapitalize=\"none\"");
	put(s->o, ">\n");
	(s->field->keep_spaces ? put_as_is : put_html)(s->o, value);
	put(s->o, "</textarea>\n");
}

static void put_option(struct out *o, const char *value, const char *label, bool selected)
{
	put(o, "<option");
	put_attribute(o, "value", value);
	put(o, selected ? " selected>" : ">");
	put_tr(o, label);
	put(o, "</option>\n");
}

static bool has_choice(const struct choice *all, size_t n, const char *value)
{
	for (size_t i = 0; i < n; i++)
		if (same(all[i].value, value))
			return true;
	return false;
}

static void show_choice(const struct shown *s)
{
	size_t n = 0;
	const struct choice *all = form_choices_of(s->form, s->field->name, &n);
	const char *value = form_text(s->form, s->field->name);
	put_label(s);
	put(s->o, "<select");
	put_common(s);
	put(s->o, ">\n");
	if (!has_choice(all, n, "") && (!s->field->required || !has_choice(all, n, value)))
		put_option(s->o, "", s->field->required ? MSG("Please choose") : MSG("None"), empty(value));
	for (size_t i = 0; i < n; i++)
		put_option(s->o, all[i].value, all[i].label, same(all[i].value, value));
	put(s->o, "</select>\n");
}

static void show_flag(const struct shown *s)
{
	put(s->o, "<input type=\"checkbox\" value=\"yes\"");
	put_common(s);
	put(s->o, form_flag(s->form, s->field->name) ? " checked>\n" : ">\n");
	put_label(s);
}

static bool among(struct texts t, const char *value)
{
	for (size_t i = 0; i < t.n; i++)
		if (same(t.at[i], value))
			return true;
	return false;
}

static void show_box(const struct shown *s, size_t i, const struct choice *choice, bool checked)
{
	buf_printf(&s->o->buf, "<div class=\"flag\"><input type=\"checkbox\" id=\"%s-%s-%zu\"", s->table, s->field->name, i);
	put_attribute(s->o, "name", s->field->name);
	put_attribute(s->o, "value", choice->value);
	put(s->o, checked ? " checked>" : ">");
	buf_printf(&s->o->buf, "<label for=\"%s-%s-%zu\">", s->table, s->field->name, i);
	put_tr(s->o, choice->label);
	put(s->o, "</label></div>\n");
}

static void show_choices(const struct shown *s)
{
	size_t n = 0;
	const struct choice *all = form_choices_of(s->form, s->field->name, &n);
	struct texts chosen = form_texts(s->form, s->field->name);
	put(s->o, "<fieldset");
	put_id(s, "id", "");
	put_described(s);
	put(s->o, ">\n<legend>");
	put_tr(s->o, s->field->label);
	put_need(s);
	put(s->o, "</legend>\n");
	for (size_t i = 0; i < n; i++)
		show_box(s, i, &all[i], among(chosen, all[i].value));
	put(s->o, "</fieldset>\n");
}

static void show_hidden(const struct shown *s)
{
	put(s->o, "<input type=\"hidden\"");
	put_attribute(s->o, "name", s->field->name);
	put_attribute(s->o, "value", form_text(s->form, s->field->name));
	put(s->o, ">\n");
}

static void show(const struct shown *s)
{
	static void (*const by_kind[])(const struct shown *) = {
		[FIELD_TEXT] = show_input, [FIELD_INTEGER] = show_input, [FIELD_CHOICE] = show_choice, [FIELD_FLAG] = show_flag,
		[FIELD_MULTILINE] = show_multiline, [FIELD_PASSWORD] = show_input, [FIELD_CODE] = show_input, [FIELD_DATE] = show_input,
		[FIELD_HIDDEN] = show_hidden, [FIELD_CHOICES] = show_choices, [FIELD_FILE] = show_input,
	};
	static const char *const extra[] = { [FIELD_INTEGER] = " integer", [FIELD_FLAG] = " flag", [FIELD_MULTILINE] = " tall", [FIELD_FILE] = NULL };
	if (s->field->kind == FIELD_HIDDEN) {
		show_hidden(s);
		return;
	}
	const char *more = extra[s->field->kind];
	buf_printf(&s->o->buf, "<div class=\"field%s%s\">\n", more ? more : "", s->wrong ? " is-wrong" : "");
	by_kind[s->field->kind](s);
	put_notes(s);
	put(s->o, "</div>\n");
}

/* ---- the whole form ---- */

/* What is wrong, in one place at the top, with links to the fields. */
static void show_summary(struct out *o, const struct form *form, const struct form_table *t)
{
	const char *whole = form_message(form, NULL);
	if (form_good(form) && !whole)
		return;
	put(o, "<div class=\"note bad\" role=\"alert\">\n<p>");
	if (whole)
		put_html(o, whole);
	else
		put_tr(o, MSG("Nothing was changed. Please look at these fields again:"));
	put(o, "</p>\n<ul>\n");
	size_t empty_list = o->buf.n;
	for (size_t i = 0; i < t->n; i++) {
		const char *wrong = form_message(form, t->fields[i].name);
		if (!wrong)
			continue;
		buf_printf(&o->buf, "<li><a href=\"#%s-%s\">", t->name, t->fields[i].name);
		put_tr(o, t->fields[i].label);
		put(o, "</a>: ");
		put_html(o, wrong);
		put(o, "</li>\n");
	}
	if (o->buf.n == empty_list)
		o->buf.n -= strlen("<ul>\n");
	else
		put(o, "</ul>\n");
	put(o, "</div>\n");
}

static void change_group(struct out *o, const char **group, const char *next)
{
	if (!next || same(*group, next))
		return;
	put(o, *group ? "</fieldset>\n<fieldset class=\"group\">\n" : "<fieldset class=\"group\">\n");
	put(o, "<legend>");
	put_tr(o, next);
	put(o, "</legend>\n");
	*group = next;
}

void put_form(struct out *o, const struct form *form)
{
	if (!form)
		return;
	const struct form_table *t = form_table_of(form);
	const char *group = NULL;
	bool focused = false;
	show_summary(o, form, t);
	for (size_t i = 0; i < t->n; i++) {
		struct shown s = { o, form, &t->fields[i], t->name, form_message(form, t->fields[i].name), false };
		s.focus = s.wrong && !focused;
		focused = focused || s.wrong;
		change_group(o, &group, t->fields[i].group);
		show(&s);
	}
	if (group)
		put(o, "</fieldset>\n");
}
