#include "store/s3_sign.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "store/wire.h"

#define SCHEME "AWS4-HMAC-SHA256"
#define WEEK (7 * 86400)

/* ---- spelling ---- */

static bool plain(unsigned char c)
{
	return (c < 0x80 && isalnum(c)) || c == '-' || c == '_' || c == '.' || c == '~';
}

void s3_encode(struct buf *b, const char *s, bool keep_slash)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (plain(c) || (c == '/' && keep_slash))
			buf_char(b, *s);
		else
			buf_printf(b, "%%%02X", c);
	}
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool s3_decode(char *s)
{
	char *to = s;
	for (; *s; s++) {
		if (*s != '%') {
			*to++ = *s == '+' ? ' ' : *s;
			continue;
		}
		int high = digit(s[1]), low = high < 0 ? -1 : digit(s[2]);
		if (low < 0 || high + low == 0)
			return false;
		*to++ = (char)(high << 4 | low);
		s += 2;
	}
	*to = 0;
	return true;
}

void s3_stamp(int64_t at, char out[S3_STAMP])
{
	struct tm t;
	time_t when = (time_t)at;
	gmtime_r(&when, &t);
	strftime(out, S3_STAMP, "%Y%m%dT%H%M%SZ", &t);
}

/* ---- sums ---- */

static void to_hex(const unsigned char *sum, char out[S3_HEX])
{
	for (size_t i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

void s3_sha256(const void *data, size_t n, char out[S3_HEX])
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	if (!EVP_Digest(data, n, sum, NULL, EVP_sha256(), NULL))
		die("no SHA-256");
	to_hex(sum, out);
}

static void mac(const void *key, size_t n, const char *said, unsigned char out[32])
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	if (!HMAC(EVP_sha256(), key, (int)n, (const unsigned char *)said, strlen(said), sum, NULL))
		die("no HMAC");
	memcpy(out, sum, 32);
	OPENSSL_cleanse(sum, sizeof sum);
}

/* ---- the signature ---- */

static void names(const struct s3_signed *r, struct buf *b)
{
	for (size_t i = 0; i < r->n; i++)
		buf_printf(b, "%s%s", i ? ";" : "", r->headers[i].name);
}

static void canonical(const struct s3_signed *r, struct buf *b)
{
	buf_printf(b, "%s\n%s\n%s\n", r->method, r->path, r->query);
	for (size_t i = 0; i < r->n; i++)
		buf_printf(b, "%s:%s\n", r->headers[i].name, r->headers[i].value);
	buf_char(b, '\n');
	names(r, b);
	buf_printf(b, "\n%s", r->payload);
}

static void key_of_day(const struct s3_signer *s, const char *stamp, unsigned char key[32])
{
	struct buf first = { 0 };
	char day[9];
	snprintf(day, sizeof day, "%.8s", stamp);
	buf_printf(&first, "AWS4%s", s->secret);
	mac(first.at, first.n, day, key);
	mac(key, 32, s->region, key);
	mac(key, 32, "s3", key);
	mac(key, 32, "aws4_request", key);
	OPENSSL_cleanse(first.at, first.n);
	buf_free(&first);
}

void s3_signature(const struct s3_signer *s, const struct s3_signed *r, const char *stamp, char out[S3_HEX])
{
	struct buf b = { 0 };
	unsigned char key[32], sum[32];
	canonical(r, &b);
	s3_sha256(b.at, b.n, out);
	b.n = 0;
	buf_printf(&b, SCHEME "\n%s\n%.8s/%s/s3/aws4_request\n%s", stamp, stamp, s->region, out);
	key_of_day(s, stamp, key);
	mac(key, sizeof key, buf_cstr(&b), sum);
	to_hex(sum, out);
	OPENSSL_cleanse(key, sizeof key);
	buf_free(&b);
}

void s3_authorization(const struct s3_signer *s, const struct s3_signed *r, const char *stamp, struct buf *out)
{
	char signature[S3_HEX];
	s3_signature(s, r, stamp, signature);
	buf_printf(out, SCHEME " Credential=%s/%.8s/%s/s3/aws4_request, SignedHeaders=", s->access, stamp, s->region);
	names(r, out);
	buf_printf(out, ", Signature=%s", signature);
}

/* ---- where ---- */

static bool made_of(const char *s, const char *also)
{
	for (; *s; s++)
		if (!((unsigned char)*s < 0x80 && isalnum((unsigned char)*s)) && !strchr(also, *s))
			return false;
	return true;
}

/* Can the bucket's name stand in a host name? A dot in it would not fit the server's certificate; an address has no names below it. */
static bool by_host(const struct remote *r)
{
	const char *last = strrchr(r->host, '.');
	bool address = strchr(r->host, ':') || (last && last[1] >= '0' && last[1] <= '9');
	for (const char *s = r->bucket; *s; s++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", *s))
			return false;
	return !address && !r->path_style && strlen(r->bucket) <= 63;
}

bool s3_where(const struct remote *r, struct s3_where *w)
{
	bool v6 = !empty(r->host) && strchr(r->host, ':');
	if (empty(r->host) || strlen(r->host) > 253 || !made_of(r->host, v6 ? ":." : ".-_") || r->port < 0 || r->port > 65535)
		return false;
	if (empty(r->bucket) || strlen(r->bucket) > 255 || !made_of(r->bucket, ".-_:") || same(r->bucket, ".") || same(r->bucket, ".."))
		return false;
	bool host = by_host(r);
	struct buf root = { 0 };
	w->tls = !same(r->security, "none");
	int n = snprintf(w->host, sizeof w->host, "%s%s%s%s%s", host ? r->bucket : "", host ? "." : "", v6 ? "[" : "", r->host, v6 ? "]" : "");
	if (r->port && r->port != (w->tls ? 443 : 80))
		snprintf(w->host + n, sizeof w->host - (size_t)n, ":%d", (int)r->port);
	s3_encode(&root, r->bucket, false);
	snprintf(w->root, sizeof w->root, "%s%s", host ? "" : "/", host ? "" : buf_cstr(&root));
	buf_free(&root);
	return true;
}

const char *s3_region(const struct remote *r)
{
	return empty(r->region) ? "us-east-1" : r->region;
}

bool s3_prefix(struct arena *a, const struct remote *r, const char **prefix)
{
	const char *at = r->path ? r->path : "";
	at += strspn(at, "/");
	char *base = arena_copy(a, at, strlen(at));
	for (size_t n = strlen(base); n && base[n - 1] == '/'; n--)
		base[n - 1] = 0;
	*prefix = *base ? text(a, "%s/", base) : "";
	return wire_path_good(base);
}

bool s3_presign(struct arena *a, const struct remote *r, const char *path, int64_t at, int64_t seconds, const char **url)
{
	struct s3_where w;
	struct buf key, query;
	const char *prefix;
	char stamp[S3_STAMP], signature[S3_HEX];
	struct s3_signer s = { r->user, r->secret, s3_region(r) };
	if (!s3_where(r, &w) || !s3_prefix(a, r, &prefix) || empty(r->user) || empty(r->secret) || seconds < 1 || seconds > WEEK)
		return false;
	buf_in(&key, a);
	buf_in(&query, a);
	s3_stamp(at, stamp);
	buf_printf(&key, "%s/", w.root);
	s3_encode(&key, text(a, "%s%s", prefix, path), true);
	buf_text(&query, "X-Amz-Algorithm=" SCHEME "&X-Amz-Credential=");
	s3_encode(&query, text(a, "%s/%.8s/%s/s3/aws4_request", s.access, stamp, s.region), false);
	buf_printf(&query, "&X-Amz-Date=%s&X-Amz-Expires=%d&X-Amz-SignedHeaders=host", stamp, (int)seconds);
	struct s3_header host = { "host", w.host };
	struct s3_signed what = { "GET", buf_cstr(&key), buf_cstr(&query), S3_UNSIGNED, &host, 1 };
	s3_signature(&s, &what, stamp, signature);
	*url = text(a, "%s://%s%s?%s&X-Amz-Signature=%s", w.tls ? "https" : "http", w.host, key.at, query.at, signature);
	return true;
}
