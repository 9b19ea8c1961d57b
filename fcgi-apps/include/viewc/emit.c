/* emit: the C code of a view. Each statement that reads a field carries the view's own line. */
#include "viewc.h"

#include <stdio.h>
#include <string.h>

enum { MOST_PARTS = 4, LITERAL_CHUNK = 1000 /* C promises 4,095 characters in a literal */ };

void emit_literal(struct viewc *c)
{
	for (size_t at = 0; at < c->literal.n; at += LITERAL_CHUNK) {
		size_t n = c->literal.n - at < LITERAL_CHUNK ? c->literal.n - at : LITERAL_CHUNK;
		vtext_printf(c->out, "\tput_raw(o, ");
		vtext_quote(c->out, c->literal.at + at, n);
		vtext_printf(c->out, ", %zu);\n", n);
	}
	c->literal.n = 0;
}

void emit_line(struct viewc *c)
{
	vtext_printf(c->out, "#line %u ", c->line);
	vtext_quote(c->out, c->path, strlen(c->path));
	vtext_char(c->out, '\n');
}

/* The value ("v1->job" → "VIEW_ONE(v1->job)->id") and the kind ("k1->job.of->id") of a name such as "../job.id". */
struct expression { struct vtext value, kind; };

static void free_expression(struct expression *e)
{
	vtext_free(&e->value);
	vtext_free(&e->kind);
}

static void add_part(struct expression *e, const char *part, size_t n, bool first, int scope)
{
	if (first) {
		vtext_printf(&e->value, "v%d->%.*s", scope, (int)n, part);
		vtext_printf(&e->kind, "k%d->%.*s", scope, (int)n, part);
		return;
	}
	struct vtext outer = e->value;
	e->value = (struct vtext){ 0 };
	vtext_printf(&e->value, "VIEW_ONE(%s)->%.*s", outer.at, (int)n, part);
	vtext_printf(&e->kind, ".of->%.*s", (int)n, part);
	vtext_free(&outer);
}

static bool resolve(struct viewc *c, const char *name, struct expression *e)
{
	int scope = c->scope, parts = 0;
	const char *at = name;
	for (; strncmp(at, "../", 3) == 0; at += 3)
		if (--scope < 0)
			return viewc_error(c, "{{%s}}: there is no outer scope here", name);
	for (;; at++) {
		size_t n = strcspn(at, ".");
		if (!is_name(at, n))
			return viewc_error(c, "{{%s}} is not the name of a field", name);
		if (++parts > MOST_PARTS)
			return viewc_error(c, "{{%s}} goes too deep", name);
		add_part(e, at, n, parts == 1, scope);
		at += n;
		if (!*at)
			return true;
	}
}

/* Starts a statement at the view's line: the literal so far first. */
static bool start(struct viewc *c, const char *name, struct expression *e)
{
	*e = (struct expression){ 0 };
	if (!resolve(c, name, e)) {
		free_expression(e);
		return false;
	}
	emit_literal(c);
	emit_line(c);
	return true;
}

bool emit_field(struct viewc *c, const char *macro, const char *name)
{
	struct expression e;
	if (!start(c, name, &e))
		return false;
	vtext_printf(c->out, "\t%s(o, %s, %s);\n", macro, e.kind.at, e.value.at);
	free_expression(&e);
	return true;
}

bool emit_if(struct viewc *c, const char *name, bool negate)
{
	struct expression e;
	if (!start(c, name, &e))
		return false;
	vtext_printf(c->out, "\tif (%sVIEW_TRUE(%s, %s)) {\n", negate ? "!" : "", e.kind.at, e.value.at);
	free_expression(&e);
	return true;
}

/* The statements stay on one line each, so that an error names the view's line. */
bool emit_each(struct viewc *c, const char *name)
{
	struct expression e;
	int n = c->scope + 1;
	if (!start(c, name, &e))
		return false;
	vtext_printf(c->out, "\tfor (size_t i%d = 0; i%d < (%s).n; i%d++) {", n, n, e.value.at, n);
	vtext_printf(c->out, " __typeof__((%s).at) const v%d = &(%s).at[i%d];", e.value.at, n, e.value.at, n);
	vtext_printf(c->out, " __typeof__((%s).of) const k%d = NULL; (void)v%d; (void)k%d;\n", e.kind.at, n, n, n);
	free_expression(&e);
	return true;
}

bool emit_each_else(struct viewc *c, const char *name)
{
	struct expression e;
	emit_literal(c);
	vtext_printf(c->out, "\t}\n");
	if (!start(c, name, &e))
		return false;
	vtext_printf(c->out, "\tif ((%s).n == 0) {\n", e.value.at);
	free_expression(&e);
	return true;
}

void emit_view_start(struct viewc *c, const char *name)
{
	vtext_char(c->out, '\n');
	emit_line(c);
	vtext_printf(c->out, "static void %s_html(struct out *o, const void *model) {"
		" const struct %s *const v0 = model; const struct %s_kinds *const k0 = NULL; (void)o; (void)v0; (void)k0;\n", name, name, name);
}

void emit_view_end(struct viewc *c, const char *name)
{
	emit_literal(c);
	vtext_printf(c->out, "}\n");
	emit_line(c);
	vtext_printf(c->out, "const struct view %s_view = { \"%s\", %s_html, &%s_model };\n", name, name, name, name);
}
