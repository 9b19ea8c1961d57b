#include "store/webdav_xml.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/why.h"
#include "store/wire.h"
#include "xml.h"

#define DEPTH_MOST 32
#define TEXT_MOST (3 * WIRE_PATH_MOST + 512) /* a path, each byte percent-encoded, behind a host name */

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
	struct xml *parser;
	dav_each *each;
	void *arg;
	int error;
	unsigned depth;
	enum element stack[DEPTH_MOST];
	struct dav_entry entry, found;    /* of the response; of the propstat, which counts only if its status says so */
	int found_status;
	bool top;                         /* a multistatus was there */
	size_t n;
	bool too_long;
	char text[TEXT_MOST + 1], href[TEXT_MOST + 1];
};

/* ---- values ---- */

static bool stop(struct dav_xml *x, int error)
{
	x->error = error;
	return false;
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

/* ---- the document ---- */

static enum element known(const char *name, enum element in)
{
	for (size_t i = 0; i < COUNT(elements); i++)
		if (elements[i].in == in && same(name, elements[i].name))
			return elements[i].is;
	return OTHER;
}

static bool on_start(void *arg, const char *name, const char **attributes)
{
	(void)attributes;
	struct dav_xml *x = arg;
	enum element is = known(name, x->depth ? x->stack[x->depth - 1] : TOP);
	if (x->depth == DEPTH_MOST || (!x->depth && is != MULTISTATUS))
		return stop(x, WIRE_E_ANSWER);
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
	return true;
}

static bool on_end(void *arg, const char *name)
{
	(void)name;
	struct dav_xml *x = arg;
	enum element is = x->stack[--x->depth];
	if (is == PROPSTAT)
		merge(x);
	else if (is == RESPONSE && !x->each(x->arg, &x->entry))
		return stop(x, ECANCELED);
	else
		value(x, is);
	x->n = 0;
	x->text[0] = 0;
	return true;
}

static bool on_text(void *arg, const char *s, size_t n)
{
	struct dav_xml *x = arg;
	size_t room = TEXT_MOST - x->n, k = n < room ? n : room;
	x->too_long |= k < n;
	memcpy(x->text + x->n, s, k);
	x->n += k;
	x->text[x->n] = 0;
	return true;
}

/* ---- feeding ---- */

struct dav_xml *dav_xml_new(dav_each *each, void *arg)
{
	static const struct xml_calls calls = { on_start, on_end, on_text };
	struct dav_xml *x = calloc(1, sizeof *x);
	if (!x)
		die("out of memory");
	x->parser = xml_new(&calls, x);
	x->each = each;
	x->arg = arg;
	begin_entry(&x->entry);
	begin_entry(&x->found);
	return x;
}

static int broken(struct dav_xml *x)
{
	if (!x->error)
		x->error = why(WIRE_E_ANSWER, "XML: %s", xml_why(x->parser) ? xml_why(x->parser) : "another document");
	return x->error;
}

int dav_xml_feed(struct dav_xml *x, const void *data, size_t n)
{
	return xml_feed(x->parser, data, n) ? 0 : broken(x);
}

int dav_xml_end(struct dav_xml *x)
{
	return xml_end(x->parser) && x->top ? 0 : broken(x);
}

void dav_xml_free(struct dav_xml *x)
{
	if (!x)
		return;
	xml_free(x->parser);
	free(x);
}
