/* notebook: a Jupyter notebook (format 4) as records: its texts, its code, and what that put out. */
#include "preview.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_MOST = 5000, TEXT_MOST = 64 << 10 /* of one output */ };

static const char *const pictures[] = { "image/png", "image/jpeg", "image/gif", "image/webp" };

static struct json_object *parse(const char *at, size_t n)
{
	struct json_tokener *t = json_tokener_new_ex(24);
	struct json_object *top = t ? json_tokener_parse_ex(t, at, (int)n) : NULL;
	if (!json_object_is_type(top, json_type_object))
		stop(PREVIEW_DAMAGED);
	return top;
}

static struct json_object *member(struct json_object *o, const char *name)
{
	struct json_object *found = NULL;
	return json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, name, &found) ? found : NULL;
}

static const char *string(struct json_object *o, size_t *n)
{
	bool is = json_object_is_type(o, json_type_string);
	*n = is ? (size_t)json_object_get_string_len(o) : 0;
	return is ? json_object_get_string(o) : "";
}

static bool says(struct json_object *o, const char *what)
{
	size_t n;
	return strcmp(string(o, &n), what) == 0;
}

/* A text may be one string or a list of its lines. */
static const char *joined(struct json_object *o, size_t *length)
{
	size_t n, parts = json_object_is_type(o, json_type_array) ? json_object_array_length(o) : 0;
	if (!parts)
		return string(o, length);
	*length = 0;
	for (size_t i = 0; i < parts; i++) {
		string(json_object_array_get_idx(o, i), &n);
		*length += n;
	}
	char *all = room(*length + 1), *to = all;
	for (size_t i = 0; i < parts; i++) {
		const char *part = string(json_object_array_get_idx(o, i), &n);
		memcpy(to, part, n);
		to += n;
	}
	*to = 0;
	return all;
}

/* ---- what was put out ---- */

static void say_left_out(void)
{
	open_element(PREVIEW_LEFT_OUT, NULL);
	close_element(PREVIEW_LEFT_OUT);
}

/* Without the codes that colour a terminal. */
static size_t plain(char *to, const char *s, size_t n)
{
	size_t length = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] != 0x1b) {
			to[length++] = s[i];
			continue;
		}
		if (i + 1 < n && s[i + 1] == '[')
			for (i += 2; i < n && (s[i] < '@' || s[i] > '~'); i++)
				;
	}
	return length;
}

static void say_output(struct json_object *text, enum preview_element element)
{
	size_t n;
	const char *s = joined(text, &n);
	bool cut = n > TEXT_MOST;
	if (cut)
		for (n = TEXT_MOST; n && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
			;
	if (!n)
		return;
	char *clean = room(n);
	open_element(element, NULL);
	say_text(clean, plain(clean, s, n));
	close_element(element);
	free(clean);
	if (cut)
		say_left_out();
}

static void say_error(struct json_object *output)
{
	struct json_object *trace = member(output, "traceback");
	size_t lines = json_object_is_type(trace, json_type_array) ? json_object_array_length(trace) : 0;
	if (!lines) {
		say_output(member(output, "evalue"), PREVIEW_ERROR);
		return;
	}
	struct json_object *all = json_object_new_array();
	for (size_t i = 0; i < lines; i++) {
		json_object_array_add(all, json_object_get(json_object_array_get_idx(trace, i)));
		json_object_array_add(all, json_object_new_string("\n"));
	}
	say_output(all, PREVIEW_ERROR);
}

static struct json_object *picture_of(struct json_object *output)
{
	struct json_object *data = member(output, "data"), *found = NULL;
	for (size_t i = 0; !found && i < sizeof pictures / sizeof *pictures; i++)
		found = member(data, pictures[i]);
	return found;
}

static void say_number(long n)
{
	char digits[24], *at = digits + sizeof digits - 1;
	*at = 0;
	do
		*--at = (char)('0' + n % 10);
	while (n /= 10);
	open_element(PREVIEW_PICTURE, at);
	close_element(PREVIEW_PICTURE);
}

/* Pictures first, then text; HTML and scripts of a notebook are never shown. */
static void show_output(struct json_object *output, long *picture)
{
	struct json_object *data = member(output, "data"), *text = member(data, "text/plain");
	if (says(member(output, "output_type"), "stream"))
		say_output(member(output, "text"), PREVIEW_OUTPUT);
	else if (says(member(output, "output_type"), "error"))
		say_error(output);
	else if (picture_of(output))
		say_number(++*picture);
	else if (text)
		say_output(text, PREVIEW_OUTPUT);
	else
		say_left_out();
}

/* ---- cells ---- */

static void show_code(struct json_object *cell, long *picture)
{
	struct json_object *outputs = member(cell, "outputs");
	size_t n, m = json_object_is_type(outputs, json_type_array) ? json_object_array_length(outputs) : 0;
	const char *source = joined(member(cell, "source"), &n);
	open_element(PREVIEW_INPUT, NULL);
	say_text(source, n);
	close_element(PREVIEW_INPUT);
	for (size_t i = 0; i < m; i++)
		show_output(json_object_array_get_idx(outputs, i), picture);
}

static void show_cell(struct json_object *cell, long *picture)
{
	size_t n;
	const char *source = joined(member(cell, "source"), &n);
	if (says(member(cell, "cell_type"), "code")) {
		show_code(cell, picture);
	} else if (says(member(cell, "cell_type"), "markdown")) {
		markdown_show(source, n);
	} else if (n) {
		open_element(PREVIEW_CODE_BLOCK, NULL);
		say_text(source, n);
		close_element(PREVIEW_CODE_BLOCK);
	}
}

static struct json_object *cells_of(const char *at, size_t n)
{
	struct json_object *cells = member(parse(at, n), "cells");
	if (!json_object_is_type(cells, json_type_array))
		stop(PREVIEW_UNKNOWN);
	return cells;
}

void notebook_show(const char *at, size_t n)
{
	struct json_object *cells = cells_of(at, n);
	size_t m = json_object_array_length(cells);
	long picture = 0;
	for (size_t i = 0; i < m && i < CELLS_MOST; i++)
		show_cell(json_object_array_get_idx(cells, i), &picture);
	if (m > CELLS_MOST)
		say_left_out();
}

/* ---- one of its pictures ---- */

static int six_bits(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

static void decode(const char *s, size_t n, unsigned char **out, size_t *length)
{
	unsigned char *to = room(n / 4 * 3 + 4);
	uint32_t bits = 0;
	int have = 0;
	*out = to;
	for (size_t i = 0; i < n && s[i] != '='; i++) {
		int six = six_bits(s[i]);
		if (six < 0)
			continue;
		bits = bits << 6 | (uint32_t)six;
		have += 6;
		if (have >= 8) {
			have -= 8;
			*to++ = (unsigned char)(bits >> have);
		}
	}
	*length = (size_t)(to - *out);
}

static struct json_object *find_picture(struct json_object *cell, long *left)
{
	struct json_object *outputs = member(cell, "outputs");
	size_t m = says(member(cell, "cell_type"), "code") && json_object_is_type(outputs, json_type_array) ? json_object_array_length(outputs) : 0;
	for (size_t i = 0; i < m; i++) {
		struct json_object *output = json_object_array_get_idx(outputs, i), *type = member(output, "output_type");
		if (!says(type, "stream") && !says(type, "error") && picture_of(output) && --*left == 0)
			return picture_of(output);
	}
	return NULL;
}

void notebook_picture(const char *at, size_t n, long number, unsigned char **out, size_t *length)
{
	struct json_object *cells = cells_of(at, n), *found = NULL;
	size_t m = json_object_array_length(cells), text_length;
	for (size_t i = 0; !found && i < m && i < CELLS_MOST; i++)
		found = find_picture(json_object_array_get_idx(cells, i), &number);
	if (!found)
		stop(PREVIEW_UNKNOWN);
	const char *text = joined(found, &text_length);
	decode(text, text_length, out, length);
}
