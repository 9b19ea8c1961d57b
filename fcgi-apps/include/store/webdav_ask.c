/* One request of WebDAV and its answer. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/url.h"
#include "store/webdav.h"
#include "store/why.h"

#define PASS_OVER_MOST (1 << 20) /* bytes of an answer that nobody wants */
#define ASK_MS 60000             /* for a request that has no content and no time of its own */

/* ---- the answer ---- */

static void keep(char *to, size_t room, const char *from, size_t n)
{
	while (n && strchr(" \t\r\n", *from))
		from++, n--;
	while (n && strchr(" \t\r\n", from[n - 1]))
		n--;
	n = n < room ? n : room - 1;
	memcpy(to, from, n);
	to[n] = 0;
}

/* "bytes 5-9/20" */
static void keep_range(struct dav_ask *a, const char *value)
{
	long long from = -1, to = -1, total = -1;
	if (sscanf(value, " bytes %lld-%lld/%lld", &from, &to, &total) == 3) {
		a->range_from = from;
		a->range_total = total;
	}
}

static void begin_answer(struct dav_ask *a)
{
	a->reason[0] = a->location[0] = a->etag[0] = 0;
	a->range_from = a->range_total = -1;
}

static bool header_is(const char *line, size_t n, const char *name, const char **value, size_t *length)
{
	size_t k = strlen(name);
	if (n <= k || strncasecmp(line, name, k) || line[k] != ':')
		return false;
	*value = line + k + 1;
	*length = n - k - 1;
	return true;
}

static size_t on_header(char *line, size_t one, size_t n, void *arg)
{
	struct dav_ask *a = arg;
	const char *v, *space = memchr(line, ' ', n);
	char range[96];
	size_t k;
	(void)one;
	if (n > 5 && !strncmp(line, "HTTP/", 5)) {
		begin_answer(a);
		if (space)
			keep(a->reason, sizeof a->reason, space, n - (size_t)(space - line));
	} else if (header_is(line, n, "Location", &v, &k)) {
		keep(a->location, sizeof a->location, v, k);
	} else if (header_is(line, n, "ETag", &v, &k)) {
		keep(a->etag, sizeof a->etag, v, k);
	} else if (header_is(line, n, "Server", &v, &k)) {
		keep(a->server, sizeof a->server, v, k);
	} else if (header_is(line, n, "DAV", &v, &k) && !*a->classes) {
		keep(a->classes, sizeof a->classes, v, k);
	} else if (header_is(line, n, "Content-Range", &v, &k)) {
		keep(range, sizeof range, v, k);
		keep_range(a, range);
	}
	return n;
}

static size_t on_body(char *data, size_t one, size_t n, void *arg)
{
	struct dav_ask *a = arg;
	curl_off_t length = -1;
	if (!a->status) {
		curl_easy_getinfo(a->easy, CURLINFO_RESPONSE_CODE, &a->status);
		curl_easy_getinfo(a->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
		a->length = length;
	}
	if (a->status / 100 == 2 && a->take)
		return a->take(data, one, n, a->arg);
	a->passed_over += (int64_t)n;
	return a->passed_over > PASS_OVER_MOST ? 0 : n;
}

/* ---- the request ---- */

static void put_path(const struct dav *d, struct buf *b, const char *path, bool folder)
{
	url_host(b, same(d->r.security, "none") ? "http" : "https", d->r.host, d->r.port);
	url_path(b, d->base);
	buf_char(b, '/');
	url_path(b, path);
	if (folder && *path)
		buf_char(b, '/');
}

static void add(struct curl_slist **all, const char *line)
{
	struct curl_slist *more = curl_slist_append(*all, line);
	if (!more)
		die("out of memory");
	*all = more;
}

static struct curl_slist *headers(const struct dav *d, const struct dav_ask *a)
{
	struct curl_slist *all = NULL;
	struct buf b = { 0 };
	add(&all, "Expect:");
	add(&all, a->body ? "Content-Type: application/xml; charset=utf-8" : "Content-Type:");
	if (a->depth) {
		buf_printf(&b, "Depth: %s", a->depth);
		add(&all, buf_cstr(&b));
	}
	if (a->to) {
		b.n = 0;
		buf_text(&b, "Destination: ");
		put_path(d, &b, a->to, a->to_folder);
		add(&all, buf_cstr(&b));
		add(&all, a->replace ? "Overwrite: T" : "Overwrite: F");
	}
	if (a->from || a->most > 0) {
		b.n = 0;
		buf_printf(&b, "Range: bytes=%" PRId64 "-", a->from);
		if (a->most > 0)
			buf_printf(&b, "%" PRId64, a->from + a->most - 1);
		add(&all, buf_cstr(&b));
	}
	buf_free(&b);
	return all;
}

static void sign_in(const struct dav *d, CURL *h)
{
	if (same(d->r.auth, "token")) {
		curl_easy_setopt(h, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(h, CURLOPT_XOAUTH2_BEARER, d->r.secret);
	} else if (!empty(d->r.user)) {
		curl_easy_setopt(h, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(h, CURLOPT_USERNAME, d->r.user);
		curl_easy_setopt(h, CURLOPT_PASSWORD, d->r.secret);
	}
}

/* A request with a time of its own may be silent for all of it: copying on the server says nothing meanwhile. */
static void limit(CURL *h, const struct dav *d, const struct dav_ask *a)
{
	int64_t until = a->until ? a->until : d->opening, left = until ? until - clock_ms() : a->stream ? 0 : ASK_MS;
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)(until && left < 1 ? 1 : left));
	curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, until ? 0L : 30L);
}

/* libcurl asks again over another connection when the one that was kept breaks; what came through a pipe is gone by then. */
static int once(void *arg, char *to, char *from, int to_port, int from_port)
{
	struct dav_ask *a = arg;
	(void)to, (void)from, (void)to_port, (void)from_port;
	return a->begun++ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static void set_method(CURL *h, struct dav_ask *a)
{
	bool put = a->give != NULL;
	curl_easy_setopt(h, CURLOPT_HTTPGET, 1L); /* forgets what the request before was */
	curl_easy_setopt(h, CURLOPT_UPLOAD, put ? 1L : 0L);
	curl_easy_setopt(h, CURLOPT_NOBODY, same(a->method, "HEAD") ? 1L : 0L);
	curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, put ? once : NULL);
	curl_easy_setopt(h, CURLOPT_PREREQDATA, a);
	if (put) {
		curl_easy_setopt(h, CURLOPT_READFUNCTION, a->give);
		curl_easy_setopt(h, CURLOPT_READDATA, a->arg);
		curl_easy_setopt(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)a->size);
	} else if (a->body) {
		curl_easy_setopt(h, CURLOPT_POSTFIELDS, a->body);
		curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE, (long)strlen(a->body));
	}
	curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, a->method);
}

static CURLcode run(struct dav *d, struct dav_ask *a, struct line *l, const char *url, struct curl_slist *lines)
{
	CURL *h = a->easy = l->easy;
	set_method(h, a);
	sign_in(d, h);
	limit(h, d, a);
	curl_easy_setopt(h, CURLOPT_URL, url);
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, lines);
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, a);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, a);
	CURLcode c = line_run(l, d->lines.tick_ms, a->stream);
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, NULL);
	long status = 0;
	curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
	a->status = status;
	return c;
}

/* A server that has answered before all content was sent, or whose words were too many, has answered. */
static bool answered(const struct dav_ask *a, CURLcode c)
{
	return c == CURLE_OK || c == CURLE_WRITE_ERROR || ((c == CURLE_SEND_ERROR || c == CURLE_RECV_ERROR) && a->status >= 300);
}

int dav_ask(struct dav *d, struct dav_ask *a)
{
	struct buf url = { 0 };
	put_path(d, &url, a->path, a->folder);
	struct curl_slist *lines = headers(d, a);
	struct line *l = lines_take(&d->lines);
	begin_answer(a);
	a->length = -1;
	CURLcode c = run(d, a, l, buf_cstr(&url), lines);
	int e = answered(a, c) ? 0 : a->begun > 1 ? WIRE_E_CUT : line_error(l, c);
	lines_give(&d->lines, l);
	curl_slist_free_all(lines);
	buf_free(&url);
	a->easy = NULL;
	return e;
}

/* ---- what it means ---- */

static const struct { long status; int means; } codes[] = {
	{ 401, WIRE_E_LOGIN }, { 403, EACCES }, { 404, ENOENT }, { 405, WIRE_E_CANNOT }, { 408, ETIMEDOUT }, { 409, ENOENT }, { 410, ENOENT },
	{ 411, WIRE_E_CANNOT }, { 412, EEXIST }, { 413, EFBIG }, { 414, ENAMETOOLONG }, { 423, EBUSY }, { 429, WIRE_E_SLOW }, { 501, WIRE_E_CANNOT },
	{ 502, WIRE_E_CANNOT }, { 503, WIRE_E_SLOW }, { 504, ETIMEDOUT }, { 507, ENOSPC },
};

int dav_error(const struct dav_ask *a)
{
	int e = a->status / 100 == 5 ? EIO : WIRE_E_ANSWER;
	if (a->status / 100 == 2)
		return 0;
	if (a->status / 100 == 3)
		return why(WIRE_E_ANSWER, "%s: %s", a->reason, a->location);
	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i].status == a->status)
			e = codes[i].means;
	return why(e, "%s", a->reason);
}

/* ---- answers that tell what of it went wrong ---- */

static bool first_failure(void *arg, const struct dav_entry *e)
{
	int *status = arg;
	if (e->status >= 300 && !*status)
		*status = e->status;
	return true;
}

static size_t feed(char *data, size_t one, size_t n, void *arg)
{
	dav_xml_feed(arg, data, one * n);
	return n;
}

int dav_do(struct dav *d, struct dav_ask *a)
{
	int inner = 0;
	struct dav_xml *x = dav_xml_new(first_failure, &inner);
	if (!a->give) {
		a->take = feed;
		a->arg = x;
	}
	int e = dav_ask(d, a);
	dav_xml_free(x);
	if (!e && a->status == 207 && inner) {
		a->status = inner;
		snprintf(a->reason, sizeof a->reason, "%d", inner);
	}
	return e ? e : dav_error(a);
}

bool dav_decode_href(const char *href, char *to, size_t room)
{
	const char *host = strstr(href, "://");
	if (host && strcspn(href, "/") > (size_t)(host - href)) {
		href = strchr(host + 3, '/');
		if (!href)
			href = "/";
	}
	if (*href != '/' || !url_decode(href, strcspn(href, "?#"), to, room))
		return false;
	for (size_t n = strlen(to); n && to[n - 1] == '/';)
		to[--n] = 0;
	return true;
}
