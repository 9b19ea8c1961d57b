/* What a pod's status and its events say: see kubernetes.h. */
#include "cluster/kubernetes.h"

#include "sched/slurm_json.h"

#include <string.h>

static const char no_image[] = MSG("The image was not found. Check its name, or ask the administrators for it.");
static const char no_folder[] = MSG("A folder of the app does not exist on this cluster. Leave it out, or make it first.");
static const char no_program[] = MSG("The image does not have the program that the app starts. Choose another image.");
static const char cannot_start[] = MSG("The cluster cannot start the app as it is described. Check its image, or tell the administrators.");
static const char needs_root[] = MSG("The image wants to run as root, which is not allowed here. Choose another image.");

/* What the cluster says while the container does not run. `words` in its message (NULL: any); `over`: it will never run. */
static const struct reason { const char *reason, *words; bool over; const char *sentence; } reasons[] = {
	{ "ErrImageNeverPull", NULL, true, no_image },
	{ "InvalidImageName", NULL, true, MSG("The name of the image is wrong. Correct it.") },
	{ "ErrImagePull", "not found", true, no_image },
	{ "ErrImagePull", "manifest unknown", true, no_image },
	{ "ErrImagePull", "denied", true, MSG("The image does not exist, or the cluster may not fetch it. Check its name, or choose another.") },
	{ "ErrImagePull", "nauthorized", true, MSG("The image does not exist, or the cluster may not fetch it. Check its name, or choose another.") },
	{ "ErrImagePull", NULL, false, MSG("The image cannot be fetched now. The cluster keeps trying.") },
	{ "ImagePullBackOff", NULL, false, MSG("The image cannot be fetched now. The cluster keeps trying.") },
	{ "ImageInspectError", NULL, true, MSG("The image is damaged. Tell the administrators.") },
	{ "RegistryUnavailable", NULL, false, MSG("The image cannot be fetched now. The cluster keeps trying.") },
	{ "CreateContainerConfigError", "runAsNonRoot", true, needs_root },
	{ "CreateContainerConfigError", "will run as root", true, needs_root },
	{ "CreateContainerConfigError", "not found", false, MSG("The cluster waits for the app's secret.") },
	{ "CreateContainerConfigError", NULL, true, cannot_start },
	{ "CreateContainerError", "no such file", true, no_program },
	{ "CreateContainerError", "not found", true, no_program },
	{ "CreateContainerError", NULL, true, cannot_start },
	{ "RunContainerError", "no such file", true, no_program },
	{ "RunContainerError", "not found", true, no_program },
	{ "RunContainerError", NULL, true, cannot_start },
	{ "PostStartHookError", NULL, true, cannot_start },
	{ "CrashLoopBackOff", NULL, true, MSG("The app's program ends again and again. Its log may tell why.") },
};

/* Without a sentence: what an earlier one said is over. */
static const struct event { const char *reason, *words; bool over; const char *sentence; } events[] = {
	{ "Pulling", NULL, false, MSG("The node is fetching the image. Large ones take minutes, the first time.") },
	{ "Pulled", NULL, false, NULL },
	{ "FailedMount", "hostPath type check failed", true, no_folder },
	{ "FailedMount", "no such file", true, no_folder },
	{ "FailedMount", "does not exist", true, no_folder },
	{ "FailedMount", NULL, false, MSG("A folder or volume of the app cannot be reached yet. The cluster keeps trying.") },
	{ "FailedAttachVolume", NULL, false, MSG("A folder or volume of the app cannot be reached yet. The cluster keeps trying.") },
	{ "FailedCreatePodSandBox", NULL, false, MSG("The node has difficulty starting the app. The cluster keeps trying.") },
	{ "FailedCreatePodContainer", NULL, false, MSG("The node has difficulty starting the app. The cluster keeps trying.") },
};

static bool holds(const char *where, const char *words)
{
	return where != NULL && strstr(where, words) != NULL;
}

/* ---- why it waits ------------------------------------------------------------------------------------------------------- */

static void waits_for_place(struct arena *arena, const char *engine, const struct json_object *condition, struct cluster_seen *out)
{
	const char *gpu = kube_setting(engine, "gpu-resource");

	out->detail = kube_text(arena, condition, "message");
	if (!kube_is(condition, "reason", "Unschedulable"))
		out->message = MSG("The cluster has not chosen a node yet.");
	else if (holds(out->detail, "/gpu") || (gpu != NULL && holds(out->detail, gpu)))
		out->message = MSG("No node has so many GPUs free. It starts when there are; or stop it and ask for fewer.");
	else if (holds(out->detail, "Insufficient memory"))
		out->message = MSG("No node has so much memory free. It starts when there is; or stop it and ask for less.");
	else if (holds(out->detail, "Insufficient cpu"))
		out->message = MSG("No node has so many CPUs free. It starts when there are; or stop it and ask for fewer.");
	else if (holds(out->detail, "persistentvolumeclaim") || holds(out->detail, "PersistentVolumeClaims"))
		out->message = MSG("The app's volume is not there yet. It starts when it is.");
	else
		out->message = MSG("No node has room for this now. It starts when there is; or stop it and ask for less.");
}

static void why_waiting(struct arena *arena, const struct json_object *waiting, struct cluster_seen *out)
{
	const char *words = kube_text(arena, waiting, "message");

	for (size_t i = 0; i < COUNT(reasons); i++) {
		const struct reason *reason = &reasons[i];

		if (!kube_is(waiting, "reason", reason->reason) || (reason->words != NULL && !holds(words, reason->words)))
			continue;
		out->phase = reason->over ? CLUSTER_BROKEN : CLUSTER_STARTING;
		out->message = reason->sentence;
		out->detail = words != NULL ? words : reason->reason;
		return;
	}
}

static const struct json_object *condition_of(const struct json_object *pod, const char *type)
{
	const struct json_object *list = kube_at(pod, "status conditions");

	for (size_t i = 0; i < slurm_length(list); i++)
		if (kube_is(slurm_at(list, i), "type", type))
			return slurm_at(list, i);
	return NULL;
}

static void read_pending(struct arena *arena, const char *engine, const struct json_object *pod, struct cluster_seen *out, struct kube_pod *more)
{
	const struct json_object *place = condition_of(pod, "PodScheduled"), *waiting = kube_at(pod, "status containerStatuses 0 state waiting");

	out->phase = CLUSTER_WAITING;
	if (out->node == NULL) {
		if (kube_is(place, "status", "False"))
			waits_for_place(arena, engine, place, out);
		return;
	}
	out->phase = CLUSTER_STARTING;
	more->since = kube_time(kube_text(arena, place, "lastTransitionTime"));
	more->creating = waiting == NULL || kube_is(waiting, "reason", "ContainerCreating") || kube_is(waiting, "reason", "PodInitializing");
	why_waiting(arena, waiting, out);
}

void kube_event_read(struct arena *arena, const struct json_object *event, struct cluster_seen *out)
{
	const char *words = kube_text(arena, event, "message");

	for (size_t i = 0; i < COUNT(events) && out->phase != CLUSTER_BROKEN; i++) {
		if (!kube_is(event, "reason", events[i].reason) || (events[i].words != NULL && !holds(words, events[i].words)))
			continue;
		if (events[i].over)
			out->phase = CLUSTER_BROKEN;
		out->message = events[i].sentence;
		out->detail = events[i].sentence != NULL ? words : NULL;
		return;
	}
}

/* ---- how it ended ------------------------------------------------------------------------------------------------------- */

static void read_ended(struct arena *arena, const struct json_object *pod, const struct json_object *terminated, struct cluster_seen *out)
{
	const char *reason = kube_text(arena, pod, "status reason"), *words = kube_text(arena, pod, "status message");

	out->phase = CLUSTER_ENDED;
	out->exit_code = kube_int(terminated, "exitCode", 0);
	out->out_of_memory = kube_is(terminated, "reason", "OOMKilled");
	out->detail = words;
	if (out->out_of_memory) {
		out->message = MSG("The app needed more memory than it was given and was ended. Start it with more.");
	} else if (same(reason, "DeadlineExceeded")) {
		out->message = MSG("The app's time is over. Start it with a new end.");
	} else if (same(reason, "Evicted") || same(reason, "Preempting")) {
		out->phase = CLUSTER_BROKEN;
		out->message = MSG("The node had no more room for it and ended it. Start it again.");
	} else if (same(reason, "NodeLost") || same(reason, "NodeShutdown") || same(reason, "Shutdown") || same(reason, "Terminated")) {
		out->phase = CLUSTER_BROKEN;
		out->message = MSG("Its node has failed or was shut down. Start it again.");
	} else if (kube_is(terminated, "reason", "ContainerCannotRun") || kube_is(terminated, "reason", "StartError")) {
		out->phase = CLUSTER_BROKEN;
		out->detail = kube_text(arena, terminated, "message");
		out->message = holds(out->detail, "no such file") || holds(out->detail, "not found") ? no_program : cannot_start;
	} else if (terminated == NULL && kube_is(pod, "status phase", "Failed")) {
		out->phase = CLUSTER_BROKEN;
		out->message = MSG("The cluster could not run it. Start it again, or choose another cluster.");
		if (words == NULL)
			out->detail = reason;
	} else if (terminated != NULL && out->exit_code != 0) {
		out->message = MSG("The app ended by itself with an error. Its log tells more.");
		out->detail = kube_text(arena, terminated, "message");
	}
}

/* ---- where it is reached -------------------------------------------------------------------------------------------------- */

const char *kube_address(struct arena *arena, const char *host, int64_t port)
{
	if (host == NULL || port <= 0 || port > 65535)
		return NULL;
	return strchr(host, ':') != NULL ? text(arena, "[%s]:%lld", host, (long long)port) : text(arena, "%s:%lld", host, (long long)port);
}

static const char *address_of(struct arena *arena, const char *engine, const struct json_object *pod)
{
	const char *kept = kube_text(arena, pod, "metadata annotations " KUBE_ADDRESS), *node;
	int64_t port;

	if (same(kube_setting(engine, "reach"), "pod"))
		return kube_address(arena, kube_text(arena, pod, "status podIP"), kube_int(pod, "spec containers 0 ports 0 containerPort", 0));
	if (kept == NULL || kept[0] != ':')
		return kept;
	node = kube_setting(engine, "node-address");
	if (empty(node))
		node = kube_text(arena, pod, "status hostIP");
	return parse_int(kept + 1, 1, 65535, &port) ? kube_address(arena, node, port) : NULL;
}

static const char *digest_of(struct arena *arena, const struct json_object *pod)
{
	const char *id = kube_text(arena, pod, "status containerStatuses 0 imageID"), *at = id != NULL ? strstr(id, "sha256:") : NULL;

	return at != NULL && strlen(at) == 71 && strspn(at + 7, "0123456789abcdef") == 64 ? at : NULL;
}

/* ---- a pod ------------------------------------------------------------------------------------------------------------------ */

static bool whose(struct arena *arena, const char *engine, const struct json_object *pod, struct cluster_seen *out, struct kube_pod *more)
{
	const char *generation = kube_text(arena, pod, "metadata labels " MANIFEST_GENERATION);

	out->id = kube_text(arena, pod, "metadata labels " MANIFEST_APP);
	out->user = kube_text(arena, pod, "metadata annotations " MANIFEST_USER);
	more->name = kube_text(arena, pod, "metadata name");
	more->space = kube_text(arena, pod, "metadata namespace");
	more->uid = kube_text(arena, pod, "metadata uid");
	if (!kube_is_ours(pod, arena) || !cluster_is_id(out->id) || out->user == NULL || !parse_int(generation, 0, INT64_MAX, &out->generation))
		return false;
	return same(more->name, cluster_name(arena, out->id)) && same(more->space, kube_namespace(arena, engine, out->user));
}

bool kube_pod_read(struct arena *arena, const char *engine, const struct json_object *pod, struct cluster_seen *out, struct kube_pod *more)
{
	const struct json_object *state = kube_at(pod, "status containerStatuses 0 state");
	const struct json_object *running = slurm_member(state, "running"), *terminated = slurm_member(state, "terminated");
	bool over = kube_is(pod, "status phase", "Failed") || kube_is(pod, "status phase", "Succeeded");

	*out = (struct cluster_seen){ .used_cpu_milli = -1, .used_memory_mb = -1 };
	*more = (struct kube_pod){ 0 };
	if (!whose(arena, engine, pod, out, more))
		return false;
	out->node = kube_text(arena, pod, "spec nodeName");
	out->digest = digest_of(arena, pod);
	out->started = kube_time(kube_text(arena, running != NULL ? running : terminated, "startedAt"));
	if (over || terminated != NULL) {
		read_ended(arena, pod, terminated, out);
	} else if (kube_is(pod, "status phase", "Running") && slurm_member(state, "waiting") == NULL) {
		out->phase = CLUSTER_UP;
		out->address = address_of(arena, engine, pod);
	} else {
		read_pending(arena, engine, pod, out, more);
	}
	if (!over && kube_at(pod, "metadata deletionTimestamp") != NULL) {
		out->phase = CLUSTER_STOPPING;
		out->address = NULL;
	}
	return true;
}
