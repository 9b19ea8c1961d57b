/* Signature version 4 against the examples of Amazon's documentation (of S3, "Signature Calculations for the Authorization Header" and "Using Query Parameters"). */
#include <stdio.h>

#include "store/s3_sign.h"
#include "tap.h"

#define NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HOST "examplebucket.s3.amazonaws.com"
#define STAMP "20130524T000000Z"
#define DAY INT64_C(1369353600)

static const struct s3_signer example = { "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1" };

static void is_signed(const char *method, const char *path, const char *query, const char *payload, const struct s3_header *h, size_t n, const char *want, const char *what)
{
	char got[S3_HEX];
	struct s3_signed r = { method, path, query, payload, h, n };
	s3_signature(&example, &r, STAMP, got);
	is(got, want, "%s", what);
}

static void headers(void)
{
	char sum[S3_HEX];
	struct buf b = { 0 };
	const struct s3_header range[] = { { "host", HOST }, { "range", "bytes=0-9" }, { "x-amz-content-sha256", NOTHING }, { "x-amz-date", STAMP } };
	is_signed("GET", "/test.txt", "", NOTHING, range, 4, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", "GET Object with a range");
	s3_sha256("Welcome to Amazon S3.", 21, sum);
	is(sum, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", "the sum of a content");
	const struct s3_header put[] = { { "date", "Fri, 24 May 2013 00:00:00 GMT" }, { "host", HOST }, { "x-amz-content-sha256", sum }, { "x-amz-date", STAMP },
		{ "x-amz-storage-class", "REDUCED_REDUNDANCY" } };
	s3_encode(&b, "/test$file.text", true);
	is_signed("PUT", buf_cstr(&b), "", sum, put, 5, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd", "PUT Object");
	buf_free(&b);
	const struct s3_header plain[] = { { "host", HOST }, { "x-amz-content-sha256", NOTHING }, { "x-amz-date", STAMP } };
	is_signed("GET", "/", "lifecycle=", NOTHING, plain, 3, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543", "a parameter without a value");
	is_signed("GET", "/", "max-keys=2&prefix=J", NOTHING, plain, 3, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7", "a listing");
	struct s3_signed r = { "GET", "/test.txt", "", NOTHING, range, 4 };
	s3_authorization(&example, &r, STAMP, &b);
	is(buf_cstr(&b), "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
		"Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", "the header");
	buf_free(&b);
}

static void presigned(struct arena *a)
{
	const char *url = "";
	struct remote r = { .host = "s3.amazonaws.com", .bucket = "examplebucket", .user = example.access, .secret = example.secret, .security = "tls" };
	ok(s3_presign(a, &r, "test.txt", DAY, 86400, &url), "an address for a day");
	is(url, "https://" HOST "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
		"&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
		"is the documentation's");
	r.path = "/a folder/";
	r.path_style = true;
	r.port = 8443;
	ok(s3_presign(a, &r, "x y", DAY, 60, &url) && starts_with(url, "https://s3.amazonaws.com:8443/examplebucket/a%20folder/x%20y?X-Amz-"), "below a folder, the bucket in the path");
	ok(!s3_presign(a, &r, "x", DAY, 0, &url) && !s3_presign(a, &r, "x", DAY, 7 * 86400 + 1, &url), "not for no time, not for more than a week");
	r.path = "a/../b";
	ok(!s3_presign(a, &r, "x", DAY, 60, &url), "not of a folder that leads elsewhere");
	r.path = r.secret = "";
	ok(!s3_presign(a, &r, "x", DAY, 60, &url), "not without a key");
}

static void spelling(void)
{
	struct buf b = { 0 };
	char decoded[] = "a%2Fb+c%25%ed%95%9c", bad[] = "50%", zero[] = "a%00", half[] = "%4";
	s3_encode(&b, "AZaz09-_.~ /+%\n\xed\x95\x9c*'()", true);
	is(buf_cstr(&b), "AZaz09-_.~%20/%2B%25%0A%ED%95%9C%2A%27%28%29", "a key as it is sent");
	b.n = 0;
	s3_encode(&b, "a/b", false);
	is(buf_cstr(&b), "a%2Fb", "a parameter");
	buf_free(&b);
	ok(s3_decode(decoded), "decoded");
	is(decoded, "a/b c%\xed\x95\x9c", "with a plus for a space");
	ok(!s3_decode(bad) && !s3_decode(zero) && !s3_decode(half), "no half codes and no NUL");
}

static void is_where(struct remote r, const char *host, const char *root)
{
	struct s3_where w;
	if (!ok(s3_where(&r, &w), "%s at %s", r.bucket, r.host))
		return;
	is(w.host, host, "its host");
	is(w.root, root, "its path");
}

static void places(void)
{
	struct s3_where w;
	is_where((struct remote){ .host = "s3.example.org", .bucket = "data", .port = 443, .security = "tls" }, "data.s3.example.org", "");
	is_where((struct remote){ .host = "s3.example.org", .bucket = "data", .port = 443, .security = "none" }, "data.s3.example.org:443", "");
	is_where((struct remote){ .host = "s3.example.org", .bucket = "data", .port = 80, .security = "none", .path_style = true }, "s3.example.org", "/data");
	is_where((struct remote){ .host = "s3.example.org", .bucket = "my.data", .security = "tls" }, "s3.example.org", "/my.data");
	is_where((struct remote){ .host = "s3.example.org", .bucket = "My_Data", .security = "tls" }, "s3.example.org", "/My_Data");
	is_where((struct remote){ .host = "192.0.2.7", .bucket = "data", .port = 9000, .security = "tls" }, "192.0.2.7:9000", "/data");
	is_where((struct remote){ .host = "2001:db8::7", .bucket = "data", .port = 9000, .security = "tls" }, "[2001:db8::7]:9000", "/data");
	static const char *const bad[] = { "", "a/b", "a b", "a@b", "a?b", "a#b", "a\nb", "[::1]" };
	for (size_t i = 0; i < COUNT(bad); i++)
		ok(!s3_where(&(struct remote){ .host = bad[i], .bucket = "data" }, &w), "no host: %s", bad[i]);
	static const char *const no[] = { "", ".", "..", "a/b", "a b", "a?b" };
	for (size_t i = 0; i < COUNT(no); i++)
		ok(!s3_where(&(struct remote){ .host = "s3.example.org", .bucket = no[i] }, &w), "no bucket: %s", no[i]);
	ok(!s3_where(&(struct remote){ .host = "s3.example.org", .bucket = "data", .port = 65536 }, &w), "no port");
}

int main(void)
{
	struct arena *a = arena_new(0);
	headers();
	presigned(a);
	spelling();
	places();
	arena_free(a);
	return done_testing();
}
