/*
 * webdav_xml: the answers to PROPFIND, and the 207s of other methods, read as they arrive. Bounded: depth, lengths, memory. A document type, and with
 * it every entity of its own, is refused. Elements of other namespaces than DAV: are passed over.
 */
#ifndef NARU_STORE_WEBDAV_XML_H
#define NARU_STORE_WEBDAV_XML_H

#include "base.h"

#define DAV_ETAG_MOST 128

struct dav_entry {
	const char *href;            /* as it was sent; "" if it was too long to be a path */
	int status;                  /* of the whole response; 0: it has none */
	bool folder;
	int64_t size, modified;      /* -1: not told */
	int64_t available, used;     /* of the quota; -1: not told */
	char etag[DAV_ETAG_MOST];    /* "": not told */
};

struct dav_xml;
/* Is told each response; false: no more is wanted. */
typedef bool dav_each(void *, const struct dav_entry *);

/* To be fed and freed by the thread that made it. */
struct dav_xml *dav_xml_new(dav_each *, void *arg);
/* 0, ECANCELED when no more was wanted, or WIRE_E_ANSWER, and then at each further call, too. */
int dav_xml_feed(struct dav_xml *, const void *, size_t n);
/* The document is over: was it one? 0 or as above. */
int dav_xml_end(struct dav_xml *);
void dav_xml_free(struct dav_xml *);

#endif
