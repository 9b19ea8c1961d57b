/*
 * xml: a document of a stranger, read as it arrives. Bounded: memory and the length of a tag. A document type, and with it every entity of its own,
 * is refused. Names are "namespace name", or "name" without a namespace.
 */
#ifndef NARU_XML_H
#define NARU_XML_H

#include "base.h"

/* What is told of the document; one that returns false stops it. attributes: name, value, …, NULL. */
struct xml_calls {
	bool (*start)(void *arg, const char *name, const char **attributes);
	bool (*end)(void *arg, const char *name);
	bool (*text)(void *arg, const char *, size_t n);
};

struct xml;
/* To be fed and freed by the thread that made it. Never NULL. */
struct xml *xml_new(const struct xml_calls *, void *arg);
/* False when it is no such document or a call stopped it, and then at each further call, too. */
bool xml_feed(struct xml *, const void *, size_t n) MUST_CHECK;
/* The document is over: was it one? */
bool xml_end(struct xml *) MUST_CHECK;
/* Why it was refused, in English; NULL: it was not, or a call stopped it. */
const char *xml_why(const struct xml *);
void xml_free(struct xml *); /* NULL is allowed */

#endif
