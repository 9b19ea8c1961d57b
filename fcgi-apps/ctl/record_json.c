/* record_json: any record as JSON, by its table of fields. */
#include "ctl.h"
#include "view.h"

static void texts_json(struct buf *b, struct texts list)
{
	buf_char(b, '[');
	for (size_t i = 0; i < list.n; i++) {
		buf_text(b, i ? "," : "");
		json_text(b, list.at[i]);
	}
	buf_char(b, ']');
}

static void field_json(struct buf *b, struct arena *arena, const struct record_field *f, const void *at)
{
	const struct bytes *bytes = at;

	json_text(b, f->name);
	buf_char(b, ':');
	switch (f->kind) {
	case RECORD_INT:
		buf_printf(b, "%lld", (long long)*(const int64_t *)at);
		break;
	case RECORD_BOOL:
		buf_text(b, *(const bool *)at ? "true" : "false");
		break;
	case RECORD_TEXT:
		json_text(b, *(const char *const *)at);
		break;
	case RECORD_BYTES:
		json_text(b, hex(arena, bytes->at, bytes->n));
		break;
	case RECORD_TEXTS:
		texts_json(b, *(const struct texts *)at);
		break;
	}
}

void record_json(struct buf *b, struct arena *arena, const struct record *record, const void *object)
{
	const char *comma = "";

	buf_char(b, '{');
	for (size_t i = 0; i < record->n; i++) {
		if (record->fields[i].secret)
			continue;
		buf_text(b, comma);
		field_json(b, arena, &record->fields[i], (const char *)object + record->fields[i].offset);
		comma = ",";
	}
	buf_char(b, '}');
}
