/* record: tagged fields to and from bytes. See record.h for the format. */
#include "record.h"

#include <string.h>

static void put_leb(struct buf *b, uint64_t v)
{
	while (v >= 0x80) {
		buf_char(b, (char)(v | 0x80));
		v >>= 7;
	}
	buf_char(b, (char)v);
}

static bool get_leb(struct bytes *in, uint64_t *out)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 63 && in->n > 0; shift += 7) {
		unsigned char c = *in->at++;
		in->n--;
		v |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80) {
			*out = v;
			return true;
		}
	}
	return false;
}

static void put_field(struct buf *b, uint32_t number, const void *data, size_t n)
{
	put_leb(b, number);
	put_leb(b, n);
	buf_add(b, data, n);
}

static void put_int(struct buf *b, uint32_t number, int64_t value)
{
	uint64_t zigzag = ((uint64_t)value << 1) ^ (uint64_t)(value < 0 ? -1 : 0);
	unsigned char raw[8];
	size_t n = 0;
	for (; zigzag; zigzag >>= 8)
		raw[n++] = (unsigned char)zigzag;
	put_field(b, number, raw, n);
}

static bool get_int(struct bytes in, int64_t *out)
{
	uint64_t zigzag = 0;
	if (in.n > 8)
		return false;
	for (size_t i = in.n; i-- > 0;)
		zigzag = zigzag << 8 | in.at[i];
	*out = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
	return true;
}

static void put_texts(struct buf *b, uint32_t number, struct texts list)
{
	struct buf inner = {0};
	for (size_t i = 0; i < list.n; i++) {
		size_t n = list.at[i] ? strlen(list.at[i]) : 0;
		put_leb(&inner, n);
		buf_add(&inner, list.at[i], n);
	}
	put_field(b, number, inner.at, inner.n);
	buf_free(&inner);
}

static bool get_texts(struct arena *arena, struct bytes in, struct texts *out)
{
	size_t n = 0;
	const char **at = NEW_ARRAY(arena, const char *, in.n + 1);
	while (in.n > 0) {
		uint64_t length;
		if (!get_leb(&in, &length) || length > in.n || memchr(in.at, 0, (size_t)length))
			return false;
		at[n++] = arena_copy(arena, in.at, (size_t)length);
		in.at += length;
		in.n -= (size_t)length;
	}
	*out = (struct texts){ at, n };
	return true;
}

static void pack_field(struct buf *b, const struct record_field *f, const void *at)
{
	switch (f->kind) {
	case RECORD_INT:
		if (*(const int64_t *)at != f->preset)
			put_int(b, f->number, *(const int64_t *)at);
		break;
	case RECORD_BOOL:
		if (*(const bool *)at != (f->preset != 0))
			put_int(b, f->number, *(const bool *)at);
		break;
	case RECORD_TEXT: {
		const char *s = *(const char *const *)at;
		if (!empty(s))
			put_field(b, f->number, s, strlen(s));
		break;
	}
	case RECORD_BYTES: {
		const struct bytes *v = at;
		if (v->n)
			put_field(b, f->number, v->at, v->n);
		break;
	}
	case RECORD_TEXTS:
		if (((const struct texts *)at)->n)
			put_texts(b, f->number, *(const struct texts *)at);
		break;
	}
}

struct bytes record_pack(struct arena *arena, const struct record *r, const void *object)
{
	struct buf b;
	buf_in(&b, arena);
	for (size_t i = 0; i < r->n; i++)
		pack_field(&b, &r->fields[i], (const char *)object + r->fields[i].offset);
	const struct bytes *rest = (const void *)((const char *)object + r->rest);
	buf_add(&b, rest->at, rest->n);
	return (struct bytes){ (const unsigned char *)buf_cstr(&b), b.n };
}

static bool unpack_field(struct arena *arena, const struct record_field *f, struct bytes in, void *at)
{
	int64_t number;
	switch (f->kind) {
	case RECORD_INT:
		return get_int(in, at);
	case RECORD_BOOL:
		if (!get_int(in, &number))
			return false;
		*(bool *)at = number != 0;
		return true;
	case RECORD_TEXT:
		if (in.n && memchr(in.at, 0, in.n))
			return false;
		*(const char **)at = arena_copy(arena, in.at, in.n);
		return true;
	case RECORD_BYTES:
		*(struct bytes *)at = (struct bytes){ (unsigned char *)arena_copy(arena, in.at, in.n), in.n };
		return true;
	case RECORD_TEXTS:
		return get_texts(arena, in, at);
	}
	return false;
}

static const struct record_field *field_of(const struct record *r, uint64_t number, size_t *hint)
{
	/* Fields nearly always come in the order of the table. */
	for (size_t k = 0; k < r->n; k++) {
		size_t i = (*hint + k) % r->n;
		if (r->fields[i].number == number) {
			*hint = i + 1;
			return &r->fields[i];
		}
	}
	return NULL;
}

static void set_presets(const struct record *r, void *object)
{
	memset(object, 0, r->size);
	for (size_t i = 0; i < r->n; i++) {
		void *at = (char *)object + r->fields[i].offset;
		if (r->fields[i].kind == RECORD_INT)
			*(int64_t *)at = r->fields[i].preset;
		else if (r->fields[i].kind == RECORD_BOOL)
			*(bool *)at = r->fields[i].preset != 0;
	}
}

static bool malformed(struct ctx *ctx, const struct record *r)
{
	return fail(ctx, KIND_INTERNAL, tr(ctx, "A stored record cannot be read. The administrators can see which one in the log."), "malformed %s record", r->name);
}

bool record_unpack(struct ctx *ctx, const struct record *r, struct bytes in, void *object)
{
	struct buf rest;
	size_t hint = 0;
	buf_in(&rest, ctx->arena);
	set_presets(r, object);
	while (in.n > 0) {
		const unsigned char *begin = in.at;
		uint64_t number, length;
		if (!get_leb(&in, &number) || !get_leb(&in, &length) || length > in.n)
			return malformed(ctx, r);
		struct bytes value = { in.at, (size_t)length };
		in.at += length;
		in.n -= (size_t)length;
		const struct record_field *f = field_of(r, number, &hint);
		if (!f)
			buf_add(&rest, begin, (size_t)(in.at - begin));
		else if (!unpack_field(ctx->arena, f, value, (char *)object + f->offset))
			return malformed(ctx, r);
	}
	if (rest.n)
		*(struct bytes *)(void *)((char *)object + r->rest) = (struct bytes){ (const unsigned char *)rest.at, rest.n };
	return true;
}
