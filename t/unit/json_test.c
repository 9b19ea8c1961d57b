/* json_test: models as JSON, and that any text is a JSON string afterwards. */
#include <json.h>

#include "tap.h"
#include "view.h"

#define MODEL_leaf(X) X(text, name) X(size, bytes)
MODEL(leaf);
#define MODEL_tree(X) \
	X(text, t) X(text, none) X(integer, n) X(flag, yes) X(flag, no) X(time, when) X(markup, svg) X(list(leaf), leaves) X(list(leaf), empty_list) \
	X(one(leaf), best) X(one(leaf), nobody) X(form, form)
MODEL(tree);
#define MODEL_SELF struct leaf
MODEL_TABLE(leaf);
#undef MODEL_SELF
#define MODEL_SELF struct tree
MODEL_TABLE(tree);
#undef MODEL_SELF

static struct ctx ctx;

struct text_case { const char *name, *in, *want; };

static const struct text_case cases[] = {
	{ "NULL", NULL, "null" },
	{ "empty", "", "\"\"" },
	{ "plain", "job 18", "\"job 18\"" },
	{ "quotes", "a\"b\\c", "\"a\\\"b\\\\c\"" },
	{ "lines", "a\nb\r\t", "\"a\\nb\\u000d\\u0009\"" },
	{ "control", "\033\x7f", "\"\\u001b\\u007f\"" },
	{ "Korean", "나루", "\"나루\"" },
	{ "separators", "\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\"" },
	{ "bad bytes", "a\xff\xea\xb0z", "\"a���z\"" },
	{ "surrogate", "\xed\xa0\x80", "\"���\"" },
};

static void texts(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b = { 0 };
		buf_in(&b, ctx.arena);
		json_text(&b, cases[i].in);
		is(buf_cstr(&b), cases[i].want, "text: %s", cases[i].name);
	}
}

/* Every text of two bytes is read back by somebody else's parser. */
static void every_text(void)
{
	size_t bad = 0;
	for (unsigned a = 1; a < 256; a++) {
		for (unsigned c = 1; c < 256; c++) {
			char s[] = { (char)a, (char)c, '\0' };
			struct buf b = { 0 };
			json_text(&b, s);
			struct json_object *read = json_tokener_parse(buf_cstr(&b));
			bad += !read || !json_object_is_type(read, json_type_string);
			json_object_put(read);
			buf_free(&b);
		}
	}
	is_int(bad, 0, "every text of two bytes is a JSON string");
}

static void models(void)
{
	static const struct leaf leaves[] = { { .name = "a", .bytes = 5 }, { .name = "b", .bytes = -1 } };
	static const struct tree tree = {
		.t = "x", .n = INT64_MIN, .yes = true, .when = 1796000000, .svg = "<svg></svg>", .leaves = { leaves, 2 }, .best = &leaves[1],
	};
	struct out o = { .ctx = &ctx };
	buf_in(&o.buf, ctx.arena);
	model_json(&o, &tree_model, &tree);
	is(buf_cstr(&o.buf), "{\"t\":\"x\",\"none\":null,\"n\":-9223372036854775808,\"yes\":true,\"no\":false,\"when\":1796000000,"
		"\"leaves\":[{\"name\":\"a\",\"bytes\":5},{\"name\":\"b\",\"bytes\":-1}],\"empty_list\":[],"
		"\"best\":{\"name\":\"b\",\"bytes\":-1},\"nobody\":null,\"form\":null}", "a model with everything in it");
}

int main(void)
{
	ctx.arena = arena_new(0);
	texts();
	every_text();
	models();
	arena_free(ctx.arena);
	return done_testing();
}
