/*
 * The Pod as the body of containers/create. Each field is taken by a row below; a field without a row is refused, since podman itself would
 * ignore it: a limit that is not held is worse than an app that does not start.
 */
#include "cluster/podman.h"

#include <stdlib.h>
#include <string.h>

enum { PERIOD = 100000 /* µs */, MIB = 1 << 20 };

bool podman_unknown(struct podman_make *make, const char *what)
{
	return fail(make->ctx, KIND_INTERNAL, tr(make->ctx, "The app cannot be started as it is described. Tell the administrators."),
		"podman: cannot hold %s of the manifest", what);
}

bool podman_take(struct podman_make *make, tree *object, const struct podman_row *rows, size_t n)
{
	if (!json_object_is_type(object, json_type_object))
		return podman_unknown(make, "what is no object");
	json_object_object_foreach(object, key, value) {
		size_t i = 0;

		while (i < n && !same(rows[i].key, key))
			i++;
		if (i == n)
			return podman_unknown(make, key);
		if (!rows[i].take(make, value, rows[i].want))
			return false;
	}
	return true;
}

bool podman_must_be(struct podman_make *make, tree *value, const char *want)
{
	return same((const char *)cluster_json_text(make->ctx->arena, value).at, want) || podman_unknown(make, want);
}

bool podman_pass(struct podman_make *make, tree *value, const char *want)
{
	(void)make;
	(void)value;
	(void)want;
	return true;
}

const char *podman_text_of(tree *value)
{
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

#define TAKE(make, object, rows) podman_take((make), (object), (rows), COUNT(rows))

/* ---- names and labels ------------------------------------------------------------------------------------------------ */

static bool take_text(struct podman_make *make, tree *value, const char *want)
{
	tree_put_text(make->plan->create, want, podman_text_of(value));
	return true;
}

/* `want` goes in front of their names. */
static bool take_labels(struct podman_make *make, tree *value, const char *want)
{
	tree *labels = NULL;

	if (!json_object_object_get_ex(make->plan->create, "labels", &labels))
		labels = tree_put_object(make->plan->create, "labels");
	json_object_object_foreach(value, key, one)
		tree_put_text(labels, text(make->ctx->arena, "%s%s", want, key), podman_text_of(one));
	return true;
}

static bool take_metadata(struct podman_make *make, tree *value, const char *want)
{
	static const struct podman_row rows[] = {
		{ "name", take_text, "name" }, { "labels", take_labels, "" }, { "annotations", take_labels, PODMAN_NOTE },
	};

	(void)want;
	return TAKE(make, value, rows);
}

/* ---- who and how long --------------------------------------------------------------------------------------------------- */

static bool take_deadline(struct podman_make *make, tree *value, const char *want)
{
	(void)want;
	tree_put_int(make->plan->create, "timeout", json_object_get_int64(value));
	return true;
}

static bool take_groups(struct podman_make *make, tree *value, const char *want)
{
	tree *groups = tree_put_list(make->plan->create, "groups");

	(void)want;
	for (size_t i = 0; i < json_object_array_length(value); i++)
		tree_add_text(groups, text(make->ctx->arena, "%lld", (long long)json_object_get_int64(json_object_array_get_idx(value, i))));
	return true;
}

/* uid and gid are one text to podman; cluster.c lets no 0 get here, which is all of runAsNonRoot. fsGroup is for volumes, which get both ids. */
static bool take_pod_security(struct podman_make *make, tree *value, const char *want)
{
	static const struct podman_row rows[] = {
		{ "runAsUser", podman_pass, NULL }, { "runAsGroup", podman_pass, NULL }, { "supplementalGroups", take_groups, NULL },
		{ "runAsNonRoot", podman_must_be, "true" }, { "seccompProfile", podman_must_be, "{\"type\":\"RuntimeDefault\"}" },
		{ "fsGroup", podman_pass, NULL }, { "fsGroupChangePolicy", podman_pass, NULL },
	};
	int64_t uid = json_object_get_int64(json_object_object_get(value, "runAsUser"));
	int64_t gid = json_object_get_int64(json_object_object_get(value, "runAsGroup"));

	(void)want;
	if (uid <= 0 || gid <= 0)
		return podman_unknown(make, "an app of root");
	tree_put_text(make->plan->create, "user", text(make->ctx->arena, "%lld:%lld", (long long)uid, (long long)gid));
	return TAKE(make, value, rows);
}

/* ---- the container ---------------------------------------------------------------------------------------------------------- */

/* "$$" is "$" to the process; a single one would be a variable to Kubernetes. NULL: there is one. */
static const char *single(struct arena *arena, const char *value)
{
	struct buf out;

	buf_in(&out, arena);
	for (; *value != '\0'; value++) {
		if (*value == '$' && *++value != '$')
			return NULL;
		buf_char(&out, *value);
	}
	return buf_cstr(&out);
}

static bool take_command(struct podman_make *make, tree *value, const char *want)
{
	tree *words = tree_put_list(make->plan->create, "entrypoint");

	(void)want;
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		const char *word = single(make->ctx->arena, podman_text_of(json_object_array_get_idx(value, i)));

		if (word == NULL)
			return podman_unknown(make, "a variable in command");
		tree_add_text(words, word);
	}
	return true;
}

/* A variable with a value, or the one with the secret, which comes from the app itself. */
static bool take_variable(struct podman_make *make, tree *one, tree *env)
{
	struct arena *arena = make->ctx->arena;
	const char *secret = text(arena, "{\"secretKeyRef\":{\"name\":\"%s\",\"key\":\"" MANIFEST_SECRET_KEY "\"}}", cluster_name(arena, make->app->id));
	const struct podman_row rows[] = { { "name", podman_pass, NULL }, { "value", podman_pass, NULL }, { "valueFrom", podman_must_be, secret } };
	const char *name = podman_text_of(json_object_object_get(one, "name"));
	bool given = json_object_object_get(one, "valueFrom") != NULL;
	const char *value = given ? make->app->secret : single(arena, podman_text_of(json_object_object_get(one, "value")));

	if (given && !same(name, make->app->secret_env))
		return podman_unknown(make, "valueFrom");
	if (value == NULL)
		return podman_unknown(make, "a variable in env");
	tree_put_text(env, name, value);
	return TAKE(make, one, rows);
}

static bool take_env(struct podman_make *make, tree *value, const char *want)
{
	tree *env = tree_put_object(make->plan->create, "env");

	(void)want;
	for (size_t i = 0; i < json_object_array_length(value); i++)
		if (!take_variable(make, json_object_array_get_idx(value, i), env))
			return false;
	return true;
}

static bool take_ports(struct podman_make *make, tree *value, const char *want)
{
	tree *port = json_object_array_get_idx(value, 0), *labels = tree_new(make->ctx->arena);
	static const struct podman_row rows[] = { { "containerPort", podman_pass, NULL }, { "protocol", podman_must_be, "\"TCP\"" } };

	(void)want;
	if (json_object_array_length(value) != 1)
		return podman_unknown(make, "several ports");
	tree_put_text(labels, PODMAN_PORT, text(make->ctx->arena, "%lld", (long long)json_object_get_int64(json_object_object_get(port, "containerPort"))));
	return TAKE(make, port, rows) && take_labels(make, labels, "");
}

static bool take_pull(struct podman_make *make, tree *value, const char *want)
{
	(void)want;
	tree_put_text(make->plan->create, "image_pull_policy", same(podman_text_of(value), "IfNotPresent") ? "missing" : "never");
	return true;
}

/* "1500m" or "64Mi" without its unit. */
static int64_t amount(tree *limits, const char *key, const char *unit)
{
	const char *value = podman_text_of(json_object_object_get(limits, key));
	size_t n = strspn(value, "0123456789");
	char digits[20] = "";
	int64_t number;

	if (n == 0 || n >= sizeof digits || !same(value + n, unit))
		return 0;
	memcpy(digits, value, n);
	return parse_int(digits, 1, INT64_MAX / MIB, &number) ? number : 0;
}

static bool take_limits(struct podman_make *make, tree *limits, const char *want)
{
	static const struct podman_row rows[] = { { "cpu", podman_pass, NULL }, { "memory", podman_pass, NULL } };
	int64_t cpu = amount(limits, "cpu", "m"), memory = amount(limits, "memory", "Mi"), processes = 0;
	tree *resources = tree_put_object(make->plan->create, "resource_limits"), *one;

	(void)want;
	if (cpu == 0 || memory == 0 || !parse_int(podman_setting(make->engine, "processes"), 1, 1 << 22, &processes))
		return podman_unknown(make, "limits, or the setting processes");
	one = tree_put_object(resources, "memory");
	tree_put_int(one, "limit", memory * MIB);
	tree_put_int(one, "swap", memory * MIB); /* memory and swap together: no swap */
	one = tree_put_object(resources, "cpu");
	tree_put_int(one, "quota", cpu > 10 ? cpu * PERIOD / 1000 : PERIOD / 100); /* the kernel takes no less than 1 ms */
	tree_put_int(one, "period", PERIOD);
	tree_put_int(one, "shares", cpu > 2 ? cpu * 1024 / 1000 : 2); /* who asked for more gets more when all is busy */
	tree_put_int(tree_put_object(resources, "pids"), "limit", processes);
	return TAKE(make, limits, rows);
}

/* What is requested is the same as the limit, and podman reserves nothing. */
static bool take_resources(struct podman_make *make, tree *value, const char *want)
{
	static const struct podman_row rows[] = { { "requests", podman_pass, NULL }, { "limits", take_limits, NULL } };

	(void)want;
	if (!json_object_equal(json_object_object_get(value, "requests"), json_object_object_get(value, "limits")))
		return podman_unknown(make, "requests");
	return TAKE(make, value, rows);
}

static bool take_security(struct podman_make *make, tree *value, const char *want)
{
	static const struct podman_row rows[] = {
		{ "privileged", podman_must_be, "false" }, { "allowPrivilegeEscalation", podman_must_be, "false" },
		{ "readOnlyRootFilesystem", podman_must_be, "true" }, { "capabilities", podman_must_be, "{\"drop\":[\"ALL\"]}" },
	};
	tree *create = make->plan->create;

	(void)want;
	tree_put_bool(create, "privileged", false);
	tree_put_bool(create, "no_new_privileges", true);
	tree_put_bool(create, "read_only_filesystem", true);
	tree_add_text(tree_put_list(create, "cap_drop"), "ALL");
	return TAKE(make, value, rows) && (json_object_object_length(value) == COUNT(rows) || podman_unknown(make, "securityContext that lacks something"));
}

static bool take_containers(struct podman_make *make, tree *value, const char *want)
{
	static const struct podman_row rows[] = {
		{ "name", podman_must_be, "\"app\"" }, { "image", take_text, "image" }, { "imagePullPolicy", take_pull, NULL }, { "command", take_command, NULL },
		{ "workingDir", take_text, "work_dir" }, { "env", take_env, NULL }, { "ports", take_ports, NULL }, { "resources", take_resources, NULL },
		{ "securityContext", take_security, NULL }, { "volumeMounts", podman_mounts, NULL },
	};

	(void)want;
	if (json_object_array_length(value) != 1)
		return podman_unknown(make, "several containers");
	return TAKE(make, json_object_array_get_idx(value, 0), rows);
}

/* ---- the Pod ----------------------------------------------------------------------------------------------------------------- */

static bool take_spec(struct podman_make *make, tree *value, const char *want)
{
	static const struct podman_row rows[] = {
		{ "restartPolicy", podman_must_be, "\"Never\"" }, { "automountServiceAccountToken", podman_must_be, "false" },
		{ "enableServiceLinks", podman_must_be, "false" }, { "activeDeadlineSeconds", take_deadline, NULL },
		{ "securityContext", take_pod_security, NULL }, { "containers", take_containers, NULL },
		{ "volumes", podman_pass, NULL }, /* with the mounts */
	};

	(void)want;
	make->spec = value;
	return TAKE(make, value, rows);
}

/* A line of /etc/passwd for programs that ask for the user's name; other engines have none. */
static void put_passwd(const struct podman_make *make)
{
	const struct cluster_app *app = make->app;
	const char *home = !empty(app->home) ? app->home : "/tmp";

	if (strpbrk(app->who.user, ":\n$") == NULL && strpbrk(home, ":\n$") == NULL)
		tree_put_text(make->plan->create, "passwd_entry", text(make->ctx->arena, "%s:x:%lld:%lld::%s:/bin/bash", app->who.user,
			(long long)app->who.uid, (long long)app->who.gid, home));
}

/* What podman would choose otherwise. */
static void put_ours(const struct podman_make *make)
{
	tree *create = make->plan->create, *log;
	int64_t most = 0;

	tree_put_text(create, "hostname", cluster_name(make->ctx->arena, make->app->id));
	tree_put_text(tree_put_object(create, "netns"), "nsmode", "bridge");
	tree_put_object(tree_put_object(create, "networks"), podman_network(make->ctx->arena, make->engine, make->app->who.user));
	tree_put_text(create, "systemd", "false");
	tree_put_text(create, "sdnotifyMode", "ignore");
	tree_put_text(create, "restart_policy", "no");
	tree_put_text(create, "image_volume_mode", "ignore"); /* an image's own volumes would have no limit */
	tree_add_text(tree_put_list(tree_put_object(create, "healthconfig"), "Test"), "NONE"); /* wants timers of systemd */
	tree_put_bool(create, "httpproxy", false);
	tree_put_text(create, "umask", "0022");
	if (!parse_int(podman_setting(make->engine, "log-kib"), 1, 1 << 20, &most))
		most = 1024;
	log = tree_put_object(create, "log_configuration");
	tree_put_text(log, "driver", "k8s-file");
	tree_put_int(log, "size", most * 1024);
	put_passwd(make);
}

bool podman_plan(struct ctx *ctx, const char *engine, const struct cluster_app *app, tree *pod, struct podman_plan *plan)
{
	static const struct podman_row rows[] = {
		{ "apiVersion", podman_must_be, "\"v1\"" }, { "kind", podman_must_be, "\"Pod\"" }, { "metadata", take_metadata, NULL }, { "spec", take_spec, NULL },
	};
	struct podman_make make = { .ctx = ctx, .engine = engine, .app = app, .plan = plan };
	tree *lists = tree_new(ctx->arena);

	*plan = (struct podman_plan){ .create = tree_new(ctx->arena) };
	plan->volumes = tree_put_list(lists, "volumes");
	plan->folders = tree_put_list(lists, "folders");
	plan->claims = tree_put_list(lists, "claims");
	if (!TAKE(&make, pod, rows))
		return false;
	put_ours(&make);
	return true;
}
