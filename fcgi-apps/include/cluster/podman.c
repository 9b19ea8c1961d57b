/*
 * podman as the engine of one machine: its REST interface on a unix socket that only the deployer may open, since who opens it is root.
 *
 * It has no GPUs here, volumes without a limit to their size, and no limits of a user: what all apps of a user may have is the deployer's to count.
 */
#include "cluster/podman.h"

#include "sched/slurm_json.h"

static const struct cluster_setting settings[] = {
	{ "socket", "Path of the unix socket of podman system service", "/run/podman/podman.sock", false },
	{ "network", "Network of all apps, when users have none of their own", "podman", false },
	{ "user-networks", "Addresses from which each user gets a network, as 10.200.0.0/16; then apps of two users cannot reach each other", "", false },
	{ "processes", "Most processes and threads of an app", "4096", false },
	{ "pull-minutes", "With pull = yes: how long fetching an image may take", "30", false },
	{ "log-kib", "Most that is kept of what an app writes, in KiB", "1024", false },
};

static bool health(struct ctx *ctx, const char *engine, struct cluster_health *out)
{
	struct podman_call call = { .method = "GET", .path = "info" };
	struct podman_answer answer;
	const struct json_object *host;

	if (!podman_call(ctx, engine, &call, 0, &answer))
		return false;
	host = slurm_member(answer.tree, "host");
	out->cpu_milli = slurm_int(host, "cpus", 0) * 1000;
	out->memory_mb = slurm_int(host, "memTotal", 0) >> 20;
	out->version = slurm_text(ctx->arena, slurm_member(answer.tree, "version"), "Version");
	if (out->cpu_milli > 0 && out->memory_mb > 0 && out->version != NULL)
		return true;
	return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster sent an answer that cannot be read. Naru keeps asking."), "%s: no cpus in info", engine);
}

static bool prepare(struct ctx *ctx, const char *engine, const struct cluster_user *who, const struct cluster_limits *limits)
{
	(void)limits;
	return podman_network_make(ctx, engine, who->user);
}

static bool image(struct ctx *ctx, const char *engine, const char *reference, bool *found, const char **digest)
{
	struct podman_call call = { .method = "GET", .path = text(ctx->arena, "images/%s/json", reference) };
	struct podman_answer answer;

	if (!podman_call(ctx, engine, &call, 404, &answer))
		return false;
	*found = answer.status == 200;
	*digest = slurm_text(ctx->arena, answer.tree, "Digest");
	return true;
}

/* In one network all reach each other. */
static unsigned cannot(const char *engine)
{
	return empty(podman_setting(engine, "user-networks")) ? CLUSTER_CAN_ISOLATE : 0;
}

const struct cluster_driver podman_driver = {
	.name = "podman",
	.settings = settings, .n_settings = COUNT(settings),
	.can = CLUSTER_CAN_ISOLATE | CLUSTER_CAN_DEADLINE | CLUSTER_CAN_USAGE | CLUSTER_CAN_VOLUME | CLUSTER_CAN_PULL | CLUSTER_CAN_WATCH,
	.health = health, .prepare = prepare, .fetch = podman_fetch, .run = podman_run, .stop = podman_stop, .look = podman_look, .list = podman_list, .wait = podman_wait,
	.log = podman_log, .image = image,
	.volume_make = podman_volume_make, .volume_remove = podman_volume_remove, .volumes = podman_volumes,
	.cannot = cannot,
};
