/* Reading. One GET whose answer's head is the entry; a connection that breaks is taken up where it broke, of the same object only (If-Match). */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store.h"
#include "store/s3.h"

#define TRIES 5 /* in a row without a byte */

struct reading {
	struct s3 *s;
	struct stream *stream;
	char *key;
	int64_t offset, length;       /* length -1: to the end */
	int64_t want, done;           /* of the content, once its size is known */
	bool ignored;                 /* the server sent another part than was asked for */
	struct s3_head head;          /* of the first answer */
	EVP_MD_CTX *md5;              /* of a whole object whose ETag is that sum */
	/* what the connector's thread waits for */
	pthread_mutex_t lock;
	pthread_cond_t told;
	bool known;
	int error;
	char words[WHY_MOST];
};

static void tell(struct reading *r, int e)
{
	pthread_mutex_lock(&r->lock);
	if (!r->known) {
		r->known = true;
		r->error = e;
		snprintf(r->words, sizeof r->words, "%s", why_words());
		pthread_cond_signal(&r->told);
	}
	pthread_mutex_unlock(&r->lock);
}

/* ---- the stream's thread ---- */

/* Is the ETag the MD5 of the content? Not of an upload in parts ("-5" at its end), and not of what the server has encrypted. */
static bool summed(const struct s3_head *h)
{
	const char *e = h->etag;
	return !h->encrypted && strlen(e) == 34 && e[0] == '"' && e[33] == '"' && strspn(e + 1, "0123456789abcdef") == 32;
}

static void first_head(struct reading *r, const struct s3_head *h, int64_t whole)
{
	int64_t left = whole > r->offset ? whole - r->offset : 0;
	r->head = *h;
	r->head.size = whole;
	r->want = r->length >= 0 && r->length < left ? r->length : left;
	if (r->want == whole && summed(h)) {
		r->md5 = EVP_MD_CTX_new();
		if (r->md5 && !EVP_DigestInit_ex(r->md5, EVP_md5(), NULL))
			die("no MD5");
	}
}

static bool begin(void *arg, const struct s3_call *c)
{
	struct reading *r = arg;
	int64_t from = r->offset + r->done;
	int64_t whole = c->status == 206 ? c->head.whole : c->head.size;
	if (whole < 0 || (c->status != 206 && from > 0) || (r->known && whole != r->head.size)) {
		r->ignored = true;
		return false;
	}
	if (!r->known) {
		first_head(r, &c->head, whole);
		tell(r, 0);
	}
	return true;
}

static bool sink(void *arg, const void *at, size_t n)
{
	struct reading *r = arg;
	int64_t left = r->want - r->done;
	if ((int64_t)n > left) {
		r->ignored = true;
		return false;
	}
	if (r->md5)
		EVP_DigestUpdate(r->md5, at, n);
	r->done += (int64_t)n;
	return stream_put(r->stream, at, n);
}

static int get(struct reading *r)
{
	char range[64];
	int64_t from = r->offset + r->done;
	struct s3_call c = { .method = "GET", .key = r->key, .once = r->known, .stream = r->stream, .begin = begin, .sink = sink, .arg = r };
	if (r->known && *r->head.etag)
		c.headers[c.n++] = (struct s3_header){ "if-match", r->head.etag };
	if (r->length >= 0)
		snprintf(range, sizeof range, "bytes=%lld-%lld", (long long)from, (long long)(r->offset + r->length - 1));
	else
		snprintf(range, sizeof range, "bytes=%lld-", (long long)from);
	if (from > 0 || r->length >= 0)
		c.headers[c.n++] = (struct s3_header){ "range", range };
	int e = s3_call(r->s, &c);
	s3_done(&c);
	return r->ignored ? why(WIRE_E_ANSWER, "another part of the object than was asked for") : e;
}

static bool worth_another(const struct reading *r, int e)
{
	return r->known && r->done < r->want && (e == WIRE_E_CUT || e == ETIMEDOUT || e == WIRE_E_REFUSED || e == WIRE_E_SLOW || e == EIO);
}

static int get_all(struct reading *r)
{
	int e = 0;
	for (int tries = 0; tries < TRIES && !stream_given_up(r->stream); tries++) {
		int64_t before = r->done;
		e = get(r);
		if (!worth_another(r, e))
			break;
		if (r->done > before)
			tries = -1;
		else
			usleep(200000u << tries);
	}
	return !e && r->done != r->want ? WIRE_E_CUT : e;
}

/* What is asked for is behind the end, or nothing at all: only the entry is to be told. */
static int no_content(struct reading *r)
{
	struct s3_head h;
	int e = s3_head_of(r->s, r->key, 0, &h);
	if (!e) {
		r->length = 0;
		first_head(r, &h, h.size);
	}
	return e;
}

static int check(struct reading *r)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	char hex[33];
	if (!r->md5)
		return 0;
	EVP_DigestFinal_ex(r->md5, sum, NULL);
	for (size_t i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	return strncmp(r->head.etag + 1, hex, 32) == 0 ? 0 : why(WIRE_E_CHANGED, "the ETag is %s, the content's MD5 %s", r->head.etag, hex);
}

static int work(struct stream *stream, void *arg)
{
	struct reading *r = arg;
	r->stream = stream;
	int e = r->length == 0 ? no_content(r) : get_all(r);
	if (e == ERANGE && !r->known)
		e = no_content(r);
	if (!e)
		e = check(r);
	tell(r, e);
	return e;
}

/* ---- the connector's thread ---- */

static void done(void *arg)
{
	struct reading *r = arg;
	EVP_MD_CTX_free(r->md5);
	pthread_cond_destroy(&r->told);
	pthread_mutex_destroy(&r->lock);
	free(r->key);
	free(r);
}

static int wait_for_head(struct reading *r)
{
	pthread_mutex_lock(&r->lock);
	while (!r->known)
		pthread_cond_wait(&r->told, &r->lock);
	pthread_mutex_unlock(&r->lock);
	return *r->words ? why(r->error, "%s", r->words) : r->error;
}

static int no_file(struct s3 *s, const char *path, int e)
{
	return e == ENOENT && s3_folder_is(s, path, NULL) == 0 ? WIRE_E_TYPE : e;
}

int s3_read(void *state, const char *path, int64_t offset, int64_t length, struct row *row, int64_t *handle, int *fd)
{
	struct s3 *s = state;
	if (!*path)
		return WIRE_E_TYPE;
	struct reading *r = calloc(1, sizeof *r);
	if (!r)
		return ENOMEM;
	*r = (struct reading){ .s = s, .key = s3_key(s, path), .offset = offset, .length = length };
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->told, NULL);
	int e = stream_read(&s->streams, work, r, done, handle, fd);
	if (e) {
		done(r);
		return e;
	}
	e = wait_for_head(r);
	if (e) {
		close(*fd);
		stream_close(&s->streams, *handle);
		*fd = -1;
		return no_file(s, path, e);
	}
	*row = (struct row){ .kind = ENTRY_FILE, .size = r->head.size, .modified = r->head.modified };
	snprintf(row->name, sizeof row->name, "%s", s3_last_part(path));
	return 0;
}
