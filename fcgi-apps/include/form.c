/* form: values of a form table. Checks are in form_check.c, HTML in form_show.c. */
#include "form_private.h"

#include <string.h>

struct form *form_new(struct ctx *ctx, const struct form_table *table)
{
	struct form *form = NEW(ctx->arena, struct form);
	form->ctx = ctx;
	form->table = table;
	form->values = NEW_ARRAY(ctx->arena, struct form_value, table->n);
	for (size_t i = 0; i < table->n; i++) {
		const struct field *f = &table->fields[i];
		form->values[i] = (struct form_value){ .text = f->preset, .choices = f->choices, .n_choices = f->n_choices };
	}
	return form;
}

struct form_value *form_value(const struct form *form, const char *name)
{
	for (size_t i = 0; i < form->table->n; i++)
		if (same(form->table->fields[i].name, name))
			return &form->values[i];
	die("form %s has no field %s", form->table->name, name);
}

const char *form_text(const struct form *form, const char *name)
{
	const char *value = form_value(form, name)->text;
	return value ? value : "";
}

int64_t form_integer(const struct form *form, const char *name)
{
	const struct form_value *value = form_value(form, name);
	int64_t number = 0;
	if (!empty(value->text) && parse_int(value->text, INT64_MIN, INT64_MAX, &number))
		return number;
	const char *preset = form->table->fields[value - form->values].preset;
	return preset && parse_int(preset, INT64_MIN, INT64_MAX, &number) ? number : 0;
}

bool form_flag(const struct form *form, const char *name)
{
	return !empty(form_value(form, name)->text);
}

struct texts form_texts(const struct form *form, const char *name)
{
	return form_value(form, name)->texts;
}

/* One more ticked box of several. */
static void add_text(struct form *form, struct form_value *v, const char *value)
{
	const char **all = NEW_ARRAY(form->ctx->arena, const char *, v->texts.n + 1);
	for (size_t i = 0; i < v->texts.n; i++)
		all[i] = v->texts.at[i];
	all[v->texts.n] = value;
	v->texts = (struct texts){ all, v->texts.n + 1 };
}

void form_set(struct form *form, const char *name, const char *value)
{
	struct form_value *v = form_value(form, name);
	if (form->table->fields[v - form->values].kind == FIELD_CHOICES)
		add_text(form, v, value);
	else
		v->text = value;
}

void form_choices(struct form *form, const char *name, const struct choice *choices, size_t n)
{
	struct form_value *value = form_value(form, name);
	value->choices = choices;
	value->n_choices = n;
}

const struct choice *form_choices_of(const struct form *form, const char *name, size_t *n)
{
	const struct form_value *value = form_value(form, name);
	*n = value->n_choices;
	return value->choices;
}

void form_wrong(struct form *form, const char *name, const char *message)
{
	const char **at = name ? &form_value(form, name)->message : &form->message;
	form->wrong = true;
	if (!*at)
		*at = message;
}

bool form_good(const struct form *form)
{
	return !form->wrong;
}

const struct form_table *form_table_of(const struct form *form)
{
	return form->table;
}

const char *form_message(const struct form *form, const char *name)
{
	return name ? form_value(form, name)->message : form->message;
}

/* White space at both ends goes, and a browser's CR LF becomes LF: the only changes that are made to what was typed. */
static const char *tidy(struct arena *arena, const struct field *f, const char *given)
{
	if (f->keep_spaces || f->kind == FIELD_PASSWORD || f->kind == FIELD_MULTILINE) {
		char *out = arena_alloc(arena, strlen(given) + 1), *to = out;
		for (const char *p = given; *p; p++)
			if (!(f->kind == FIELD_MULTILINE && p[0] == '\r' && p[1] == '\n'))
				*to++ = *p;
		return out;
	}
	given += strspn(given, " \t\r\n");
	size_t n = strlen(given);
	while (n && strchr(" \t\r\n", given[n - 1]))
		n--;
	return arena_copy(arena, given, n);
}

static void refuse_doubled(struct req *r, const char *name)
{
	if (r->state->refusal.kind == KIND_NONE)
		r->state->refusal = (struct error){ KIND_BAD_REQUEST, tr(r->ctx, "A field was sent twice, so the form was not read."), text(r->ctx->arena, "doubled field %.60s", name) };
}

/* Scripts may write a flag out. */
static bool said_yes(const char *given)
{
	return !empty(given) && !same(given, "0") && !same(given, "no") && !same(given, "off") && !same(given, "false");
}

static void take(struct req *r, const struct params *from, const struct field *f, struct form_value *value)
{
	bool doubled = false;
	if (f->kind == FIELD_FILE)
		return;
	if (f->kind == FIELD_CHOICES) {
		value->texts = params_all(r->ctx->arena, from, f->name);
		return;
	}
	const char *given = params_get(from, f->name, &doubled);
	if (doubled)
		refuse_doubled(r, f->name);
	if (f->kind == FIELD_FLAG)
		value->text = said_yes(given) ? "1" : NULL; /* an unticked box is not sent */
	else if (given)
		value->text = tidy(r->ctx->arena, f, given);
}

struct form *form_read(struct req *r, const struct form_table *table)
{
	struct form *form = form_new(r->ctx, table);
	const struct params *from = r->method == POST ? &r->state->body : &r->state->query;
	for (size_t i = 0; i < table->n; i++)
		take(r, from, &table->fields[i], &form->values[i]);
	if (r->state->refusal.kind != KIND_NONE)
		form->wrong = true;
	form_check(form);
	return form;
}
