#include "template.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

enum { FILE_MOST = 65536, FILES_MOST = 200 };

#define PROGRAM MSG("What to run")

static const struct field body_rows[] = {
	{ .name = "setup", .kind = FIELD_MULTILINE, .label = MSG("Modules and set-up"), .group = PROGRAM, .max = 20000, .keep_spaces = true,
	  .hint = MSG("Lines that come first, for example: module load gcc") },
	{ .name = "command", .kind = FIELD_MULTILINE, .label = MSG("Command"), .group = PROGRAM, .required = true, .min = 1, .max = 60000,
	  .keep_spaces = true, .hint = MSG("What you would type in a terminal.") },
	{ .name = "parameters", .kind = FIELD_TEXT, .label = MSG("Parameters"), .group = PROGRAM, .max = 2000,
	  .hint = MSG("Stand behind the command.") },
};

/* The order of the page. */
static const int page_order[T_COUNT] = { ASK_NAME, ASK_PARTITION, ASK_ACCOUNT, ASK_TIME, ASK_NODES, ASK_NODES_MOST, ASK_TASKS, ASK_NTASKS, ASK_CPUS,
	ASK_MEMORY, ASK_MEMORY_CPU, ASK_GPUS, ASK_GRES, ASK_ARRAY, T_COMMAND, T_PARAMETERS, T_SETUP, ASK_FOLDER, ASK_OUTPUT, ASK_ERROR, ASK_OPEN_MODE,
	ASK_DEPENDENCY, ASK_BEGIN, ASK_MAIL_TYPE, ASK_MAIL_USER, ASK_QOS, ASK_CONSTRAINT, ASK_EXCLUSIVE, ASK_NICE, ASK_SIGNAL, ASK_LICENSES,
	ASK_RESERVATION, ASK_EXPORT, ASK_REQUEUE, ASK_HOLD };

/* ---- one file ---- */

struct parsing { struct ctx *ctx; const char *name; struct template *t; int line; int field; /* -1: [template] */ };

static bool bad(struct parsing *p, const char *what)
{
	return fail(p->ctx, KIND_INTERNAL, tr(p->ctx, "A template cannot be read. Tell the administrators."), "template %s.conf, line %d: %s", p->name, p->line, what);
}

static int find_field(const char *name)
{
	for (size_t i = 0; i < COUNT(body_rows); i++)
		if (same(body_rows[i].name, name))
			return ASK_COUNT + (int)i;
	return ask_find(name);
}

static void take_base(struct template *t)
{
	for (int i = 0; i < ASK_COUNT; i++)
		t->fields[i] = ask_rows[i].field;
	for (size_t i = 0; i < COUNT(body_rows); i++)
		t->fields[ASK_COUNT + i] = body_rows[i];
	for (int i = 0; i < T_COUNT; i++)
		t->shown[i] = i < ASK_RARE || i >= ASK_COUNT;
	t->first_line = "#!/bin/bash";
	t->order = 100;
}

/* "title.ko" is for Korean pages and "title" for all where there is none. True if `key` is `name` in the page's language. */
static bool is_text_key(const struct parsing *p, const char *key, const char *name, const char *have)
{
	const char *own = text(p->ctx->arena, "%s.%s", name, lang_code(p->ctx->lang));
	return same(key, own) || (same(key, name) && !have);
}

static bool is_language_key(const char *key, const char *name)
{
	enum lang lang;
	size_t n = strlen(name);
	return strncmp(key, name, n) == 0 && (key[n] == '\0' || (key[n] == '.' && lang_parse(key + n + 1, &lang)));
}

/* A key of the page's language wins wherever it stands. */
static bool take_text(struct parsing *p, const char *key, const char *name, const char *value, const char **to)
{
	const char *own = text(p->ctx->arena, "%s.%s", name, lang_code(p->ctx->lang));
	if (same(key, own) || is_text_key(p, key, name, *to))
		*to = value;
	return true;
}

static bool take_template(struct parsing *p, const char *key, const char *value)
{
	struct template *t = p->t;
	if (is_language_key(key, "title"))
		return take_text(p, key, "title", value, &t->title);
	if (is_language_key(key, "hint"))
		return take_text(p, key, "hint", value, &t->hint);
	if (same(key, "first-line") && starts_with(value, "#!")) {
		t->first_line = value;
		return true;
	}
	if (same(key, "order"))
		return parse_int(value, 0, 100000, &t->order) || bad(p, "order is not a number");
	return bad(p, "unknown key");
}

static bool take_limit(struct parsing *p, const char *key, const char *value, struct field *f)
{
	int64_t n;
	if (f->kind != FIELD_INTEGER || !parse_int(value, f->min, f->max, &n))
		return bad(p, "limit is not a number, wider than the field's own, or the field has none");
	if (same(key, "min"))
		f->min = n;
	else
		f->max = n;
	return true;
}

static bool yes_or_no(struct parsing *p, const char *value, bool *to)
{
	if (!same(value, "yes") && !same(value, "no"))
		return bad(p, "neither yes nor no");
	*to = same(value, "yes");
	return true;
}

static bool take_field(struct parsing *p, const char *key, const char *value)
{
	struct field *f = &p->t->fields[p->field];
	const char *const base_label = p->field < ASK_COUNT ? ask_rows[p->field].field.label : body_rows[p->field - ASK_COUNT].label;
	const char *const base_hint = p->field < ASK_COUNT ? ask_rows[p->field].field.hint : body_rows[p->field - ASK_COUNT].hint;
	const char *label = f->label == base_label ? NULL : f->label, *hint = f->hint == base_hint ? NULL : f->hint;
	if (is_language_key(key, "label")) {
		take_text(p, key, "label", value, &label);
		f->label = label ? label : f->label;
		return true;
	}
	if (is_language_key(key, "hint")) {
		take_text(p, key, "hint", value, &hint);
		f->hint = hint ? hint : f->hint;
		return true;
	}
	if (same(key, "show"))
		return yes_or_no(p, value, &p->t->shown[p->field]);
	if (same(key, "required"))
		return yes_or_no(p, value, &f->required);
	if (same(key, "value")) {
		f->preset = value;
		return true;
	}
	if (same(key, "min") || same(key, "max"))
		return take_limit(p, key, value, f);
	return bad(p, "unknown key");
}

static char *trimmed(struct arena *a, const char *s, size_t n)
{
	while (n && (*s == ' ' || *s == '\t'))
		s++, n--;
	while (n && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r'))
		n--;
	return arena_copy(a, s, n);
}

static bool take_section(struct parsing *p, const char *line)
{
	size_t n = strlen(line);
	if (same(line, "[template]")) {
		p->field = -1;
		return true;
	}
	if (starts_with(line, "[field ") && line[n - 1] == ']') {
		p->field = find_field(trimmed(p->ctx->arena, line + 7, n - 8));
		return p->field >= 0 || bad(p, "there is no such field");
	}
	return bad(p, "unknown section");
}

static bool take_line(struct parsing *p, const char *line)
{
	const char *equals = strchr(line, '=');
	if (*line == '\0' || *line == '#' || *line == ';')
		return true;
	if (*line == '[')
		return take_section(p, line);
	if (!equals)
		return bad(p, "neither [section] nor key = value");
	const char *key = trimmed(p->ctx->arena, line, (size_t)(equals - line));
	const char *value = trimmed(p->ctx->arena, equals + 1, strlen(equals + 1));
	return p->field < 0 ? take_template(p, key, value) : take_field(p, key, value);
}

bool template_parse(struct ctx *ctx, const char *name, const char *content, struct template *t)
{
	struct parsing p = { ctx, name, t, 0, -1 };
	*t = (struct template){ .name = name };
	take_base(t);
	while (*content) {
		size_t n = strcspn(content, "\n");
		const char *line = trimmed(ctx->arena, content, n);
		p.line++;
		content += n + (content[n] == '\n');
		if (same(line, "[body]")) {
			t->body = content;
			break;
		}
		if (!take_line(&p, line))
			return false;
	}
	if (empty(t->title) || !t->body)
		return bad(&p, "no title, or no [body]");
	return true;
}

/* ---- the folder ---- */

static bool good_name(const char *name, size_t n)
{
	return n > 0 && n <= 32 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") >= n && name[0] != '-';
}

static bool read_one(struct ctx *ctx, const char *folder, const char *file, struct template *t)
{
	struct bytes content;
	size_t n = strlen(file);
	if (n < 6 || !same(file + n - 5, ".conf") || !good_name(file, n - 5))
		return false;
	if (!file_read(ctx, text(ctx->arena, "%s/%s", folder, file), FILE_MOST, &content))
		return false;
	const char *copy = arena_copy(ctx->arena, content.at, content.n);
	if (strlen(copy) != content.n || !utf8_valid(copy, content.n))
		return fail(ctx, KIND_INTERNAL, tr(ctx, "A template cannot be read. Tell the administrators."), "template %s: not UTF-8", file);
	return template_parse(ctx, arena_copy(ctx->arena, file, n - 5), copy, t);
}

static int by_order(const void *left, const void *right)
{
	const struct template *a = left, *b = right;
	return a->order != b->order ? (a->order > b->order) - (a->order < b->order) : strcmp(a->name, b->name);
}

static void close_folder(void *folder) { closedir(folder); }

bool template_all(struct ctx *ctx, const struct template **out, size_t *n)
{
	const char *folder = conf_get("batch", "templates", conf_path(ctx->arena, "../share/templates"));
	struct template *all = NEW_ARRAY(ctx->arena, struct template, FILES_MOST);
	struct dirent *entry;
	DIR *dir = opendir(folder);
	*n = 0;
	*out = all;
	if (!dir)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "There are no templates for jobs. Tell the administrators."), "templates: %s", folder);
	arena_defer(ctx->arena, close_folder, dir);
	while (*n < FILES_MOST && (entry = readdir(dir))) {
		if (read_one(ctx, folder, entry->d_name, &all[*n])) {
			++*n;
		} else if (ctx->error.kind != KIND_NONE) {
			log_line(ctx, "%s", ctx->error.detail ? ctx->error.detail : entry->d_name);
			forget(ctx);
		}
	}
	qsort(all, *n, sizeof *all, by_order);
	return *n > 0 || fail(ctx, KIND_UNAVAILABLE, tr(ctx, "There are no templates for jobs. Tell the administrators."), "templates: none in %s", folder);
}

bool template_find(struct ctx *ctx, const char *name, const struct template **out)
{
	const struct template *all;
	size_t n;
	if (!template_all(ctx, &all, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (empty(name) || same(all[i].name, name)) {
			*out = &all[i];
			return true;
		}
	return fail(ctx, KIND_NOT_FOUND, tr(ctx, "There is no such template. Choose one under New job."), NULL);
}

/* ---- form and body ---- */

/* Not on the page unless the template wants it, but carried along from an earlier job whose script had it. */
static bool is_carried(int what) { return what >= ASK_QOS && what < ASK_COUNT; }

const struct form_table *template_table(struct ctx *ctx, const struct template *t)
{
	struct form_table *table = NEW(ctx->arena, struct form_table);
	struct field *rows = NEW_ARRAY(ctx->arena, struct field, T_COUNT);
	for (int i = 0; i < T_COUNT; i++) {
		int what = page_order[i];
		if (!t->shown[what] && !is_carried(what))
			continue;
		rows[table->n] = t->fields[what];
		if (!t->shown[what])
			rows[table->n].kind = FIELD_HIDDEN;
		table->n++;
	}
	table->name = "job";
	table->fields = rows;
	return table;
}

const char *value_in(struct texts values, const char *name, const char *preset)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < values.n; i++)
		if (strncmp(values.at[i], name, n) == 0 && values.at[i][n] == '=')
			return values.at[i] + n + 1;
	return preset;
}

/* Adds what the mark stands for; the length of the mark, 0 if there is none here. */
static size_t put_mark(struct buf *b, const char *at, const char *const marks[3], const char *const texts[3])
{
	for (int i = 0; i < 3; i++)
		if (starts_with(at, marks[i])) {
			if (empty(texts[i]) && b->n && b->at[b->n - 1] == ' ')
				b->n--;
			buf_text(b, texts[i]);
			return strlen(marks[i]);
		}
	return 0;
}

char *template_body(struct arena *a, const struct template *t, const char *setup, const char *command, const char *parameters)
{
	static const char *const marks[3] = { "@setup@", "@command@", "@parameters@" };
	const char *const texts[3] = { setup, command, parameters };
	struct buf b = { 0 };
	buf_in(&b, a);
	for (const char *s = t->body; *s;) {
		size_t n = put_mark(&b, s, marks, texts);
		bool alone = n && (s == t->body || s[-1] == '\n') && s[n] == '\n';
		if (alone && (b.n == 0 || b.at[b.n - 1] == '\n'))
			n++; /* a line of its own that is empty, or whose text ends with a line end */
		if (n == 0) {
			buf_char(&b, *s);
			n = 1;
		}
		s += n;
	}
	return arena_copy(a, buf_cstr(&b), b.n);
}
