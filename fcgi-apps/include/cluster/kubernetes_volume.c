/* Volumes are claims in the user's namespace, called as the user calls them: see kubernetes.h. What they are made of is the cluster's. */
#include "cluster/kubernetes.h"

#include <string.h>

enum { STEP_MS = 200, LONGEST_MS = 8000 };

typedef struct json_object tree;

/* "/api/v1/namespaces/NS/persistentvolumeclaims/<name>"; NULL after fail(). */
static const char *claim_path(struct ctx *ctx, const char *engine, const char *user, const char *name)
{
	const char *space = kube_namespace(ctx->arena, engine, user);

	if (space == NULL || (name != NULL && !kube_is_name(name))) {
		(void)fail(ctx, KIND_NOT_FOUND, tr(ctx, "There is no such volume."), "%s: no name of a volume", engine);
		return NULL;
	}
	return text(ctx->arena, "/api/v1/namespaces/%s/persistentvolumeclaims%s%s", space, name != NULL ? "/" : "", name != NULL ? name : "");
}

static tree *claim(struct arena *arena, const char *engine, const char *user, const char *name, int64_t size_mb)
{
	tree *made = kube_new(arena, "v1", "PersistentVolumeClaim", name), *modes = json_object_new_array();
	const char *class = kube_setting(engine, "storage-class");

	kube_label(arena, made, user);
	if (json_object_array_add(modes, json_object_new_string(kube_setting(engine, "access-mode"))) != 0)
		die("kubernetes: no memory");
	kube_put(made, "spec accessModes", modes);
	kube_put_text(made, "spec resources requests storage", text(arena, "%lldMi", (long long)size_mb));
	if (!empty(class))
		kube_put_text(made, "spec storageClassName", class);
	return made;
}

bool kube_volume_make(struct ctx *ctx, const char *engine, const struct cluster_user *who, const char *name, int64_t size_mb)
{
	const char *all = claim_path(ctx, engine, who->user, NULL), *path = claim_path(ctx, engine, who->user, name);
	struct kube_call call = { .method = "POST" };
	struct kube_answer answer;

	if (all == NULL || path == NULL)
		return false;
	call.path = text(ctx->arena, "%s?fieldManager=naru&fieldValidation=Strict", all);
	call.body = claim(ctx->arena, engine, who->user, name, size_mb);
	if (!kube_call(ctx, engine, &call, 409, &answer))
		return false;
	if (answer.status != 409)
		return true;
	/* An earlier try that was not confirmed looks like this. */
	if (!kube_get(ctx, engine, path, 0, &answer))
		return false;
	if (kube_is_ours(answer.tree, ctx->arena) && kube_at(answer.tree, "metadata deletionTimestamp") == NULL &&
		kube_mb(kube_text(ctx->arena, answer.tree, "spec resources requests storage")) == size_mb)
		return true;
	return fail(ctx, KIND_CONFLICT, tr(ctx, "The cluster has something of this name already. Choose another name, or wait until the old one is gone."),
		"%s", path);
}

bool kube_volume_resize(struct ctx *ctx, const char *engine, const char *user, const char *name, int64_t size_mb)
{
	struct kube_call call = { .method = "PATCH", .type = KUBE_MERGE, .path = claim_path(ctx, engine, user, name), .body = json_object_new_object() };
	struct kube_answer answer;
	bool good;

	kube_put_text(call.body, "spec resources requests storage", text(ctx->arena, "%lldMi", (long long)size_mb));
	good = call.path != NULL && kube_call(ctx, engine, &call, 0, &answer);
	json_object_put(call.body);
	return good;
}

/* A claim that a pod uses stays until the pod is gone; the cluster sees to that. */
bool kube_volume_remove(struct ctx *ctx, const char *engine, const char *user, const char *name)
{
	const char *path = claim_path(ctx, engine, user, name);
	int64_t last = clock_ms() + LONGEST_MS;
	struct kube_answer answer;

	if (path == NULL || !kube_call(ctx, engine, &(struct kube_call){ .method = "DELETE", .path = path }, 404, &answer))
		return false;
	while (answer.status != 404) {
		if (!kube_get(ctx, engine, path, 404, &answer))
			return false;
		if (answer.status != 404 && (clock_ms() > last || !kube_pause(ctx, STEP_MS)))
			return fail(ctx, KIND_CONFLICT, tr(ctx, "An app still uses the volume. It is removed when that app has ended."), "%s is still there", path);
	}
	return true;
}

/* ---- list ---------------------------------------------------------------------------------------------------------- */

struct found { struct cluster_volume *at; size_t n, room; };

static void read_claim(struct arena *arena, const tree *from, struct cluster_volume *out)
{
	const char *size = kube_text(arena, from, "status capacity storage");

	*out = (struct cluster_volume){ .name = kube_text(arena, from, "metadata name"), .ready = kube_is(from, "status phase", "Bound") };
	out->size_mb = kube_mb(size != NULL ? size : kube_text(arena, from, "spec resources requests storage"));
	if (kube_at(from, "metadata deletionTimestamp") != NULL) {
		out->ready = false;
		out->message = MSG("It is being removed.");
	} else if (kube_is(from, "status phase", "Lost")) {
		out->message = MSG("What was in the volume is lost. Tell the administrators.");
	} else if (!out->ready) {
		out->message = MSG("The cluster has not found room for the volume yet.");
	}
}

static bool take_claim(struct ctx *ctx, const tree *from, void *arg)
{
	struct found *found = arg;

	if (!kube_is_ours(from, ctx->arena))
		return true;
	if (found->n == found->room) {
		struct cluster_volume *more = NEW_ARRAY(ctx->arena, struct cluster_volume, found->room + 64);

		if (found->n > 0)
			memcpy(more, found->at, found->n * sizeof *more);
		found->at = more;
		found->room += 64;
	}
	read_claim(ctx->arena, from, &found->at[found->n]);
	found->n += found->at[found->n].name != NULL;
	return true;
}

bool kube_volumes(struct ctx *ctx, const char *engine, const char *user, struct cluster_volumes *out)
{
	const char *path = claim_path(ctx, engine, user, NULL);
	struct found found = { 0 };

	*out = (struct cluster_volumes){ 0 };
	if (path == NULL || !kube_each(ctx, engine, path, take_claim, &found, NULL))
		return false;
	*out = (struct cluster_volumes){ found.at, found.n };
	return true;
}
