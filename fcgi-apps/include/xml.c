#include "xml.h"

#include <stdlib.h>

#include <expat.h>

#define TOKEN_MOST (128 << 10) /* bytes that expat may hold back until a tag is complete */
#define MEMORY_MOST (4u << 20)
#define FEED_MOST (16u << 10)

struct xml {
	XML_Parser parser;
	struct xml_calls calls;
	void *arg;
	bool stopped;
	const char *why;
	int64_t fed;
};

/* ---- memory: expat keeps every name it has seen, so that a stranger could make it keep anything ---- */

static _Thread_local size_t held;

static void *take(size_t n)
{
	size_t *p;
	if (n > MEMORY_MOST || held + n > MEMORY_MOST || !(p = malloc(n + 16)))
		return NULL;
	held += n;
	*p = n;
	return (char *)p + 16;
}

static void give(void *at)
{
	if (!at)
		return;
	size_t *p = (size_t *)(void *)((char *)at - 16);
	held -= *p;
	free(p);
}

static void *take_again(void *at, size_t n)
{
	if (!at)
		return take(n);
	size_t *p = (size_t *)(void *)((char *)at - 16), old = *p;
	if (n > MEMORY_MOST || held - old + n > MEMORY_MOST || !(p = realloc(p, n + 16)))
		return NULL;
	held += n - old;
	*p = n;
	return (char *)p + 16;
}

/* ---- expat's calls ---- */

/* An empty element's end follows its beginning even when that stopped it. */
static void stop_unless(struct xml *x, bool good)
{
	if (good)
		return;
	x->stopped = true;
	XML_StopParser(x->parser, XML_FALSE);
}

static void XMLCALL on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct xml *x = arg;
	if (!x->stopped)
		stop_unless(x, x->calls.start(x->arg, name, attributes));
}

static void XMLCALL on_end(void *arg, const XML_Char *name)
{
	struct xml *x = arg;
	if (!x->stopped)
		stop_unless(x, x->calls.end(x->arg, name));
}

static void XMLCALL on_text(void *arg, const XML_Char *s, int n)
{
	struct xml *x = arg;
	if (!x->stopped)
		stop_unless(x, x->calls.text(x->arg, s, (size_t)n));
}

static void XMLCALL on_doctype(void *arg, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	(void)name, (void)system, (void)public, (void)internal;
	struct xml *x = arg;
	x->why = "a document type";
	stop_unless(x, false);
}

/* ---- feeding ---- */

struct xml *xml_new(const struct xml_calls *calls, void *arg)
{
	static const XML_Memory_Handling_Suite memory = { take, take_again, give };
	struct xml *x = calloc(1, sizeof *x);
	if (!x)
		die("out of memory");
	x->parser = XML_ParserCreate_MM(NULL, &memory, " ");
	if (!x->parser)
		die("out of memory");
	x->calls = *calls;
	x->arg = arg;
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_start, on_end);
	XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	return x;
}

static bool broken(struct xml *x)
{
	if (!x->stopped)
		x->why = XML_ErrorString(XML_GetErrorCode(x->parser));
	x->stopped = true;
	return false;
}

bool xml_feed(struct xml *x, const void *data, size_t n)
{
	const char *at = data;
	while (n && !x->stopped) {
		size_t k = n < FEED_MOST ? n : FEED_MOST;
		if (XML_Parse(x->parser, at, (int)k, 0) != XML_STATUS_OK)
			return broken(x);
		x->fed += (int64_t)k;
		if (x->fed - XML_GetCurrentByteIndex(x->parser) > TOKEN_MOST) {
			x->why = "a tag without an end";
			x->stopped = true;
		}
		at += k;
		n -= k;
	}
	return !x->stopped;
}

bool xml_end(struct xml *x)
{
	return !x->stopped && (XML_Parse(x->parser, "", 0, 1) == XML_STATUS_OK || broken(x));
}

const char *xml_why(const struct xml *x)
{
	return x->why;
}

void xml_free(struct xml *x)
{
	if (!x)
		return;
	XML_ParserFree(x->parser);
	free(x);
}
