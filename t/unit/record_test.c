/*
 * Records: every kind there and back, presets, fields that a program does not know, two versions of a schema on the same bytes,
 * bytes that are no record.
 * flags: -It/records
 */
#include "base.h"
#define RECORD old_boat
#include "record_def.h"
#define RECORD new_boat
#include "record_def.h"
#include "tap.h"

static struct ctx ctx;

static struct bytes packed(const char *literal, size_t n)
{
	return (struct bytes){ (const unsigned char *)literal, n };
}
#define BYTES(literal) packed(literal, sizeof(literal) - 1)

static const int64_t numbers[] = { 0, 1, -1, 63, 64, -64, 255, 256, 65535, 1796000000, -1796000000, INT64_MAX, INT64_MIN };

static void test_numbers(void)
{
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct old_boat in = { .seats = numbers[i], .built = numbers[i], .afloat = true }, out;
		struct bytes bytes = record_pack(ctx.arena, &old_boat_record, &in);
		ok(record_unpack(&ctx, &old_boat_record, bytes, &out) && out.seats == numbers[i] && out.built == numbers[i], "%lld", (long long)numbers[i]);
	}
}

static void test_all_kinds(void)
{
	const char *crew[] = { "김", "", "Ölaf" };
	struct old_boat in = { .name = "나루", .seats = 12, .built = 1796000000, .afloat = false, .papers = BYTES("a\0b"), .crew = { crew, 3 } }, out;
	struct bytes bytes = record_pack(ctx.arena, &old_boat_record, &in);

	memset(&out, 0xff, sizeof out);
	ok(record_unpack(&ctx, &old_boat_record, bytes, &out), "read back");
	is(out.name, "나루", "text");
	ok(out.seats == 12 && out.built == 1796000000 && !out.afloat, "numbers and flags");
	ok(out.papers.n == 3 && memcmp(out.papers.at, "a\0b", 3) == 0, "bytes");
	ok(out.crew.n == 3 && same(out.crew.at[0], "김") && same(out.crew.at[1], "") && same(out.crew.at[2], "Ölaf"), "texts, an empty one too");
	ok(!out.rest.at && out.rest.n == 0, "nothing unknown");
}

static void test_presets(void)
{
	struct old_boat in = { .seats = 4, .afloat = true }, out;
	struct bytes bytes = record_pack(ctx.arena, &old_boat_record, &in);

	is_int(bytes.n, 0, "all presets need no byte");
	memset(&out, 0xff, sizeof out);
	ok(record_unpack(&ctx, &old_boat_record, bytes, &out), "nothing is a record");
	ok(out.seats == 4 && out.afloat && out.built == 0, "a missing field reads as its preset");
	ok(!out.name && !out.papers.n && !out.crew.n, "or as nothing");
	in.name = "";
	is_int(record_pack(ctx.arena, &old_boat_record, &in).n, 0, "an empty text is left out");
	in = (struct old_boat){ .seats = 0, .afloat = false };
	ok(record_unpack(&ctx, &old_boat_record, record_pack(ctx.arena, &old_boat_record, &in), &out) && out.seats == 0 && !out.afloat, "zero and no are kept beside other presets");
}

/* The old program changes what the new one wrote, and the new one finds its own fields. */
static void test_versions(void)
{
	struct new_boat fresh = { .name = "Barge", .seats = 9, .harbour = "Mapo", .draught_cm = 80, .afloat = true, .owner = "kim" }, again;
	struct old_boat old;
	struct bytes bytes = record_pack(ctx.arena, &new_boat_record, &fresh);

	ok(record_unpack(&ctx, &old_boat_record, bytes, &old) && same(old.name, "Barge") && old.seats == 9, "old reads new");
	ok(old.rest.n > 0, "and keeps what it does not know");
	old.seats = 10;
	bytes = record_pack(ctx.arena, &old_boat_record, &old);
	ok(record_unpack(&ctx, &new_boat_record, bytes, &again) && again.seats == 10, "new reads what old changed");
	ok(same(again.harbour, "Mapo") && again.draught_cm == 80 && same(again.owner, "kim"), "and has its own");
	old = (struct old_boat){ .name = "Raft", .seats = 4, .afloat = true };
	ok(record_unpack(&ctx, &new_boat_record, record_pack(ctx.arena, &old_boat_record, &old), &again), "new reads old");
	ok(!again.harbour && again.draught_cm == 50, "with presets for what is not there");
	for (int i = 0; i < 5; i++) {
		ok(record_unpack(&ctx, &old_boat_record, bytes, &old), "round %d", i);
		struct bytes next = record_pack(ctx.arena, &old_boat_record, &old);
		ok(next.n == bytes.n, "unknown fields do not pile up");
		bytes = next;
	}
}

static const struct { const char *name, *in; size_t n; bool good; } raw[] = {
	{ "doubled field: the last counts", "\x01\x01" "a" "\x01\x01" "b", 6, true },
	{ "fields in another order", "\x02\x01\x08\x01\x01" "a", 6, true },
	{ "number without its length", "\x01", 1, false },
	{ "length behind the end", "\x01\x05" "a", 3, false },
	{ "length of 2^62", "\x01\x80\x80\x80\x80\x80\x80\x80\x80\x40" "a", 11, false },
	{ "number that never ends", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 12, false },
	{ "number of nine bytes", "\x02\x09" "123456789", 11, false },
	{ "NUL in a text", "\x01\x03" "a\0b", 5, false },
	{ "NUL in a list", "\x06\x03\x02" "a\0", 5, false },
	{ "list that goes behind its end", "\x06\x02\x05" "a", 4, false },
	{ "field number 0", "\x00\x01" "a", 3, true },
};

static void test_raw(void)
{
	struct old_boat out;

	for (size_t i = 0; i < COUNT(raw); i++) {
		bool good = record_unpack(&ctx, &old_boat_record, packed(raw[i].in, raw[i].n), &out);
		ok(good == raw[i].good && ctx.error.kind == (good ? KIND_NONE : KIND_INTERNAL), "%s", raw[i].name);
		forget(&ctx);
	}
}

static void test_tables(void)
{
	is(new_boat_record.name, "new_boat", "the record's name");
	is_int(new_boat_record.n, 9, "its fields");
	ok(new_boat_record.fields[8].secret && !new_boat_record.fields[0].secret, "their attributes");
}

int main(void)
{
	ctx.arena = arena_new(0);
	test_numbers();
	test_all_kinds();
	test_presets();
	test_versions();
	test_raw();
	test_tables();
	arena_free(ctx.arena);
	return done_testing();
}
