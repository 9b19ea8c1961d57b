/* html: where in the HTML the literal parts of a view have led, and what a view may not hold. */
#include "viewc.h"
#include "html_rules.h"

#include <string.h>
#include <strings.h>

static bool is_space(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r' || ch == '\f';
}

static bool is_letter(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

static bool is_name_char(char ch)
{
	return is_letter(ch) || (ch >= '0' && ch <= '9') || ch == '-' || ch == ':' || ch == '_';
}

static void put(struct viewc *c, char ch)
{
	vtext_char(&c->literal, ch);
	c->html.space = false;
}

/* Runs of white space between words and between attributes become their first byte. */
static void put_space(struct viewc *c, char ch)
{
	if (!c->html.space)
		vtext_char(&c->literal, ch);
	c->html.space = true;
}

/* Adds to a name, in lower case. */
static bool grow(struct viewc *c, char *name, char ch)
{
	size_t n = strlen(name);
	if (n + 1 >= MOST_NAME)
		return viewc_error(c, "the name %s… is too long", name);
	name[n] = ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
	name[n + 1] = '\0';
	put(c, ch);
	return true;
}

static const char *top(const struct html *h)
{
	return h->depth ? h->open[h->depth - 1] : "";
}

static bool inside(const struct html *h, const char *tag)
{
	for (int i = 0; i < h->depth; i++)
		if (strcmp(h->open[i], tag) == 0)
			return true;
	return false;
}

static bool in_text(struct viewc *c, char ch)
{
	struct html *h = &c->html;
	bool first = h->first;
	h->first = false;
	if (ch == '<')
		h->place = AFTER_LESS;
	if (first && ch == '\n')
		return true; /* tag_end() wrote it */
	if (is_space(ch) && !h->keep_space)
		put_space(c, ch);
	else
		put(c, ch);
	return true;
}

static bool after_less(struct viewc *c, char ch)
{
	struct html *h = &c->html;
	h->tag[0] = '\0';
	if (ch == '!' || ch == '/') {
		h->place = ch == '!' ? IN_DOCTYPE : IN_CLOSE;
		put(c, ch);
		return true;
	}
	if (!is_letter(ch))
		return viewc_error(c, "a bare '<': write &lt;");
	if (rule_text_only(top(h)))
		return viewc_error(c, "<%s> holds text only", top(h));
	h->place = IN_TAG_NAME;
	h->post = h->away = h->slash = false;
	return grow(c, h->tag, ch);
}

static bool in_doctype(struct viewc *c, char ch)
{
	put(c, ch);
	if (ch == '>')
		c->html.place = IN_TEXT;
	return true;
}

static bool in_close(struct viewc *c, char ch)
{
	struct html *h = &c->html;
	if (is_name_char(ch))
		return grow(c, h->tag, ch);
	if (ch != '>')
		return viewc_error(c, "unexpected '%c' in </%s", ch, h->tag);
	if (strcmp(top(h), h->tag) != 0)
		return viewc_error(c, "</%s> does not close <%s>", h->tag, h->depth ? top(h) : "nothing is open");
	h->depth--;
	h->keep_space -= rule_keeps_space(h->tag);
	h->place = IN_TEXT;
	put(c, ch);
	return true;
}

/* The '>' of an opening tag. */
static bool tag_end(struct viewc *c)
{
	struct html *h = &c->html;
	put(c, '>');
	h->place = IN_TEXT;
	if (h->post && h->away)
		return viewc_error(c, "a form with method=\"post\" must have an action that begins with / or ?: it carries secrets");
	if (h->post) {
		emit_literal(c);
		vtext_printf(c->out, "\tput_hidden(o);\n");
	}
	if (rule_void(h->tag) || (h->slash && inside(h, "svg")))
		return true;
	if (h->slash)
		return viewc_error(c, "<%s/> does not close an HTML element: write </%s>", h->tag, h->tag);
	if (h->depth == MOST_OPEN)
		return viewc_error(c, "elements are nested too deep");
	memcpy(h->open[h->depth++], h->tag, sizeof h->tag);
	if (rule_keeps_space(h->tag)) {
		h->keep_space++;
		h->first = true;
		put(c, '\n'); /* browsers drop the first newline here: give them one of ours */
	}
	return true;
}

static bool in_tag(struct viewc *c, char ch)
{
	struct html *h = &c->html;
	if (ch == '>')
		return tag_end(c);
	if (is_space(ch)) {
		put_space(c, ch);
		h->gap = true;
		return true;
	}
	if (ch == '/' && !h->slash) {
		h->slash = true;
		put(c, ch);
		return true;
	}
	if (!is_letter(ch) || h->slash)
		return viewc_error(c, "unexpected '%c' in <%s>", ch, h->tag);
	if (!h->gap)
		return viewc_error(c, "a space is missing in front of an attribute of <%s>", h->tag);
	h->gap = false;
	h->place = IN_ATTRIBUTE;
	h->attribute[0] = '\0';
	return grow(c, h->attribute, ch);
}

static bool tag_named(struct viewc *c)
{
	struct html *h = &c->html;
	h->place = IN_TAG;
	h->gap = false;
	if (rule_tag_refused(h->tag))
		return viewc_error(c, "<%s> is not allowed in a view", h->tag);
	return true;
}

static bool in_tag_name(struct viewc *c, char ch)
{
	if (is_name_char(ch))
		return grow(c, c->html.tag, ch);
	return tag_named(c) && in_tag(c, ch);
}

static bool attribute_named(struct viewc *c)
{
	struct html *h = &c->html;
	h->place = IN_TAG;
	h->value[0] = '\0';
	h->url = URL_EMPTY;
	h->has_field = false;
	if (rule_attribute_refused(h->attribute))
		return viewc_error(c, "the attribute %s is not allowed in a view", h->attribute);
	return true;
}

static bool in_attribute(struct viewc *c, char ch)
{
	struct html *h = &c->html;
	if (is_name_char(ch))
		return grow(c, h->attribute, ch);
	if (!attribute_named(c))
		return false;
	if (ch != '=')
		return in_tag(c, ch);
	h->place = AFTER_EQUALS;
	put(c, ch);
	return true;
}

void html_stand_in(struct html *h, const char *s)
{
	size_t n = strlen(h->value), more = strlen(s);
	if (n + more < MOST_VALUE)
		memcpy(h->value + n, s, more + 1);
}

static void value_char(struct viewc *c, char ch)
{
	struct html *h = &c->html;
	char one[2] = { ch, '\0' };
	put(c, ch);
	html_stand_in(h, one);
	if (!h->has_field || h->url != URL_SAFE)
		h->url = url_class(h->value);
}

static bool after_equals(struct viewc *c, char ch)
{
	struct html *h = &c->html;
	if (is_space(ch) || ch == '>' || ch == '/')
		return viewc_error(c, "%s= has no value", h->attribute);
	h->place = ch == '"' ? IN_DOUBLE : ch == '\'' ? IN_SINGLE : IN_BARE;
	if (h->place == IN_BARE)
		value_char(c, ch);
	else
		put(c, ch);
	return true;
}

static bool method_end(struct viewc *c)
{
	struct html *h = &c->html;
	if (h->has_field)
		return viewc_error(c, "method= must be literal");
	h->post = strcasecmp(h->value, "post") == 0;
	if (!h->post && strcasecmp(h->value, "get") != 0)
		return viewc_error(c, "method=\"%s\": only get and post", h->value);
	return true;
}

static bool value_end(struct viewc *c)
{
	struct html *h = &c->html;
	h->place = IN_TAG;
	if (strcmp(h->attribute, "method") == 0)
		return method_end(c);
	if (!html_is_url(h->attribute))
		return true;
	if (url_refused(h->value))
		return viewc_error(c, "%s=\"%s\": this address is not allowed in a view", h->attribute, h->value);
	if (strcmp(h->attribute, "formaction") == 0 && !url_stays_here(h->value))
		return viewc_error(c, "formaction must begin with / or ?");
	if (strcmp(h->attribute, "action") == 0 && !url_stays_here(h->value))
		h->away = true;
	return true;
}

static bool in_bare(struct viewc *c, char ch)
{
	if (is_space(ch) || ch == '>')
		return value_end(c) && in_tag(c, ch);
	if (strchr("\"'<=`", ch))
		return viewc_error(c, "unexpected '%c' in the value of %s: put it into quotes", ch, c->html.attribute);
	value_char(c, ch);
	return true;
}

static bool in_quotes(struct viewc *c, char ch)
{
	if (ch != (c->html.place == IN_DOUBLE ? '"' : '\'')) {
		value_char(c, ch);
		return true;
	}
	put(c, ch);
	return value_end(c);
}

bool html_char(struct viewc *c, char ch)
{
	static bool (*const step[])(struct viewc *, char) = {
		[IN_TEXT] = in_text, [AFTER_LESS] = after_less, [IN_DOCTYPE] = in_doctype, [IN_CLOSE] = in_close,
		[IN_TAG_NAME] = in_tag_name, [IN_TAG] = in_tag, [IN_ATTRIBUTE] = in_attribute, [AFTER_EQUALS] = after_equals,
		[IN_BARE] = in_bare, [IN_DOUBLE] = in_quotes, [IN_SINGLE] = in_quotes,
	};
	unsigned char byte = (unsigned char)ch;
	if ((byte < 0x20 && !is_space(ch)) || byte == 0x7f)
		return viewc_error(c, "a control character (0x%02x)", byte);
	return step[c->html.place](c, ch);
}

bool html_in_value(const struct html *h)
{
	return h->place == IN_DOUBLE || h->place == IN_SINGLE;
}

/* In front of the address of a form everything must be literal until it is certain that it stays here. */
static bool value_may_branch(struct viewc *c)
{
	struct html *h = &c->html;
	h->has_field = true;
	if (!html_is_url(h->attribute))
		return true;
	if (h->url == URL_UNDECIDED || (h->url == URL_EMPTY && strstr(h->attribute, "action")))
		return viewc_error(c, "%s=\"%s\": the address must begin with a literal path", h->attribute, h->value);
	return true;
}

bool html_may_branch(struct viewc *c)
{
	struct html *h = &c->html;
	h->space = h->first = false;
	if ((h->place == IN_ATTRIBUTE && !attribute_named(c)) || (h->place == IN_TAG_NAME && !tag_named(c)))
		return false;
	if (html_in_value(h))
		return value_may_branch(c);
	if (h->place == IN_TEXT || h->place == IN_TAG)
		return true;
	return viewc_error(c, "a block cannot begin, turn or end in the middle of a name or an unquoted value");
}

static bool same_tag(const struct html *a, const struct html *b)
{
	return strcmp(a->tag, b->tag) == 0 && a->post == b->post && a->away == b->away && a->slash == b->slash;
}

bool html_same_place(const struct html *a, const struct html *b)
{
	if (a->place != b->place || a->depth != b->depth || a->keep_space != b->keep_space)
		return false;
	for (int i = 0; i < a->depth; i++)
		if (strcmp(a->open[i], b->open[i]) != 0)
			return false;
	if (a->place != IN_TEXT && !same_tag(a, b))
		return false;
	return !html_in_value(a) || (strcmp(a->attribute, b->attribute) == 0 && (a->url == b->url || !html_is_url(a->attribute)));
}
