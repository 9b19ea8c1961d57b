/* Objects: one PUT, uploads in parts, copies on the server, removal. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/s3.h"

static void header(struct s3_call *c, const char *name, const char *value)
{
	if (c->n < COUNT(c->headers))
		c->headers[c->n++] = (struct s3_header){ name, value };
}

/* ---- in one piece ---- */

struct md5 { char base64[25], hex[33]; };

static void md5_of(const void *at, size_t n, struct md5 *m)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	if (!EVP_Digest(at, n, sum, NULL, EVP_md5(), NULL))
		die("no MD5");
	EVP_EncodeBlock((unsigned char *)m->base64, sum, 16);
	for (size_t i = 0; i < 16; i++)
		snprintf(m->hex + 2 * i, 3, "%02x", sum[i]);
}

/* A PUT that was repeated may find its own first try there. */
static bool is_ours(struct s3 *s, const char *key, size_t n, const struct md5 *m, int64_t until)
{
	struct s3_head h;
	return s3_head_of(s, key, until, &h) == 0 && h.size == (int64_t)n && strstr(h.etag, m->hex);
}

static int put(struct s3 *s, struct s3_call *c, const struct md5 *m, bool fresh)
{
	c->method = "PUT";
	header(c, "content-md5", m->base64);
	if (fresh)
		header(c, "if-none-match", "*");
	return s3_call(s, c);
}

int s3_put(struct s3 *s, const char *key, const void *at, size_t n, bool fresh, int64_t until)
{
	struct md5 m;
	md5_of(n ? at : "", n, &m);
	struct s3_call c = { .key = key, .body = at, .size = n, .until = until };
	fresh = fresh && !s->no_condition;
	int e = put(s, &c, &m, fresh);
	if (e == EEXIST && c.tries && is_ours(s, key, n, &m, until))
		e = 0;
	if (fresh && e && e != EEXIST && (c.status == 501 || c.status == 400)) {
		s3_done(&c);
		c = (struct s3_call){ .key = key, .body = at, .size = n, .until = until };
		e = put(s, &c, &m, false);
		s->no_condition |= !e;
	}
	s3_done(&c);
	return e;
}

int s3_delete(struct s3 *s, const char *key, int64_t until)
{
	struct s3_call c = { .method = "DELETE", .key = key, .until = until };
	int e = s3_call(s, &c);
	s3_done(&c);
	return e == ENOENT ? 0 : e;
}

/* ---- in parts ---- */

int s3_upload_begin(struct s3 *s, const char *key, const struct stream *stream, char id[1100])
{
	struct s3_call c = { .method = "POST", .key = key, .query = "uploads=", .once = true, .stream = stream };
	int e = s3_call(s, &c);
	snprintf(id, sizeof c.answer.upload, "%s", c.answer.upload);
	s3_done(&c);
	return !e && !*id ? why(WIRE_E_ANSWER, "an upload without an id") : e;
}

static void part_query(struct buf *b, const char *id, int number)
{
	if (number)
		buf_printf(b, "partNumber=%d&", number);
	buf_text(b, "uploadId=");
	s3_encode(b, id, false);
	buf_cstr(b);
}

int s3_upload_part(struct s3 *s, const char *key, const char *id, int number, const void *at, size_t n, const struct stream *stream, char etag[100])
{
	struct buf q = { 0 };
	part_query(&q, id, number);
	struct s3_call c = { .method = "PUT", .key = key, .query = q.at, .body = at, .size = n, .stream = stream };
	int e = s3_call(s, &c);
	snprintf(etag, sizeof c.head.etag, "%s", c.head.etag);
	s3_done(&c);
	buf_free(&q);
	return !e && !*etag ? why(WIRE_E_ANSWER, "a part without an ETag") : e;
}

void s3_upload_abort(struct s3 *s, const char *key, const char *id)
{
	struct buf q = { 0 };
	part_query(&q, id, 0);
	struct s3_call c = { .method = "DELETE", .key = key, .query = q.at, .until = clock_ms() + 10000 };
	s3_call(s, &c);
	s3_done(&c);
	buf_free(&q);
}

static void part_list(struct buf *b, char (*etags)[100], size_t n)
{
	buf_text(b, "<CompleteMultipartUpload>");
	for (size_t i = 0; i < n; i++) {
		buf_printf(b, "<Part><PartNumber>%zu</PartNumber><ETag>", i + 1);
		if (!s3_xml_text(b, etags[i]))
			buf_text(b, "none");
		buf_text(b, "</ETag></Part>");
	}
	buf_text(b, "</CompleteMultipartUpload>");
}

static int size_is(struct s3 *s, const char *key, int64_t size, int64_t until)
{
	struct s3_head h;
	int e = s3_head_of(s, key, until, &h);
	if (e || h.size == size)
		return e;
	return why(WIRE_E_CHANGED, "%lld bytes were sent, the server has %lld", (long long)size, (long long)h.size);
}

/* An answer that got lost is made up for by looking: the upload is over, and the object has its size. */
int s3_upload_end(struct s3 *s, const char *key, const char *id, char (*etags)[100], size_t n, int64_t size, int64_t until)
{
	struct buf q = { 0 }, list = { 0 };
	part_query(&q, id, 0);
	part_list(&list, etags, n);
	struct s3_call c = { .method = "POST", .key = key, .query = q.at, .body = list.at, .size = list.n, .until = until, .slow = true };
	int e = s3_call(s, &c);
	bool gone = same(c.answer.code, "NoSuchUpload") || same(c.answer.code, "NoSuchKey");
	s3_done(&c);
	buf_free(&q);
	buf_free(&list);
	if (e && !gone)
		return e;
	int looked = size_is(s, key, size, until);
	return e && looked == 0 ? 0 : e ? e : looked;
}

/* ---- copies ---- */

/* "/bucket/key", encoded. */
static void source(const struct s3 *s, const char *key, struct buf *b)
{
	buf_char(b, '/');
	s3_encode(b, s->bucket, false);
	buf_char(b, '/');
	s3_encode(b, key, true);
	buf_cstr(b);
}

static int copy_whole(struct s3 *s, const char *from, const char *etag, const char *to, int64_t until)
{
	struct s3_call c = { .method = "PUT", .key = to, .until = until, .slow = true };
	header(&c, "x-amz-copy-source", from);
	if (*etag)
		header(&c, "x-amz-copy-source-if-match", etag);
	int e = s3_call(s, &c);
	s3_done(&c);
	return e;
}

struct piece { const char *from, *etag, *to, *id; int64_t at, n; int number; };

static int copy_piece(struct s3 *s, const struct piece *p, int64_t until, char etag[100])
{
	struct buf q = { 0 };
	char range[64];
	part_query(&q, p->id, p->number);
	snprintf(range, sizeof range, "bytes=%lld-%lld", (long long)p->at, (long long)(p->at + p->n - 1));
	struct s3_call c = { .method = "PUT", .key = p->to, .query = q.at, .until = until, .slow = true };
	header(&c, "x-amz-copy-source", p->from);
	header(&c, "x-amz-copy-source-range", range);
	if (*p->etag)
		header(&c, "x-amz-copy-source-if-match", p->etag);
	int e = s3_call(s, &c);
	snprintf(etag, sizeof c.answer.etag, "%s", c.answer.etag);
	s3_done(&c);
	buf_free(&q);
	return !e && !*etag ? why(WIRE_E_ANSWER, "a part without an ETag") : e;
}

static int copy_pieces(struct s3 *s, struct piece *p, int64_t size, int64_t until)
{
	int64_t each = s->copy_part;
	while (size / each >= S3_PARTS_MOST)
		each *= 2;
	size_t n = (size_t)((size + each - 1) / each);
	char (*etags)[100] = calloc(n, sizeof *etags);
	int e = etags ? 0 : ENOMEM;
	for (size_t i = 0; i < n && !e; i++) {
		p->number = (int)i + 1;
		p->at = (int64_t)i * each;
		p->n = size - p->at < each ? size - p->at : each;
		e = copy_piece(s, p, until, etags[i]);
	}
	if (!e)
		e = s3_upload_end(s, p->to, p->id, etags, n, size, until);
	free(etags);
	return e;
}

int s3_copy_key(struct s3 *s, const char *from, const struct s3_head *h, const char *to, int64_t until)
{
	struct buf b = { 0 };
	char id[1100];
	source(s, from, &b);
	if (h->size <= s->copy_most) {
		int e = copy_whole(s, b.at, h->etag, to, until);
		buf_free(&b);
		return e;
	}
	int e = s3_upload_begin(s, to, NULL, id);
	if (!e) {
		struct piece p = { .from = b.at, .etag = h->etag, .to = to, .id = id };
		e = copy_pieces(s, &p, h->size, until);
		if (e)
			s3_upload_abort(s, to, id);
	}
	buf_free(&b);
	return e;
}
