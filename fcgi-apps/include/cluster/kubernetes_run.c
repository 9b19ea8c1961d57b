/*
 * Putting an app on the cluster and taking it off: see kubernetes.h. All objects have the app's name, so a call that arrives twice does no harm, and what
 * an earlier try left is found by it. Secret and Service are made before the Pod and belong to it afterwards, so that nothing stays behind
 * when somebody else deletes the Pod.
 */
#include "cluster/kubernetes.h"

#include "sched/slurm_json.h"

enum { FIRST_WAIT_MS = 30, LONGEST_WAIT_MS = 500, LATE_MS = 3000, EARLY_MS = 150, EARLY_S = 20, PRESET_MS = 30000 };

typedef struct json_object tree;

static const char *const kinds[] = { "pods", "services", "secrets" };

/* ---- taking it off ------------------------------------------------------------------------------------------------- */

static bool removed(struct ctx *ctx, const char *engine, const char *path)
{
	struct kube_answer answer;

	return kube_call(ctx, engine, &(struct kube_call){ .method = "DELETE", .path = path }, 404, &answer);
}

/* All of its processes have ended, as the node says. `late`: the node knew for long enough that it must not start what it had not. */
static bool is_dead(const tree *pod, bool late)
{
	const tree *states = kube_at(pod, "status containerStatuses");

	for (size_t i = 0; i < slurm_length(states); i++) {
		const tree *state = kube_at(slurm_at(states, i), "state");

		if (kube_at(state, "terminated") == NULL && !(late && kube_at(state, "waiting") != NULL))
			return false;
	}
	return slurm_length(states) > 0 || kube_is(pod, "status phase", "Failed") || kube_is(pod, "status phase", "Succeeded");
}

/* A node takes some ten seconds to tidy up before it lets go of a pod whose processes are long gone. Nobody needs to wait for that. */
static bool let_go(struct ctx *ctx, const char *engine, const char *path, const tree *pod)
{
	struct kube_call call = { .method = "DELETE", .path = path, .body = json_object_new_object() };
	const char *uid = kube_text(ctx->arena, pod, "metadata uid");
	struct kube_answer answer;
	bool good;

	kube_put_text(call.body, "apiVersion", "v1");
	kube_put_text(call.body, "kind", "DeleteOptions");
	kube_put_int(call.body, "gracePeriodSeconds", 0);
	if (uid != NULL)
		kube_put_text(call.body, "preconditions uid", uid);
	good = kube_send(ctx, engine, &call, &answer);
	json_object_put(call.body);
	if (!good)
		return false;
	return answer.status == 404 || answer.status == 409 || (answer.status >= 200 && answer.status < 300) || kube_refused(ctx, &answer.fault);
}

static bool wait_until_gone(struct ctx *ctx, const char *engine, const char *path, int grace)
{
	int64_t begun = clock_ms();

	for (int wait = FIRST_WAIT_MS;; wait = wait * 3 / 2 > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : wait * 3 / 2) {
		struct kube_answer answer;

		if (!kube_get(ctx, engine, path, 404, &answer))
			return false;
		if (answer.status == 404)
			return true;
		if (is_dead(answer.tree, clock_ms() - begun > 1000LL * grace + LATE_MS) && !let_go(ctx, engine, path, answer.tree))
			return false;
		if (!kube_pause(ctx, wait))
			return fail(ctx, KIND_TIMEOUT, tr(ctx, "The app has not ended in time. Naru keeps trying."), "%s is still there", path);
	}
}

static bool take_off(struct ctx *ctx, const char *engine, const char *user, const char *id, int grace)
{
	const char *paths[COUNT(kinds)];

	for (size_t i = 0; i < COUNT(kinds); i++) {
		paths[i] = kube_path(ctx, engine, user, kinds[i], id);
		if (paths[i] == NULL)
			return false;
	}
	grace = grace > 0 ? grace : 1;
	if (!removed(ctx, engine, text(ctx->arena, "%s?gracePeriodSeconds=%d", paths[0], grace)))
		return false;
	for (size_t i = 1; i < COUNT(kinds); i++)
		if (!removed(ctx, engine, paths[i]))
			return false;
	return wait_until_gone(ctx, engine, paths[0], grace);
}

/* Within the context's deadline, or a preset one. */
static bool take_off_in_time(struct ctx *ctx, const char *engine, const char *user, const char *id, int grace)
{
	int64_t kept = ctx->deadline;
	bool good;

	if (ctx->deadline == 0)
		ctx->deadline = clock_ms() + PRESET_MS;
	good = take_off(ctx, engine, user, id, grace);
	ctx->deadline = kept;
	return good;
}

bool kube_stop(struct ctx *ctx, const char *engine, const char *user, const char *id, int grace)
{
	return take_off_in_time(ctx, engine, user, id, grace);
}

/* ---- its parts ------------------------------------------------------------------------------------------------------- */

/* One app on its way. */
struct making { const char *engine, *user, *id, *space; const struct cluster_app *app; const char *address, *uid; };

/* A new object of this kind and the app's name. `uid`: the Pod that it belongs to. */
static tree *part(struct arena *arena, const struct making *m, const char *kind)
{
	tree *made = kube_new(arena, "v1", kind, cluster_name(arena, m->id)), *owners, *owner;

	kube_label(arena, made, m->user);
	kube_put_text(made, "metadata labels " MANIFEST_APP, m->id);
	if (m->uid == NULL)
		return made;
	owner = json_object_new_object();
	kube_put_text(owner, "apiVersion", "v1");
	kube_put_text(owner, "kind", "Pod");
	kube_put_text(owner, "name", cluster_name(arena, m->id));
	kube_put_text(owner, "uid", m->uid);
	owners = json_object_new_array();
	if (json_object_array_add(owners, owner) != 0)
		die("kubernetes: no memory");
	kube_put(made, "metadata ownerReferences", owners);
	return made;
}

/* What is there under the name is of an earlier try, and may just be on its way out with its Pod: it is never taken over. */
static bool make(struct ctx *ctx, const struct making *m, const char *kind, tree *object, struct kube_answer *answer)
{
	const char *path = kube_path(ctx, m->engine, m->user, kind, m->id);
	struct kube_call call = { .method = "POST", .body = object,
		.path = text(ctx->arena, "/api/v1/namespaces/%s/%s?fieldManager=naru&fieldValidation=Strict", m->space, kind) };

	for (int i = 0;; i++) {
		if (path == NULL || !kube_call(ctx, m->engine, &call, i < 2 ? 409 : 0, answer))
			return false;
		if (answer->status != 409)
			return true;
		if (!removed(ctx, m->engine, path))
			return false;
	}
}

static tree *secret_object(struct arena *arena, const struct making *m)
{
	tree *secret = part(arena, m, "Secret");

	kube_put_text(secret, "type", "Opaque");
	if (m->app->secret != NULL)
		kube_put_text(secret, "stringData " MANIFEST_SECRET_KEY, m->app->secret);
	if (!empty(m->app->base_file))
		kube_put_text(secret, "stringData " MANIFEST_BASE_KEY, m->app->base);
	return secret;
}

static bool has_secret(const struct cluster_app *app)
{
	return (app->secret != NULL && (!empty(app->secret_env) || !empty(app->secret_file))) || !empty(app->base_file);
}

static bool has_service(const struct making *m)
{
	return m->app->port > 0 && !same(kube_setting(m->engine, "reach"), "pod");
}

static tree *service_object(struct arena *arena, const struct making *m, bool on_nodes)
{
	tree *service = part(arena, m, "Service"), *ports = json_object_new_array(), *port = json_object_new_object();

	kube_put_text(service, "spec type", on_nodes ? "NodePort" : "ClusterIP");
	kube_put_text(service, "spec selector " MANIFEST_APP, m->id);
	kube_put_text(port, "name", "app");
	kube_put_text(port, "protocol", "TCP");
	kube_put_int(port, "port", m->app->port);
	kube_put_int(port, "targetPort", m->app->port);
	if (json_object_array_add(ports, port) != 0)
		die("kubernetes: no memory");
	kube_put(service, "spec ports", ports);
	kube_put(service, "spec publishNotReadyAddresses", json_object_new_boolean(true));
	return service;
}

static bool make_service(struct ctx *ctx, struct making *m)
{
	bool on_nodes = same(kube_setting(m->engine, "reach"), "nodeport");
	struct kube_answer answer;
	const char *ip;

	if (!make(ctx, m, "services", service_object(ctx->arena, m, on_nodes), &answer))
		return false;
	ip = kube_text(ctx->arena, answer.tree, "spec clusterIP");
	if (on_nodes)
		m->address = text(ctx->arena, ":%lld", (long long)kube_int(answer.tree, "spec ports 0 nodePort", 0));
	else if (ip != NULL && !same(ip, "None"))
		m->address = kube_address(ctx->arena, ip, m->app->port);
	return m->address != NULL || fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster gave the app no address. Try again in a moment."), "a service without address");
}

/* ---- the Pod ------------------------------------------------------------------------------------------------------------ */

/* Nobody knows whether it was made. */
static bool uncertain(struct ctx *ctx, const char *detail)
{
	forget(ctx);
	return fail(ctx, KIND_TIMEOUT, tr(ctx, "The cluster did not confirm the app. It may start all the same; Naru looks."), "%s", detail);
}

/* Sends the Pod until the namespace is complete. 409 is for the caller. */
static bool send_pod(struct ctx *ctx, const struct making *m, tree *pod, struct kube_answer *answer)
{
	struct kube_call call = { .method = "POST", .body = pod,
		.path = text(ctx->arena, "/api/v1/namespaces/%s/pods?fieldManager=naru&fieldValidation=Strict", m->space) };
	int64_t last = clock_ms() + EARLY_S * 1000;

	for (;;) {
		if (!kube_send(ctx, m->engine, &call, answer))
			return answer->sent ? uncertain(ctx, ctx->error.detail != NULL ? ctx->error.detail : "no answer") : false;
		if (kube_too_early(&answer->fault) && clock_ms() < last && kube_pause(ctx, EARLY_MS))
			continue;
		if (answer->status == 409 || (answer->status >= 200 && answer->status < 300))
			return true;
		if (answer->status == 500 || answer->status == 504)
			return uncertain(ctx, answer->fault.message != NULL ? answer->fault.message : "no reason");
		return kube_refused(ctx, &answer->fault);
	}
}

/* From now on Secret and Service go with the Pod. A failure is no reason to stop the app: kube_stop() removes them, too. */
static void give_to_pod(struct ctx *ctx, struct making *m, const tree *pod)
{
	const char *service = kube_path(ctx, m->engine, m->user, "services", m->id), *secret = kube_path(ctx, m->engine, m->user, "secrets", m->id);
	struct kube_answer answer;
	bool good = true;

	m->uid = kube_text(ctx->arena, pod, "metadata uid");
	if (m->uid == NULL)
		return;
	if (has_service(m))
		good = kube_call(ctx, m->engine, &(struct kube_call){ .method = "PATCH", .path = service, .type = KUBE_MERGE,
			.body = part(ctx->arena, m, "Service") }, 0, &answer);
	if (good && has_secret(m->app))
		good = kube_call(ctx, m->engine, &(struct kube_call){ .method = "PUT", .path = secret, .body = secret_object(ctx->arena, m) }, 0, &answer);
	if (!good) {
		log_line(ctx, "%s: %s (%s)", m->id, ctx->error.message, ctx->error.detail != NULL ? ctx->error.detail : "");
		forget(ctx);
	}
}

static bool make_app(struct ctx *ctx, struct making *m, tree *pod, bool *again)
{
	struct kube_answer answer;

	*again = false;
	if (has_secret(m->app) && !make(ctx, m, "secrets", secret_object(ctx->arena, m), &answer))
		return false;
	if (has_service(m) && !make_service(ctx, m))
		return false;
	if (m->address != NULL)
		kube_put_text(pod, "metadata annotations " KUBE_ADDRESS, m->address);
	if (!send_pod(ctx, m, pod, &answer))
		return false;
	*again = answer.status == 409;
	if (!*again)
		give_to_pod(ctx, m, answer.tree);
	return true;
}

static bool set_groups(struct ctx *ctx, const struct making *m, tree *pod)
{
	bool strict;

	if (!kube_strict_groups(ctx, m->engine, &strict))
		return false;
	if (strict)
		kube_put_text(pod, "spec securityContext supplementalGroupsPolicy", "Strict");
	return true;
}

/* A claim that is missing would keep the Pod waiting for ever. */
static bool has_volumes(struct ctx *ctx, const struct making *m)
{
	for (size_t i = 0; i < m->app->n_mounts; i++) {
		const struct cluster_mount *mount = &m->app->mounts[i];
		struct kube_answer answer;

		if (!mount->volume)
			continue;
		if (!kube_get(ctx, m->engine, text(ctx->arena, "/api/v1/namespaces/%s/persistentvolumeclaims/%s", m->space, mount->source), 404, &answer))
			return false;
		if (answer.status == 404)
			return fail(ctx, KIND_INVALID, tr(ctx, "A volume of the app does not exist on this cluster. Leave it out, or make it first."), "%s", mount->source);
	}
	return true;
}

/* What is there already? *same: this very generation, which lives. Anything else is removed. */
static bool clear_place(struct ctx *ctx, const struct making *m, bool *is_there)
{
	const char *path = kube_path(ctx, m->engine, m->user, "pods", m->id);
	struct kube_answer answer;

	*is_there = false;
	if (path == NULL || !kube_get(ctx, m->engine, path, 404, &answer))
		return false;
	if (answer.status == 404)
		return true;
	if (!kube_is_ours(answer.tree, ctx->arena))
		return fail(ctx, KIND_CONFLICT, tr(ctx, "The cluster has something else of this name. Delete the app and make a new one."),
			"%s is not of this site", path);
	*is_there = kube_is(answer.tree, "metadata labels " MANIFEST_GENERATION, text(ctx->arena, "%lld", (long long)m->app->generation)) &&
		kube_at(answer.tree, "metadata deletionTimestamp") == NULL;
	return *is_there || take_off_in_time(ctx, m->engine, m->user, m->id, 1);
}

bool kube_run(struct ctx *ctx, const char *engine, const struct cluster_app *app)
{
	struct making m = { .engine = engine, .user = app->who.user, .id = app->id, .app = app, .space = kube_namespace(ctx->arena, engine, app->who.user) };
	tree *pod = cluster_manifest(ctx, engine, app);
	bool again = true;

	for (int i = 0; i < 3 && pod != NULL && again; i++) {
		bool is_there;

		if (!clear_place(ctx, &m, &is_there))
			return false;
		if (is_there)
			return true;
		if (!has_volumes(ctx, &m) || !set_groups(ctx, &m, pod) || !make_app(ctx, &m, pod, &again))
			return false;
	}
	if (pod != NULL && again)
		return fail(ctx, KIND_CONFLICT, tr(ctx, "It changed on the cluster meanwhile. Try again."), "the pod is always there again");
	return pod != NULL;
}
