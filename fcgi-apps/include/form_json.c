/* form_json: forms for scripts. */
#include "form_show.h"

#include "app.h"

static void member(struct out *o, const char *name, const char *value)
{
	buf_printf(&o->buf, ",\"%s\":", name);
	json_text(&o->buf, value);
}

static void choices(struct out *o, const struct form *form, const char *name)
{
	size_t n = 0;
	const struct choice *all = form_choices_of(form, name, &n);
	buf_text(&o->buf, ",\"choices\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(&o->buf, ',');
		json_text(&o->buf, all[i].value);
	}
	buf_char(&o->buf, ']');
}

static void values(struct out *o, struct texts t)
{
	buf_text(&o->buf, ",\"value\":[");
	for (size_t i = 0; i < t.n; i++) {
		if (i)
			buf_char(&o->buf, ',');
		json_text(&o->buf, t.at[i]);
	}
	buf_char(&o->buf, ']');
}

static bool is_secret(const struct field *f)
{
	return f->kind == FIELD_PASSWORD || f->kind == FIELD_CODE;
}

static void one_field(struct out *o, const struct form *form, const struct field *f)
{
	buf_text(&o->buf, "{\"name\":");
	json_text(&o->buf, f->name);
	member(o, "label", f->label ? tr(o->ctx, f->label) : NULL);
	buf_printf(&o->buf, ",\"required\":%s", f->required ? "true" : "false");
	if (f->kind == FIELD_CHOICES)
		values(o, form_texts(form, f->name));
	else if (!is_secret(f))
		member(o, "value", form_text(form, f->name));
	if (f->kind == FIELD_CHOICE || f->kind == FIELD_CHOICES)
		choices(o, form, f->name);
	if (form_message(form, f->name))
		member(o, "message", form_message(form, f->name));
	buf_char(&o->buf, '}');
}

void form_json(struct out *o, const struct form *form)
{
	const struct form_table *t = form_table_of(form);
	buf_printf(&o->buf, "{\"good\":%s", form_good(form) ? "true" : "false");
	if (form_message(form, NULL))
		member(o, "message", form_message(form, NULL));
	buf_text(&o->buf, ",\"fields\":[");
	for (size_t i = 0; i < t->n; i++) {
		if (i)
			buf_char(&o->buf, ',');
		one_field(o, form, &t->fields[i]);
	}
	buf_text(&o->buf, "]}");
}
