/* Bodies of uploads. However the bytes are cut on their way, the same parts must come out. The boundary is "B". */
#include <string.h>

#include "frame_site.h"
#include "multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct seen { uint64_t sum; size_t bytes, parts; enum kind kind; };

static uint64_t mix(uint64_t sum, const char *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ (unsigned char)at[i]) * UINT64_C(1099511628211);
	return sum;
}

static bool read_part(struct site *s, size_t piece, struct seen *seen)
{
	char block[4096];
	size_t got = 1;

	while (got > 0) {
		if (!multipart_read(&s->r, block, piece, &got))
			return false;
		if (got > piece)
			die("more than was asked for");
		seen->sum = mix(seen->sum, block, got);
		seen->bytes += got;
	}
	return true;
}

static bool read_all(struct site *s, size_t piece, struct seen *seen)
{
	struct upload part;
	bool more;

	while (multipart_next(&s->r, &part, &more)) {
		if (!more)
			return true;
		if (!part.field || !utf8_valid(part.field, strlen(part.field)))
			die("a part without a name");
		seen->sum = mix(seen->sum, part.field, strlen(part.field) + 1);
		if (part.file_name)
			seen->sum = mix(seen->sum, part.file_name, strlen(part.file_name) + 1);
		seen->parts++;
		if (!read_part(s, piece, seen))
			return false;
	}
	return false;
}

static struct seen see(const uint8_t *data, size_t size, size_t step, size_t piece)
{
	struct arena *arena = arena_new(0);
	struct seen seen = {0};
	struct site s;

	site_begin(&s, arena, "");
	site_body(&s, data, size);
	s.step = step;
	if (multipart_begin(&s.r, "multipart/form-data; boundary=B", 0) && !read_all(&s, piece, &seen))
		seen.kind = s.ctx.error.kind;
	if (seen.bytes > size)
		die("more bytes than came");
	arena_free(arena);
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole = see(data, size, 0, 4096), cut = see(data, size, 1 + size % 13, 1 + size % 61);

	/* How far a broken body is read before it is refused depends on the pieces. */
	if (whole.kind != cut.kind || (whole.kind == KIND_NONE && (whole.sum != cut.sum || whole.bytes != cut.bytes || whole.parts != cut.parts)))
		die("other parts in other pieces");
	return 0;
}
