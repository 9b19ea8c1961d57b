/* An app as a Pod: see manifest.h. */
#include "cluster/manifest.h"

#include "cluster/driver.h"
#include "cluster/tree.h"

#include <string.h>

/* Each $ twice, which is a single one to the process. */
static const char *as_is(struct arena *arena, const char *value)
{
	struct buf out;

	buf_in(&out, arena);
	for (; *value != '\0'; value++) {
		if (*value == '$')
			buf_char(&out, '$');
		buf_char(&out, *value);
	}
	return buf_cstr(&out);
}

/* ---- its parts ---------------------------------------------------------------------------------------------------- */

static void metadata(struct arena *arena, tree *pod, const struct cluster_app *app)
{
	tree *meta = tree_put_object(pod, "metadata"), *labels, *notes;

	tree_put_text(meta, "name", cluster_name(arena, app->id));
	labels = tree_put_object(meta, "labels");
	tree_put_text(labels, MANIFEST_APP, app->id);
	tree_put_text(labels, MANIFEST_USER, cluster_label(arena, app->who.user));
	tree_put_text(labels, MANIFEST_GENERATION, text(arena, "%lld", (long long)app->generation));
	tree_put_text(labels, MANIFEST_SITE, cluster_site(arena));
	notes = tree_put_object(meta, "annotations");
	tree_put_text(notes, MANIFEST_USER, app->who.user);
	tree_put_text(notes, MANIFEST_NAME, app->name != NULL ? app->name : "");
	tree_put_text(notes, MANIFEST_OFFER, app->offer != NULL ? app->offer : "");
}

static bool has_volume(const struct cluster_app *app)
{
	for (size_t i = 0; i < app->n_mounts; i++)
		if (app->mounts[i].volume)
			return true;
	return false;
}

static void pod_security(tree *spec, const struct cluster_app *app)
{
	tree *security = tree_put_object(spec, "securityContext"), *groups;

	tree_put_int(security, "runAsUser", app->who.uid);
	tree_put_int(security, "runAsGroup", app->who.gid);
	groups = tree_put_list(security, "supplementalGroups");
	for (size_t i = 0; i < app->who.n_groups; i++)
		tree_add_int(groups, app->who.groups[i]);
	tree_put_bool(security, "runAsNonRoot", true);
	tree_put_text(tree_put_object(security, "seccompProfile"), "type", "RuntimeDefault");
	if (has_volume(app)) {
		tree_put_int(security, "fsGroup", app->who.gid); /* else a new volume is root's */
		tree_put_text(security, "fsGroupChangePolicy", "OnRootMismatch");
	}
}

static bool is_set(const struct cluster_app *app, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < app->environment.n; i++)
		if (strncmp(app->environment.at[i], name, n) == 0 && app->environment.at[i][n] == '=')
			return true;
	return false;
}

static void add_variable(struct arena *arena, tree *list, const char *name, const char *value)
{
	tree *one = tree_add_object(list);

	tree_put_text(one, "name", name);
	tree_put_text(one, "value", as_is(arena, value));
}

static void environment(struct arena *arena, tree *container, const struct cluster_app *app)
{
	const char *const own[][2] = { { "HOME", app->home }, { "USER", app->who.user }, { "LOGNAME", app->who.user } };
	tree *list = tree_put_list(container, "env"), *one, *from;

	for (size_t i = 0; i < COUNT(own); i++)
		if (!empty(own[i][1]) && !is_set(app, own[i][0]))
			add_variable(arena, list, own[i][0], own[i][1]);
	for (size_t i = 0; i < app->environment.n; i++) {
		const char *at = app->environment.at[i];
		size_t n = strcspn(at, "=");

		add_variable(arena, list, arena_copy(arena, at, n), at[n] == '=' ? at + n + 1 : "");
	}
	if (empty(app->secret_env))
		return;
	one = tree_add_object(list);
	tree_put_text(one, "name", app->secret_env);
	from = tree_put_object(tree_put_object(one, "valueFrom"), "secretKeyRef");
	tree_put_text(from, "name", cluster_name(arena, app->id));
	tree_put_text(from, "key", MANIFEST_SECRET_KEY);
}

static void resources(struct arena *arena, tree *container, const char *engine, const struct cluster_app *app)
{
	static const char *const both[] = { "requests", "limits" };
	tree *in = tree_put_object(container, "resources");

	for (size_t i = 0; i < COUNT(both); i++) {
		tree *one = tree_put_object(in, both[i]);

		tree_put_text(one, "cpu", text(arena, "%lldm", (long long)app->cpu_milli));
		tree_put_text(one, "memory", text(arena, "%lldMi", (long long)app->memory_mb));
		if (app->gpus > 0)
			tree_put_text(one, cluster_setting(NULL, engine, "gpu-resource"), text(arena, "%lld", (long long)app->gpus));
	}
}

static void container_security(tree *container)
{
	tree *security = tree_put_object(container, "securityContext");

	tree_put_bool(security, "privileged", false);
	tree_put_bool(security, "allowPrivilegeEscalation", false);
	tree_put_bool(security, "readOnlyRootFilesystem", true);
	tree_add_text(tree_put_list(tree_put_object(security, "capabilities"), "drop"), "ALL");
}

/* ---- volumes --------------------------------------------------------------------------------------------------------- */

struct folders { tree *mounts, *volumes; };

/* A mount and its volume of the same name. */
static tree *add_mount(const struct folders *to, const char *name, const char *target, bool read_only)
{
	tree *mount = tree_add_object(to->mounts), *volume = tree_add_object(to->volumes);

	tree_put_text(mount, "name", name);
	tree_put_text(mount, "mountPath", target);
	if (read_only)
		tree_put_bool(mount, "readOnly", true);
	tree_put_text(volume, "name", name);
	return volume;
}

static void add_source(struct arena *arena, const struct folders *to, const struct cluster_mount *from, size_t i)
{
	tree *volume = add_mount(to, text(arena, from->volume ? "volume-%zu" : "place-%zu", i), from->target, from->read_only), *source;

	if (from->volume) {
		tree_put_text(tree_put_object(volume, "persistentVolumeClaim"), "claimName", from->source);
		return;
	}
	source = tree_put_object(volume, "hostPath");
	tree_put_text(source, "path", from->source);
	tree_put_text(source, "type", "Directory"); /* one that is missing is an error, not made */
}

/* Memory of the app: no more than half of what it may have, each. */
static void add_tmpfs(struct arena *arena, const struct folders *to, const struct cluster_app *app, size_t i)
{
	tree *source = tree_put_object(add_mount(to, text(arena, "tmpfs-%zu", i), app->tmpfs.at[i], false), "emptyDir");

	tree_put_text(source, "medium", "Memory");
	tree_put_text(source, "sizeLimit", text(arena, "%lldMi", (long long)(app->memory_mb > 1 ? app->memory_mb / 2 : 1)));
}

/* One key of the app's Secret as a file. */
static void add_file(struct arena *arena, const struct folders *to, const struct cluster_app *app, const char *key, const char *target)
{
	tree *volume = add_mount(to, key, target, true), *source = tree_put_object(volume, "secret"), *mount, *item;

	mount = json_object_array_get_idx(to->mounts, json_object_array_length(to->mounts) - 1);
	tree_put_text(mount, "subPath", key);
	tree_put_text(source, "secretName", cluster_name(arena, app->id));
	tree_put_int(source, "defaultMode", 0444); /* it is root's; in the app's own name space there is only the user */
	item = tree_add_object(tree_put_list(source, "items"));
	tree_put_text(item, "key", key);
	tree_put_text(item, "path", key);
}

static void folders(struct arena *arena, tree *spec, tree *container, const struct cluster_app *app)
{
	struct folders to = { tree_put_list(container, "volumeMounts"), tree_put_list(spec, "volumes") };

	for (size_t i = 0; i < app->n_mounts; i++)
		add_source(arena, &to, &app->mounts[i], i);
	for (size_t i = 0; i < app->tmpfs.n; i++)
		add_tmpfs(arena, &to, app, i);
	if (!empty(app->secret_file))
		add_file(arena, &to, app, MANIFEST_SECRET_KEY, app->secret_file);
	if (!empty(app->base_file))
		add_file(arena, &to, app, MANIFEST_BASE_KEY, app->base_file);
}

/* ---- the Pod -------------------------------------------------------------------------------------------------------------- */

static void container_of(struct arena *arena, tree *spec, const char *engine, const struct cluster_app *app)
{
	tree *container = tree_add_object(tree_put_list(spec, "containers"));

	tree_put_text(container, "name", "app");
	tree_put_text(container, "image", app->image);
	tree_put_text(container, "imagePullPolicy", same(cluster_setting(NULL, engine, "pull"), "yes") ? "IfNotPresent" : "Never");
	if (app->command.n > 0) {
		tree *command = tree_put_list(container, "command");

		for (size_t i = 0; i < app->command.n; i++)
			tree_add_text(command, as_is(arena, app->command.at[i]));
	}
	if (!empty(app->folder))
		tree_put_text(container, "workingDir", app->folder);
	environment(arena, container, app);
	if (app->port > 0) {
		tree *port = tree_add_object(tree_put_list(container, "ports"));

		tree_put_int(port, "containerPort", app->port);
		tree_put_text(port, "protocol", "TCP");
	}
	resources(arena, container, engine, app);
	container_security(container);
	folders(arena, spec, container, app);
}

struct json_object *cluster_manifest(struct ctx *ctx, const char *engine, const struct cluster_app *app)
{
	int64_t left = app->ends > 0 ? app->ends - now() : 0;
	tree *pod, *spec;

	if (app->ends > 0 && left <= 0) {
		(void)fail(ctx, KIND_INVALID, tr(ctx, "The app's time is over. Start it with a new end."), "manifest: ends %lld s ago", (long long)-left);
		return NULL;
	}
	pod = tree_new(ctx->arena);
	tree_put_text(pod, "apiVersion", "v1");
	tree_put_text(pod, "kind", "Pod");
	metadata(ctx->arena, pod, app);
	spec = tree_put_object(pod, "spec");
	tree_put_text(spec, "restartPolicy", "Never");
	tree_put_bool(spec, "automountServiceAccountToken", false);
	tree_put_bool(spec, "enableServiceLinks", false);
	if (left > 0)
		tree_put_int(spec, "activeDeadlineSeconds", left);
	pod_security(spec, app);
	container_of(ctx->arena, spec, engine, app);
	return pod;
}
