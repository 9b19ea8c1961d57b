/* What S3 servers answer in XML: listings, errors, and what must not be read at all. */
#include <stdlib.h>

#include "store/s3_xml.h"
#include "tap.h"

#define LISTING "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"

static bool read_in(struct s3_answer *a, const char *s, size_t step)
{
	bool good = true;
	memset(a, 0, sizeof *a);
	for (size_t n = strlen(s); n && good;) {
		size_t k = n < step ? n : step;
		good = s3_xml_feed(a, s, k);
		s += k;
		n -= k;
	}
	return s3_xml_end(a) && good;
}

static void listing(size_t step)
{
	struct s3_answer a;
	ok(read_in(&a, LISTING "<Name>b</Name><Prefix>p/</Prefix><Contents><Key>p/z%2Bz+%41</Key><LastModified>2013-05-24T00:00:01.000Z</LastModified>"
		"<ETag>&quot;x&quot;</ETag><Size>434234</Size><Owner><ID>1</ID><DisplayName>Key</DisplayName></Owner></Contents>"
		"<CommonPrefixes><Prefix>p/a%26/</Prefix></CommonPrefixes><Contents><Key>p/bad%0</Key></Contents>"
		"<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated></ListBucketResult>", step), "a listing, %zu bytes at a time", step);
	is(a.root, "ListBucketResult", "is one");
	if (is_int(a.n, 2, "with two items, and one whose key cannot be read")) {
		is(a.items[0].key, "p/a&/", "the first by its key");
		ok(a.items[0].folder && !a.items[1].folder, "is a folder");
		is(a.items[1].key, "p/z+z A", "the second");
		is_int(a.items[1].size, 434234, "its size");
		is_int(a.items[1].modified, 1369353601, "its time");
	}
	ok(a.truncated && a.encoded && !*a.code, "there is more");
	s3_xml_free(&a);
}

static void plain_keys(void)
{
	struct s3_answer a;
	ok(read_in(&a, LISTING "<Contents><Key>100%&lt;&#xd55c;</Key><Size>-1</Size><LastModified>soon</LastModified></Contents><IsTruncated>false</IsTruncated></ListBucketResult>", 1000),
		"a server that does not encode");
	is(a.n ? a.items[0].key : "", "100%<\xed\x95\x9c", "its key as it is");
	ok(a.n && a.items[0].size == 0 && a.items[0].modified == 0 && !a.truncated, "numbers that are none are 0");
	s3_xml_free(&a);
}

/* What Ceph writes where it does not encode: the prefix that was asked for, and the token of the next page. */
static void odd_bytes(size_t step)
{
	struct s3_answer a;
	ok(read_in(&a, LISTING "<Prefix>&#x1b;&#0;[31m\xff\xfe\xc3(/\xe2\x82</Prefix><NextContinuationToken>\x01&#xfffe;\xef\xbf\xbf&amp;&#xd55c;</NextContinuationToken><EncodingType>url</EncodingType>"
		"<Contents><Key>%1B%FF</Key></Contents><Message>&#7;\xed\x95\x9c</Message></ListBucketResult>", step), "bytes that XML cannot carry, %zu at a time", step);
	is(a.n ? a.items[0].key : "", "\x1b\xff", "hide no key");
	s3_xml_free(&a);
	ok(read_in(&a, "<Error><Message>&#7;\xed\x95\x9c\xed&#xd55c;&lt;\x02</Message></Error>", step), "in an error");
	is(a.message, "?\xed\x95\x9c?\xed\x95\x9c<?", "they are told as what they are not");
	s3_xml_free(&a);
}

static void errors(void)
{
	struct s3_answer a;
	ok(read_in(&a, "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region is wrong</Message><Region>eu-west-1</Region></Error>", 3), "an error");
	is(a.code, "AuthorizationHeaderMalformed", "its code");
	is(a.message, "the region is wrong", "its message");
	is(a.region, "eu-west-1", "its region");
	s3_xml_free(&a);
	ok(read_in(&a, "<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code><Message>no</Message></Error><Error><Code>Other</Code></Error></DeleteResult>", 7), "a removal");
	is(a.code, "AccessDenied", "its first error");
	s3_xml_free(&a);
	ok(read_in(&a, "<s3:InitiateMultipartUploadResult xmlns:s3=\"x\"><s3:UploadId>2~a.b</s3:UploadId></s3:InitiateMultipartUploadResult>", 100), "an upload");
	is(a.upload, "2~a.b", "its id, whatever the name space is called");
	s3_xml_free(&a);
	ok(read_in(&a, "", 1) && !*a.root, "no text at all");
	s3_xml_free(&a);
}

static void is_refused(const char *s, const char *what)
{
	struct s3_answer a;
	ok(!read_in(&a, s, 50), "refused: %s", what);
	s3_xml_free(&a);
}

static void refusals(void)
{
	is_refused("<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><Error><Code>&e;</Code></Error>", "an entity that names a file");
	is_refused("<!DOCTYPE lolz [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><Error><Code>&b;</Code></Error>", "an entity of entities");
	is_refused("<!DOCTYPE html><html></html>", "a page");
	is_refused("<Error><Code>&e;</Code></Error>", "an entity of nowhere");
	is_refused("<a><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></a>", "nine deep");
	is_refused("<Error><Code>x</Code>", "half of one");
	is_refused("not XML", "no XML");
	is_refused("<a></a><b></b>", "two at once");
	is_refused("<a>&#1</a>", "half a reference");
	is_refused("<a>&&#65;</a>", "an and that is none");
}

static void bounds(void)
{
	struct s3_answer a;
	struct buf b = { 0 };
	buf_text(&b, LISTING);
	for (int i = 0; i <= S3_ITEMS_MOST; i++)
		buf_printf(&b, "<Contents><Key>%d</Key></Contents>", i);
	buf_text(&b, "</ListBucketResult>");
	is_refused(buf_cstr(&b), "more keys than were asked for");
	b.n = 0;
	buf_text(&b, "<Error><Code>");
	while (b.n <= S3_XML_MOST)
		buf_text(&b, "0123456789012345678901234567890123456789012345678901234567890123456789");
	buf_text(&b, "</Code></Error>");
	ok(!read_in(&a, buf_cstr(&b), 65536), "refused: more than 4 MiB");
	s3_xml_free(&a);
	b.n = 0;
	buf_text(&b, LISTING "<Contents><Key>");
	for (int i = 0; i < 4000; i++)
		buf_char(&b, 'k');
	buf_text(&b, "</Key></Contents><Contents><Key>short</Key></Contents></ListBucketResult>");
	ok(read_in(&a, buf_cstr(&b), 1000) && a.n == 1, "a key that is too long is left out");
	s3_xml_free(&a);
	buf_free(&b);
}

static void texts(void)
{
	struct buf b = { 0 };
	ok(s3_xml_text(&b, "a<b>&\"'\r\n\xed\x95\x9c"), "a text for XML");
	is(buf_cstr(&b), "a&#60;b&#62;&#38;&#34;&#39;&#13;&#10;\xed\x95\x9c", "with what must not be there as it is");
	ok(!s3_xml_text(&b, "\x01") && !s3_xml_text(&b, "\xff") && !s3_xml_text(&b, "\xef\xbf\xbe"), "not what it cannot carry");
	buf_free(&b);
}

int main(void)
{
	listing(1);
	listing(10000);
	plain_keys();
	odd_bytes(1);
	odd_bytes(5);
	odd_bytes(1000);
	errors();
	refusals();
	bounds();
	texts();
	return done_testing();
}
