#include "store/webdav_xml.h"

#include <curl/curl.h>
#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "store/why.h"
#include "store/wire.h"

#define DEPTH_MOST 32
#define TEXT_MOST (3 * WIRE_PATH_MOST + 512) /* a path, each byte percent-encoded, behind a host name */
#define TOKEN_MOST (128 << 10)               /* bytes that expat may hold back until a tag is complete */
#define MEMORY_MOST (4u << 20)
#define FEED_MOST (16u << 10)

enum element {
	OTHER, TOP, MULTISTATUS, RESPONSE, HREF, RESPONSE_STATUS, PROPSTAT, STATUS, PROP, RESOURCETYPE, COLLECTION, LENGTH, MODIFIED, ETAG, AVAILABLE, USED
};

static const struct { const char *name; enum element in, is; } elements[] = {
	{ "DAV: multistatus", TOP, MULTISTATUS }, { "DAV: response", MULTISTATUS, RESPONSE }, { "DAV: href", RESPONSE, HREF },
	{ "DAV: status", RESPONSE, RESPONSE_STATUS }, { "DAV: propstat", RESPONSE, PROPSTAT }, { "DAV: status", PROPSTAT, STATUS },
	{ "DAV: prop", PROPSTAT, PROP }, { "DAV: resourcetype", PROP, RESOURCETYPE }, { "DAV: collection", RESOURCETYPE, COLLECTION },
	{ "DAV: getcontentlength", PROP, LENGTH }, { "DAV: getlastmodified", PROP, MODIFIED }, { "DAV: getetag", PROP, ETAG },
	{ "DAV: quota-available-bytes", PROP, AVAILABLE }, { "DAV: quota-used-bytes", PROP, USED },
};

struct dav_xml {
	XML_Parser parser;
	dav_each *each;
	void *arg;
	int error;
	int64_t fed;
	unsigned depth;
	enum element stack[DEPTH_MOST];
	struct dav_entry entry, found;    /* of the response; of the propstat, which counts only if its status says so */
	int found_status;
	bool top;                         /* a multistatus was there */
	size_t n;
	bool too_long;
	char text[TEXT_MOST + 1], href[TEXT_MOST + 1];
};

/* ---- memory: expat keeps every name it has seen, so that a server could make it keep anything ---- */

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

/* ---- values ---- */

static void stop(struct dav_xml *x, int error)
{
	x->error = error;
	XML_StopParser(x->parser, XML_FALSE);
}

static int64_t number(const char *s)
{
	int64_t n;
	return parse_int(s, 0, INT64_MAX, &n) ? n : -1;
}

/* "HTTP/1.1 404 Not Found" */
static int status_of(const char *s)
{
	const char *at = strchr(s, ' ');
	int64_t n = -1;
	char digits[4] = "";
	if (starts_with(s, "HTTP/") && at && strlen(at) >= 4)
		memcpy(digits, at + 1, 3);
	return parse_int(digits, 100, 999, &n) ? (int)n : 999;
}

static const char *trimmed(struct dav_xml *x)
{
	char *s = x->text;
	while (x->n && strchr(" \t\r\n", s[x->n - 1]))
		s[--x->n] = 0;
	return s + strspn(s, " \t\r\n");
}

static void begin_entry(struct dav_entry *e)
{
	*e = (struct dav_entry){ .href = "", .size = -1, .modified = -1, .available = -1, .used = -1 };
}

static void keep_href(struct dav_xml *x, const char *s)
{
	snprintf(x->href, sizeof x->href, "%s", x->too_long ? "" : s);
	x->entry.href = x->href;
}

/* What the propstat has told becomes the entry's. */
static void merge(struct dav_xml *x)
{
	struct dav_entry *e = &x->entry, *f = &x->found;
	if (x->found_status / 100 != 2)
		return;
	e->folder |= f->folder;
	e->size = f->size >= 0 ? f->size : e->size;
	e->modified = f->modified >= 0 ? f->modified : e->modified;
	e->available = f->available >= 0 ? f->available : e->available;
	e->used = f->used >= 0 ? f->used : e->used;
	if (*f->etag)
		memcpy(e->etag, f->etag, sizeof e->etag);
}

static void value(struct dav_xml *x, enum element is)
{
	const char *s = trimmed(x);
	struct dav_entry *f = &x->found;
	if (is == HREF)
		keep_href(x, s);
	else if (is == RESPONSE_STATUS)
		x->entry.status = status_of(s);
	else if (is == STATUS)
		x->found_status = status_of(s);
	else if (is == LENGTH)
		f->size = number(s);
	else if (is == AVAILABLE)
		f->available = number(s);
	else if (is == USED)
		f->used = number(s);
	else if (is == MODIFIED)
		f->modified = curl_getdate(s, NULL);
	else if (is == ETAG && strlen(s) < sizeof f->etag)
		memcpy(f->etag, s, strlen(s) + 1);
}

/* ---- expat's calls ---- */

static enum element known(const char *name, enum element in)
{
	for (size_t i = 0; i < COUNT(elements); i++)
		if (elements[i].in == in && same(name, elements[i].name))
			return elements[i].is;
	return OTHER;
}

static void XMLCALL on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	(void)attributes;
	struct dav_xml *x = arg;
	enum element is = known(name, x->depth ? x->stack[x->depth - 1] : TOP);
	if (x->depth == DEPTH_MOST || (!x->depth && is != MULTISTATUS)) {
		stop(x, WIRE_E_ANSWER);
		return;
	}
	x->stack[x->depth++] = is;
	x->n = 0;
	x->text[0] = 0;
	x->too_long = false;
	if (is == MULTISTATUS)
		x->top = true;
	else if (is == RESPONSE)
		begin_entry(&x->entry);
	else if (is == PROPSTAT)
		begin_entry(&x->found), x->found_status = 200;
	else if (is == COLLECTION)
		x->found.folder = true;
}

static void XMLCALL on_end(void *arg, const XML_Char *name)
{
	(void)name;
	struct dav_xml *x = arg;
	if (x->error)
		return; /* an empty element's end follows its beginning even then */
	enum element is = x->stack[--x->depth];
	if (is == PROPSTAT)
		merge(x);
	else if (is == RESPONSE && !x->each(x->arg, &x->entry))
		stop(x, ECANCELED);
	else
		value(x, is);
	x->n = 0;
	x->text[0] = 0;
}

static void XMLCALL on_text(void *arg, const XML_Char *s, int n)
{
	struct dav_xml *x = arg;
	size_t room = TEXT_MOST - x->n, k = (size_t)n < room ? (size_t)n : room;
	x->too_long |= k < (size_t)n;
	memcpy(x->text + x->n, s, k);
	x->n += k;
	x->text[x->n] = 0;
}

static void XMLCALL on_doctype(void *arg, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	(void)name, (void)system, (void)public, (void)internal;
	stop(arg, WIRE_E_ANSWER);
}

/* ---- feeding ---- */

struct dav_xml *dav_xml_new(dav_each *each, void *arg)
{
	static const XML_Memory_Handling_Suite memory = { take, take_again, give };
	struct dav_xml *x = calloc(1, sizeof *x);
	if (!x)
		die("out of memory");
	x->parser = XML_ParserCreate_MM(NULL, &memory, " ");
	if (!x->parser)
		die("out of memory");
	x->each = each;
	x->arg = arg;
	begin_entry(&x->entry);
	begin_entry(&x->found);
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_start, on_end);
	XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	return x;
}

static int broken(struct dav_xml *x)
{
	if (!x->error)
		x->error = why(WIRE_E_ANSWER, "XML: %s", XML_ErrorString(XML_GetErrorCode(x->parser)));
	return x->error;
}

int dav_xml_feed(struct dav_xml *x, const void *data, size_t n)
{
	const char *at = data;
	while (n && !x->error) {
		size_t k = n < FEED_MOST ? n : FEED_MOST;
		if (XML_Parse(x->parser, at, (int)k, 0) != XML_STATUS_OK)
			return broken(x);
		x->fed += (int64_t)k;
		if (x->fed - XML_GetCurrentByteIndex(x->parser) > TOKEN_MOST)
			x->error = why(WIRE_E_ANSWER, "XML: a tag without an end");
		at += k;
		n -= k;
	}
	return x->error;
}

int dav_xml_end(struct dav_xml *x)
{
	if (!x->error && (XML_Parse(x->parser, "", 0, 1) != XML_STATUS_OK || !x->top))
		return broken(x);
	return x->error;
}

void dav_xml_free(struct dav_xml *x)
{
	if (!x)
		return;
	XML_ParserFree(x->parser);
	free(x);
}
