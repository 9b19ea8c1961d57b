/* Reading and building trees: see kubernetes.h. Texts are cleaned by slurm_as_text(): UTF-8, at most 4,096 bytes. */
#include "cluster/kubernetes.h"

#include "sched/slurm_json.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LONGEST_KEY = 127 };

/* The next word of a path; false at its end. */
static bool next_word(const char **path, char *word)
{
	size_t n = strcspn(*path, " ");

	if (n == 0 || n > LONGEST_KEY)
		return false;
	memcpy(word, *path, n);
	word[n] = '\0';
	*path += n + ((*path)[n] == ' ');
	return true;
}

const struct json_object *kube_at(const struct json_object *tree, const char *path)
{
	char word[LONGEST_KEY + 1];
	int64_t i;

	while (tree != NULL && next_word(&path, word)) {
		if (!json_object_is_type(tree, json_type_array))
			tree = slurm_member(tree, word);
		else
			tree = parse_int(word, 0, INT32_MAX, &i) ? slurm_at(tree, (size_t)i) : NULL;
	}
	return tree;
}

const char *kube_text(struct arena *arena, const struct json_object *tree, const char *path)
{
	const struct json_object *value = kube_at(tree, path);

	return json_object_is_type(value, json_type_string) ? slurm_as_text(arena, value) : NULL;
}

int64_t kube_int(const struct json_object *tree, const char *path, int64_t preset)
{
	const struct json_object *value = kube_at(tree, path);

	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : preset;
}

bool kube_is(const struct json_object *tree, const char *path, const char *value)
{
	const struct json_object *found = kube_at(tree, path);

	/* json-c's getter takes a pointer that is not const although it does not change a string. */
	return json_object_is_type(found, json_type_string) && same(json_object_get_string((struct json_object *)(uintptr_t)found), value);
}

void kube_put(struct json_object *tree, const char *path, struct json_object *value)
{
	char word[LONGEST_KEY + 1];

	while (next_word(&path, word)) {
		struct json_object *next = NULL;

		if (*path == '\0') {
			if (json_object_object_add(tree, word, value) != 0)
				die("kubernetes: no memory");
			return;
		}
		if (!json_object_object_get_ex(tree, word, &next)) {
			next = json_object_new_object();
			if (json_object_object_add(tree, word, next) != 0)
				die("kubernetes: no memory");
		}
		tree = next;
	}
}

void kube_put_text(struct json_object *tree, const char *path, const char *value)
{
	kube_put(tree, path, json_object_new_string(value));
}

void kube_put_int(struct json_object *tree, const char *path, int64_t value)
{
	kube_put(tree, path, json_object_new_int64(value));
}

static void release(void *arg)
{
	json_object_put(arg);
}

struct json_object *kube_new(struct arena *arena, const char *version, const char *kind, const char *name)
{
	struct json_object *made = json_object_new_object();

	if (made == NULL)
		die("kubernetes: no memory");
	arena_defer(arena, release, made);
	kube_put_text(made, "apiVersion", version);
	kube_put_text(made, "kind", kind);
	kube_put_text(made, "metadata name", name);
	return made;
}

/* ---- values ------------------------------------------------------------------------------------------------------- */

static double factor_of(const char *unit)
{
	static const struct { const char *unit; double factor; } units[] = {
		{ "", 1 }, { "n", 1e-9 }, { "u", 1e-6 }, { "m", 1e-3 }, { "k", 1e3 }, { "M", 1e6 }, { "G", 1e9 }, { "T", 1e12 }, { "P", 1e15 },
		{ "E", 1e18 }, { "Ki", 1024.0 }, { "Mi", 1048576.0 }, { "Gi", 1073741824.0 }, { "Ti", 1099511627776.0 }, { "Pi", 1125899906842624.0 },
		{ "Ei", 1152921504606846976.0 },
	};

	for (size_t i = 0; i < COUNT(units); i++)
		if (same(unit, units[i].unit))
			return units[i].factor;
	return 0;
}

double kube_quantity(const char *value)
{
	char *end;
	double number;

	if (value == NULL || (*value != '.' && (*value < '0' || *value > '9')) || (value[0] == '0' && (value[1] | 32) == 'x'))
		return 0;
	number = strtod(value, &end);
	if (!(number > 0 && number < 1e30))
		return 0;
	return number * factor_of(end);
}

static int64_t whole(double value)
{
	int64_t down;

	if (!(value > 0) || value > 1e13) /* so that the sum of many is still a number */
		return 0;
	down = (int64_t)value;
	return down + (value - (double)down > 1e-6);
}

int64_t kube_cpu(const char *value) { return whole(kube_quantity(value) * 1000); }
int64_t kube_mb(const char *value) { return whole(kube_quantity(value) / 1048576); }

int64_t kube_time(const char *value)
{
	struct tm tm = { 0 };
	const char *end = value != NULL ? strptime(value, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	time_t at;

	if (end == NULL || (*end != 'Z' && *end != '.'))
		return 0;
	at = timegm(&tm);
	return at > 0 ? at : 0;
}

const char *kube_escape(struct arena *arena, const char *value)
{
	struct buf out;

	buf_in(&out, arena);
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c) != NULL)
			buf_char(&out, (char)c);
		else
			buf_printf(&out, "%%%02X", c);
	}
	return buf_cstr(&out);
}
