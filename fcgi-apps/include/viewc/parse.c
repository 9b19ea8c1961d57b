/* parse: the text of a view: literal HTML, fields, blocks, partials. */
#include "viewc.h"

#include <string.h>

enum { MOST_PARTIALS = 8, MOST_DIRECTIVE = 400 };

static bool read_source(struct viewc *, const struct source *);

/* ---- fields ---- */

static bool field_in_url(struct viewc *c, const char *printer, const char *name)
{
	struct html *h = &c->html;
	bool whole = strcmp(printer, "url") == 0;
	if (whole && h->url != URL_EMPTY)
		return viewc_error(c, "{{url %s}} must stand at the beginning of %s", name, h->attribute);
	if (!whole && *printer)
		return viewc_error(c, "{{%s %s}} does not fit into %s", printer, name, h->attribute);
	if (!whole && h->url != URL_SAFE)
		return viewc_error(c, "%s: begin with a literal path, or write {{url %s}}", h->attribute, name);
	h->has_field = true;
	h->url = URL_SAFE;
	html_stand_in(h, whole ? "/x" : "x");
	if (whole && strstr(h->attribute, "action"))
		return emit_field(c, "VIEW_PATH", name); /* a form carries secrets: never to another host */
	return emit_field(c, whole ? "VIEW_URL" : "VIEW_URL_PART", name);
}

struct printer { const char *name, *in_text, *in_value; };

static const struct printer printers[] = {
	{ "", "VIEW_TEXT", "VIEW_ATTRIBUTE" },
	{ "time", "VIEW_TIME", "VIEW_DATE" },
	{ "clock", "VIEW_CLOCK", NULL },
	{ "day", "VIEW_DAY", NULL },
	{ "size", "VIEW_SIZE", "VIEW_SIZE" },
	{ "form", "VIEW_FORM", NULL },
	{ "markup", "VIEW_MARKUP", NULL },
	{ "url", NULL, NULL },
};

static bool field(struct viewc *c, const char *printer, const char *name)
{
	struct html *h = &c->html;
	bool text = h->place == IN_TEXT;
	if (!text && !html_in_value(h))
		return viewc_error(c, h->place == IN_BARE || h->place == AFTER_EQUALS
			? "{{%s}} in an attribute without quotes" : "{{%s}} cannot be the name of an element or attribute", name);
	h->space = h->first = false;
	if (!text && html_is_url(h->attribute))
		return field_in_url(c, printer, name);
	h->has_field = true;
	for (size_t i = 0; i < sizeof printers / sizeof *printers; i++) {
		const char *macro = text ? printers[i].in_text : printers[i].in_value;
		if (macro && strcmp(printers[i].name, printer) == 0)
			return emit_field(c, macro, name);
	}
	return viewc_error(c, "{{%s %s}} is not known here", printer, name);
}

static bool message(struct viewc *c, const char *english)
{
	struct html *h = &c->html;
	if (h->place != IN_TEXT && (!html_in_value(h) || html_is_url(h->attribute)))
		return viewc_error(c, "{{_ …}} stands in text or in a quoted attribute that is no address");
	if (!*english)
		return viewc_error(c, "{{_ }} without a text");
	h->space = h->first = false;
	h->has_field = true;
	emit_literal(c);
	vtext_printf(c->out, "\tput_tr(o, ");
	vtext_quote(c->out, english, strlen(english));
	vtext_printf(c->out, ");\n");
	return true;
}

/* ---- blocks ---- */

static bool block_start(struct viewc *c, const char *word, const char *name)
{
	if (c->n_blocks == MOST_BLOCKS)
		return viewc_error(c, "blocks are nested too deep");
	if (strlen(name) >= MOST_VALUE)
		return viewc_error(c, "the name is too long");
	if (!html_may_branch(c))
		return false;
	struct block *b = &c->blocks[c->n_blocks];
	*b = (struct block){ .line = c->line, .before = c->html };
	memcpy(b->name, name, strlen(name) + 1);
	b->type = strcmp(word, "each") == 0 ? BLOCK_EACH : strcmp(word, "if") == 0 ? BLOCK_IF : BLOCK_UNLESS;
	if (b->type == BLOCK_EACH ? !emit_each(c, name) : !emit_if(c, name, b->type == BLOCK_UNLESS))
		return false;
	c->scope += b->type == BLOCK_EACH;
	c->n_blocks++;
	return true;
}

static bool block_else(struct viewc *c)
{
	struct block *b = c->n_blocks ? &c->blocks[c->n_blocks - 1] : NULL;
	if (!b || b->has_else)
		return viewc_error(c, "{{else}} without a block");
	if (!html_may_branch(c))
		return false;
	b->has_else = true;
	b->then = c->html;
	c->html = b->before;
	if (b->type == BLOCK_EACH) {
		c->scope--;
		if (!html_same_place(&b->before, &b->then))
			return viewc_error(c, "{{#each %s}} must end where it began in the HTML", b->name);
		return emit_each_else(c, b->name);
	}
	emit_literal(c);
	vtext_printf(c->out, "\t} else {\n");
	return true;
}

static bool block_end(struct viewc *c)
{
	static const char *const words[] = { "each", "if", "unless" };
	struct block *b = c->n_blocks ? &c->blocks[c->n_blocks - 1] : NULL;
	if (!b)
		return viewc_error(c, "{{/}} without a block");
	if (!html_may_branch(c))
		return false;
	const struct html *other = b->has_else ? &b->then : &b->before;
	if (!html_same_place(&c->html, other))
		return viewc_error(c, "the ways through {{#%s %s}} of line %u end at different places in the HTML", words[b->type], b->name, b->line);
	c->html.gap = c->html.gap && other->gap;
	emit_literal(c);
	vtext_printf(c->out, "\t}\n");
	c->scope -= b->type == BLOCK_EACH && !b->has_else;
	c->n_blocks--;
	return true;
}

static bool block_close(struct viewc *c, const char *word)
{
	static const char *const words[] = { "each", "if", "unless" };
	if (*word && (!c->n_blocks || strcmp(words[c->blocks[c->n_blocks - 1].type], word) != 0))
		return viewc_error(c, "{{/%s}} does not close the block that is open", word);
	return block_end(c);
}

/* ---- partials ---- */

static bool partial(struct viewc *c, const char *name)
{
	struct source found;
	const char *path = c->path;
	unsigned line = c->line;
	if (!is_name(name, strlen(name)))
		return viewc_error(c, "{{> %s}} is not the name of a partial", name);
	if (c->partial_depth == MOST_PARTIALS)
		return viewc_error(c, "{{> %s}}: partials are nested too deep", name);
	if (!c->partials || !c->partials->load(c->partials->arg, name, &found))
		return viewc_error(c, "{{> %s}}: there is no _%s.html", name, name);
	c->partial_depth++;
	bool good = read_source(c, &found);
	source_free(&found);
	c->partial_depth--;
	c->path = path;
	c->line = line;
	return good;
}

/* ---- directives ---- */

static bool block_word(struct viewc *c, char *words)
{
	char *name = words + strcspn(words, " ");
	if (*name)
		*name++ = '\0';
	if (strcmp(words, "each") != 0 && strcmp(words, "if") != 0 && strcmp(words, "unless") != 0)
		return viewc_error(c, "{{#%s}}: only each, if and unless", words);
	return block_start(c, words, name + strspn(name, " "));
}

static bool directive(struct viewc *c, char *words)
{
	if (words[0] == '#')
		return block_word(c, words + 1);
	if (words[0] == '/')
		return block_close(c, words + 1);
	if (strcmp(words, "else") == 0)
		return block_else(c);
	if (words[0] == '_' && words[1] == ' ')
		return message(c, words + 1 + strspn(words + 1, " "));
	if (words[0] == '>')
		return partial(c, words + 1 + strspn(words + 1, " "));
	char *name = words + strcspn(words, " ");
	if (!*name)
		return field(c, "", words);
	*name++ = '\0';
	return field(c, words, name + strspn(name, " "));
}

/* "{{ … }}" at `at`; *used bytes of it. */
static bool read_directive(struct viewc *c, const char *at, size_t left, size_t *used)
{
	char words[MOST_DIRECTIVE];
	size_t n = 2;
	while (n + 1 < left && memcmp(at + n, "}}", 2) != 0 && at[n] != '\n')
		n++;
	if (n + 1 >= left || at[n] == '\n')
		return viewc_error(c, "{{ without }} on the same line");
	*used = n + 2;
	const char *from = at + 2, *to = at + n;
	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
		to--;
	size_t length = (size_t)(to - from);
	if (length == 0 || length >= sizeof words || memchr(from, '\0', length))
		return viewc_error(c, length ? "{{…}} is too long" : "{{}} is empty");
	memcpy(words, from, length);
	words[length] = '\0';
	return directive(c, words);
}

/* "<!-- … -->" is left out. */
static bool skip_comment(struct viewc *c, const char *at, size_t left, size_t *used)
{
	for (size_t n = 4; n + 2 < left; n++) {
		if (memcmp(at + n, "-->", 3) == 0) {
			*used = n + 3;
			return true;
		}
		c->line += at[n] == '\n';
	}
	return viewc_error(c, "a comment without its end");
}

static bool starts(const char *at, size_t left, const char *word)
{
	size_t n = strlen(word);
	return left >= n && memcmp(at, word, n) == 0;
}

static bool read_some(struct viewc *c, const char *at, size_t left, size_t *used)
{
	if (starts(at, left, "{{"))
		return read_directive(c, at, left, used);
	if (c->html.place == IN_TEXT && starts(at, left, "<!--"))
		return skip_comment(c, at, left, used);
	*used = 1;
	if (!html_char(c, *at))
		return false;
	c->line += *at == '\n';
	return true;
}

static bool read_source(struct viewc *c, const struct source *s)
{
	int blocks = c->n_blocks;
	c->path = s->path;
	c->line = 1;
	for (size_t at = 0, used; at < s->n; at += used)
		if (!read_some(c, s->at + at, s->n - at, &used))
			return false;
	if (c->n_blocks < blocks)
		return viewc_error(c, "a partial may not close a block of the view around it");
	if (c->n_blocks == blocks)
		return true;
	c->line = c->blocks[c->n_blocks - 1].line;
	return viewc_error(c, "this block has no {{/}}");
}

static bool read_view(struct viewc *c, const struct source *s)
{
	if (!read_source(c, s))
		return false;
	if (c->html.depth)
		return viewc_error(c, "<%s> is still open at the end", c->html.open[c->html.depth - 1]);
	if (c->html.place != IN_TEXT)
		return viewc_error(c, "the view ends in the middle of a tag");
	return true;
}

bool viewc_view(const struct source *s, const char *name, const struct partials *partials, struct vtext *out, struct vtext *errors)
{
	struct viewc c = { .out = out, .errors = errors, .partials = partials, .path = s->path, .line = 1 };
	emit_view_start(&c, name);
	bool good = read_view(&c, s);
	c.path = s->path;
	c.line = 1;
	emit_view_end(&c, name);
	vtext_free(&c.literal);
	return good;
}
