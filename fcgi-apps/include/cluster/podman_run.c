/* Putting an app on podman, and removing it: see podman.h. */
#include "cluster/podman.h"

#include "sched/slurm_json.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* ---- removing --------------------------------------------------------------------------------------------------------- */

/* Its volumes in memory; a user's own have no label of an app. */
static bool remove_volumes(struct ctx *ctx, const char *engine, const char *id)
{
	const char *const labels[] = { text(ctx->arena, MANIFEST_APP "=%s", id), text(ctx->arena, MANIFEST_SITE "=%s", cluster_site(ctx->arena)) };
	struct podman_call list = { .method = "GET" }, call = { .method = "DELETE" };
	struct podman_answer found, answer;

	list.path = podman_filtered(ctx->arena, "volumes/json", "label", labels, COUNT(labels));
	if (!podman_call(ctx, engine, &list, 0, &found))
		return false;
	for (size_t i = 0; i < slurm_length(found.tree); i++) {
		const char *name = slurm_text(ctx->arena, slurm_at(found.tree, i), "Name");

		if (name == NULL || !starts_with(name, text(ctx->arena, "%s-tmpfs-", cluster_name(ctx->arena, id))))
			continue;
		call.path = text(ctx->arena, "volumes/%s", name);
		if (!podman_call(ctx, engine, &call, 404, &answer))
			return false;
	}
	return true;
}

const char *podman_base_name(struct arena *arena, const char *id)
{
	return text(arena, "%s-" MANIFEST_BASE_KEY, cluster_name(arena, id));
}

static bool remove_secret(struct ctx *ctx, const char *engine, const char *name)
{
	struct podman_call call = { .method = "DELETE", .path = text(ctx->arena, "secrets/%s", name) };
	struct podman_answer answer;

	return podman_call(ctx, engine, &call, 404, &answer);
}

/* All of an app but for its container. */
static bool remove_rest(struct ctx *ctx, const char *engine, const char *id)
{
	return remove_secret(ctx, engine, cluster_name(ctx->arena, id)) && remove_secret(ctx, engine, podman_base_name(ctx->arena, id))
		&& remove_volumes(ctx, engine, id);
}

static bool remove_container(struct ctx *ctx, const char *engine, const char *id, int grace)
{
	struct podman_call call = { .method = "DELETE" };
	struct podman_answer answer;

	call.path = text(ctx->arena, "containers/%s?force=true&v=true&timeout=%d", cluster_name(ctx->arena, id), grace);
	return podman_call(ctx, engine, &call, 404, &answer);
}

/* The name belongs to somebody else. */
static bool is_foreign(struct ctx *ctx, const char *engine, const char *user, const char *name, tree **mine, bool *foreign)
{
	struct podman_call call = { .method = "GET", .path = text(ctx->arena, "containers/%s/exists", name), .plain = true };
	struct podman_answer answer;

	*foreign = false;
	if (!podman_inspect(ctx, engine, user, name, mine))
		return false;
	if (*mine != NULL)
		return true;
	if (!podman_call(ctx, engine, &call, 404, &answer))
		return false;
	*foreign = answer.status != 404;
	return true;
}

bool podman_stop(struct ctx *ctx, const char *engine, const char *user, const char *id, int grace)
{
	bool foreign;
	tree *mine;

	if (!is_foreign(ctx, engine, user, cluster_name(ctx->arena, id), &mine, &foreign))
		return false;
	if (foreign)
		return true;
	return (mine == NULL || remove_container(ctx, engine, id, grace)) && remove_rest(ctx, engine, id);
}

/* ---- what must be there ------------------------------------------------------------------------------------------------- */

/* podman looks again as root; this one sees what the deployer may see, and that it is a folder. */
static bool check_folders(struct ctx *ctx, tree *folders)
{
	struct stat is;

	for (size_t i = 0; i < json_object_array_length(folders); i++) {
		const char *path = podman_text_of(json_object_array_get_idx(folders, i));
		bool seen = lstat(path, &is) == 0;

		if ((!seen && (errno == ENOENT || errno == ENOTDIR)) || (seen && !S_ISDIR(is.st_mode)))
			return fail(ctx, KIND_INVALID, tr(ctx, "A folder of the app does not exist on this cluster. Leave it out, or make it first."), "%s", path);
	}
	return true;
}

static bool check_claims(struct ctx *ctx, const char *engine, tree *claims)
{
	struct podman_call call = { .method = "GET", .plain = true };
	struct podman_answer answer;

	for (size_t i = 0; i < json_object_array_length(claims); i++) {
		const char *name = podman_text_of(json_object_array_get_idx(claims, i));

		call.path = text(ctx->arena, "volumes/%s/exists", name);
		if (!podman_call(ctx, engine, &call, 404, &answer))
			return false;
		if (answer.status == 404)
			return fail(ctx, KIND_INVALID, tr(ctx, "A volume of the app does not exist on this cluster. Leave it out, or make it first."), "%s", name);
	}
	return true;
}

/* ---- running ------------------------------------------------------------------------------------------------------------- */

static bool make_volumes(struct ctx *ctx, const char *engine, tree *volumes)
{
	struct podman_call call = { .method = "POST", .path = "volumes/create" };
	struct podman_answer answer;

	for (size_t i = 0; i < json_object_array_length(volumes); i++) {
		call.body = json_object_array_get_idx(volumes, i);
		if (!podman_call(ctx, engine, &call, 0, &answer))
			return false;
	}
	return true;
}

static bool make_secret(struct ctx *ctx, const char *engine, const char *name, const char *secret)
{
	struct podman_call call = {
		.method = "POST", .path = text(ctx->arena, "secrets/create?name=%s", name),
		.raw = { (const unsigned char *)secret, secret != NULL ? strlen(secret) : 0 },
	};
	struct podman_answer answer;

	return secret == NULL || podman_call(ctx, engine, &call, 0, &answer);
}

static bool start(struct ctx *ctx, const char *engine, const char *id)
{
	struct podman_call call = { .method = "POST", .path = text(ctx->arena, "containers/%s/start", cluster_name(ctx->arena, id)), .plain = true };
	struct podman_answer answer;

	return podman_call(ctx, engine, &call, 304, &answer);
}

/* What was made before the failure goes away again, but not when nobody knows how it ended. */
static bool undo(struct ctx *ctx, const char *engine, const char *id)
{
	struct error why = ctx->error;

	if (why.kind == KIND_TIMEOUT)
		return false;
	forget(ctx);
	if (!remove_container(ctx, engine, id, 0) || !remove_rest(ctx, engine, id))
		log_line(ctx, "%s: %s was not removed: %s", engine, id, ctx->error.detail != NULL ? ctx->error.detail : "");
	ctx->error = why;
	return false;
}

static bool make(struct ctx *ctx, const char *engine, const struct cluster_app *app, const struct podman_plan *plan)
{
	struct podman_call call = { .method = "POST", .path = "containers/create", .body = plan->create };
	struct podman_answer answer;

	if (!make_volumes(ctx, engine, plan->volumes) || !make_secret(ctx, engine, cluster_name(ctx->arena, app->id), plan->secret)
		|| !make_secret(ctx, engine, podman_base_name(ctx->arena, app->id), plan->base) || !podman_send(ctx, engine, &call, &answer))
		return undo(ctx, engine, app->id);
	if (podman_said(&answer, "already in use")) /* a call of before that nobody waited for has made it just now */
		return fail(ctx, KIND_TIMEOUT, tr(ctx, "The cluster did not answer in time. Naru looks again."), "podman: %s", answer.message);
	if (answer.status != 201)
		podman_refused(ctx, &answer);
	return (answer.status == 201 && start(ctx, engine, app->id)) || undo(ctx, engine, app->id);
}

static bool is_generation(struct ctx *ctx, tree *container, int64_t generation, bool *waits)
{
	struct cluster_seen seen;

	*waits = false;
	if (!podman_read(ctx->arena, container, &seen))
		return false;
	*waits = seen.phase == CLUSTER_WAITING;
	return seen.generation == generation;
}

/* Left by an earlier generation, or half made by a process that was killed. */
static bool clear(struct ctx *ctx, const char *engine, const char *id, tree *container)
{
	return (container == NULL || remove_container(ctx, engine, id, 0)) && remove_rest(ctx, engine, id);
}

bool podman_run(struct ctx *ctx, const char *engine, const struct cluster_app *app)
{
	const char *name = cluster_name(ctx->arena, app->id);
	struct podman_plan plan;
	tree *pod = cluster_manifest(ctx, engine, app), *mine;
	bool foreign, waits;

	if (pod == NULL || !podman_plan(ctx, engine, app, pod, &plan) || !is_foreign(ctx, engine, app->who.user, name, &mine, &foreign))
		return false;
	if (foreign)
		return fail(ctx, KIND_CONFLICT, tr(ctx, "The cluster has something else of this name. Delete the app and make a new one."), "podman: %s", name);
	if (mine != NULL && is_generation(ctx, mine, app->generation, &waits))
		return !waits || start(ctx, engine, app->id);
	if (!check_folders(ctx, plan.folders) || !podman_network_make(ctx, engine, app->who.user) || !check_claims(ctx, engine, plan.claims) ||
		!clear(ctx, engine, app->id, mine))
		return false;
	return make(ctx, engine, app, &plan);
}
