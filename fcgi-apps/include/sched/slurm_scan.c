/* Scanning an answer without building it: see slurm_json.h. */
#include "sched/slurm_json.h"

#include <string.h>

/* A place in the text; `bad` once it cannot be JSON or ends too early. */
struct scan { const char *at, *end; bool bad; };

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
		scan->at++;
}

/* The next character after white space, 0 at the end. */
static char peek(struct scan *scan)
{
	skip_space(scan);
	return scan->at < scan->end ? *scan->at : '\0';
}

static bool expect(struct scan *scan, char c)
{
	if (scan->bad || peek(scan) != c) {
		scan->bad = true;
		return false;
	}
	scan->at++;
	return true;
}

/* Past a string; scan->at is on its opening quote. */
static void skip_string(struct scan *scan)
{
	for (scan->at++; scan->at < scan->end; scan->at++) {
		if (*scan->at == '\\' && scan->end - scan->at > 1)
			scan->at++;
		else if (*scan->at == '"') {
			scan->at++;
			return;
		}
	}
	scan->at = scan->end;
	scan->bad = true;
}

/* Past a nested value by counting brackets; json-c checks later that they match. */
static void skip_nested(struct scan *scan)
{
	size_t depth = 0;

	while (scan->at < scan->end) {
		char c = *scan->at;

		if (c == '"') {
			skip_string(scan);
			continue;
		}
		scan->at++;
		if (c == '{' || c == '[')
			depth++;
		if ((c == '}' || c == ']') && --depth == 0)
			return;
	}
	scan->bad = true;
}

static void skip_plain(struct scan *scan)
{
	const char *from = scan->at;

	while (scan->at < scan->end && strchr(",]} \n\t\r", *scan->at) == NULL)
		scan->at++;
	if (scan->at == from)
		scan->bad = true;
}

/* The text of the next value. */
static struct bytes next_value(struct scan *scan)
{
	char c = peek(scan);
	const char *from = scan->at;

	if (c == '"')
		skip_string(scan);
	else if (c == '{' || c == '[')
		skip_nested(scan);
	else
		skip_plain(scan);
	return (struct bytes){ (const unsigned char *)from, (size_t)(scan->at - from) };
}

static struct json_object *parse(struct json_tokener *tokener, struct bytes value)
{
	struct json_object *object;

	if (value.n > INT32_MAX)
		return NULL;
	json_tokener_reset(tokener);
	object = json_tokener_parse_ex(tokener, (const char *)value.at, (int)value.n);
	if (object == NULL && json_tokener_get_error(tokener) == json_tokener_continue)
		object = json_tokener_parse_ex(tokener, " ", 1);
	return object;
}

/* What one reading works with. */
struct reading {
	struct ctx *ctx;
	struct json_tokener *tokener;
	const char *list;
	slurm_element *fn;
	void *arg;
	struct slurm_answer *answer;
};

static bool read_element(struct reading *reading, struct bytes value)
{
	struct json_object *object = parse(reading->tokener, value);
	bool good = true;

	if (json_object_is_type(object, json_type_object)) {
		reading->answer->n++;
		good = reading->fn(reading->ctx, object, reading->arg);
	} else {
		reading->answer->skipped++;
	}
	json_object_put(object);
	return good;
}

static bool read_list(struct reading *reading, struct scan *scan)
{
	if (peek(scan) != '[') {
		next_value(scan);
		return true;
	}
	reading->answer->has_list = true;
	scan->at++;
	if (peek(scan) == ']') {
		scan->at++;
		return true;
	}
	do {
		struct bytes value = next_value(scan);

		if (scan->bad)
			return true;
		if (!read_element(reading, value))
			return false;
		if (peek(scan) == ']') {
			scan->at++;
			return true;
		}
	} while (expect(scan, ','));
	return true;
}

/* Three shapes of errors: error_code (submit), error_number with description (others), errno (partition, node). */
static void read_errors(struct reading *reading, const struct json_object *errors)
{
	struct slurm_answer *answer = reading->answer;
	struct arena *arena = reading->ctx->arena;

	for (size_t i = 0; i < slurm_length(errors) && answer->text == NULL; i++) {
		const struct json_object *error = slurm_at(errors, i);

		answer->code = slurm_int(error, "error_code", slurm_int(error, "error_number", slurm_int(error, "errno", -1)));
		answer->text = slurm_text(arena, error, "description");
		if (answer->text == NULL)
			answer->text = slurm_text(arena, error, "error");
		if (answer->text == NULL)
			answer->text = "?";
	}
}

static void read_member(struct reading *reading, const char *key, const struct json_object *value)
{
	if (same(key, "errors"))
		read_errors(reading, value);
	else if (same(key, "meta"))
		reading->answer->version = slurm_text(reading->ctx->arena, slurm_member(value, "Slurm"), "release");
	else if (same(key, "job_id") && json_object_is_type(value, json_type_int))
		reading->answer->job_id = json_object_get_int64(value);
}

static bool is_key(struct bytes key, const char *name)
{
	return name != NULL && key.n == strlen(name) + 2 && memcmp(key.at + 1, name, key.n - 2) == 0;
}

/* One "key": value of the whole object. */
static bool read_pair(struct reading *reading, struct scan *scan)
{
	static const char *const keys[] = { "errors", "meta", "job_id" };
	struct bytes key, value;

	if (peek(scan) != '"') {
		scan->bad = true;
		return true;
	}
	key = next_value(scan);
	if (!expect(scan, ':'))
		return true;
	if (is_key(key, reading->list))
		return read_list(reading, scan);
	value = next_value(scan);
	for (size_t i = 0; i < COUNT(keys) && !scan->bad; i++)
		if (is_key(key, keys[i])) {
			struct json_object *object = parse(reading->tokener, value);

			read_member(reading, keys[i], object);
			json_object_put(object);
		}
	return true;
}

static bool read_object(struct reading *reading, struct scan *scan)
{
	if (!expect(scan, '{'))
		return true;
	if (peek(scan) == '}') {
		scan->at++;
		return true;
	}
	do {
		if (!read_pair(reading, scan))
			return false;
		if (!scan->bad && peek(scan) == '}') {
			scan->at++;
			return true;
		}
	} while (expect(scan, ','));
	return true;
}

bool slurm_read(struct ctx *ctx, struct bytes text_, const char *list, slurm_element *fn, void *arg, struct slurm_answer *answer)
{
	struct reading reading = { ctx, json_tokener_new(), list, fn, arg, answer };
	struct scan scan = { (const char *)text_.at, (const char *)text_.at + text_.n, text_.n == 0 };
	bool good;

	*answer = (struct slurm_answer){ 0 };
	if (reading.tokener == NULL)
		die("slurm: no memory for a JSON reader");
	good = read_object(&reading, &scan);
	json_tokener_free(reading.tokener);
	if (!good)
		return false;
	if (scan.bad || peek(&scan) != '\0' || scan.at < scan.end)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The batch system sent an answer that cannot be read. Naru keeps asking."),
			"slurm: %zu bytes are not a complete answer", text_.n);
	return true;
}
