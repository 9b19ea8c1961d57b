/* form_check: each row against what was typed, with a message that says what is allowed. */
#include "form_private.h"

#include <regex.h>
#include <string.h>
#include <time.h>

#include "utf8.h"

enum { PRESET_MAX = 1000 };

static const char *check_integer(struct ctx *ctx, const struct field *f, const char *value)
{
	int64_t number;
	bool bounded = f->min != 0 || f->max != 0;
	if (parse_int(value, bounded ? f->min : INT64_MIN, bounded ? f->max : INT64_MAX, &number))
		return NULL;
	return bounded ? say(ctx, "Enter a whole number from %lld to %lld.", (long long)f->min, (long long)f->max) : tr(ctx, "Enter a whole number.");
}

static const char *check_length(struct ctx *ctx, const struct field *f, const char *value)
{
	int64_t letters = (int64_t)utf8_count(value), n = f->letters ? letters : (int64_t)strlen(value), most = f->max ? f->max : PRESET_MAX;
	if (n > most && letters != n)
		return say(ctx, "At most %lld bytes fit here; this has %lld. A letter of Hangul takes three.", (long long)most, (long long)n);
	if (n > most)
		return say(ctx, "At most %lld characters fit here; this has %lld.", (long long)most, (long long)n);
	if (n < f->min)
		return say(ctx, "At least %lld characters are needed.", (long long)f->min);
	return NULL;
}

static bool has_control(const char *value, bool lines)
{
	for (const unsigned char *p = (const unsigned char *)value; *p; p++)
		if ((*p < 0x20 || *p == 0x7f) && !(lines && (*p == '\n' || *p == '\t' || *p == '\r')))
			return true;
	return false;
}

static bool grammar_fits(struct ctx *ctx, const char *grammar, const char *value)
{
	regex_t re;
	if (regcomp(&re, text(ctx->arena, "^(%s)$", grammar), REG_EXTENDED | REG_NOSUB) != 0)
		die("a field's grammar cannot be compiled: %s", grammar);
	bool fits = regexec(&re, value, 0, NULL, 0) == 0;
	regfree(&re);
	return fits;
}

static const char *check_text(struct ctx *ctx, const struct field *f, const char *value)
{
	bool lines = f->kind == FIELD_MULTILINE;
	const char *message = check_length(ctx, f, value);
	if (message)
		return message;
	if (f->kind != FIELD_PASSWORD && has_control(value, lines))
		return lines ? tr(ctx, "Control characters are not allowed here.") : tr(ctx, "Line breaks and control characters are not allowed here.");
	if (f->grammar && !grammar_fits(ctx, f->grammar, value))
		return f->grammar_says ? tr(ctx, f->grammar_says) : tr(ctx, "This cannot be used here. Please look at the hint beside the field.");
	return NULL;
}

static const char *check_date(struct ctx *ctx, const char *value)
{
	struct tm day = {0}, again;
	bool shaped = grammar_fits(ctx, "[0-9]{4}-[0-9]{2}-[0-9]{2}", value) && strptime(value, "%Y-%m-%d", &day);
	again = day;
	/* timegm() would make March of the 30th of February. */
	if (shaped && timegm(&again) != -1 && again.tm_mday == day.tm_mday)
		return NULL;
	return tr(ctx, "Enter a day as year-month-day, such as 2027-03-31.");
}

static bool in_choices(const struct form_value *v, const char *value)
{
	for (size_t i = 0; i < v->n_choices; i++)
		if (same(v->choices[i].value, value))
			return true;
	return false;
}

static const char *check_choices(struct ctx *ctx, const struct form_value *v)
{
	for (size_t i = 0; i < v->texts.n; i++)
		if (v->n_choices && !in_choices(v, v->texts.at[i]))
			return tr(ctx, "Please choose from the list.");
	return NULL;
}

static const char *check_value(struct ctx *ctx, const struct field *f, const struct form_value *v)
{
	switch (f->kind) {
	case FIELD_INTEGER: return check_integer(ctx, f, v->text);
	case FIELD_DATE: return check_date(ctx, v->text);
	case FIELD_CHOICE:
		/* Without a list yet (form_choices() comes later) only the length can be judged. */
		return v->n_choices == 0 ? check_text(ctx, f, v->text) : in_choices(v, v->text) ? NULL : tr(ctx, "Please choose from the list.");
	case FIELD_TEXT: case FIELD_MULTILINE: case FIELD_PASSWORD: case FIELD_CODE: case FIELD_HIDDEN:
		return check_text(ctx, f, v->text);
	case FIELD_FLAG: case FIELD_CHOICES: case FIELD_FILE: return NULL;
	}
	return NULL;
}

bool form_check(struct form *form)
{
	for (size_t i = 0; i < form->table->n; i++) {
		const struct field *f = &form->table->fields[i];
		const struct form_value *v = &form->values[i];
		const char *message = NULL;
		if (f->kind == FIELD_FILE)
			continue;
		if (f->kind == FIELD_CHOICES)
			message = f->required && v->texts.n == 0 ? tr(form->ctx, "Please choose at least one.") : check_choices(form->ctx, v);
		else if (empty(v->text))
			message = f->required && !(f->kind == FIELD_CHOICE && in_choices(v, "")) ? tr(form->ctx, "Please fill this in.") : NULL;
		else
			message = check_value(form->ctx, f, v);
		if (message)
			form_wrong(form, f->name, message);
	}
	return form_good(form);
}
