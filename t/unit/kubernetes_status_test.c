/*
 * States of pods and what users read of them. The pods are as a cluster of 1.20 told them, cut to what is read.
 * flags: -It
 */
#include "kubernetes_site.h"
#include "tap.h"

static struct cluster_seen seen;
static struct kube_pod more;

#define META "\"metadata\":{\"name\":\"naru-abcdefghij\",\"namespace\":\"naru-alice\",\"uid\":\"u-1\",\"labels\":{\"naru.app\":\"abcdefghij\"," \
	"\"naru.generation\":\"3\",\"naru.site\":\"naru.example\",\"naru.user\":\"alice\"},\"annotations\":{\"naru.user\":\"alice\",\"naru.address\":\"10.96.0.7:8888\"}"
#define POD(spec, status) "{" META "},\"spec\":{\"containers\":[{\"name\":\"app\",\"ports\":[{\"containerPort\":8888}]}]" spec "},\"status\":{" status "}}"
#define ON_NODE ",\"nodeName\":\"naru1\""
#define PLACED "\"conditions\":[{\"type\":\"Initialized\",\"status\":\"True\"},{\"type\":\"PodScheduled\",\"status\":\"True\",\"lastTransitionTime\":" \
	"\"2026-11-20T01:02:03Z\"}],"
#define WAITING(reason, message) \
	"\"phase\":\"Pending\"," PLACED "\"containerStatuses\":[{\"name\":\"app\",\"state\":{\"waiting\":{\"reason\":\"" reason "\",\"message\":\"" message "\"}}}]"
#define UNPLACED(message) \
	"\"phase\":\"Pending\",\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":\"Unschedulable\",\"message\":\"" message "\"}]"
#define ENDED(phase, terminated) "\"phase\":\"" phase "\",\"containerStatuses\":[{\"name\":\"app\",\"state\":{\"terminated\":{" terminated "}}}]"

static const struct { const char *what, *pod; enum cluster_phase phase; const char *begins, *detail; } rows[] = {
	{ "just made", POD("", "\"phase\":\"Pending\""), CLUSTER_WAITING, NULL, NULL },
	{ "no GPU", POD("", UNPLACED("0/1 nodes are available: 1 Insufficient nvidia.com/gpu.")), CLUSTER_WAITING, "No node has so many GPUs", "0/1 nodes" },
	{ "no memory", POD("", UNPLACED("0/1 nodes are available: 1 Insufficient memory.")), CLUSTER_WAITING, "No node has so much memory", "0/1 nodes" },
	{ "no CPU", POD("", UNPLACED("0/1 nodes are available: 1 Insufficient cpu.")), CLUSTER_WAITING, "No node has so many CPUs", "0/1 nodes" },
	{ "no volume", POD("", UNPLACED("persistentvolumeclaim \\\"one\\\" not found")), CLUSTER_WAITING, "The app's volume is not there", "persistentvolumeclaim" },
	{ "unbound volume", POD("", UNPLACED("0/1 nodes are available: 1 pod has unbound immediate PersistentVolumeClaims.")), CLUSTER_WAITING,
		"The app's volume is not there", "0/1" },
	{ "taint", POD("", UNPLACED("0/1 nodes are available: 1 node(s) had taint {x: }, that the pod didn't tolerate.")), CLUSTER_WAITING, "No node has room", "0/1" },
	{ "on a node", POD(ON_NODE, "\"phase\":\"Pending\"," PLACED "\"x\":1"), CLUSTER_STARTING, NULL, NULL },
	{ "being made", POD(ON_NODE, WAITING("ContainerCreating", "")), CLUSTER_STARTING, NULL, NULL },
	{ "never pulled", POD(ON_NODE, WAITING("ErrImageNeverPull", "Container image \\\"localhost/x:1\\\" is not present with pull policy of Never")), CLUSTER_BROKEN,
		"The image was not found", "Container image" },
	{ "no image", POD(ON_NODE, WAITING("ErrImagePull", "rpc error: code = NotFound desc = failed to pull: docker.io/library/nosuch:1: not found")), CLUSTER_BROKEN,
		"The image was not found", "rpc error" },
	{ "no right", POD(ON_NODE, WAITING("ErrImagePull", "pull access denied, repository does not exist or may require authorization")), CLUSTER_BROKEN,
		"The image does not exist, or", "pull access" },
	{ "registry away", POD(ON_NODE, WAITING("ErrImagePull", "dial tcp: lookup registry.example: no such host")), CLUSTER_STARTING, "The image cannot be fetched", "dial" },
	{ "again later", POD(ON_NODE, WAITING("ImagePullBackOff", "Back-off pulling image \\\"x\\\"")), CLUSTER_STARTING, "The image cannot be fetched", "Back-off" },
	{ "wrong name", POD(ON_NODE, WAITING("InvalidImageName", "Failed to apply default image tag \\\"X:\\\"")), CLUSTER_BROKEN, "The name of the image is wrong", "Failed" },
	{ "root image", POD(ON_NODE, WAITING("CreateContainerConfigError", "container has runAsNonRoot and image will run as root")), CLUSTER_BROKEN,
		"The image wants to run as root", "container has" },
	{ "no secret", POD(ON_NODE, WAITING("CreateContainerConfigError", "secret \\\"naru-x\\\" not found")), CLUSTER_STARTING, "The cluster waits for the app's", "secret" },
	{ "no program", POD(ON_NODE, WAITING("RunContainerError", "exec: \\\"nosuch\\\": executable file not found in $PATH")), CLUSTER_BROKEN,
		"The image does not have the program", "exec" },
	{ "runs", POD(ON_NODE, "\"phase\":\"Running\",\"podIP\":\"10.244.0.3\",\"containerStatuses\":[{\"ready\":true,\"imageID\":\"sha256:"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"state\":{\"running\":{\"startedAt\":\"2026-11-20T01:02:03Z\"}}}]"), CLUSTER_UP, NULL, NULL },
	{ "ended well", POD(ON_NODE, ENDED("Succeeded", "\"exitCode\":0,\"reason\":\"Completed\"")), CLUSTER_ENDED, NULL, NULL },
	{ "ended badly", POD(ON_NODE, ENDED("Failed", "\"exitCode\":3,\"reason\":\"Error\"")), CLUSTER_ENDED, "The app ended by itself", NULL },
	{ "ending", POD(ON_NODE, ENDED("Running", "\"exitCode\":3,\"reason\":\"Error\"")), CLUSTER_ENDED, "The app ended by itself", NULL },
	{ "too much memory", POD(ON_NODE, ENDED("Failed", "\"exitCode\":137,\"reason\":\"OOMKilled\"")), CLUSTER_ENDED, "The app needed more memory", NULL },
	{ "time over", POD(ON_NODE, "\"phase\":\"Failed\",\"reason\":\"DeadlineExceeded\",\"message\":\"Pod was active on the node longer than the specified deadline\""),
		CLUSTER_ENDED, "The app's time is over", "Pod was active" },
	{ "evicted", POD(ON_NODE, "\"phase\":\"Failed\",\"reason\":\"Evicted\",\"message\":\"The node was low on resource: memory.\""), CLUSTER_BROKEN,
		"The node had no more room", "The node was low" },
	{ "node gone", POD(ON_NODE, "\"phase\":\"Failed\",\"reason\":\"NodeLost\",\"message\":\"x\""), CLUSTER_BROKEN, "Its node has failed", "x" },
	{ "refused", POD(ON_NODE, "\"phase\":\"Failed\",\"reason\":\"OutOfcpu\""), CLUSTER_BROKEN, "The cluster could not run it", "OutOfcpu" },
	{ "not started", POD(ON_NODE, ENDED("Failed", "\"exitCode\":128,\"reason\":\"StartError\",\"message\":\"exec: no\"")), CLUSTER_BROKEN, "The cluster cannot start", "exec" },
	{ "stopping", "{" META ",\"deletionTimestamp\":\"2026-11-20T01:02:03Z\"},\"status\":{\"phase\":\"Running\",\"podIP\":\"10.1.1.1\"}}", CLUSTER_STOPPING, NULL, NULL },
	{ "nothing known", POD("", ""), CLUSTER_WAITING, NULL, NULL },
	{ "strange", POD("", "\"phase\":7,\"conditions\":{\"a\":1},\"containerStatuses\":[[]]"), CLUSTER_WAITING, NULL, NULL },
};

static bool read_pod(struct ctx *ctx, const char *json)
{
	return kube_pod_read(ctx->arena, "kube", tree_of(ctx, json), &seen, &more);
}

static void test_rows(struct ctx *ctx)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!ok(read_pod(ctx, rows[i].pod), "%s", rows[i].what))
			continue;
		is_int(seen.phase, rows[i].phase, "its phase");
		ok(rows[i].begins != NULL ? seen.message != NULL && starts_with(seen.message, rows[i].begins) : seen.message == NULL, "%s: %s", rows[i].what,
			seen.message != NULL ? seen.message : "no message");
		ok(rows[i].detail != NULL ? seen.detail != NULL && starts_with(seen.detail, rows[i].detail) : seen.detail == NULL, "%s: %s", rows[i].what,
			seen.detail != NULL ? seen.detail : "no detail");
		ok((seen.address != NULL) == (seen.phase == CLUSTER_UP), "an address only while it runs");
		ok(same(seen.id, "abcdefghij") && same(seen.user, "alice") && seen.generation == 3 && seen.used_cpu_milli == -1, "whose it is");
		is_int(more.creating, same(rows[i].what, "on a node") || same(rows[i].what, "being made"), "whether events may tell more");
	}
}

static void test_facts(struct ctx *ctx)
{
	read_pod(ctx, rows[18].pod);
	is(seen.address, "10.96.0.7:8888", "the service's address");
	is(seen.node, "naru1", "the node");
	is_int(seen.started, 1795136523, "when it began");
	is(seen.digest, "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "the image's digest");
	read_pod(ctx, rows[20].pod);
	is_int(seen.exit_code, 3, "the exit code");
	read_pod(ctx, rows[22].pod);
	ok(seen.out_of_memory && seen.exit_code == 137, "out of memory");
	read_pod(ctx, rows[8].pod);
	is_int(more.since, 1795136523, "since when it is being made");
}

/* Pods that are not ours, or that somebody put where they would be taken for another user's. */
static void test_foreign(struct ctx *ctx)
{
	static const char *const changes[][2] = { { "naru.example", "other.example" }, { "abcdefghij\",\"naru.gen", "ABC\",\"naru.gen" }, { "\"3\"", "\"x\"" },
		{ "namespace\":\"naru-alice", "namespace\":\"naru-mallory" }, { "name\":\"naru-abcdefghij", "name\":\"naru-bbbbbbbbbb" },
		{ "annotations\":{\"naru.user\":\"alice\"", "annotations\":{\"naru.user\":\"bob\"" }, { "annotations\":{\"naru.user\":\"alice\",", "annotations\":{" } };

	for (size_t i = 0; i < COUNT(changes); i++) {
		const char *at = strstr(rows[18].pod, changes[i][0]);

		ok(at != NULL && !read_pod(ctx, text(ctx->arena, "%.*s%s%s", (int)(at - rows[18].pod), rows[18].pod, changes[i][1], at + strlen(changes[i][0]))), "%s",
			changes[i][1]);
	}
}

static void test_events(struct ctx *ctx)
{
	static const struct { const char *event; enum cluster_phase phase; const char *begins; } events[] = {
		{ "{\"reason\":\"FailedMount\",\"message\":\"MountVolume.SetUp failed for volume \\\"place-0\\\" : hostPath type check failed: /nosuch is not a directory\"}",
			CLUSTER_BROKEN, "A folder of the app does not exist" },
		{ "{\"reason\":\"FailedMount\",\"message\":\"Unable to attach or mount volumes: timed out waiting for the condition\"}", CLUSTER_STARTING,
			"A folder or volume of the app cannot be reached" },
		{ "{\"reason\":\"FailedCreatePodSandBox\",\"message\":\"x\"}", CLUSTER_STARTING, "The node has difficulty" },
		{ "{\"reason\":\"Pulling\",\"message\":\"Pulling image \\\"far.example/x:1\\\"\"}", CLUSTER_STARTING, "The node is fetching the image" },
		{ "{\"reason\":\"Pulled\",\"message\":\"x\"}", CLUSTER_STARTING, NULL },
		{ "{\"reason\":\"Scheduled\",\"message\":\"x\"}", CLUSTER_STARTING, NULL },
		{ "{}", CLUSTER_STARTING, NULL }, { "{\"reason\":7,\"message\":[]}", CLUSTER_STARTING, NULL },
	};

	for (size_t i = 0; i < COUNT(events); i++) {
		read_pod(ctx, rows[8].pod);
		kube_event_read(ctx->arena, tree_of(ctx, events[i].event), &seen);
		is_int(seen.phase, events[i].phase, "%s", events[i].event);
		ok(events[i].begins == NULL ? seen.message == NULL : seen.message != NULL && starts_with(seen.message, events[i].begins), "%s",
			seen.message != NULL ? seen.message : "no message");
	}
}

static void test_reach(struct ctx *ctx)
{
	kubernetes_site(ctx, "reach = pod\n");
	read_pod(ctx, rows[18].pod);
	is(seen.address, "10.244.0.3:8888", "reach = pod: the pod's own address");
	is(kube_address(ctx->arena, "fd00::3", 80), "[fd00::3]:80", "of IPv6");
	ok(kube_address(ctx->arena, "10.0.0.1", 0) == NULL && kube_address(ctx->arena, NULL, 80) == NULL, "without a port or an address there is none");
	kubernetes_site(ctx, "reach = nodeport\n");
	read_pod(ctx, "{" META ",\"x\":1},\"status\":{\"phase\":\"Running\",\"hostIP\":\"10.0.0.9\"}}");
	is(seen.address, "10.96.0.7:8888", "reach = nodeport with an address of before");
	read_pod(ctx, "{\"metadata\":{\"name\":\"naru-abcdefghij\",\"namespace\":\"naru-alice\",\"labels\":{\"naru.app\":\"abcdefghij\",\"naru.generation\":\"3\","
		"\"naru.site\":\"naru.example\"},\"annotations\":{\"naru.user\":\"alice\",\"naru.address\":\":31234\"}},\"status\":{\"phase\":\"Running\",\"hostIP\":\"10.0.0.9\"}}");
	is(seen.address, "10.0.0.9:31234", "the node's address");
	kubernetes_site(ctx, "reach = nodeport\nnode-address = 10.5.5.5\n");
	read_pod(ctx, "{\"metadata\":{\"name\":\"naru-abcdefghij\",\"namespace\":\"naru-alice\",\"labels\":{\"naru.app\":\"abcdefghij\",\"naru.generation\":\"3\","
		"\"naru.site\":\"naru.example\"},\"annotations\":{\"naru.user\":\"alice\",\"naru.address\":\":31234\"}},\"status\":{\"phase\":\"Running\",\"hostIP\":\"10.0.0.9\"}}");
	is(seen.address, "10.5.5.5:31234", "or the one that is set");
}

int main(void)
{
	struct ctx ctx = { .arena = arena_new(0) };

	kubernetes_site(&ctx, "");
	test_rows(&ctx);
	test_facts(&ctx);
	test_foreign(&ctx);
	test_events(&ctx);
	test_reach(&ctx);
	arena_free(ctx.arena);
	return done_testing();
}
