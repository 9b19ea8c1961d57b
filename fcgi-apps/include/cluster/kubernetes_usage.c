/*
 * CPU and memory that apps use: from metrics-server, else from the nodes themselves (one call a node), else unknown. Kept for some seconds, since nodes
 * measure no oftener.
 */
#include "cluster/kubernetes.h"

#include "sched/slurm_json.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT_MS = 5000, GIVEN_UP_MS = 300000, MOST_NODES = 64, MOST_KEPT = 4096, ROOM = 4, MOST_CONTAINERS = 64 };

/* One pod's use. */
struct use { char space[64], name[64]; int64_t cpu, mb; };

/* Per engine; kept by the process. */
struct store { char engine[64]; int64_t until; size_t n; struct use *at; };
static struct store stores[ROOM];

static struct store *store_of(const char *engine)
{
	static size_t next;

	for (size_t i = 0; i < ROOM; i++)
		if (same(stores[i].engine, engine))
			return &stores[i];
	next = (next + 1) % ROOM;
	stores[next].n = 0;
	stores[next].until = 0;
	if (strlen(engine) < sizeof stores[next].engine)
		memcpy(stores[next].engine, engine, strlen(engine) + 1);
	return &stores[next];
}

static void keep(struct store *store, const char *space, const char *name, int64_t cpu, int64_t mb)
{
	struct use *use;

	if (store->n == MOST_KEPT || space == NULL || name == NULL || strlen(space) >= sizeof use->space || strlen(name) >= sizeof use->name)
		return;
	if (store->at == NULL)
		store->at = calloc(MOST_KEPT, sizeof *store->at);
	if (store->at == NULL)
		die("kubernetes: no memory");
	use = &store->at[store->n++];
	*use = (struct use){ .cpu = cpu, .mb = mb };
	memcpy(use->space, space, strlen(space));
	memcpy(use->name, name, strlen(name));
}

/* ---- metrics-server ------------------------------------------------------------------------------------------------- */

static bool take_metrics(struct ctx *ctx, const struct json_object *pod, void *arg)
{
	const struct json_object *containers = kube_at(pod, "containers");
	int64_t cpu = 0, mb = 0;

	for (size_t i = 0; i < slurm_length(containers) && i < MOST_CONTAINERS; i++) {
		cpu += kube_cpu(kube_text(ctx->arena, slurm_at(containers, i), "usage cpu"));
		mb += kube_mb(kube_text(ctx->arena, slurm_at(containers, i), "usage memory"));
	}
	keep(arg, kube_text(ctx->arena, pod, "metadata namespace"), kube_text(ctx->arena, pod, "metadata name"), cpu, mb);
	return true;
}

static bool ask_metrics(struct ctx *ctx, const char *engine, struct store *store)
{
	const char *path = text(ctx->arena, "/apis/metrics.k8s.io/v1beta1/pods?labelSelector=" MANIFEST_SITE "%%3D%s", cluster_site(ctx->arena));
	bool good = kube_each(ctx, engine, path, take_metrics, store, NULL);

	forget(ctx);
	return good;
}

/* ---- nodes ---------------------------------------------------------------------------------------------------------- */

/* What no number of ours can be is none. */
static int64_t some(int64_t value)
{
	return value > 0 && value < 1LL << 50 ? value : 0;
}

/* Containers are measured earlier than the pod around them. */
static void take_pod(struct ctx *ctx, const struct json_object *pod, struct store *store)
{
	const struct json_object *containers = kube_at(pod, "containers");
	int64_t nano = 0, bytes = 0;

	for (size_t i = 0; i < slurm_length(containers) && i < MOST_CONTAINERS; i++) {
		nano += some(kube_int(slurm_at(containers, i), "cpu usageNanoCores", 0));
		bytes += some(kube_int(slurm_at(containers, i), "memory workingSetBytes", 0));
	}
	if (bytes > 0)
		keep(store, kube_text(ctx->arena, pod, "podRef namespace"), kube_text(ctx->arena, pod, "podRef name"), (nano + 999999) / 1000000,
			(bytes + 1048575) >> 20);
}

/* False: this cluster never tells. */
static bool ask_node(struct ctx *ctx, const char *engine, const char *node, struct store *store)
{
	struct kube_answer answer;
	struct kube_call call = { .method = "GET", .path = text(ctx->arena, "/api/v1/nodes/%s/proxy/stats/summary?only_cpu_and_memory=true", kube_escape(ctx->arena, node)) };
	bool refused;

	if (!kube_send(ctx, engine, &call, &answer)) {
		log_line(ctx, "%s: no usage of node %s: %s", engine, node, ctx->error.detail != NULL ? ctx->error.detail : "");
		forget(ctx);
		return true;
	}
	refused = answer.status == 401 || answer.status == 403 || answer.status == 404;
	if (answer.status == 200)
		for (size_t i = 0; i < slurm_length(kube_at(answer.tree, "pods")); i++)
			take_pod(ctx, slurm_at(kube_at(answer.tree, "pods"), i), store);
	else
		log_line(ctx, "%s: no usage of node %s: %d %s", engine, node, answer.status, answer.fault.message != NULL ? answer.fault.message : "");
	return !refused;
}

static bool ask_nodes(struct ctx *ctx, const char *engine, const struct cluster_seen *seen, size_t n, struct store *store)
{
	const char *asked[MOST_NODES];
	size_t n_asked = 0;

	for (size_t i = 0; i < n && n_asked < MOST_NODES; i++) {
		size_t k = 0;

		while (k < n_asked && !same(asked[k], seen[i].node))
			k++;
		if (seen[i].phase != CLUSTER_UP || empty(seen[i].node) || k < n_asked)
			continue;
		asked[n_asked++] = seen[i].node;
		if (!ask_node(ctx, engine, seen[i].node, store))
			return false;
	}
	return true;
}

/* ---- both ------------------------------------------------------------------------------------------------------------ */

static void renew(struct ctx *ctx, const char *engine, const struct cluster_seen *seen, size_t n, struct store *store)
{
	bool told;

	store->n = 0;
	told = ask_metrics(ctx, engine, store);
	if (!told) {
		store->n = 0;
		told = ask_nodes(ctx, engine, seen, n, store);
	}
	store->until = clock_ms() + (told ? KEPT_MS : GIVEN_UP_MS);
}

static bool any_up(const struct cluster_seen *seen, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seen[i].phase == CLUSTER_UP)
			return true;
	return false;
}

void kube_usage(struct ctx *ctx, const char *engine, struct cluster_seen *seen, struct kube_pod *pods, size_t n)
{
	struct store *store = store_of(engine);

	if (!any_up(seen, n))
		return;
	if (clock_ms() >= store->until)
		renew(ctx, engine, seen, n, store);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < store->n && seen[i].phase == CLUSTER_UP; k++)
			if (same(store->at[k].space, pods[i].space) && same(store->at[k].name, pods[i].name)) {
				seen[i].used_cpu_milli = store->at[k].cpu;
				seen[i].used_memory_mb = store->at[k].mb;
			}
}
