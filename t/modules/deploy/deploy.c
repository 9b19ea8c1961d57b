/*
 * deploy: asks the deployer of a site as a module would, with a proof signed on the spot (for who may read the site's key: root).
 *
 *   deploy USER UID GID GROUPS ROLE create OFFER NAME CPU_MILLI MEMORY_MB MINUTES KEY [IMAGE [ENGINE [GPUS [PLACE...]]]]
 *   deploy USER UID GID GROUPS ROLE start|stop|delete|keep|log ID
 *   deploy USER UID GID GROUPS ROLE extend ID MINUTES
 *   deploy USER UID GID GROUPS ROLE share ID WITH UNTIL
 *   deploy USER UID GID GROUPS ROLE unshare ID WITH
 *   deploy USER UID GID GROUPS ROLE volume ENGINE NAME SIZE_MB
 *
 * Prints what was answered; on an error its kind, the field and the message, with status 1.
 */
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "deploy.h"
#include "proof.h"

static int64_t number(const char *value)
{
	int64_t out = 0;

	return parse_int(value, INT64_MIN, INT64_MAX, &out) ? out : 0;
}

static bool create(struct ctx *ctx, const char *proof, int n, char **w)
{
	struct deploy_ask ask = { .offer = w[0], .name = w[1], .cpu_milli = number(w[2]), .memory_mb = number(w[3]), .minutes = number(w[4]), .key = w[5],
		.image = n > 6 ? w[6] : "", .engine = n > 7 ? w[7] : "", .gpus = n > 8 ? number(w[8]) : 0 };
	const char *id = "", *places[8];

	for (int i = 9; i < n && ask.places.n < COUNT(places); i++)
		places[ask.places.n++] = w[i];
	ask.places.at = places;
	if (!deploy_create(ctx, proof, &ask, &id))
		return false;
	printf("%s\n", id);
	return true;
}

static bool other(struct ctx *ctx, const char *proof, const char *verb, int n, char **w)
{
	const char *log = "";
	int64_t ends = 0;
	static const char *const verbs[] = { "start", "stop", "delete", "keep" };

	for (size_t i = 0; i < COUNT(verbs); i++)
		if (same(verb, verbs[i]))
			return deploy_app(ctx, proof, (enum deploy_verb)i, w[0]);
	if (same(verb, "log")) {
		bool good = deploy_log(ctx, proof, w[0], 8192, &log);
		printf("%s", log);
		return good;
	}
	if (same(verb, "extend") && n > 1) {
		bool good = deploy_extend(ctx, proof, w[0], number(w[1]), &ends);
		printf("%lld\n", (long long)ends);
		return good;
	}
	if (same(verb, "share") && n > 2)
		return deploy_share(ctx, proof, w[0], w[1], number(w[2]));
	if (same(verb, "volume") && n > 2)
		return deploy_volume(ctx, proof, w[0], w[1], number(w[2]));
	return same(verb, "unshare") && n > 1 ? deploy_unshare(ctx, proof, w[0], w[1]) : fail(ctx, KIND_BAD_REQUEST, "which verb?", NULL);
}

int main(int argc, char **argv)
{
	struct ctx ctx = { .arena = arena_new(0) };
	const char *signed_proof = "";

	program = "deploy";
	if (argc < 8)
		die("usage: see deploy.c");
	conf_start();
	struct proof proof = { .user = argv[1], .uid = number(argv[2]), .gid = number(argv[3]), .groups = argv[4], .role = argv[5], .module = "apps",
		.expires = now() + PROOF_SECONDS };

	if (!proof_sign(&ctx, &proof, &signed_proof))
		die("%s", ctx.error.detail);
	bool good = same(argv[6], "create") && argc > 12 ? create(&ctx, signed_proof, argc - 7, argv + 7)
		: other(&ctx, signed_proof, argv[6], argc - 7, argv + 7);

	if (!good)
		printf("%d %s %s\n", (int)ctx.error.kind, deploy_wrong(&ctx) ? deploy_wrong(&ctx) : "-", ctx.error.message);
	arena_free(ctx.arena);
	return !good;
}
