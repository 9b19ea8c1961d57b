/* Proofs: signed once, valid for a time and a module, and not a byte may change. */
#include <sodium.h>

#include "proof.h"
#include "state_site.h"
#include "tap.h"

static const char *const files_only[] = { "files", NULL }, *const two[] = { "batchjob", "files", NULL }, *const others[] = { "account", NULL };

static void write_key(const char *name, const unsigned char *key, size_t n)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/keys/%s", state_dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(key, 1, n, f) != n)
		die("%s", path);
	fclose(f);
}

static void refused(struct ctx *ctx, const char *given, const char *const *modules, const char *name)
{
	struct proof out;

	ok(!proof_check(ctx, given, modules, &out) && ctx->error.kind == KIND_FORBIDDEN, "refused: %s", name);
	forget(ctx);
}

static const char *signed_proof(struct ctx *ctx, int64_t expires)
{
	struct proof in = { .user = "alice", .uid = 20001, .gid = 30000, .groups = "30000,30001", .module = "files", .expires = expires };
	const char *out = NULL;

	if (!proof_sign(ctx, &in, &out))
		die("sign: %s", ctx->error.detail);
	return out;
}

static void test_good(struct ctx *ctx, const char *good)
{
	struct proof out;

	ok(proof_check(ctx, good, files_only, &out), "for its module");
	ok(same(out.user, "alice") && out.uid == 20001 && out.gid == 30000 && same(out.groups, "30000,30001"), "says who it is");
	ok(proof_check(ctx, good, two, &out) && proof_check(ctx, good, NULL, &out), "for one of several, and for any");
	ok(strspn(good, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(good), "a header's text");
}

static void test_times(struct ctx *ctx)
{
	refused(ctx, signed_proof(ctx, now() - 1), files_only, "past");
	refused(ctx, signed_proof(ctx, 0), files_only, "without an end");
	refused(ctx, signed_proof(ctx, now() + PROOF_SECONDS + 10), files_only, "from before a clock was set back");
}

static void test_changed(struct ctx *ctx, const char *good)
{
	static const char *const nonsense[] = { "", ".", "a.b", "AAAA", "..", "AAAA.AAAA" };
	size_t bad = 0, n = strlen(good);
	struct proof out;

	for (size_t i = 0; i < n; i++) {
		char *copy = arena_copy(ctx->arena, good, n);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		bad += proof_check(ctx, copy, NULL, &out);
		forget(ctx);
	}
	is_int(bad, 0, "no byte may change");
	for (size_t i = 0; i < n; i++) {
		bad += proof_check(ctx, arena_copy(ctx->arena, good, i), NULL, &out);
		forget(ctx);
	}
	is_int(bad, 0, "nor be missing");
	for (size_t i = 0; i < COUNT(nonsense); i++)
		refused(ctx, nonsense[i], NULL, nonsense[i]);
	refused(ctx, NULL, NULL, "nothing");
	refused(ctx, text(ctx->arena, "%s.x", good), NULL, "more behind it");
	refused(ctx, text(ctx->arena, "%*s", 9000, good), NULL, "too long");
	refused(ctx, good, others, "another module");
}

static void test_other_key(struct ctx *ctx, const char *good)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES], signature[crypto_sign_BYTES];
	const char *first = arena_copy(ctx->arena, good, (size_t)(strchr(good, '.') - good));

	crypto_sign_keypair(public, secret);
	crypto_sign_detached(signature, NULL, (const unsigned char *)first, strlen(first), secret);
	refused(ctx, text(ctx->arena, "%s.%s", first, base64url(ctx->arena, signature, sizeof signature)), NULL, "signed by another");
}

static void test_no_key(struct ctx *ctx)
{
	struct proof out;

	ok(!proof_check(ctx, "AAAA.AAAA", NULL, &out) && ctx->error.kind == KIND_NOT_FOUND, "no key: no proof");
	forget(ctx);
	write_key("proof.pub", (const unsigned char *)"short", 5);
	ok(!proof_check(ctx, "AAAA.AAAA", NULL, &out) && ctx->error.kind == KIND_INTERNAL, "nor with half a key");
	forget(ctx);
}

int main(void)
{
	struct ctx ctx = state_start((const char *const[]){ "keys", NULL }, "");
	unsigned char public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];

	test_no_key(&ctx);
	crypto_sign_keypair(public, secret);
	write_key("proof.pub", public, sizeof public);
	write_key("proof.key", secret, sizeof secret);
	const char *good = signed_proof(&ctx, now() + 60);
	test_good(&ctx, good);
	test_times(&ctx);
	test_changed(&ctx, good);
	test_other_key(&ctx, good);
	arena_free(ctx.arena);
	return done_testing();
}
