/* Requests: signed, sent over a connection that is kept, repeated where that is harmless. */
#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/dial.h"
#include "store/s3.h"

#define IDLE_MOST 24
#define CALL_MS 120000                  /* of what is no content */
#define JUNK_MOST 65536                 /* bytes of an error page that is no XML */
#define NOTHING_FOR 30L                 /* seconds */
#define NOTHING_FOR_SLOW 300L

/* ---- connections ---- */

struct s3_line { CURL *curl; char words[CURL_ERROR_SIZE]; struct s3_line *next; };

static struct s3_line *line_take(struct s3 *s)
{
	pthread_mutex_lock(&s->lock);
	struct s3_line *l = s->idle;
	if (l) {
		s->idle = l->next;
		s->n_idle--;
	}
	pthread_mutex_unlock(&s->lock);
	if (l)
		return l;
	l = calloc(1, sizeof *l);
	if (!l)
		die("out of memory");
	l->curl = dial_curl(s->networks, s->ca_file, s->where.tls ? "https" : "http", l->words);
	return l;
}

static void line_free(struct s3_line *l)
{
	curl_easy_cleanup(l->curl);
	free(l);
}

static void line_give(struct s3 *s, struct s3_line *l)
{
	pthread_mutex_lock(&s->lock);
	bool keep = s->n_idle < IDLE_MOST;
	if (keep) {
		l->next = s->idle;
		s->idle = l;
		s->n_idle++;
	}
	pthread_mutex_unlock(&s->lock);
	if (!keep)
		line_free(l);
}

void s3_lines_free(struct s3 *s)
{
	for (struct s3_line *l = s->idle, *next; l; l = next) {
		next = l->next;
		line_free(l);
	}
	s->idle = NULL;
}

/* ---- what libcurl calls ---- */

static size_t give_body(char *to, size_t size, size_t n, void *arg)
{
	struct s3_call *c = arg;
	size_t most = size * n, left = c->size - c->sent;
	most = left < most ? left : most;
	memcpy(to, (const char *)c->body + c->sent, most);
	c->sent += most;
	return most;
}

static int seek_body(void *arg, curl_off_t to, int from)
{
	struct s3_call *c = arg;
	if (from != SEEK_SET || to < 0 || (size_t)to > c->size)
		return CURL_SEEKFUNC_FAIL;
	c->sent = (size_t)to;
	return CURL_SEEKFUNC_OK;
}

static bool success(const struct s3_call *c)
{
	return c->status >= 200 && c->status < 300;
}

/* Content goes to the sink, all else is XML, or nothing that is read here. */
static size_t take_body(char *at, size_t size, size_t n, void *arg)
{
	struct s3_call *c = arg;
	size_t all = size * n;
	if (c->sink && success(c)) {
		if (!c->begun && c->begin && !c->begin(c->arg, c))
			return 0;
		c->begun = true;
		return c->sink(c->arg, at, all) ? all : 0;
	}
	if (!c->bad && !s3_xml_feed(&c->answer, at, all))
		c->bad = true;
	c->junk += c->bad ? all : 0;
	return c->bad && (success(c) || c->junk > JUNK_MOST) ? 0 : all;
}

static bool header_is(const char *line, size_t n, const char *name, char *to, size_t room)
{
	size_t length = strlen(name);
	if (n <= length || line[length] != ':' || strncasecmp(line, name, length))
		return false;
	line += length + 1;
	n -= length + 1;
	for (; n && (*line == ' ' || *line == '\t'); n--)
		line++;
	for (; n && (line[n - 1] == '\r' || line[n - 1] == '\n' || line[n - 1] == ' '); n--)
		;
	snprintf(to, room, "%.*s", (int)n, line);
	return true;
}

static int64_t number(const char *s)
{
	int64_t v;
	return parse_int(s, 0, INT64_MAX, &v) ? v : -1;
}

/* "HTTP/1.1 200 OK": the beginning of an answer, or of one before it ("100 Continue"). */
static void new_answer(struct s3_call *c, const char *line, size_t n)
{
	const char *at = memchr(line, ' ', n);
	char digits[4] = "";
	if (at && n - (size_t)(at - line) > 3)
		memcpy(digits, at + 1, 3);
	c->status = (long)number(digits);
	c->head = (struct s3_head){ .size = -1, .whole = -1 };
}

static size_t take_header(char *line, size_t size, size_t n, void *arg)
{
	struct s3_call *c = arg;
	struct s3_head *h = &c->head;
	char value[200];
	n *= size;
	if (n > 5 && !strncasecmp(line, "HTTP/", 5))
		new_answer(c, line, n);
	else if (header_is(line, n, "content-length", value, sizeof value))
		h->size = number(value);
	else if (header_is(line, n, "content-range", value, sizeof value))
		h->whole = number(strchr(value, '/') ? strchr(value, '/') + 1 : "");
	else if (header_is(line, n, "last-modified", value, sizeof value))
		h->modified = (int64_t)curl_getdate(value, NULL);
	else if (n > 29 && !strncasecmp(line, "x-amz-server-side-encryption", 28))
		h->encrypted = true;
	else if (!header_is(line, n, "etag", h->etag, sizeof h->etag) && !header_is(line, n, "x-amz-bucket-region", h->region, sizeof h->region))
		header_is(line, n, "server", h->software, sizeof h->software);
	return n;
}

static int progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t d, curl_off_t e)
{
	(void)a, (void)b, (void)d, (void)e;
	const struct s3_call *c = arg;
	return c->stream && stream_given_up(c->stream);
}

/* ---- one request ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct s3_header *)a)->name, ((const struct s3_header *)b)->name);
}

static struct curl_slist *add(struct curl_slist *all, const char *name, const char *value)
{
	struct buf b = { 0 };
	buf_printf(&b, "%s: %s", name, value);
	struct curl_slist *more = curl_slist_append(all, buf_cstr(&b));
	buf_free(&b);
	if (!more)
		die("out of memory");
	return more;
}

/* Over TLS nobody can change the content on its way; without, its sum is signed. */
static void payload(const struct s3 *s, const struct s3_call *c, char out[S3_HEX])
{
	if (s->where.tls && c->size)
		snprintf(out, S3_HEX, S3_UNSIGNED);
	else
		s3_sha256(c->body ? c->body : "", c->size, out);
}

/* The headers with their signature, and the path. All headers that are ours are signed. */
static struct curl_slist *sign(const struct s3 *s, const struct s3_call *c, struct buf *path)
{
	char stamp[S3_STAMP], sum[S3_HEX];
	struct s3_header h[S3_HEADERS_MOST + 3];
	struct buf authorization = { 0 };
	s3_stamp(now(), stamp);
	payload(s, c, sum);
	memcpy(h, c->headers, c->n * sizeof *h);
	h[c->n] = (struct s3_header){ "host", s->where.host };
	h[c->n + 1] = (struct s3_header){ "x-amz-content-sha256", sum };
	h[c->n + 2] = (struct s3_header){ "x-amz-date", stamp };
	qsort(h, c->n + 3, sizeof *h, by_name);
	buf_text(path, s->where.root);
	if (c->key || !*s->where.root)
		buf_char(path, '/');
	s3_encode(path, c->key ? c->key : "", true);
	struct s3_signed what = { c->method, buf_cstr(path), c->query ? c->query : "", sum, h, c->n + 3 };
	s3_authorization(&s->signer, &what, stamp, &authorization);
	struct curl_slist *all = add(add(NULL, "Authorization", buf_cstr(&authorization)), "Expect", "");
	for (size_t i = 0; i < c->n + 3; i++)
		if (!same(h[i].name, "host"))
			all = add(all, h[i].name, h[i].value);
	buf_free(&authorization);
	return all;
}

static void set_method(CURL *h, struct s3_call *c)
{
	bool body = same(c->method, "PUT") || same(c->method, "POST");
	curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, NULL);
	curl_easy_setopt(h, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)-1);
	if (same(c->method, "HEAD"))
		curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
	if (body) {
		curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)c->size);
	}
	if (!same(c->method, "GET") && !same(c->method, "HEAD") && !same(c->method, "PUT"))
		curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, c->method);
	curl_easy_setopt(h, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(h, CURLOPT_READDATA, c);
	curl_easy_setopt(h, CURLOPT_SEEKFUNCTION, seek_body);
	curl_easy_setopt(h, CURLOPT_SEEKDATA, c);
}

static void set_up(CURL *h, struct s3_call *c)
{
	/* Content may take any time; what else is asked may not, and an answer that is no content ends by its size. */
	int64_t until = c->until ? c->until : c->stream ? 0 : clock_ms() + CALL_MS * (c->slow ? 5 : 1), left = until - clock_ms();
	set_method(h, c);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, progress);
	curl_easy_setopt(h, CURLOPT_XFERINFODATA, c);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, until ? (long)(left > 1 ? left : 1) : 0L);
	curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, c->slow ? NOTHING_FOR_SLOW : NOTHING_FOR);
}

static CURLcode perform(struct s3 *s, struct s3_call *c, struct s3_line *l)
{
	struct buf url = { 0 }, path = { 0 };
	struct curl_slist *headers = sign(s, c, &path);
	buf_printf(&url, "%s://%s%s%s%s", s->where.tls ? "https" : "http", s->where.host, path.at, c->query ? "?" : "", c->query ? c->query : "");
	set_up(l->curl, c);
	curl_easy_setopt(l->curl, CURLOPT_URL, buf_cstr(&url));
	curl_easy_setopt(l->curl, CURLOPT_HTTPHEADER, headers);
	l->words[0] = 0;
	CURLcode r = curl_easy_perform(l->curl);
	curl_easy_setopt(l->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	buf_free(&url);
	buf_free(&path);
	return r;
}

/* ---- what came of it ---- */

static int broken(const struct s3_call *c, const struct s3_line *l, CURLcode r)
{
	if (c->bad)
		return why(WIRE_E_ANSWER, "HTTP %ld, with a text that is no answer of an S3 server", c->status);
	int e = dial_curl_error(r);
	return e == ECANCELED || e == ETIMEDOUT ? e : why(e, "%s", *l->words ? l->words : curl_easy_strerror(r));
}

static int judge(struct s3_call *c)
{
	bool whole = !c->bad && s3_xml_end(&c->answer);
	if (!success(c))
		return s3_error(c);
	if (!whole)
		return why(WIRE_E_ANSWER, "HTTP %ld, with a text that is no answer of an S3 server", c->status);
	if (*c->answer.code)
		return s3_error(c); /* a copy or the end of an upload that failed after its "200 OK" */
	if (c->sink && !c->begun && c->begin && !c->begin(c->arg, c))
		return ECANCELED;   /* content of no byte */
	return 0;
}

static int once(struct s3 *s, struct s3_call *c)
{
	struct s3_line *l = line_take(s);
	s3_xml_free(&c->answer);
	c->sent = 0;
	c->status = 0;
	c->bad = false;
	c->region = s->signer.region;
	CURLcode r = perform(s, c, l);
	curl_easy_getinfo(l->curl, CURLINFO_RESPONSE_CODE, &c->status);
	int e = r == CURLE_OK ? judge(c) : broken(c, l, r);
	if (r == CURLE_OK)
		line_give(s, l);
	else
		line_free(l);
	return e;
}

/* False: the time is over, or nobody wants it any more. */
static bool wait_a_little(const struct s3_call *c)
{
	uint16_t chance;
	random_bytes(&chance, sizeof chance);
	int64_t ms = (INT64_C(200) << (c->tries < 6 ? c->tries : 6)) + chance % 200, end = clock_ms() + ms;
	if (c->until && end > c->until)
		return false;
	for (int64_t left; (left = end - clock_ms()) > 0;) {
		if (c->stream && stream_given_up(c->stream))
			return false;
		poll(NULL, 0, left < 100 ? (int)left : 100);
	}
	return true;
}

/* A connection that broke is told from a request that was refused: the second may always be sent again. */
static bool again(const struct s3_call *c, int e)
{
	unsigned most = c->stream ? 6 : 3;
	if (c->begun || c->tries >= most)
		return false;
	if (e == WIRE_E_CUT)
		return !c->once && c->tries < (c->stream ? most : 1);
	return s3_temporary(c, e);
}

int s3_call(struct s3 *s, struct s3_call *c)
{
	for (c->tries = 0;; c->tries++) {
		int e = once(s, c);
		if (!e || !again(c, e) || !wait_a_little(c))
			return e;
		why_forget();
	}
}

void s3_done(struct s3_call *c)
{
	s3_xml_free(&c->answer);
}
