/* offer: reading one entry of the catalogue. A key that is not known, a number out of place, a path that is none: the line is named. */
#include "offer.h"

#include <string.h>

enum { MOST_KEYS = 40 };

/* A file as it is read: the entry so far, and where. */
struct reading { struct ctx *ctx; struct offer *out; const char *name; int line; bool in_app; const char **keys; size_t n_keys; };

static bool bad(struct reading *r, const char *expected)
{
	return fail(r->ctx, KIND_INVALID, tr(r->ctx, "An entry of the catalogue of apps cannot be understood. Tell the administrators."),
		"%s.app:%d: %s", r->name, r->line, expected);
}

/* ---- kinds of value --------------------------------------------------------------------------------------------- */

/* Words between blanks; "a b" is one word, \" and \\ inside it are themselves. */
static bool words(struct reading *r, const char *value, struct texts *out)
{
	const char **at = NEW_ARRAY(r->ctx->arena, const char *, strlen(value) + 1);
	size_t n = 0;

	while (*(value += strspn(value, " \t"))) {
		struct buf word;
		bool quoted = false;

		buf_in(&word, r->ctx->arena);
		for (; *value && (quoted || !strchr(" \t", *value)); value++) {
			if (*value == '"') {
				quoted = !quoted;
				continue;
			}
			if (quoted && *value == '\\' && (value[1] == '"' || value[1] == '\\'))
				value++;
			buf_char(&word, *value);
		}
		if (quoted)
			return bad(r, "a quotation mark is missing");
		at[n++] = buf_cstr(&word);
	}
	*out = (struct texts){ at, n };
	return true;
}

/* "0.25", in thousandths if asked. */
static bool number(const char *value, bool milli, int64_t *out)
{
	const char *dot = milli ? strchr(value, '.') : NULL;
	int64_t part = 0, scale = 100;
	char whole[16] = "";

	if (!dot)
		return parse_int(value, 0, 1 << 30, out) && ((*out *= milli ? 1000 : 1), true);
	if (dot == value || (size_t)(dot - value) >= sizeof whole || strlen(dot + 1) < 1 || strlen(dot + 1) > 3)
		return false;
	memcpy(whole, value, (size_t)(dot - value));
	for (const char *s = dot + 1; *s; s++, scale /= 10) {
		if (*s < '0' || *s > '9')
			return false;
		part += (*s - '0') * scale;
	}
	if (!parse_int(whole, 0, 1 << 20, out))
		return false;
	*out = *out * 1000 + part;
	return true;
}

static bool bounds(struct reading *r, const char *value, bool milli, struct offer_bounds *out)
{
	struct texts three;

	if (!words(r, value, &three))
		return false;
	if (three.n != 3 || !number(three.at[0], milli, &out->least) || !number(three.at[1], milli, &out->preset) || !number(three.at[2], milli, &out->most)
		|| out->least > out->preset || out->preset > out->most)
		return bad(r, "three numbers are expected: least, preset, most");
	return true;
}

static bool env_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

	return *name && (*name < '0' || *name > '9') && strspn(name, letters) == strlen(name);
}

static bool token(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_0123456789";

	return *name && strspn(name, letters) == strlen(name);
}

static bool path(const char *value)
{
	return value[0] == '/' && value[1] != '/' && !strpbrk(value, " \t\"\\");
}

static bool once_percent_s(const char *value)
{
	const char *at = strstr(value, "%s");

	return at && strchr(value, '%') == at && !strchr(at + 1, '%');
}

static bool learns(struct reading *r, const char *value, enum offer_how *how, const char **name)
{
	if (same(value, "none")) {
		*how = OFFER_NONE;
		return true;
	}
	if (starts_with(value, "env ") && env_name(value + 4)) {
		*how = OFFER_ENV;
		*name = value + 4;
		return true;
	}
	if (starts_with(value, "file ") && path(value + 5)) {
		*how = OFFER_FILE;
		*name = value + 5;
		return true;
	}
	return bad(r, "env NAME, file /path or none");
}

/* What is no secret may also be a word of the command. */
static bool base(struct reading *r, const char *value)
{
	struct offer *o = r->out;

	if (!starts_with(value, "argument "))
		return learns(r, value, &o->base, &o->base_name);
	o->base = OFFER_ARGUMENT;
	o->base_name = value + 9 + strspn(value + 9, " ");
	return once_percent_s(o->base_name) && !strpbrk(o->base_name, " \t\"") ? true : bad(r, "argument and one word with one %s");
}

static bool gate(struct reading *r, const char *value)
{
	struct offer *o = r->out;
	const char *colon = strchr(value, ':');

	if (same(value, "none")) {
		o->gate = OFFER_NONE;
		return true;
	}
	if (starts_with(value, "basic ") && token(value + 6)) {
		o->gate = OFFER_BASIC;
		o->gate_name = value + 6;
		return true;
	}
	if (starts_with(value, "cookie ") && token(value + 7)) {
		o->gate = OFFER_COOKIE;
		o->gate_name = value + 7;
		return true;
	}
	if (!starts_with(value, "header ") || !colon || !once_percent_s(colon))
		return bad(r, "header NAME: VALUE with one %s, cookie NAME, basic USER or none");
	o->gate = OFFER_HEADER;
	o->gate_name = arena_copy(r->ctx->arena, value + 7, (size_t)(colon - value - 7));
	o->gate_value = colon + 1 + strspn(colon + 1, " ");
	return token(o->gate_name) ? true : bad(r, "a header's name");
}

static bool yes(struct reading *r, const char *value, bool *out)
{
	*out = same(value, "yes");
	return *out || same(value, "no") ? true : bad(r, "yes or no");
}

/* ---- keys -------------------------------------------------------------------------------------------------------------- */

static bool take_text_key(struct reading *r, const char *key, const char *value, bool *taken)
{
	struct offer *o = r->out;
	const struct { const char *key; const char **to; bool path; } texts[] = {
		{ "title", &o->title[LANG_EN], false }, { "title.ko", &o->title[LANG_KO], false }, { "help", &o->help[LANG_EN], false },
		{ "help.ko", &o->help[LANG_KO], false }, { "icon", &o->icon, false }, { "image", &o->image, false }, { "ready", &o->ready, true },
		{ "start", &o->start, true }, { "test", &o->test, false },
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		if (same(texts[i].key, key)) {
			*texts[i].to = value;
			*taken = true;
			return !texts[i].path || empty(value) || path(value) ? true : bad(r, "a path that begins with /");
		}
	return true;
}

static bool take_list_key(struct reading *r, const char *key, const char *value, bool *taken)
{
	struct offer *o = r->out;
	const struct { const char *key; struct texts *to; } lists[] = {
		{ "command", &o->command }, { "environment", &o->environment }, { "places", &o->places }, { "tmpfs", &o->tmpfs }, { "engines", &o->engines },
	};

	for (size_t i = 0; i < COUNT(lists); i++)
		if (same(lists[i].key, key)) {
			*taken = true;
			return words(r, value, lists[i].to);
		}
	return true;
}

static bool take_bounds_key(struct reading *r, const char *key, const char *value, bool *taken)
{
	struct offer *o = r->out;
	const struct { const char *key; struct offer_bounds *to; } all[] = {
		{ "cpu", &o->cpu_milli }, { "memory", &o->memory_mb }, { "gpus", &o->gpus }, { "hours", &o->hours },
	};

	for (size_t i = 0; i < COUNT(all); i++)
		if (same(all[i].key, key)) {
			*taken = true;
			return bounds(r, value, i == 0, all[i].to);
		}
	return true;
}

static bool take_word_key(struct reading *r, const char *key, const char *value)
{
	struct offer *o = r->out;

	if (same(key, "kind")) {
		o->kind = same(value, "service") ? OFFER_SERVICE : OFFER_WEB;
		return same(value, "service") || same(value, "web") ? true : bad(r, "web or service");
	}
	if (same(key, "idle")) {
		o->idle = same(value, "jupyter") ? IDLE_JUPYTER : same(value, "cpu") ? IDLE_CPU : IDLE_NEVER;
		return o->idle != IDLE_NEVER || same(value, "none") ? true : bad(r, "jupyter, cpu or none");
	}
	if (same(key, "port"))
		return parse_int(value, 1, 65535, &o->port) ? true : bad(r, "a port number");
	if (same(key, "idle-minutes"))
		return parse_int(value, 1, 100000, &o->idle_minutes) ? true : bad(r, "a number of minutes");
	if (same(key, "secret"))
		return learns(r, value, &o->secret, &o->secret_name);
	if (same(key, "base"))
		return base(r, value);
	if (same(key, "gate"))
		return gate(r, value);
	if (same(key, "any-image"))
		return yes(r, value, &o->any_image);
	return bad(r, "this key is not known");
}

/* The second of two lines is a mistake of who wrote them, whichever was meant. */
static bool first_time(struct reading *r, const char *key)
{
	for (size_t i = 0; i < r->n_keys; i++)
		if (same(r->keys[i], key))
			return bad(r, "this key is there already");
	r->keys[r->n_keys++] = key;
	return true;
}

static bool take(struct reading *r, const char *key, const char *value)
{
	bool taken = false;

	if (r->n_keys == MOST_KEYS || !first_time(r, key))
		return r->n_keys < MOST_KEYS ? false : bad(r, "too many keys");
	if (!take_text_key(r, key, value, &taken) || !take_list_key(r, key, value, &taken) || !take_bounds_key(r, key, value, &taken))
		return false;
	return taken || take_word_key(r, key, value);
}

/* ---- lines --------------------------------------------------------------------------------------------------------------- */

static char *trim(char *s)
{
	s += strspn(s, " \t\r");
	for (size_t n = strlen(s); n && strchr(" \t\r", s[n - 1]);)
		s[--n] = '\0';
	return s;
}

static bool take_line(struct reading *r, char *line)
{
	char *s = trim(line), *equals = strchr(s, '=');

	if (!*s || *s == '#' || *s == ';')
		return true;
	if (*s == '[') {
		r->in_app = same(s, "[app]");
		return r->in_app ? true : bad(r, "the only section is [app]");
	}
	if (!r->in_app || !equals)
		return bad(r, "[app], key = value or # comment");
	*equals = '\0';
	return take(r, trim(s), trim(equals + 1));
}

static bool whole(struct reading *r)
{
	struct offer *o = r->out;

	if (empty(o->title[LANG_EN]))
		return bad(r, "title is missing");
	if (!o->port)
		return bad(r, "port is missing");
	if (!o->cpu_milli.least || !o->memory_mb.least || !o->hours.least)
		return bad(r, "cpu, memory and hours are needed, and more than nothing of each");
	if (!token(o->icon))
		return bad(r, "icon: a name, in letters, digits, - and _");
	for (size_t i = 0; i < o->environment.n; i++)
		if (!strchr(o->environment.at[i], '=') || strchr(o->environment.at[i], '=') == o->environment.at[i])
			return bad(r, "environment: NAME=value");
	for (size_t i = 0; i < o->tmpfs.n; i++)
		if (!path(o->tmpfs.at[i]))
			return bad(r, "tmpfs: paths that begin with /");
	if (o->gate != OFFER_NONE && o->secret == OFFER_NONE)
		return bad(r, "gate needs a secret");
	if (o->base == OFFER_ARGUMENT && !o->command.n)
		return bad(r, "base = argument needs a command");
	if (o->base == OFFER_FILE && o->secret == OFFER_FILE && same(o->base_name, o->secret_name))
		return bad(r, "base and secret are the same file");
	return true;
}

bool offer_parse(struct ctx *ctx, const char *name, struct bytes given, struct offer *out)
{
	struct reading r = { .ctx = ctx, .out = out, .name = name, .keys = NEW_ARRAY(ctx->arena, const char *, MOST_KEYS) };
	char *line = arena_copy(ctx->arena, given.at, given.n), *last = line + given.n;

	*out = (struct offer){ .name = name, .start = "/", .ready = "", .image = "", .icon = "app" };
	while (line) {
		char *end = memchr(line, '\n', (size_t)(last - line));

		r.line++;
		if (end)
			*end++ = '\0';
		if (strlen(line) != (size_t)((end ? end - 1 : last) - line) || !utf8_valid(line, strlen(line)))
			return bad(&r, "text in UTF-8");
		if (!take_line(&r, line))
			return false;
		line = end;
	}
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		out->title[lang] = empty(out->title[lang]) ? out->title[LANG_EN] : out->title[lang];
		out->help[lang] = empty(out->help[lang]) ? (empty(out->help[LANG_EN]) ? "" : out->help[LANG_EN]) : out->help[lang];
	}
	return whole(&r);
}

bool offer_on_engine(const struct offer *o, const char *engine)
{
	for (size_t i = 0; i < o->engines.n; i++)
		if (same(o->engines.at[i], "*") || same(o->engines.at[i], engine))
			return true;
	return o->engines.n == 0;
}
