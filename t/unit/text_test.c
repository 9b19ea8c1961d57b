/* Texts: numbers, UTF-8, splitting, encodings, sizes and times as people read them, files. */
#include <stdlib.h>
#include <unistd.h>

#include "base.h"
#include "tap.h"

static struct ctx ctx;

static const struct { const char *in; int64_t min, max, want; bool good; } numbers[] = {
	{ "0", 0, 9, 0, true }, { "9", 0, 9, 9, true }, { "10", 0, 9, 0, false }, { "-1", -1, 1, -1, true }, { "-2", -1, 1, 0, false },
	{ "007", 0, 9, 7, true }, { "", 0, 9, 0, false }, { NULL, 0, 9, 0, false }, { "-", -9, 9, 0, false }, { "+1", 0, 9, 0, false },
	{ " 1", 0, 9, 0, false }, { "1 ", 0, 9, 0, false }, { "1.0", 0, 9, 0, false }, { "0x1", 0, 9, 0, false }, { "--1", -9, 9, 0, false },
	{ "1\n", 0, 9, 0, false }, { "٣", 0, 9, 0, false },
	{ "9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX, true }, { "9223372036854775808", INT64_MIN, INT64_MAX, 0, false },
	{ "-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN, true }, { "-9223372036854775809", INT64_MIN, INT64_MAX, 0, false },
};

static void test_numbers(void)
{
	for (size_t i = 0; i < COUNT(numbers); i++) {
		int64_t out = 12345;
		bool good = parse_int(numbers[i].in, numbers[i].min, numbers[i].max, &out);
		ok(good == numbers[i].good && out == (good ? numbers[i].want : 12345), "number %zu: \"%s\"", i, numbers[i].in ? numbers[i].in : "(null)");
	}
}

static const struct { const char *name, *in; size_t n; bool good; } utf8[] = {
	{ "nothing", "", 0, true }, { "ASCII", "naru", 4, true }, { "Korean", "나루", 6, true }, { "four bytes", "\xf0\x9f\x9a\xa3", 4, true },
	{ "the last character", "\xf4\x8f\xbf\xbf", 4, true }, { "behind the last", "\xf4\x90\x80\x80", 4, false }, { "NUL", "a\0b", 3, false },
	{ "a lone follower", "\x80", 1, false }, { "cut off", "\xea\xb0", 2, false }, { "overlong slash", "\xc0\xaf", 2, false },
	{ "overlong in three", "\xe0\x80\xaf", 3, false }, { "overlong in four", "\xf0\x80\x80\xaf", 4, false }, { "surrogate", "\xed\xa0\x80", 3, false },
	{ "0xff", "\xff", 1, false }, { "five bytes", "\xf8\x88\x80\x80\x80", 5, false }, { "ASCII instead of a follower", "\xea" "ab", 3, false },
};

static void test_utf8(void)
{
	for (size_t i = 0; i < COUNT(utf8); i++)
		ok(utf8_valid(utf8[i].in, utf8[i].n) == utf8[i].good, "UTF-8: %s", utf8[i].name);
}

static const struct { const char *in, *want; size_t n; } splits[] = {
	{ "a,b,c", "a|b|c", 3 }, { "", "", 1 }, { ",", "|", 2 }, { "a,,b", "a||b", 3 }, { "one", "one", 1 }, { "a,", "a|", 2 },
};

static void test_splits(void)
{
	for (size_t i = 0; i < COUNT(splits); i++) {
		struct texts parts = split(ctx.arena, splits[i].in, ',');
		struct buf joined = {0};
		for (size_t k = 0; k < parts.n; k++) {
			if (k)
				buf_char(&joined, '|');
			buf_text(&joined, parts.at[k]);
		}
		is(buf_cstr(&joined), splits[i].want, "split: \"%s\"", splits[i].in);
		is_int(parts.n, splits[i].n, "parts of \"%s\"", splits[i].in);
		buf_free(&joined);
	}
	is_int(split(ctx.arena, NULL, ',').n, 0, "split of NULL");
}

static void test_compare(void)
{
	ok(same("a", "a") && same(NULL, NULL) && !same("a", "b") && !same(NULL, "") && !same("", NULL), "same");
	ok(empty(NULL) && empty("") && !empty(" "), "empty");
	ok(starts_with("naru", "na") && starts_with("naru", "") && !starts_with("na", "naru") && !starts_with(NULL, ""), "starts_with");
	is(text(ctx.arena, "%s-%d", "x", 7), "x-7", "text");
	is_int(strlen(text(ctx.arena, "%0*d", 100000, 1)), 100000, "a long text");
}

static void test_encodings(void)
{
	static const unsigned char all[] = { 0x00, 0xff, 0x10, 0xfb, 0xef };
	static const char *const bad_hex[] = { "0", "zz", "00 ", "0x00", NULL }, *const bad_base64[] = { "A", "AB==", "A+/B", "AA A", "A\n" };
	struct bytes back;

	is(hex(ctx.arena, all, sizeof all), "00ff10fbef", "hex");
	ok(unhex(ctx.arena, "00ff10fbef", &back) && back.n == sizeof all && memcmp(back.at, all, back.n) == 0, "and back");
	ok(unhex(ctx.arena, "", &back) && back.n == 0, "hex of nothing");
	for (size_t i = 0; i < COUNT(bad_hex); i++)
		ok(!unhex(ctx.arena, bad_hex[i], &back), "no hex: %s", bad_hex[i] ? bad_hex[i] : "(null)");
	is(base64url(ctx.arena, all, sizeof all), "AP8Q--8", "base64");
	ok(unbase64url(ctx.arena, "AP8Q--8", &back) && back.n == sizeof all && memcmp(back.at, all, back.n) == 0, "and back");
	for (size_t i = 0; i < COUNT(bad_base64); i++)
		ok(!unbase64url(ctx.arena, bad_base64[i], &back), "no base64 %zu", i);
	ok(!unbase64url(ctx.arena, NULL, &back), "nor is NULL");
}

static const struct { int64_t in; const char *want; } sizes[] = {
	{ 0, "0 B" }, { 512, "512 B" }, { 1023, "1023 B" }, { 1024, "1.0 KiB" }, { 1536, "1.5 KiB" }, { 1048575, "1.0 MiB" }, { 1503238554, "1.4 GiB" },
	{ INT64_MAX, "8.0 EiB" }, { -1, "-1 B" },
}, times[] = { { 0, "00:00:00" }, { 59, "00:00:59" }, { 3661, "01:01:01" }, { 86399, "23:59:59" }, { 86400, "1-00:00:00" }, { 93784, "1-02:03:04" }, { -5, "00:00:00" } };

static void test_people(void)
{
	for (size_t i = 0; i < COUNT(sizes); i++)
		is(human_size(ctx.arena, sizes[i].in), sizes[i].want, "size %lld", (long long)sizes[i].in);
	for (size_t i = 0; i < COUNT(times); i++)
		is(human_time(ctx.arena, times[i].in), times[i].want, "time %lld", (long long)times[i].in);
}

static void test_files(void)
{
	char path[] = "/tmp/naru-unit-XXXXXX";
	struct bytes out;
	int fd = mkstemp(path);

	ok(fd >= 0 && write(fd, "12345", 5) == 5, "a file");
	close(fd);
	ok(file_read(&ctx, path, 5, &out) && out.n == 5 && memcmp(out.at, "12345", 6) == 0, "is read, with a NUL behind it");
	ok(file_read(&ctx, path, SIZE_MAX / 2, &out) && out.n == 5, "with room for what it is, not for what it may be");
	ok(!file_read(&ctx, path, 4, &out) && ctx.error.kind == KIND_UNAVAILABLE, "not if it is larger than wanted");
	forget(&ctx);
	ok(!file_read(&ctx, "/tmp", 4096, &out) && ctx.error.kind == KIND_UNAVAILABLE, "a folder is no file");
	forget(&ctx);
	unlink(path);
	ok(!file_read(&ctx, path, 5, &out) && ctx.error.kind == KIND_NOT_FOUND, "nor is nothing");
	forget(&ctx);
}

static void test_chance(void)
{
	const char *a = random_token(ctx.arena, 256), *b = random_token(ctx.arena, 256);

	is_int(strlen(a), 43, "256 bits are 43 characters");
	ok(!same(a, b), "and others each time");
	is_int(strlen(random_token(ctx.arena, 64)), 11, "64 bits are 11");
	is_int(strlen(random_token(ctx.arena, 512)), 86, "512 bits are 86");
}

int main(void)
{
	ctx.arena = arena_new(0);
	test_numbers();
	test_utf8();
	test_splits();
	test_compare();
	test_encodings();
	test_people();
	test_files();
	test_chance();
	arena_free(ctx.arena);
	return done_testing();
}
