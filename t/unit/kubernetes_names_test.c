/*
 * Names of namespaces, quantities, times and trees of the Kubernetes driver.
 * flags: -It
 */
#include "kubernetes_site.h"
#include "tap.h"

static void test_namespaces(struct ctx *ctx)
{
	static const char *const users[] = { "alice", "Alice", "a.lice", "a-lice", "a--lice", "-alice", "alice-", "al_ice", "앨리스", "alice@example.org", "h--alice",
		"h-", "a", "0", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"h--f5c8d1ddd9a0d6d3e0e1f0a1b2c3d4e5" };
	const char *names[COUNT(users)];

	for (size_t i = 0; i < COUNT(users); i++) {
		names[i] = kube_namespace(ctx->arena, "kube", users[i]);
		ok(kube_is_name(names[i]) && starts_with(names[i], "naru-"), "%s: %s", users[i], names[i]);
		for (size_t j = 0; j < i; j++)
			if (same(names[i], names[j]))
				ok(false, "%s and %s share %s", users[i], users[j], names[i]);
	}
	ok(same(names[0], "naru-alice") && same(names[3], "naru-a-lice"), "names that fit stand as they are");
	ok(same(names[1], kube_namespace(ctx->arena, "kube", "Alice")), "others are always the same");
	ok(kube_namespace(ctx->arena, "kube", "") == NULL && kube_namespace(ctx->arena, "kube", NULL) == NULL, "nobody has none");
	ok(kube_path(ctx, "kube", "alice", "pods", "abcdefghij") != NULL, "an id");
	ok(kube_path(ctx, "kube", "alice", "pods", "../secrets") == NULL && ctx->error.kind == KIND_NOT_FOUND, "what is no id makes no path");
	forget(ctx);
}

static void test_values(struct ctx *ctx)
{
	static const struct { const char *text; int64_t cpu, mb; } rows[] = {
		{ "1500m", 1500, 1 }, { "2", 2000, 1 }, { "16Gi", 0, 16384 }, { "1e3", 1000000, 1 }, { "0.5", 500, 0 }, { ".5", 500, 0 }, { "250n", 1, 0 },
		{ "128974848", 128974848000, 123 }, { "129M", 129000000000, 124 }, { "1Ki", 1024000, 1 }, { "0", 0, 0 }, { "-1", 0, 0 }, { "", 0, 0 }, { "nan", 0, 0 },
		{ "inf", 0, 0 }, { "0x10", 0, 0 }, { "1e400", 0, 0 }, { "5Q", 0, 0 }, { "1 Gi", 0, 0 }, { "9999Ei", 0, 0 }, { NULL, 0, 0 },
	};
	static const struct { const char *text; int64_t at; } times[] = {
		{ "1970-01-01T00:00:10Z", 10 }, { "2026-11-20T01:02:03Z", 1795136523 }, { "2026-11-20T01:02:03.5Z", 1795136523 }, { "2026-11-20", 0 }, { "", 0 },
		{ "9999-99-99T00:00:00Z", 0 }, { NULL, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		is_int(kube_cpu(rows[i].text), rows[i].cpu, "%s", rows[i].text != NULL ? rows[i].text : "none");
		is_int(kube_mb(rows[i].text), rows[i].mb, "in MiB");
	}
	for (size_t i = 0; i < COUNT(times); i++)
		is_int(kube_time(times[i].text), times[i].at, "%s", times[i].text != NULL ? times[i].text : "none");
	is(kube_escape(ctx->arena, "a=b,c d/é"), "a%3Db%2Cc%20d%2F%C3%A9", "escaped");
}

static void test_trees(struct ctx *ctx)
{
	struct json_object *tree = tree_of(ctx, "{\"a\":[{\"b\":\"x\"},{\"b\":7}],\"c\":{\"d.e/f\":\"y\"},\"n\":null}"), *made;

	is(kube_text(ctx->arena, tree, "a 0 b"), "x", "through a list");
	is_int(kube_int(tree, "a 1 b", -1), 7, "a number");
	ok(kube_text(ctx->arena, tree, "a 1 b") == NULL && kube_int(tree, "a 0 b", -1) == -1, "of the wrong type");
	ok(kube_at(tree, "a 2") == NULL && kube_at(tree, "a x") == NULL && kube_at(tree, "n x") == NULL && kube_at(NULL, "a") == NULL, "what is not there");
	ok(kube_is(tree, "c d.e/f", "y") && !kube_is(tree, "c d.e/f", "z") && !kube_is(tree, "c x", "y"), "compared");
	made = kube_new(ctx->arena, "v1", "Pod", "p");
	kube_put_text(made, "metadata labels a.b/c", "d");
	kube_put_int(made, "spec n", 3);
	ok(same((const char *)cluster_json_text(ctx->arena, made).at,
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"labels\":{\"a.b/c\":\"d\"}},\"spec\":{\"n\":3}}"), "built");
}

int main(void)
{
	struct ctx ctx = { .arena = arena_new(0) };

	kubernetes_site(&ctx, "");
	test_namespaces(&ctx);
	test_values(&ctx);
	test_trees(&ctx);
	arena_free(ctx.arena);
	return done_testing();
}
