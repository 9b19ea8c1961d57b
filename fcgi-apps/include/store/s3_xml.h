/*
 * s3_xml: what an S3 server answers in XML, read as it comes. One reader for all answers: those of a listing become items, of the others
 * the few texts that matter are kept. A document type, and with it every entity of its own, is refused; depth, lengths and number are bounded.
 */
#ifndef NARU_STORE_S3_XML_H
#define NARU_STORE_S3_XML_H

#include "base.h"

#define S3_XML_MOST (4 << 20)   /* bytes of one answer: 1,000 keys of 1,024 bytes, each of them encoded, fit */
#define S3_ITEMS_MOST 1000
#define S3_KEY_MOST 1024

struct s3_item { char *key; bool folder; int64_t size, modified; }; /* key: malloc() */

struct s3_xml_state;

/* All zero at first. s3_xml_free() after use, always. */
struct s3_answer {
	char root[40];                /* the outermost element */
	char code[64], message[300];  /* of an error, or of the first one of a removal */
	char region[64], endpoint[256];
	char upload[1100], etag[100];
	struct s3_item *items; size_t n;
	bool encoded, truncated;
	struct s3_xml_state *state;
};

/* More of it. False: it is no XML, or none that is read here; there is no use in going on. */
bool s3_xml_feed(struct s3_answer *, const void *, size_t n);
/* It is over: was it whole? Keys are decoded and sorted as bytes then. Also for an answer of no byte at all (true). */
bool s3_xml_end(struct s3_answer *);
void s3_xml_free(struct s3_answer *);

/* "2026-11-20T10:11:12.000Z" as seconds since 1970; 0: not such a text. */
int64_t s3_xml_time(const char *);
/* A text as XML, with what an attribute or element must not have as it is. False: it has characters that XML cannot carry. */
bool s3_xml_text(struct buf *, const char *);

#endif
