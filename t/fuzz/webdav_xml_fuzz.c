/* Any bytes as the answer to a PROPFIND. What it tells must be in its bounds, and the same however it is cut. */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "store/webdav.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct seen { size_t n, bytes; };

static bool look(void *arg, const struct dav_entry *e)
{
	char path[DAV_DECODED_MOST];
	struct seen *s = arg;
	s->n++;
	s->bytes += strlen(e->href) + strlen(e->etag) + (size_t)e->folder;
	if (e->size < -1 || e->available < -1 || e->used < -1 || strlen(e->etag) >= DAV_ETAG_MOST)
		abort();
	if (dav_decode_href(e->href, path, sizeof path) && (strlen(path) >= sizeof path || (*path && *path != '/')))
		abort();
	return s->n < 1000;
}

static struct seen run(const uint8_t *data, size_t n, size_t step, int *result)
{
	struct seen s = { 0 };
	struct dav_xml *x = dav_xml_new(look, &s);
	*result = 0;
	for (size_t at = 0; at < n && !*result; at += step)
		*result = dav_xml_feed(x, data + at, n - at < step ? n - at : step);
	if (!*result)
		*result = dav_xml_end(x);
	dav_xml_free(x);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int whole, pieces;
	struct seen a = run(data, n, n + 1, &whole), b = run(data, n, 7, &pieces);
	if (whole != pieces || a.n != b.n || a.bytes != b.bytes)
		abort();
	return 0;
}
