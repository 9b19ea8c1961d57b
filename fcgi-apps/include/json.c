/* json: models as JSON, from their tables. */
#include "view.h"

#include <string.h>

#include "form_show.h"
#include "utf8.h"

/* What a JSON string holds differently; *n bytes of `s` are used up. */
static void add_special(struct buf *b, const char *s, size_t *n)
{
	uint32_t c = 0;
	*n = utf8_next(s, &c);
	if (*n == 0)
		buf_text(b, "\xef\xbf\xbd");
	else if (c == '"' || c == '\\')
		buf_printf(b, "\\%c", (char)c);
	else if (c == '\n')
		buf_text(b, "\\n");
	else if (c < 0x20 || c == 0x7f || c == 0x2028 || c == 0x2029)
		buf_printf(b, "\\u%04x", (unsigned)c);
	else
		buf_add(b, s, *n);
	*n += *n == 0;
}

void json_text(struct buf *b, const char *s)
{
	if (!s) {
		buf_text(b, "null");
		return;
	}
	buf_char(b, '"');
	while (*s) {
		size_t n = 0, used = 0;
		while ((unsigned char)s[n] >= 0x20 && (unsigned char)s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
			n++;
		buf_add(b, s, n);
		s += n;
		if (*s)
			add_special(b, s, &used);
		s += used;
	}
	buf_char(b, '"');
}

/* How every list of MODEL() is laid out. */
struct any_list { const char *at; size_t n; };

static void json_list(struct out *o, const struct model *m, struct any_list list)
{
	buf_char(&o->buf, '[');
	for (size_t i = 0; i < list.n; i++) {
		if (i)
			buf_char(&o->buf, ',');
		model_json(o, m, list.at + i * m->size);
	}
	buf_char(&o->buf, ']');
}

static const void *pointer_at(const void *at)
{
	const void *pointer;
	memcpy(&pointer, at, sizeof pointer);
	return pointer;
}

static int64_t integer_at(const void *at)
{
	int64_t n;
	memcpy(&n, at, sizeof n);
	return n;
}

static void json_pointer(struct out *o, const struct model_field *f, const void *pointer)
{
	if (!pointer)
		buf_text(&o->buf, "null");
	else if (f->kind == MODEL_FORM)
		form_json(o, pointer);
	else
		model_json(o, f->of, pointer);
}

static void json_value(struct out *o, const struct model_field *f, const void *at)
{
	struct any_list list;
	bool flag;

	switch (f->kind) {
	case MODEL_TEXT:
		json_text(&o->buf, pointer_at(at));
		break;
	case MODEL_INTEGER: case MODEL_TIME: case MODEL_SIZE:
		buf_printf(&o->buf, "%lld", (long long)integer_at(at));
		break;
	case MODEL_FLAG:
		memcpy(&flag, at, sizeof flag);
		buf_text(&o->buf, flag ? "true" : "false");
		break;
	case MODEL_LIST:
		memcpy(&list, at, sizeof list);
		json_list(o, f->of, list);
		break;
	case MODEL_FORM: case MODEL_ONE:
		json_pointer(o, f, pointer_at(at));
		break;
	case MODEL_MARKUP:
		break;
	}
}

void model_json(struct out *o, const struct model *m, const void *object)
{
	bool first = true;
	buf_char(&o->buf, '{');
	for (size_t i = 0; i < m->n; i++) {
		const struct model_field *f = &m->fields[i];
		if (f->kind == MODEL_MARKUP)
			continue;
		buf_printf(&o->buf, "%s\"%s\":", first ? "" : ",", f->name);
		first = false;
		json_value(o, f, (const char *)object + f->offset);
	}
	buf_char(&o->buf, '}');
}
