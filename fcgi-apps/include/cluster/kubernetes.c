/* Kubernetes over its API server, 1.20 and newer: the table of the driver, the cluster's health and its images. The rest is in kubernetes_*.c. */
#include "cluster/kubernetes.h"

#include "sched/slurm_json.h"

#include <string.h>

static const struct cluster_setting settings[] = {
	{ "server", "https://HOST:PORT of the API server", "", true },
	{ "ca", "File of the certificate authority of the API server", "", false },
	{ "token-file", "File of the token that Naru shows; read at each call", "", true },
	{ "namespace-prefix", "What the name of a user's namespace begins with", "naru-", false },
	{ "pod-security", "Level of pod-security.kubernetes.io/enforce of these namespaces; folders of the nodes need privileged", "privileged", false },
	{ "gate-networks", "Networks, with blanks between them, from which apps may be reached beside the user's other apps; none: from everywhere", "", false },
	{ "network-policy", "yes: the cluster's network keeps to NetworkPolicy, so users' apps cannot reach each other", "no", false },
	{ "reach", "How the gate reaches apps: service, nodeport or pod", "service", false },
	{ "node-address", "With nodeport: an address of all nodes; none: that of the app's node", "", false },
	{ "storage-class", "Class of volumes; none: the cluster's own choice", "", false },
	{ "volume-limits", "yes: that class holds a volume to its size; else users are told that the size only counts for their quota", "no", false },
	{ "access-mode", "Access mode of volumes", "ReadWriteOnce", false },
	{ "image-groups", "Groups that an image gives its user: yes, no, or auto: no where server and nodes can", "auto", false },
};

/* ---- health -------------------------------------------------------------------------------------------------------- */

struct sum { const char *engine; struct cluster_health *out; };

static bool is_ready(const struct json_object *node)
{
	const struct json_object *conditions = kube_at(node, "status conditions");

	for (size_t i = 0; i < slurm_length(conditions); i++)
		if (kube_is(slurm_at(conditions, i), "type", "Ready"))
			return kube_is(slurm_at(conditions, i), "status", "True");
	return false;
}

static bool is_closed(const struct json_object *node)
{
	const struct json_object *value = kube_at(node, "spec unschedulable");

	return json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

static bool add_node(struct ctx *ctx, const struct json_object *node, void *arg)
{
	struct sum *sum = arg;

	if (!is_ready(node) || is_closed(node))
		return true;
	sum->out->cpu_milli += kube_cpu(kube_text(ctx->arena, node, "status allocatable cpu"));
	sum->out->memory_mb += kube_mb(kube_text(ctx->arena, node, "status allocatable memory"));
	sum->out->gpus += kube_cpu(kube_text(ctx->arena, node, text(ctx->arena, "status allocatable %s", kube_setting(sum->engine, "gpu-resource")))) / 1000;
	return true;
}

static bool health(struct ctx *ctx, const char *engine, struct cluster_health *out)
{
	struct sum sum = { engine, out };
	struct kube_answer answer;

	*out = (struct cluster_health){ 0 };
	if (!kube_get(ctx, engine, "/version", 0, &answer))
		return false;
	out->version = kube_text(ctx->arena, answer.tree, "gitVersion");
	if (out->version == NULL)
		return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster sent an answer that cannot be read. Naru keeps asking."), "%s: no version", engine);
	return kube_each(ctx, engine, "/api/v1/nodes", add_node, &sum, NULL);
}

/* ---- images ---------------------------------------------------------------------------------------------------------- */

struct search { const char *reference; bool found, all_told; const char *digest; };

/* A node names at most 50 of its images, the largest. */
enum { TOLD = 50 };

/* "docker.io/library/x:1" is what a node calls "x:1". */
static bool is_image(const char *name, const char *reference)
{
	size_t n = strlen(name), m = strlen(reference);

	return n >= m && same(name + n - m, reference) && (n == m || name[n - m - 1] == '/');
}

static void look_through(struct arena *arena, const struct json_object *names, struct search *search)
{
	bool match = false;

	for (size_t i = 0; i < slurm_length(names); i++) {
		const char *name = slurm_as_text(arena, slurm_at(names, i));

		match = match || (name != NULL && is_image(name, search->reference));
	}
	search->found = search->found || match;
	for (size_t i = 0; i < slurm_length(names) && match; i++) {
		const char *name = slurm_as_text(arena, slurm_at(names, i)), *at = name != NULL ? strstr(name, "@sha256:") : NULL;

		if (at != NULL && search->digest == NULL)
			search->digest = at + 1;
	}
}

static bool search_node(struct ctx *ctx, const struct json_object *node, void *arg)
{
	const struct json_object *images = kube_at(node, "status images");
	struct search *search = arg;

	if (slurm_length(images) >= TOLD)
		search->all_told = false;
	for (size_t i = 0; i < slurm_length(images); i++)
		look_through(ctx->arena, kube_at(slurm_at(images, i), "names"), search);
	return true;
}

/* Nodes fetch images by themselves, and none tells all that it has: only where nothing is fetched and all is told an image is known to be missing. */
static bool image(struct ctx *ctx, const char *engine, const char *reference, bool *found, const char **digest)
{
	struct search search = { .reference = reference, .all_told = true };
	struct kube_answer answer;
	bool fetches = same(kube_setting(engine, "pull"), "yes");

	*found = true;
	*digest = NULL;
	if (!kube_get(ctx, engine, "/api/v1/nodes?limit=100", 0, &answer))
		return false;
	for (size_t i = 0; i < slurm_length(kube_at(answer.tree, "items")); i++)
		if (!search_node(ctx, slurm_at(kube_at(answer.tree, "items"), i), &search))
			return false;
	if (slurm_length(kube_at(answer.tree, "items")) == 0 || kube_text(ctx->arena, answer.tree, "metadata continue") != NULL)
		search.all_told = false;
	*found = search.found || fetches || !search.all_told;
	*digest = search.digest;
	return true;
}

/* A network may ignore what it is told, and a class of volumes their size; only the administrators know. */
static unsigned cannot(const char *engine)
{
	bool isolates = same(kube_setting(engine, "network-policy"), "yes") && !empty(kube_setting(engine, "gate-networks"));

	return (isolates ? 0 : CLUSTER_CAN_ISOLATE) | (same(kube_setting(engine, "volume-limits"), "yes") ? 0 : CLUSTER_CAN_SIZE);
}

const struct cluster_driver kubernetes_driver = {
	.name = "kubernetes",
	.settings = settings, .n_settings = COUNT(settings),
	.can = CLUSTER_CAN_GPU | CLUSTER_CAN_QUOTA | CLUSTER_CAN_ISOLATE | CLUSTER_CAN_DEADLINE | CLUSTER_CAN_USAGE | CLUSTER_CAN_VOLUME | CLUSTER_CAN_RESIZE |
		CLUSTER_CAN_PULL | CLUSTER_CAN_WATCH | CLUSTER_CAN_SIZE,
	.health = health, .prepare = kube_prepare, .run = kube_run, .stop = kube_stop, .look = kube_look, .list = kube_list, .wait = kube_wait,
	.log = kube_log, .image = image,
	.volume_make = kube_volume_make, .volume_resize = kube_volume_resize, .volume_remove = kube_volume_remove, .volumes = kube_volumes,
	.cannot = cannot,
};
