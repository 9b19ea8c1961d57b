/* Names on a cluster: see kubernetes.h. */
#include "cluster/kubernetes.h"

#include <sodium.h>
#include <string.h>

enum { LONGEST_NAME = 63, HASH = 16 };

static bool small_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool kube_is_name(const char *name)
{
	size_t n = name != NULL ? strlen(name) : 0;

	if (n == 0 || n > LONGEST_NAME || !small_or_digit(name[0]) || !small_or_digit(name[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!small_or_digit(name[i]) && name[i] != '-')
			return false;
	return true;
}

/* A user name that fits stands as it is. All others are hashed behind "h--", which no name that stands as it is holds. */
const char *kube_namespace(struct arena *arena, const char *engine, const char *user)
{
	const char *prefix = kube_setting(engine, "namespace-prefix"), *made;
	unsigned char hash[HASH];

	if (empty(user))
		return NULL;
	made = text(arena, "%s%s", prefix, user);
	if (kube_is_name(user) && kube_is_name(made) && strstr(user, "--") == NULL)
		return made;
	crypto_generichash(hash, sizeof hash, (const unsigned char *)user, strlen(user), NULL, 0);
	made = text(arena, "%sh--%s", prefix, hex(arena, hash, sizeof hash));
	return kube_is_name(made) ? made : NULL;
}

const char *kube_path(struct ctx *ctx, const char *engine, const char *user, const char *kind, const char *id)
{
	const char *space = kube_namespace(ctx->arena, engine, user);

	if (space == NULL) {
		(void)fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster is not set up correctly. Tell the administrators."), "%s: namespace-prefix makes no name",
			engine);
		return NULL;
	}
	if (!cluster_is_id(id)) {
		(void)fail(ctx, KIND_NOT_FOUND, tr(ctx, "There is no such app."), "%s: no id", engine);
		return NULL;
	}
	return text(ctx->arena, "/api/v1/namespaces/%s/%s/%s", space, kind, cluster_name(ctx->arena, id));
}

void kube_label(struct arena *arena, struct json_object *object, const char *user)
{
	kube_put_text(object, "metadata labels " MANIFEST_SITE, cluster_site(arena));
	kube_put_text(object, "metadata labels " MANIFEST_USER, cluster_label(arena, user));
	kube_put_text(object, "metadata annotations " MANIFEST_USER, user);
}

bool kube_is_ours(const struct json_object *object, struct arena *arena)
{
	return kube_is(object, "metadata labels " MANIFEST_SITE, cluster_site(arena));
}
