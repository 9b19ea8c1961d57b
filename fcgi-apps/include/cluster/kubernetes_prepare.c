/*
 * The user's namespace and what is in it before the first app: see kubernetes.h. Each start asks for it, so one call must do when nothing is to be done:
 * an annotation of the namespace tells what was made, and when.
 */
#include "cluster/kubernetes.h"

#include "conf.h"

#include <sodium.h>
#include <string.h>

#define PREPARED "naru.prepared"   /* annotation: hash of all that is wanted, and when it was made */
#define QUOTA "naru"

enum { AGAIN_S = 3600 };

typedef struct json_object tree;

/* Everything that a user's namespace should have. */
struct wanted {
	const char *engine, *space, *user, *hash;
	tree *quota, *range, *policy /* NULL: none */;
};

/* ---- what is wanted ------------------------------------------------------------------------------------------------ */

static tree *space_object(struct arena *arena, const struct wanted *w, bool prepared)
{
	tree *space = kube_new(arena, "v1", "Namespace", w->space);
	const char *level = kube_setting(w->engine, "pod-security");

	kube_label(arena, space, w->user);
	if (!empty(level))
		kube_put_text(space, "metadata labels pod-security.kubernetes.io/enforce", level);
	if (prepared)
		kube_put_text(space, "metadata annotations " PREPARED, text(arena, "%s.%lld", w->hash, (long long)now()));
	return space;
}

static tree *quota_object(struct arena *arena, const struct wanted *w, const struct cluster_limits *limits)
{
	tree *quota = kube_new(arena, "v1", "ResourceQuota", QUOTA);

	kube_label(arena, quota, w->user);
	kube_put_text(quota, "spec hard limits.cpu", text(arena, "%lldm", (long long)limits->cpu_milli));
	kube_put_text(quota, "spec hard limits.memory", text(arena, "%lldMi", (long long)limits->memory_mb));
	kube_put_text(quota, text(arena, "spec hard requests.%s", kube_setting(w->engine, "gpu-resource")), text(arena, "%lld", (long long)limits->gpus));
	kube_put_text(quota, "spec hard pods", text(arena, "%lld", (long long)limits->apps));
	kube_put_text(quota, "spec hard requests.storage", text(arena, "%lldMi", (long long)limits->storage_mb));
	return quota;
}

/* For containers that do not say what they need, which the quota would refuse. */
static tree *range_object(struct arena *arena, const struct wanted *w)
{
	tree *range = kube_new(arena, "v1", "LimitRange", QUOTA), *list = json_object_new_array(), *one = json_object_new_object();

	kube_label(arena, range, w->user);
	kube_put_text(one, "type", "Container");
	kube_put_text(one, "default cpu", "500m");
	kube_put_text(one, "default memory", "512Mi");
	kube_put_text(one, "defaultRequest cpu", "500m");
	kube_put_text(one, "defaultRequest memory", "512Mi");
	if (json_object_array_add(list, one) != 0)
		die("kubernetes: no memory");
	kube_put(range, "spec limits", list);
	return range;
}

static void add(tree *list, tree *one)
{
	if (json_object_array_add(list, one) != 0)
		die("kubernetes: no memory");
}

/* The user's own pods reach each other; beside them only the gate's networks do. Without networks there is no policy: it would keep the gate out. */
static tree *policy_object(struct arena *arena, const struct wanted *w)
{
	struct texts networks = split(arena, kube_setting(w->engine, "gate-networks"), ' ');
	tree *policy = kube_new(arena, "networking.k8s.io/v1", "NetworkPolicy", QUOTA), *rules = json_object_new_array(), *from = json_object_new_array();
	tree *types = json_object_new_array(), *peer = json_object_new_object(), *rule = json_object_new_object();

	kube_label(arena, policy, w->user);
	kube_put(peer, "podSelector", json_object_new_object());
	add(from, peer);
	for (size_t i = 0; i < networks.n; i++) {
		if (empty(networks.at[i]))
			continue;
		peer = json_object_new_object();
		kube_put_text(peer, "ipBlock cidr", networks.at[i]);
		add(from, peer);
	}
	kube_put(rule, "from", from);
	add(rules, rule);
	add(types, json_object_new_string("Ingress"));
	kube_put(policy, "spec podSelector", json_object_new_object());
	kube_put(policy, "spec policyTypes", types);
	kube_put(policy, "spec ingress", rules);
	return policy;
}

static const char *hash_of(struct arena *arena, const struct wanted *w)
{
	tree *const all[] = { space_object(arena, w, false), w->quota, w->range, w->policy };
	crypto_generichash_state state;
	unsigned char hash[16];

	crypto_generichash_init(&state, NULL, 0, sizeof hash);
	for (size_t i = 0; i < COUNT(all) && all[i] != NULL; i++) {
		struct bytes one = cluster_json_text(arena, all[i]);

		crypto_generichash_update(&state, one.at, one.n);
	}
	crypto_generichash_final(&state, hash, sizeof hash);
	return hex(arena, hash, sizeof hash);
}

static bool want(struct ctx *ctx, const char *engine, const struct cluster_user *who, const struct cluster_limits *limits, struct wanted *w)
{
	*w = (struct wanted){ .engine = engine, .user = who->user, .space = kube_namespace(ctx->arena, engine, who->user) };
	if (w->space == NULL)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster is not set up correctly. Tell the administrators."), "%s: namespace-prefix makes no name",
			engine);
	w->quota = quota_object(ctx->arena, w, limits);
	w->range = range_object(ctx->arena, w);
	w->policy = empty(kube_setting(engine, "gate-networks")) ? NULL : policy_object(ctx->arena, w);
	w->hash = hash_of(ctx->arena, w);
	return true;
}

/* ---- making it --------------------------------------------------------------------------------------------------- */

/* For a server without apply: what is there is replaced, in its own version. */
static bool replace(struct ctx *ctx, const struct wanted *w, const char *collection, const char *name, tree *object)
{
	const char *path = text(ctx->arena, "%s/%s", collection, name), *version;
	struct kube_answer answer;

	if (!kube_call(ctx, w->engine, &(struct kube_call){ .method = "POST", .path = text(ctx->arena, "%s?fieldManager=naru", collection), .body = object }, 409, &answer))
		return false;
	if (answer.status != 409)
		return true;
	if (!kube_get(ctx, w->engine, path, 0, &answer))
		return false;
	version = kube_text(ctx->arena, answer.tree, "metadata resourceVersion");
	if (version != NULL)
		kube_put_text(object, "metadata resourceVersion", version);
	return kube_call(ctx, w->engine, &(struct kube_call){ .method = "PUT", .path = path, .body = object }, 0, &answer);
}

static bool no_apply(int status)
{
	return status == 405 || status == 406 || status == 415;
}

static bool apply(struct ctx *ctx, const struct wanted *w, const char *collection, const char *name, tree *object)
{
	struct kube_call call = { .method = "PATCH", .type = KUBE_APPLY, .body = object,
		.path = text(ctx->arena, "%s/%s?fieldManager=naru&force=true&fieldValidation=Strict", collection, name) };
	struct kube_answer answer;

	for (int i = 0; i < 5; i++) {
		if (!kube_send(ctx, w->engine, &call, &answer))
			return false;
		if (no_apply(answer.status))
			return replace(ctx, w, collection, name, object);
		if (answer.status != 409 || !kube_pause(ctx, 50 << i))
			break;
	}
	return (answer.status >= 200 && answer.status < 300) || kube_refused(ctx, &answer.fault);
}

static bool make_all(struct ctx *ctx, const struct wanted *w)
{
	const char *core = text(ctx->arena, "/api/v1/namespaces/%s", w->space);

	if (!apply(ctx, w, text(ctx->arena, "%s/resourcequotas", core), QUOTA, w->quota) ||
		!apply(ctx, w, text(ctx->arena, "%s/limitranges", core), QUOTA, w->range))
		return false;
	if (w->policy != NULL &&
		!apply(ctx, w, text(ctx->arena, "/apis/networking.k8s.io/v1/namespaces/%s/networkpolicies", w->space), QUOTA, w->policy))
		return false;
	return apply(ctx, w, "/api/v1/namespaces", w->space, space_object(ctx->arena, w, true));
}

static bool is_prepared(struct arena *arena, const struct wanted *w, const tree *space)
{
	const char *note = kube_text(arena, space, "metadata annotations " PREPARED);
	size_t n = strlen(w->hash);
	int64_t when;

	return note != NULL && strncmp(note, w->hash, n) == 0 && note[n] == '.' && parse_int(note + n + 1, 0, INT64_MAX, &when) &&
		now() - when < AGAIN_S && now() >= when;
}

/* A namespace of this name may be somebody's who knows nothing of us. */
static bool check_owner(struct ctx *ctx, const struct wanted *w, const tree *space)
{
	const char *owner = kube_text(ctx->arena, space, "metadata annotations " MANIFEST_USER);

	if (!same(owner, w->user) || !kube_is_ours(space, ctx->arena))
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "Your space on the cluster belongs to somebody else. Tell the administrators."),
			"%s: the namespace %s is of %s", w->engine, w->space, owner != NULL ? owner : "nobody");
	if (kube_is(space, "status phase", "Terminating"))
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "Your space on the cluster is just being removed. Try again in a minute."), "%s: %s is Terminating",
			w->engine, w->space);
	return true;
}

bool kube_prepare(struct ctx *ctx, const char *engine, const struct cluster_user *who, const struct cluster_limits *limits)
{
	struct kube_answer answer;
	struct wanted w;
	const char *path;

	if (!want(ctx, engine, who, limits, &w))
		return false;
	path = text(ctx->arena, "/api/v1/namespaces/%s", w.space);
	if (!kube_get(ctx, engine, path, 404, &answer))
		return false;
	if (answer.status == 404) {
		struct kube_call make = { .method = "POST", .path = "/api/v1/namespaces?fieldManager=naru", .body = space_object(ctx->arena, &w, false) };

		if (!kube_call(ctx, engine, &make, 409, &answer))
			return false;
		if (answer.status == 409 && !kube_get(ctx, engine, path, 0, &answer))
			return false;
	}
	if (!check_owner(ctx, &w, answer.tree))
		return false;
	return is_prepared(ctx->arena, &w, answer.tree) || make_all(ctx, &w);
}
