#include "tree.h"

#include <string.h>

#include "dav.h"
#include "xml.h"

#define BODY_MOST (256 << 10)
#define DEPTH_MOST 64
#define XML_ITSELF "http://www.w3.org/XML/1998/namespace " /* has the prefix xml and cannot have another */
#define LANGUAGE XML_ITSELF "lang"

struct reading { struct arena *arena; struct node *top, *in; int depth; };

static struct node *add(struct reading *g)
{
	struct node *n = NEW(g->arena, struct node);
	n->up = g->in;
	if (g->in && g->in->last)
		g->in->last->next = n;
	else if (g->in)
		g->in->child = n;
	if (g->in)
		g->in->last = n;
	return n;
}

static const char *copy(struct reading *g, const char *s)
{
	return arena_copy(g->arena, s, strlen(s));
}

static bool on_start(void *arg, const char *name, const char **attributes)
{
	struct reading *g = arg;
	size_t n = 0;
	if (++g->depth > DEPTH_MOST)
		return false;
	struct node *node = add(g);
	while (attributes[n])
		n++;
	node->name = copy(g, name);
	node->attributes = NEW_ARRAY(g->arena, const char *, n + 1);
	for (size_t i = 0; i < n; i++)
		node->attributes[i] = copy(g, attributes[i]);
	g->top = g->top ? g->top : node;
	g->in = node;
	return true;
}

static bool on_end(void *arg, const char *name)
{
	(void)name;
	struct reading *g = arg;
	g->in = g->in->up;
	g->depth--;
	return true;
}

static bool on_text(void *arg, const char *s, size_t n)
{
	struct reading *g = arg;
	if (g->in)
		add(g)->text = arena_copy(g->arena, s, n);
	return true;
}

static bool read_all(struct req *r, struct xml *x, int64_t *size)
{
	char block[16384];
	bool good = true;
	for (size_t n = 1; n > 0;) {
		if (!body_next(r, block, sizeof block, &n))
			return false;
		*size += (int64_t)n;
		if (*size > BODY_MOST)
			return fail(r->ctx, KIND_TOO_LARGE, tr(r->ctx, "The request is larger than a request of this kind may be, so it was not read."), "XML body");
		good = good && xml_feed(x, block, n);
	}
	good = !*size || (good && xml_end(x));
	return good || fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The XML of the request is broken or too deep, so it was not read."), "XML: %s", xml_why(x) ? xml_why(x) : "too deep");
}

bool tree_read(struct req *r, struct node **top)
{
	static const struct xml_calls calls = { on_start, on_end, on_text };
	struct reading g = { .arena = r->ctx->arena };
	int64_t size = 0;
	struct xml *x = xml_new(&calls, &g);
	bool good = read_all(r, x, &size);
	xml_free(x);
	*top = g.top;
	return good;
}

struct node *tree_child(const struct node *n, const char *name)
{
	struct node *c = n ? n->child : NULL;
	while (c && !same(c->name, name))
		c = c->next;
	return c;
}

/* ---- and back ---- */

/* "<name xmlns="…"" of an element; the name as its end has it. */
static const char *put_name(struct buf *b, const char *name)
{
	const char *space = strrchr(name, ' ');
	if (starts_with(name, XML_ITSELF)) {
		buf_printf(b, "<xml:%s", space + 1);
		return text(b->arena, "xml:%s", space + 1);
	}
	const char *local = space ? space + 1 : name;
	buf_printf(b, "<%s xmlns=\"", local);
	put_xml(b, space ? arena_copy(b->arena, name, (size_t)(space - name)) : "");
	buf_char(b, '"');
	return local;
}

void put_empty(struct buf *b, const char *name)
{
	put_name(b, name);
	buf_text(b, "/>");
}

static void put_attribute(struct buf *b, const char *name, const char *value, int number)
{
	const char *space = strrchr(name, ' ');
	if (starts_with(name, XML_ITSELF)) {
		buf_printf(b, " xml:%s=\"", space + 1);
	} else if (space) {
		buf_printf(b, " xmlns:a%d=\"", number);
		put_xml(b, arena_copy(b->arena, name, (size_t)(space - name)));
		buf_printf(b, "\" a%d:%s=\"", number, space + 1);
	} else {
		buf_printf(b, " %s=\"", name);
	}
	put_xml(b, value);
	buf_char(b, '"');
}

static const char *own_language(const struct node *n)
{
	for (size_t i = 0; n->attributes[i]; i += 2)
		if (same(n->attributes[i], LANGUAGE))
			return n->attributes[i + 1];
	return NULL;
}

static void put_node(struct buf *b, const struct node *n, const char *language)
{
	if (!n->name) {
		put_xml(b, n->text);
		return;
	}
	const char *local = put_name(b, n->name);
	for (int i = 0; n->attributes[i]; i += 2)
		put_attribute(b, n->attributes[i], n->attributes[i + 1], i);
	if (language)
		put_attribute(b, LANGUAGE, language, 0);
	buf_char(b, '>');
	for (const struct node *c = n->child; c; c = c->next)
		put_node(b, c, NULL);
	buf_printf(b, "</%s>", local);
}

const char *tree_text(struct arena *arena, const struct node *n)
{
	struct buf b = { 0 };
	const char *language = own_language(n) ? NULL : "";
	for (const struct node *up = n->up; language && !*language && up; up = up->up)
		language = own_language(up) ? own_language(up) : "";
	buf_in(&b, arena);
	put_node(&b, n, language && *language ? language : NULL);
	return buf_cstr(&b);
}
