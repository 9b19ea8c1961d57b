#include "store/s3_xml.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/s3_clean.h"
#include "store/s3_sign.h"

#define DEEPEST 8
#define TEXT_MOST (3 * S3_KEY_MOST)

struct s3_xml_state {
	XML_Parser parser;
	struct s3_clean clean;
	size_t bytes, n;              /* read so far; in text */
	unsigned depth;
	char names[DEEPEST + 1][40];  /* the open elements */
	char text[TEXT_MOST + 1];     /* of the innermost one */
	bool long_text;               /* it had more */
	struct s3_item item;
	bool no_key;                  /* the item's key cannot be one of ours */
};

/* ---- elements ---- */

/* Without the prefix of its name space. */
static const char *local(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon ? colon + 1 : name;
}

static void stop(struct s3_xml_state *x)
{
	XML_StopParser(x->parser, XML_FALSE);
}

static bool item_name(const char *name)
{
	return same(name, "Contents") || same(name, "CommonPrefixes");
}

static void begin(void *arg, const char *name, const char **attributes)
{
	(void)attributes;
	struct s3_answer *a = arg;
	struct s3_xml_state *x = a->state;
	if (x->depth >= DEEPEST) {
		stop(x);
		return;
	}
	snprintf(x->names[x->depth++], sizeof x->names[0], "%s", local(name));
	x->n = 0;
	x->long_text = false;
	if (x->depth == 1)
		snprintf(a->root, sizeof a->root, "%s", x->names[0]);
	if (x->depth == 2 && item_name(x->names[1])) {
		free(x->item.key);
		x->item = (struct s3_item){ .folder = same(x->names[1], "CommonPrefixes") };
		x->no_key = false;
	}
}

static void letters(void *arg, const char *at, int n)
{
	struct s3_xml_state *x = ((struct s3_answer *)arg)->state;
	size_t fits = TEXT_MOST - x->n;
	x->long_text |= (size_t)n > fits;
	fits = (size_t)n < fits ? (size_t)n : fits;
	memcpy(x->text + x->n, at, fits);
	x->n += fits;
}

static int64_t number(const char *s)
{
	int64_t v;
	return parse_int(s, 0, INT64_MAX, &v) ? v : 0;
}

static void item_part(struct s3_xml_state *x, const char *name)
{
	if (same(name, "Key") || same(name, "Prefix")) {
		x->no_key = x->long_text;
		free(x->item.key);
		x->item.key = strdup(x->text);
	} else if (same(name, "Size")) {
		x->item.size = number(x->text);
	} else if (same(name, "LastModified")) {
		x->item.modified = s3_xml_time(x->text);
	}
}

static void item_end(struct s3_answer *a)
{
	struct s3_xml_state *x = a->state;
	if (!x->item.key || x->no_key)
		return;
	if (!a->items)
		a->items = calloc(S3_ITEMS_MOST, sizeof *a->items);
	if (!a->items || a->n == S3_ITEMS_MOST) {
		stop(x);
		return;
	}
	a->items[a->n++] = x->item;
	x->item.key = NULL;
}

static void keep(char *to, size_t room, const char *s)
{
	size_t n = strnlen(s, room - 1);
	if (*to)
		return;
	memcpy(to, s, n);
	to[n] = 0;
}

/* An element directly below the root, or (of an error in a list of errors) one below that. */
static void told(struct s3_answer *a, const char *parent, const char *name, const char *s)
{
	bool error = same(parent, "Error");
	if (error && same(name, "Code"))
		keep(a->code, sizeof a->code, s);
	else if (error && same(name, "Message"))
		keep(a->message, sizeof a->message, s);
	else if (error && same(name, "Region"))
		keep(a->region, sizeof a->region, s);
	else if (error && same(name, "Endpoint"))
		keep(a->endpoint, sizeof a->endpoint, s);
	else if (same(name, "UploadId"))
		keep(a->upload, sizeof a->upload, s);
	else if (same(name, "ETag"))
		keep(a->etag, sizeof a->etag, s);
	else if (same(name, "IsTruncated"))
		a->truncated = same(s, "true");
	else if (same(name, "EncodingType"))
		a->encoded = same(s, "url");
}

static void end(void *arg, const char *name)
{
	(void)name;
	struct s3_answer *a = arg;
	struct s3_xml_state *x = a->state;
	unsigned depth = x->depth--;
	x->text[x->n] = 0;
	if (depth == 3 && item_name(x->names[1]))
		item_part(x, x->names[2]);
	else if (depth == 2 && item_name(x->names[1]))
		item_end(a);
	else if (depth == 2 || depth == 3)
		told(a, x->names[depth - 2], x->names[depth - 1], x->text);
	x->n = 0;
	x->long_text = false;
}

/* Entities could be bombs, or name files: an S3 server has no use for a document type. */
static void doctype(void *arg, const char *name, const char *sysid, const char *pubid, int internal)
{
	(void)name, (void)sysid, (void)pubid, (void)internal;
	stop(((struct s3_answer *)arg)->state);
}

/* ---- the document ---- */

static bool start(struct s3_answer *a)
{
	a->state = calloc(1, sizeof *a->state);
	if (!a->state)
		return false;
	a->state->parser = XML_ParserCreate("UTF-8");
	if (!a->state->parser)
		return false;
	XML_SetUserData(a->state->parser, a);
	XML_SetElementHandler(a->state->parser, begin, end);
	XML_SetCharacterDataHandler(a->state->parser, letters);
	XML_SetStartDoctypeDeclHandler(a->state->parser, doctype);
	XML_SetParamEntityParsing(a->state->parser, XML_PARAM_ENTITY_PARSING_NEVER);
	return true;
}

bool s3_xml_feed(struct s3_answer *a, const void *data, size_t n)
{
	char block[4096 + S3_CLEAN_HELD];
	if (!a->state && !start(a))
		return false;
	struct s3_xml_state *x = a->state;
	if (!x->parser || n > S3_XML_MOST || (x->bytes += n) > S3_XML_MOST)
		return false;
	for (const char *at = data; n;) {
		size_t k = n < 4096 ? n : 4096;
		if (XML_Parse(x->parser, block, (int)s3_clean(&x->clean, at, k, block), 0) != XML_STATUS_OK)
			return false;
		at += k;
		n -= k;
	}
	return true;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct s3_item *)a)->key, ((const struct s3_item *)b)->key);
}

/* Keys that cannot be decoded, or have a NUL, are left out. */
static void decode_all(struct s3_answer *a)
{
	size_t kept = 0;
	for (size_t i = 0; i < a->n; i++)
		if ((!a->encoded || s3_decode(a->items[i].key)) && strlen(a->items[i].key) <= S3_KEY_MOST)
			a->items[kept++] = a->items[i];
		else
			free(a->items[i].key);
	a->n = kept;
}

bool s3_xml_end(struct s3_answer *a)
{
	if (!a->state)
		return true;
	if (!a->state->parser || a->state->clean.n || XML_Parse(a->state->parser, "", 0, 1) != XML_STATUS_OK)
		return false;
	decode_all(a);
	if (a->n)
		qsort(a->items, a->n, sizeof *a->items, by_key);
	return true;
}

void s3_xml_free(struct s3_answer *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->items[i].key);
	free(a->items);
	if (a->state) {
		free(a->state->item.key);
		if (a->state->parser)
			XML_ParserFree(a->state->parser);
		free(a->state);
	}
	memset(a, 0, sizeof *a);
}

/* ---- texts ---- */

int64_t s3_xml_time(const char *s)
{
	struct tm t = { 0 };
	const char *rest = strptime(s, "%Y-%m-%dT%H:%M:%S", &t);
	if (!rest || (*rest != '.' && *rest != 'Z' && *rest))
		return 0;
	int64_t at = (int64_t)timegm(&t);
	return at > 0 ? at : 0;
}

bool s3_xml_text(struct buf *b, const char *s)
{
	if (!utf8_valid(s, strlen(s)) || strstr(s, "\xef\xbf\xbe") || strstr(s, "\xef\xbf\xbf"))
		return false;
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c < ' ' && c != '\t' && c != '\n' && c != '\r')
			return false;
		if (c < ' ' || strchr("<>&\"'", *s))
			buf_printf(b, "&#%u;", c);
		else
			buf_char(b, *s);
	}
	return true;
}
