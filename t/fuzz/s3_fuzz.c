/* Any bytes as the XML of an S3 server, in pieces whose size the first byte says. */
#include <stdlib.h>
#include <string.h>

#include "store/s3_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void look(const struct s3_answer *a)
{
	if (a->n > S3_ITEMS_MOST)
		abort();
	for (size_t i = 0; i < a->n; i++)
		if (strlen(a->items[i].key) > S3_KEY_MOST || a->items[i].size < 0 || a->items[i].modified < 0 || (i && strcmp(a->items[i - 1].key, a->items[i].key) > 0))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct s3_answer a = { 0 };
	struct buf b = { 0 };
	bool good = true;
	size_t step = n ? data[0] + 1u : 1;
	for (size_t at = n ? 1 : 0; at < n && good; at += step)
		good = s3_xml_feed(&a, data + at, n - at < step ? n - at : step);
	if (s3_xml_end(&a) && good)
		look(&a);
	for (size_t i = 0; i < a.n; i++)
		s3_xml_text(&b, a.items[i].key);
	s3_xml_free(&a);
	buf_free(&b);
	return 0;
}
