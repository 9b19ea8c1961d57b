/* range_test: one range of bytes, or the whole, or 416. */
#include "frame_site.h"
#include "tap.h"

static const struct { const char *header; int64_t total; bool good, partial; int64_t offset, length; } cases[] = {
	{ "", 10, true, false, 0, 10 },
	{ "bytes=0-0", 10, true, true, 0, 1 },
	{ "bytes=0-", 10, true, true, 0, 10 },
	{ "bytes=3-5", 10, true, true, 3, 3 },
	{ "bytes=9-9", 10, true, true, 9, 1 },
	{ "bytes=5-99", 10, true, true, 5, 5 },
	{ "bytes=5-9223372036854775807", 10, true, true, 5, 5 },
	{ "bytes=-3", 10, true, true, 7, 3 },
	{ "bytes=-99", 10, true, true, 0, 10 },
	{ "bytes=10-", 10, false, false, 0, 0 },
	{ "bytes=10-11", 10, false, false, 0, 0 },
	{ "bytes=-0", 10, false, false, 0, 0 },
	{ "bytes=0-", 0, false, false, 0, 0 },
	{ "bytes=-1", 0, false, false, 0, 0 },
	{ "", 0, true, false, 0, 0 },
	{ "bytes=0-1,3-4", 10, true, false, 0, 10 },
	{ "bytes=5-3", 10, true, false, 0, 10 },
	{ "bytes=a-b", 10, true, false, 0, 10 },
	{ "bytes=", 10, true, false, 0, 10 },
	{ "bytes=-", 10, true, false, 0, 10 },
	{ "bytes=--1", 10, true, false, 0, 10 },
	{ "bytes=-1-2", 10, true, false, 0, 10 },
	{ "bytes=99999999999999999999-", 10, true, false, 0, 10 },
	{ "Bytes 0-1", 10, true, false, 0, 10 },
	{ "lines=0-1", 10, true, false, 0, 10 },
};

int main(void)
{
	struct arena *arena = arena_new(0);
	struct site s;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t offset = -1, length = -1;
		bool partial = true;
		site_begin(&s, arena, cases[i].header[0] ? text(arena, "HTTP_RANGE=%s", cases[i].header) : "A=b");
		bool good = req_range(&s.r, cases[i].total, &offset, &length, &partial);
		is_int(good, cases[i].good, "'%s' of %lld", cases[i].header, (long long)cases[i].total);
		if (!good) {
			is_int(s.ctx.error.kind, KIND_RANGE, "is 416");
			is(buf_cstr(&s.state.headers), text(arena, "Content-Range: bytes */%lld\r\n", (long long)cases[i].total), "and says the length");
			continue;
		}
		is_int(partial, cases[i].partial, "a part of it?");
		is_int(offset, cases[i].offset, "offset");
		is_int(length, cases[i].length, "length");
	}
	arena_free(arena);
	return done_testing();
}
