/* conf: the ini file of the site, kept for the life of the process. */
#include "base.h"
#include "conf.h"

#include <stdlib.h>
#include <string.h>

struct setting { const char *section, *key, *value; };
/* Lists already made, so that asking at each request costs no memory. */
struct names { struct names *next; const char *kind; struct texts list; };
struct settings {
	struct names *names;
	struct arena *arena;
	struct setting *at; size_t n, cap;
	const char **sections; size_t n_sections, cap_sections;
};

static struct settings current;

static char *trim(char *s)
{
	s += strspn(s, " \t\r");
	size_t n = strlen(s);
	while (n && strchr(" \t\r", s[n - 1]))
		s[--n] = '\0';
	return s;
}

static void add_section(struct settings *all, const char *name)
{
	for (size_t i = 0; i < all->n_sections; i++)
		if (same(all->sections[i], name))
			return;
	if (all->n_sections == all->cap_sections) {
		size_t cap = all->cap_sections ? 2 * all->cap_sections : 16;
		const char **more = NEW_ARRAY(all->arena, const char *, cap);
		for (size_t i = 0; i < all->n_sections; i++)
			more[i] = all->sections[i];
		all->sections = more;
		all->cap_sections = cap;
	}
	all->sections[all->n_sections++] = name;
}

static void add_setting(struct settings *all, struct setting setting)
{
	if (all->n == all->cap) {
		size_t cap = all->cap ? 2 * all->cap : 64;
		struct setting *more = NEW_ARRAY(all->arena, struct setting, cap);
		for (size_t i = 0; i < all->n; i++)
			more[i] = all->at[i];
		all->at = more;
		all->cap = cap;
	}
	all->at[all->n++] = setting;
}

/* One line; false when it is none of section, setting, comment, empty. */
static bool take_line(struct settings *all, const char **section, char *line)
{
	char *s = trim(line);
	size_t n = strlen(s);
	if (*s == '\0' || *s == '#' || *s == ';')
		return true;
	if (*s == '[') {
		if (n < 3 || s[n - 1] != ']')
			return false;
		s[n - 1] = '\0';
		*section = trim(s + 1);
		add_section(all, *section);
		return **section != '\0';
	}
	char *equals = strchr(s, '=');
	if (!equals || equals == s || !*section)
		return false;
	*equals = '\0';
	add_setting(all, (struct setting){ *section, trim(s), trim(equals + 1) });
	return true;
}

bool conf_load(struct ctx *ctx, const char *path)
{
	struct settings all = { .arena = arena_new(0) };
	struct bytes file;
	const char *section = NULL;
	if (!file_read(ctx, path, 1 << 20, &file)) {
		arena_free(all.arena);
		return false;
	}
	char *line = arena_copy(all.arena, file.at, file.n), *last = line + file.n;
	for (int number = 1; line; number++) {
		char *end = memchr(line, '\n', (size_t)(last - line));
		size_t length = (size_t)((end ? end : last) - line);
		if (end)
			*end++ = '\0';
		if (strlen(line) != length || !take_line(&all, &section, line)) {
			arena_free(all.arena);
			return fail(ctx, KIND_INTERNAL, tr(ctx, "The portal's settings cannot be read."), "%s:%d: expected [section], key = value or # comment", path, number);
		}
		line = end;
	}
	arena_free(current.arena);
	current = all;
	return true;
}

void conf_start(void)
{
	if (current.arena)
		return;
	const char *path = getenv("NARU_CONF");
	struct ctx ctx = { .arena = arena_new(0) };
	if (!conf_load(&ctx, path ? path : "/etc/naru/naru.conf"))
		die("settings: %s", ctx.error.detail);
	arena_free(ctx.arena);
	const char *zone = conf_get("site", "time-zone", NULL);
	if (zone)
		setenv("TZ", zone, 1);
}

/* The last one counts, so that a site's file can end with what it changes. */
const char *conf_get(const char *section, const char *key, const char *preset)
{
	for (size_t i = current.n; i-- > 0;)
		if (same(current.at[i].key, key) && same(current.at[i].section, section))
			return current.at[i].value;
	return preset;
}

int64_t conf_int(const char *section, const char *key, int64_t preset)
{
	const char *value = conf_get(section, key, NULL);
	int64_t number = preset;
	if (value && !parse_int(value, INT64_MIN, INT64_MAX, &number))
		die("settings: [%s] %s = %s is not a whole number", section, key, value);
	return number;
}

bool conf_bool(const char *section, const char *key, bool preset)
{
	const char *value = conf_get(section, key, NULL);
	if (!value)
		return preset;
	if (same(value, "yes") || same(value, "on") || same(value, "true") || same(value, "1"))
		return true;
	if (same(value, "no") || same(value, "off") || same(value, "false") || same(value, "0"))
		return false;
	die("settings: [%s] %s = %s is not yes or no", section, key, value);
}

struct texts conf_names(const char *kind)
{
	size_t length = strlen(kind), n = 0;
	if (!current.arena)
		return (struct texts){0};
	for (struct names *seen = current.names; seen; seen = seen->next)
		if (same(seen->kind, kind))
			return seen->list;
	const char **at = NEW_ARRAY(current.arena, const char *, current.n_sections + 1);
	for (size_t i = 0; i < current.n_sections; i++)
		if (starts_with(current.sections[i], kind) && current.sections[i][length] == ' ')
			at[n++] = current.sections[i] + length + 1 + strspn(current.sections[i] + length + 1, " ");
	struct names *made = NEW(current.arena, struct names);
	*made = (struct names){ current.names, arena_copy(current.arena, kind, length), { at, n } };
	current.names = made;
	return made->list;
}

char *conf_path(struct arena *arena, const char *below)
{
	return text(arena, "%s/%s", conf_get("site", "state", "/var/lib/naru/state"), below);
}
