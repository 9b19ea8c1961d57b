/* webdav_xml_test: answers to PROPFIND as servers send them, and as they should not. */
#include <errno.h>

#include "store/webdav.h"
#include "tap.h"

#define TOP "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:multistatus xmlns:D=\"DAV:\">"
#define ONE(props, status) "<D:response><D:href>/dav/a%20b</D:href><D:propstat><D:prop>" props "</D:prop><D:status>HTTP/1.1 " status "</D:status></D:propstat></D:response>"

static struct dav_entry last;
static char href[512];
static int seen, most;

static bool keep(void *arg, const struct dav_entry *e)
{
	(void)arg;
	last = *e;
	snprintf(href, sizeof href, "%s", e->href);
	return ++seen < most;
}

static int feed(const char *xml, size_t step)
{
	struct dav_xml *x = dav_xml_new(keep, NULL);
	int e = 0;
	seen = 0;
	for (size_t at = 0, n = strlen(xml); at < n && !e; at += step)
		e = dav_xml_feed(x, xml + at, n - at < step ? n - at : step);
	e = e ? e : dav_xml_end(x);
	dav_xml_free(x);
	return e;
}

static void entries(void)
{
	const char *file = TOP ONE("<D:getcontentlength>12</D:getcontentlength><D:getlastmodified>Sun, 29 Nov 2026 15:01:05 GMT</D:getlastmodified><D:getetag>\"x\"</D:getetag>",
		"200 OK") "</D:multistatus>";
	for (size_t step = 1; step < 1000; step *= 7) {
		is_int(feed(file, step), 0, "a file, %zu bytes at a time", step);
		ok(seen == 1 && !last.folder && last.size == 12 && last.modified == 1795964465 && same(last.etag, "\"x\"") && last.status == 0, "is understood");
		is(href, "/dav/a%20b", "with its address");
	}
	is_int(feed(TOP ONE("<D:resourcetype><D:collection/></D:resourcetype>", "200 OK") "</D:multistatus>", 5), 0, "a folder");
	ok(last.folder && last.size == -1, "is one");
	feed("<multistatus xmlns=\"DAV:\" xmlns:z=\"urn:z\"><response><z:href>/no</z:href><href>/yes</href><propstat><prop><z:getcontentlength>5</z:getcontentlength></prop>"
		"</propstat></response></multistatus>", 3);
	ok(same(href, "/yes") && last.size == -1, "other namespaces are others'");
	feed(TOP ONE("<D:getcontentlength>12</D:getcontentlength>", "404 Not Found") "</D:multistatus>", 9);
	is_int(last.size, -1, "a property that was not found is none");
	feed(TOP ONE("<D:getcontentlength>-5</D:getcontentlength>", "200 OK") "</D:multistatus>", 9);
	is_int(last.size, -1, "nor is a length below nothing");
	feed(TOP "<D:response><D:href>/x</D:href><D:status>HTTP/1.1 423 Locked</D:status></D:response></D:multistatus>", 9);
	is_int(last.status, 423, "the status of a whole response");
	most = 1;
	is_int(feed(TOP ONE("", "200 OK") ONE("", "200 OK") "</D:multistatus>", 4), ECANCELED, "no more is wanted");
	is_int(seen, 1, "no more is told");
	most = 1000;
}

static void refused(void)
{
	struct buf b = { 0 };
	is_int(feed("<!DOCTYPE a [<!ENTITY x \"y\">]>" "<multistatus xmlns=\"DAV:\"/>", 8), WIRE_E_ANSWER, "a document type");
	is_int(feed("<html><body>Hello</body></html>", 8), WIRE_E_ANSWER, "a page");
	is_int(feed(TOP, 8), WIRE_E_ANSWER, "half of one");
	is_int(feed("", 8), WIRE_E_ANSWER, "nothing");
	is_int(feed("<multistatus/>", 8), WIRE_E_ANSWER, "one without a namespace");
	buf_text(&b, TOP);
	for (int i = 0; i < 100; i++)
		buf_text(&b, "<D:response>");
	is_int(feed(buf_cstr(&b), 64), WIRE_E_ANSWER, "a hundred deep");
	b.n = 0;
	buf_text(&b, TOP "<D:response a=\"");
	for (int i = 0; i < 40000; i++)
		buf_text(&b, "aaaaaaaaaa");
	is_int(feed(buf_cstr(&b), 4096), WIRE_E_ANSWER, "a tag of 400 kB");
	b.n = 0;
	buf_text(&b, TOP);
	for (int i = 0; i < 200000; i++)
		buf_printf(&b, "<D:n%d x%d='1'/>", i, i);
	is_int(feed(buf_cstr(&b), 16384), WIRE_E_ANSWER, "names without end, which would have to be remembered");
	b.n = 0;
	buf_text(&b, TOP "<D:response><D:href>/");
	for (int i = 0; i < 5000; i++)
		buf_text(&b, "aaaaaaaaaa");
	buf_text(&b, "</D:href></D:response></D:multistatus>");
	ok(feed(buf_cstr(&b), 4096) == 0 && seen == 1 && !*href, "an address that is too long is none");
	buf_free(&b);
}

static void hrefs(void)
{
	static const struct { const char *href, *path; } all[] = {
		{ "/dav/a%20b", "/dav/a b" }, { "/dav/%ed%95%9c/", "/dav/\xed\x95\x9c" }, { "https://h.example/dav/x", "/dav/x" }, { "http://h", "" }, { "/", "" },
		{ "/a%2Fb", "/a/b" }, { "/a%00b", NULL }, { "/a%4", NULL }, { "/a%zz", NULL }, { "a/b", NULL }, { "", NULL }, { "/x?y#z", "/x" }, { "/http://h/x", "/http://h/x" },
	};
	char to[64];
	for (size_t i = 0; i < COUNT(all); i++) {
		bool good = dav_decode_href(all[i].href, to, sizeof to);
		is(good ? to : NULL, all[i].path, "href %s", all[i].href);
	}
	ok(!dav_decode_href("/aaaaaaaaaaaaaaaa", to, 10), "too long for its place");
}

int main(void)
{
	most = 1000;
	entries();
	refused();
	hrefs();
	return done_testing();
}
