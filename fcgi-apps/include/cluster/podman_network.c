/*
 * Networks of podman. With `user-networks` each user has one of their own, and netavark's "isolate" lets no packet from one to another; without, all
 * apps share `network` and can reach each other's ports, which only their secrets guard. netavark 1.4 takes the jump to its rules away with the last
 * container of any network: the machine needs a rule of its own beside, as ops/podman makes it.
 */
#include "cluster/podman.h"

#include <sodium.h>
#include <string.h>

enum { USER_BITS = 27 /* 29 apps a user */, TRIES = 256 };

/* Names of bridges have at most 15 bytes and are the machine's. */
static uint64_t number_of(struct arena *arena, const char *user)
{
	const char *both = text(arena, "%s\n%s", cluster_site(arena), user);
	unsigned char hash[16];
	uint64_t number;

	crypto_generichash(hash, sizeof hash, (const unsigned char *)both, strlen(both), NULL, 0);
	memcpy(&number, hash, sizeof number);
	return number;
}

const char *podman_network(struct arena *arena, const char *engine, const char *user)
{
	if (empty(podman_setting(engine, "user-networks")))
		return podman_setting(engine, "network");
	return text(arena, "nu%012llx", (unsigned long long)(number_of(arena, user) & 0xffffffffffff));
}

/* "10.200.0.0/16" as its first address and length. */
static bool read_network(const char *from, uint32_t *first, int64_t *bits)
{
	unsigned a, b, c, d;
	int used = 0;

	if (sscanf(from, "%3u.%3u.%3u.%3u/%n", &a, &b, &c, &d, &used) != 4 || used == 0 || a > 255 || b > 255 || c > 255 || d > 255)
		return false;
	*first = a << 24 | b << 16 | c << 8 | d;
	return parse_int(from + used, 8, USER_BITS, bits) && (*first & ((1u << (32 - *bits)) - 1)) == 0;
}

static tree *body_of(struct arena *arena, const char *engine, const char *user, uint32_t at)
{
	const char *name = podman_network(arena, engine, user);
	tree *body = tree_new(arena), *labels;

	tree_put_text(body, "name", name);
	tree_put_text(body, "network_interface", name);
	tree_put_text(body, "driver", "bridge");
	tree_put_text(tree_add_object(tree_put_list(body, "subnets")), "subnet",
		text(arena, "%u.%u.%u.%u/%d", at >> 24, at >> 16 & 255, at >> 8 & 255, at & 255, USER_BITS));
	tree_put_text(tree_put_object(body, "options"), "isolate", "true");
	labels = tree_put_object(body, "labels");
	tree_put_text(labels, MANIFEST_SITE, cluster_site(arena));
	tree_put_text(labels, MANIFEST_USER, user);
	return body;
}

/*
 * Subnets are tried from one that the user's name gives: who comes first has it, and podman refuses what is taken. *full: all are. False: podman does
 * not answer, or refuses something else.
 */
static bool take_subnet(struct ctx *ctx, const char *engine, const char *user, uint32_t first, int64_t bits, bool *full)
{
	uint32_t slots = 1u << (USER_BITS - bits);
	uint64_t slot = number_of(ctx->arena, user) >> 16;
	struct podman_call call = { .method = "POST", .path = "networks/create" };
	struct podman_answer answer;

	*full = false;
	for (uint32_t i = 0; i < TRIES && i < slots; i++) {
		call.body = body_of(ctx->arena, engine, user, first + (uint32_t)((slot + i) % slots) * (1u << (32 - USER_BITS)));
		if (!podman_send(ctx, engine, &call, &answer))
			return false;
		if (answer.status == 409 || (answer.status >= 200 && answer.status <= 299))
			return true;
		if (!podman_said(&answer, "already used") && !podman_said(&answer, "already being used"))
			return podman_refused(ctx, &answer);
	}
	*full = true;
	return true;
}

/* Those of users without apps go. */
static bool prune(struct ctx *ctx, const char *engine)
{
	const char *const labels[] = { text(ctx->arena, MANIFEST_SITE "=%s", cluster_site(ctx->arena)) };
	struct podman_call call = { .method = "POST", .path = podman_filtered(ctx->arena, "networks/prune", "label", labels, COUNT(labels)), .plain = true };
	struct podman_answer answer;

	return podman_call(ctx, engine, &call, 0, &answer);
}

static bool make(struct ctx *ctx, const char *engine, const char *user, uint32_t first, int64_t bits)
{
	bool full;

	if (!take_subnet(ctx, engine, user, first, bits, &full))
		return false;
	if (full && (!prune(ctx, engine) || !take_subnet(ctx, engine, user, first, bits, &full)))
		return false;
	return !full || fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster has no address left for one more app. Stop one and try again."),
		"[engine %s] user-networks: all are taken", engine);
}

bool podman_network_make(struct ctx *ctx, const char *engine, const char *user)
{
	const char *all = podman_setting(engine, "user-networks");
	struct podman_call call = { .method = "GET", .plain = true };
	struct podman_answer answer;
	uint32_t first;
	int64_t bits;

	if (empty(all))
		return true;
	if (!read_network(all, &first, &bits))
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster is not set up correctly. Tell the administrators."),
			"[engine %s] user-networks: not as 10.200.0.0/16, at most /%d", engine, USER_BITS);
	call.path = text(ctx->arena, "networks/%s/exists", podman_network(ctx->arena, engine, user));
	if (!podman_call(ctx, engine, &call, 404, &answer))
		return false;
	return answer.status != 404 || make(ctx, engine, user, first, bits);
}
