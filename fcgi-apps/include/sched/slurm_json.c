/* Values out of an answer's objects: see slurm_json.h. */
#include "sched/slurm_json.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_TEXT = 4096 };

const struct json_object *slurm_member(const struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, key, &value))
		return NULL;
	return value;
}

size_t slurm_length(const struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

const struct json_object *slurm_at(const struct json_object *list, size_t i)
{
	return i < slurm_length(list) ? json_object_array_get_idx(list, i) : NULL;
}

/* Bytes that are not UTF-8 become '?', so that one strange job name cannot spoil a page. */
static void repair(char *copy)
{
	for (size_t i = 0; copy[i] != '\0';) {
		size_t n = 1;

		while (n <= 4 && !utf8_valid(copy + i, n) && copy[i + n] != '\0')
			n++;
		if (n <= 4 && utf8_valid(copy + i, n)) {
			i += n;
			continue;
		}
		copy[i++] = '?';
	}
}

static const char *clean(struct arena *arena, const char *value)
{
	size_t n = strlen(value);
	char *copy;

	if (n == 0)
		return NULL;
	if (n > LONGEST_TEXT)
		for (n = LONGEST_TEXT; n > LONGEST_TEXT - 4 && ((unsigned char)value[n] & 0xc0) == 0x80; n--)
			;
	copy = arena_copy(arena, value, n);
	if (!utf8_valid(copy, n))
		repair(copy);
	return copy;
}

const char *slurm_as_text(struct arena *arena, const struct json_object *value)
{
	if (json_object_is_type(value, json_type_array))
		value = slurm_at(value, 0);
	if (!json_object_is_type(value, json_type_string))
		return NULL;
	/* json-c's getters take a pointer that is not const although they do not change a string. */
	return clean(arena, json_object_get_string((struct json_object *)(uintptr_t)value));
}

const char *slurm_text(struct arena *arena, const struct json_object *object, const char *key)
{
	return slurm_as_text(arena, slurm_member(object, key));
}

static int64_t as_int(const struct json_object *value, int64_t preset)
{
	int64_t number;

	switch (json_object_get_type(value)) {
	case json_type_int:
		return json_object_get_int64(value);
	case json_type_double:
		number = json_object_get_int64(value);
		return number;
	case json_type_string:
		if (parse_int(json_object_get_string((struct json_object *)(uintptr_t)value), INT64_MIN, INT64_MAX, &number))
			return number;
		return preset;
	case json_type_boolean:
	case json_type_null:
	case json_type_array:
	case json_type_object:
		break;
	}
	return preset;
}

int64_t slurm_int(const struct json_object *object, const char *key, int64_t preset)
{
	const struct json_object *value = slurm_member(object, key), *set, *infinite;

	if (!json_object_is_type(value, json_type_object))
		return as_int(value, preset);
	set = slurm_member(value, "set");
	infinite = slurm_member(value, "infinite");
	if ((set != NULL && !json_object_get_boolean(set)) || (infinite != NULL && json_object_get_boolean(infinite)))
		return preset;
	return as_int(slurm_member(value, "number"), preset);
}

/* The text after "name=" of a comma list, NULL without it. */
static const char *tres_value(const char *tres, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = tres; at != NULL && *at != '\0'; at = strchr(at, ',')) {
		if (*at == ',')
			at++;
		if (strncmp(at, name, n) == 0 && at[n] == '=')
			return at + n + 1;
	}
	return NULL;
}

/* A number that is sure to fit; letters behind it are left to the caller. */
static double number_of(const char *value, char **end)
{
	double number = strtod(value, end);

	return number > 0 && number < 1e15 ? number : 0;
}

int64_t slurm_tres(const char *tres, const char *name)
{
	const char *value = tres_value(tres, name);
	char *end;

	return value != NULL ? (int64_t)number_of(value, &end) : 0;
}

int64_t slurm_tres_mb(const char *tres, const char *name)
{
	static const char units[] = "KMGTP";
	const char *value = tres_value(tres, name), *unit;
	double number;
	char *end;

	if (value == NULL)
		return 0;
	number = number_of(value, &end);
	unit = *end != '\0' ? strchr(units, *end) : NULL;
	if (unit == NULL)
		return (int64_t)number;
	if (*unit == 'K')
		return (int64_t)(number / 1024);
	for (; unit > units + 1; unit--)
		number *= 1024;
	return number < 1e15 ? (int64_t)number : 0;
}

/* The count at the end of "gpu", "gpu:2", "gpu:fake:2"; n is the length without what stands in brackets. */
static int64_t gres_count(const char *item, size_t n)
{
	size_t from = n;
	int64_t count = 0;

	while (from > 0 && item[from - 1] >= '0' && item[from - 1] <= '9')
		from--;
	if (from == n || from == 0 || item[from - 1] != ':')
		return 1;
	for (; from < n && count < INT32_MAX; from++)
		count = count * 10 + (item[from] - '0');
	return count;
}

int64_t slurm_gpus(const char *gres)
{
	int64_t sum = 0;

	for (const char *at = gres; at != NULL && *at != '\0';) {
		size_t n = strcspn(at, ",(");
		size_t all = n;

		if (n >= 3 && strncmp(at, "gpu", 3) == 0 && (n == 3 || at[3] == ':'))
			sum += gres_count(at, n);
		if (at[n] == '(')
			all += strcspn(at + n, ")") + (strchr(at + n, ')') != NULL);
		at += all;
		at += *at == ',';
	}
	return sum;
}
