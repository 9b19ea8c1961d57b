/* A user's volumes on podman: folders of its own storage that belong to the user. Their size is written down but held only by the disk. */
#include "cluster/podman.h"

#include "sched/slurm_json.h"

#include <sodium.h>
#include <string.h>

const char *podman_volume(struct arena *arena, const char *user, const char *name)
{
	const char *all = text(arena, "%s\n%s\n%s", cluster_site(arena), user, name);
	unsigned char hash[16];

	crypto_generichash(hash, sizeof hash, (const unsigned char *)all, strlen(all), NULL, 0);
	return text(arena, "naru-%s-%s", name, hex(arena, hash, 10));
}

bool podman_volume_make(struct ctx *ctx, const char *engine, const struct cluster_user *who, const char *name, int64_t size_mb)
{
	struct podman_call call = { .method = "POST", .path = "volumes/create" };
	struct podman_answer answer;
	tree *body = tree_new(ctx->arena), *in;

	tree_put_text(body, "Name", podman_volume(ctx->arena, who->user, name));
	tree_put_text(body, "Driver", "local");
	in = tree_put_object(body, "Labels");
	tree_put_text(in, MANIFEST_SITE, cluster_site(ctx->arena));
	tree_put_text(in, MANIFEST_USER, who->user);
	tree_put_text(in, PODMAN_VOLUME, name);
	tree_put_text(in, PODMAN_SIZE, text(ctx->arena, "%lld", (long long)size_mb));
	tree_put_text(tree_put_object(body, "Options"), "o", text(ctx->arena, "uid=%lld,gid=%lld", (long long)who->uid, (long long)who->gid));
	call.body = body;
	if (!podman_send(ctx, engine, &call, &answer))
		return false;
	if ((answer.status >= 200 && answer.status <= 299) || podman_said(&answer, "already exists"))
		return true; /* the name has the user in it: it is theirs */
	return podman_refused(ctx, &answer);
}

bool podman_volume_remove(struct ctx *ctx, const char *engine, const char *user, const char *name)
{
	struct podman_call call = { .method = "DELETE", .path = text(ctx->arena, "volumes/%s", podman_volume(ctx->arena, user, name)) };
	struct podman_answer answer;

	return podman_call(ctx, engine, &call, 404, &answer);
}

bool podman_volumes(struct ctx *ctx, const char *engine, const char *user, struct cluster_volumes *out)
{
	const char *const labels[] = { text(ctx->arena, MANIFEST_SITE "=%s", cluster_site(ctx->arena)), text(ctx->arena, MANIFEST_USER "=%s", user) };
	struct podman_call call = { .method = "GET" };
	struct podman_answer answer;
	struct cluster_volume *list;
	size_t n = 0, all;

	call.path = podman_filtered(ctx->arena, "volumes/json", "label", labels, COUNT(labels));
	if (!podman_call(ctx, engine, &call, 0, &answer))
		return false;
	if (!json_object_is_type(answer.tree, json_type_array))
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster sent an answer that cannot be read. Naru keeps asking."), "%s: no list of volumes", engine);
	all = slurm_length(answer.tree);
	list = NEW_ARRAY(ctx->arena, struct cluster_volume, all + 1);
	for (size_t i = 0; i < all; i++) {
		const struct json_object *labels_of = slurm_member(slurm_at(answer.tree, i), "Labels");
		const char *name = slurm_text(ctx->arena, labels_of, PODMAN_VOLUME);

		if (name != NULL && same(slurm_text(ctx->arena, labels_of, MANIFEST_USER), user))
			list[n++] = (struct cluster_volume){ .name = name, .size_mb = slurm_int(labels_of, PODMAN_SIZE, 0), .ready = true };
	}
	*out = (struct cluster_volumes){ list, n };
	return true;
}
