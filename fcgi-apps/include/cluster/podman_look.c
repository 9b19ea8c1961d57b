/* How apps are on podman: see podman.h. Labels of an image are the container's too, so what is ours is told by labels that the driver always sets. */
#include "cluster/podman.h"

#include "sched/slurm_json.h"

#include <string.h>
#include <time.h>

enum { KILLED = 137 };

/* "2026-11-29T06:18:05.109494625Z", or with "+09:00"; 0 for what is none, and for year 1, which podman says for never. */
static int64_t time_of(const char *value)
{
	struct tm parts = { 0 };
	const char *at = value != NULL ? strptime(value, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;
	int hours = 0, minutes = 0;
	int64_t when;

	if (at == NULL || parts.tm_year < 70)
		return 0;
	when = timegm(&parts);
	at += strcspn(at, "Z+-");
	if ((*at == '+' || *at == '-') && sscanf(at + 1, "%2d:%2d", &hours, &minutes) == 2)
		when -= (*at == '-' ? -1 : 1) * (hours * 3600LL + minutes * 60LL);
	return when;
}

static enum cluster_phase phase_of(const char *status)
{
	static const struct { const char *status; enum cluster_phase phase; } phases[] = {
		{ "configured", CLUSTER_WAITING }, { "created", CLUSTER_WAITING }, { "initialized", CLUSTER_STARTING }, { "running", CLUSTER_UP },
		{ "paused", CLUSTER_UP }, { "stopping", CLUSTER_STOPPING }, { "removing", CLUSTER_STOPPING }, { "stopped", CLUSTER_ENDED },
		{ "exited", CLUSTER_ENDED }, { "dead", CLUSTER_BROKEN },
	};

	for (size_t i = 0; i < COUNT(phases); i++)
		if (same(phases[i].status, status))
			return phases[i].phase;
	return CLUSTER_STARTING;
}

/* The address in the one network that it is in. */
static const char *address_of(struct arena *arena, const tree *container, int64_t port)
{
	const struct json_object *networks = slurm_member(slurm_member(container, "NetworkSettings"), "Networks");
	const char *address = NULL;

	if (!json_object_is_type(networks, json_type_object) || port <= 0)
		return NULL;
	json_object_object_foreach((struct json_object *)(uintptr_t)networks, name, network) {
		(void)name;
		if (address == NULL)
			address = slurm_text(arena, network, "IPAddress");
	}
	return address != NULL ? text(arena, "%s:%lld", address, (long long)port) : NULL;
}

/*
 * Why it ended. podman says "OOMKilled" only where conmon tells it, which the one of Debian 12 does not: a kill that nobody asked for, before the
 * time was over, is the kernel's for want of memory.
 */
static void read_end(const tree *container, const tree *state, int64_t finished, struct cluster_seen *out)
{
	int64_t most = slurm_int(slurm_member(container, "Config"), "Timeout", 0);

	out->exit_code = slurm_int(state, "ExitCode", 0);
	if (out->exit_code != 0 && most > 0 && out->started > 0 && finished - out->started >= most - 1)
		out->message = MSG("The app's time is over. Start it with a new end.");
	else if (out->exit_code == KILLED || slurm_int(state, "OOMKilled", 0) != 0) {
		out->out_of_memory = true;
		out->message = MSG("The app needed more memory than it was given and was ended. Start it with more.");
	} else if (out->exit_code != 0)
		out->message = MSG("The app ended by itself with an error. Its log tells more.");
}

bool podman_read(struct arena *arena, const tree *container, struct cluster_seen *out)
{
	const struct json_object *labels = slurm_member(slurm_member(container, "Config"), "Labels"), *state = slurm_member(container, "State");
	const char *id = slurm_text(arena, labels, MANIFEST_APP);

	*out = (struct cluster_seen){ .used_cpu_milli = -1, .used_memory_mb = -1 };
	if (!cluster_is_id(id) || !same(slurm_text(arena, labels, MANIFEST_SITE), cluster_site(arena)))
		return false;
	out->id = id;
	out->user = slurm_text(arena, labels, PODMAN_NOTE MANIFEST_USER);
	out->generation = slurm_int(labels, MANIFEST_GENERATION, 0);
	out->phase = phase_of(slurm_text(arena, state, "Status"));
	out->started = time_of(slurm_text(arena, state, "StartedAt"));
	out->digest = slurm_text(arena, container, "ImageDigest");
	if (out->phase == CLUSTER_UP)
		out->address = address_of(arena, container, slurm_int(labels, PODMAN_PORT, 0));
	if (out->phase == CLUSTER_ENDED || out->phase == CLUSTER_BROKEN)
		read_end(container, state, time_of(slurm_text(arena, state, "FinishedAt")), out);
	return out->user != NULL;
}

/* An answer that is none of podman's must not look like an app that has gone. */
static bool unreadable(struct ctx *ctx, const char *engine, const char *what)
{
	return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster sent an answer that cannot be read. Naru keeps asking."), "%s: no %s", engine, what);
}

bool podman_inspect(struct ctx *ctx, const char *engine, const char *user, const char *name, tree **out)
{
	struct podman_call call = { .method = "GET", .path = text(ctx->arena, "containers/%s/json", name) };
	struct podman_answer answer;
	struct cluster_seen seen;

	*out = NULL;
	if (!podman_call(ctx, engine, &call, 404, &answer))
		return false;
	if (answer.status == 404)
		return true;
	if (slurm_text(ctx->arena, slurm_member(answer.tree, "State"), "Status") == NULL || slurm_member(answer.tree, "Config") == NULL)
		return unreadable(ctx, engine, "container");
	if (podman_read(ctx->arena, answer.tree, &seen) && (user == NULL || same(seen.user, user)))
		*out = answer.tree;
	return true;
}

static void finish(struct ctx *ctx, const tree *container, struct cluster_seen *seen)
{
	if (seen->phase == CLUSTER_UP)
		podman_usage(ctx->arena, slurm_int(slurm_member(container, "State"), "Pid", 0), seen->id, seen);
}

bool podman_look(struct ctx *ctx, const char *engine, const char *user, const char *id, struct cluster_seen *out)
{
	tree *container;

	if (!podman_inspect(ctx, engine, user, cluster_name(ctx->arena, id), &container))
		return false;
	if (container == NULL || !podman_read(ctx->arena, container, out)) {
		*out = (struct cluster_seen){ .id = id, .user = user, .phase = CLUSTER_ABSENT, .used_cpu_milli = -1, .used_memory_mb = -1 };
		return true;
	}
	finish(ctx, container, out);
	return true;
}

/* One more of the list; one that was removed meanwhile is left out. */
static bool add_one(struct ctx *ctx, const char *engine, const struct json_object *from, struct cluster_seen *list, size_t *n)
{
	const char *name = slurm_text(ctx->arena, from, "Names");
	tree *container;

	if (name == NULL)
		return unreadable(ctx, engine, "name of a container");
	if (!starts_with(name, "naru-") || !cluster_is_id(name + 5))
		return true;
	if (!podman_inspect(ctx, engine, NULL, name, &container))
		return false;
	if (container != NULL && podman_read(ctx->arena, container, &list[*n]) && same(list[*n].id, name + 5))
		finish(ctx, container, &list[(*n)++]);
	return true;
}

bool podman_list(struct ctx *ctx, const char *engine, struct cluster_list *out)
{
	const char *const labels[] = { text(ctx->arena, MANIFEST_SITE "=%s", cluster_site(ctx->arena)) };
	struct podman_call call = { .method = "GET" };
	struct podman_answer answer;
	struct cluster_seen *list;
	size_t n = 0, all;

	call.path = podman_filtered(ctx->arena, "containers/json?all=true", "label", labels, COUNT(labels));
	if (!podman_call(ctx, engine, &call, 0, &answer))
		return false;
	if (!json_object_is_type(answer.tree, json_type_array))
		return unreadable(ctx, engine, "list of containers");
	all = slurm_length(answer.tree);
	list = NEW_ARRAY(ctx->arena, struct cluster_seen, all + 1);
	for (size_t i = 0; i < all; i++)
		if (!add_one(ctx, engine, slurm_at(answer.tree, i), list, &n))
			return false;
	*out = (struct cluster_list){ list, n };
	return true;
}
