/*
 * view_gen: what the C code that viewc writes stands on; nothing else includes it.
 *
 * `v` is the field, `k` the field of the same name in the model's _kinds struct (never evaluated). The kind's size picks the printer
 * at compile time, so viewc itself knows no types, and a printer that does not fit a kind is an error at the view's own line.
 */
#ifndef NARU_VIEW_GEN_H
#define NARU_VIEW_GEN_H

/* So that errors inside these macros are reported where a view uses them. */
#pragma GCC system_header

#include <string.h>

#include "view.h"

#define VIEW_KIND(k) ((char (*)[sizeof((k).is)])0)
#define VIEW_IS(kind) char (*)[1 + (kind)]

/* Between tags. */
#define VIEW_TEXT(o, k, v) _Generic(VIEW_KIND(k), \
	VIEW_IS(MODEL_TEXT): put_html, VIEW_IS(MODEL_INTEGER): put_integer, VIEW_IS(MODEL_FLAG): put_flag, \
	VIEW_IS(MODEL_TIME): put_time, VIEW_IS(MODEL_SIZE): put_size, VIEW_IS(MODEL_FORM): put_form, \
	VIEW_IS(MODEL_MARKUP): put_markup)((o), (v))
/* In a quoted attribute value: no elements, so neither markup nor forms. */
#define VIEW_ATTRIBUTE(o, k, v) _Generic(VIEW_KIND(k), \
	VIEW_IS(MODEL_TEXT): put_html, VIEW_IS(MODEL_INTEGER): put_integer, VIEW_IS(MODEL_FLAG): put_flag, \
	VIEW_IS(MODEL_TIME): put_date, VIEW_IS(MODEL_SIZE): put_size)((o), (v))
/* In a URL that began with a literal path. */
#define VIEW_URL_PART(o, k, v) _Generic(VIEW_KIND(k), \
	VIEW_IS(MODEL_TEXT): put_url_part, VIEW_IS(MODEL_INTEGER): put_integer, VIEW_IS(MODEL_TIME): put_integer, \
	VIEW_IS(MODEL_SIZE): put_integer)((o), (v))
/* The printers that a view names. */
#define VIEW_URL(o, k, v) _Generic(VIEW_KIND(k), VIEW_IS(MODEL_TEXT): put_url)((o), (v))
#define VIEW_PATH(o, k, v) _Generic(VIEW_KIND(k), VIEW_IS(MODEL_TEXT): put_path)((o), (v))
#define VIEW_NUMBER_AS_(put, k) _Generic(VIEW_KIND(k), \
	VIEW_IS(MODEL_TIME): put, VIEW_IS(MODEL_SIZE): put, VIEW_IS(MODEL_INTEGER): put)
#define VIEW_TIME(o, k, v) VIEW_NUMBER_AS_(put_time, k)((o), (v))
#define VIEW_DAY(o, k, v) VIEW_NUMBER_AS_(put_day, k)((o), (v))
#define VIEW_CLOCK(o, k, v) VIEW_NUMBER_AS_(put_clock, k)((o), (v))
#define VIEW_DATE(o, k, v) VIEW_NUMBER_AS_(put_date, k)((o), (v))
#define VIEW_SIZE(o, k, v) VIEW_NUMBER_AS_(put_size, k)((o), (v))
#define VIEW_FORM(o, k, v) _Generic(VIEW_KIND(k), VIEW_IS(MODEL_FORM): put_form)((o), (v))
#define VIEW_MARKUP(o, k, v) _Generic(VIEW_KIND(k), VIEW_IS(MODEL_MARKUP): put_markup)((o), (v))

/* a.b of a pointer that may be NULL: an object of zeroes stands in for it. */
#define VIEW_ONE(p) ((p) ? (p) : &(__typeof__(*(p))){0})

/* What {{#if}} asks. Every list is laid out as { pointer, size_t }. */
struct view_any_list { const void *at; size_t n; };

__attribute__((unused)) static inline bool view_true(size_t kind, const void *field)
{
	const void *pointer = NULL;
	int64_t number = 0;
	bool flag = false;
	struct view_any_list list = { 0 };

	switch ((enum model_kind)kind) {
	case MODEL_FLAG: memcpy(&flag, field, sizeof flag); return flag;
	case MODEL_INTEGER: case MODEL_TIME: case MODEL_SIZE: memcpy(&number, field, sizeof number); return number != 0;
	case MODEL_LIST: memcpy(&list, field, sizeof list); return list.n > 0;
	case MODEL_TEXT: case MODEL_MARKUP: memcpy(&pointer, field, sizeof pointer); return !empty(pointer);
	case MODEL_FORM: case MODEL_ONE: memcpy(&pointer, field, sizeof pointer); return pointer != NULL;
	default: return false;
	}
}
#define VIEW_TRUE(k, v) view_true(sizeof((k).is) - 1, &(v))

#endif
