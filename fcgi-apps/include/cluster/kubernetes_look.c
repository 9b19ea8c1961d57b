/* What runs on the cluster: see kubernetes.h. */
#include "cluster/kubernetes.h"

#include <string.h>

enum {
	CREATING_S = 2,         /* a pod that is being made for so long may have a reason that only events tell */
	USED_S = 3,             /* before that nobody has measured it */
	MOST_EVENTS_ASKED = 8,  /* pods of one list */
};

/* ---- events -------------------------------------------------------------------------------------------------------- */

static bool take_event(struct ctx *ctx, const struct json_object *event, void *arg)
{
	kube_event_read(ctx->arena, event, arg);
	return true;
}

/* A pod whose folder is missing waits for ever and says nothing: events do, the oldest first. Without them its state is as good as before. */
static void ask_events(struct ctx *ctx, const char *engine, const struct kube_pod *pod, struct cluster_seen *seen)
{
	const char *path = text(ctx->arena, "/api/v1/namespaces/%s/events?fieldSelector=%s", pod->space,
		kube_escape(ctx->arena, text(ctx->arena, "involvedObject.uid=%s", pod->uid)));

	if (!kube_each(ctx, engine, path, take_event, seen, NULL)) {
		log_line(ctx, "%s: no events (%s)", seen->id, ctx->error.detail != NULL ? ctx->error.detail : "");
		forget(ctx);
	}
}

static bool wants_events(const struct kube_pod *pod)
{
	return pod->creating && pod->since > 0 && now() - pod->since >= CREATING_S && pod->uid != NULL && strpbrk(pod->uid, ",=") == NULL;
}

/* ---- one, all ------------------------------------------------------------------------------------------------------ */

bool kube_look(struct ctx *ctx, const char *engine, const char *user, const char *id, struct cluster_seen *out)
{
	const char *path = kube_path(ctx, engine, user, "pods", id);
	struct kube_answer answer;
	struct kube_pod pod;

	*out = (struct cluster_seen){ .id = id, .user = user, .phase = CLUSTER_ABSENT, .used_cpu_milli = -1, .used_memory_mb = -1 };
	if (path == NULL || !kube_get(ctx, engine, path, 404, &answer))
		return false;
	if (answer.status == 404)
		return true;
	if (!kube_pod_read(ctx->arena, engine, answer.tree, out, &pod)) {
		*out = (struct cluster_seen){ .id = id, .user = user, .phase = CLUSTER_ABSENT, .used_cpu_milli = -1, .used_memory_mb = -1 };
		return true;
	}
	if (wants_events(&pod))
		ask_events(ctx, engine, &pod, out);
	if (out->started > 0 && now() - out->started >= USED_S)
		kube_usage(ctx, engine, out, &pod, 1);
	return true;
}

struct found { const char *engine; struct cluster_seen *at; struct kube_pod *pods; size_t n, room; };

static void grow(struct arena *arena, struct found *found)
{
	size_t room = found->room > 0 ? 2 * found->room : 64;
	struct cluster_seen *at = NEW_ARRAY(arena, struct cluster_seen, room);
	struct kube_pod *pods = NEW_ARRAY(arena, struct kube_pod, room);

	if (found->n > 0) {
		memcpy(at, found->at, found->n * sizeof *at);
		memcpy(pods, found->pods, found->n * sizeof *pods);
	}
	found->at = at;
	found->pods = pods;
	found->room = room;
}

static bool take_pod(struct ctx *ctx, const struct json_object *pod, void *arg)
{
	struct found *found = arg;

	if (found->n == found->room)
		grow(ctx->arena, found);
	if (kube_pod_read(ctx->arena, found->engine, pod, &found->at[found->n], &found->pods[found->n]))
		found->n++;
	return true;
}

bool kube_list(struct ctx *ctx, const char *engine, struct cluster_list *out)
{
	const char *path = text(ctx->arena, "/api/v1/pods?labelSelector=" MANIFEST_SITE "%%3D%s", cluster_site(ctx->arena));
	struct found found = { .engine = engine };
	int asked = 0;

	*out = (struct cluster_list){ 0 };
	if (!kube_each(ctx, engine, path, take_pod, &found, NULL))
		return false;
	for (size_t i = 0; i < found.n && asked < MOST_EVENTS_ASKED; i++)
		if (wants_events(&found.pods[i])) {
			ask_events(ctx, engine, &found.pods[i], &found.at[i]);
			asked++;
		}
	kube_usage(ctx, engine, found.at, found.pods, found.n);
	*out = (struct cluster_list){ found.at, found.n };
	return true;
}
