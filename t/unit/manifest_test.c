/* The Pod that an app is, what podman makes of it, and where the gateway may connect. */
#include "cluster/check.h"
#include "cluster/podman.h"
#include "conf.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

static struct arena *arena;

/* ---- an app whose every text tries to be more than a text ----------------------------------------------------------------- */

#define BAD "\"}],\"hostNetwork\":true,\"x\":[{\"\n---\nprivileged: true\n# $(HOME) $$(X) $X $ {{ }} \\ \\\" \xed\x95\x9c %s %n '"

static const char *const command[] = { "/bin/sh", BAD, "", "$", "$$" }, *const environment[] = { "A=" BAD, "EMPTY=", "_B9=$(A)", "HOME=/elsewhere" };
static const char *const tmpfs[] = { "/tmp", "/run/" BAD };
static const int64_t groups[] = { 30001, 4294967294 };
static const struct cluster_mount mounts[] = {
	{ "/home/" BAD, "/home/" BAD, false, false }, { "/scratch", "/scratch", false, true }, { "work", "/volumes/work", true, false },
};

static struct cluster_app bad_app(void)
{
	return (struct cluster_app){
		.id = "abcdefgh23", .name = BAD, .offer = BAD, .who = { "alice@example.org \"x\"", 20001, 30000, groups, COUNT(groups) }, .generation = 7,
		.image = "localhost/" BAD, .command = { command, COUNT(command) }, .environment = { environment, COUNT(environment) }, .tmpfs = { tmpfs, COUNT(tmpfs) },
		.secret_env = "NARU_SECRET", .secret = "0123456789abcdef", .home = "/home/" BAD, .folder = "/home/" BAD, .cpu_milli = 1500, .memory_mb = 513,
		.gpus = 2, .port = 8888, .ends = now() + 100, .mounts = mounts, .n_mounts = COUNT(mounts),
	};
}

static tree *at(tree *in, const char *path)
{
	struct texts words = split(arena, path, ' ');
	int64_t i;

	for (size_t w = 0; w < words.n && in != NULL; w++)
		in = json_object_is_type(in, json_type_array) ? (parse_int(words.at[w], 0, 100, &i) ? json_object_array_get_idx(in, (size_t)i) : NULL) :
			json_object_object_get(in, words.at[w]);
	return in;
}

static const char *text_at(tree *in, const char *path)
{
	return podman_text_of(at(in, path));
}

static const char *doubled(const char *from)
{
	struct buf out;

	buf_in(&out, arena);
	for (; *from != '\0'; from++) {
		buf_char(&out, *from);
		if (*from == '$')
			buf_char(&out, '$');
	}
	return buf_cstr(&out);
}

static void is_json(tree *in, const char *path, const char *want)
{
	is(json_object_to_json_string_ext(at(in, path), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE), want, "%s", path);
}

static tree *manifest_of(struct ctx *ctx, const struct cluster_app *app)
{
	tree *pod = cluster_manifest(ctx, "kube", app), *back;
	struct bytes as_text;

	if (pod == NULL)
		return NULL;
	as_text = cluster_json_text(arena, pod);
	if (!cluster_json(ctx, "kube", as_text, &back))
		return NULL;
	ok(json_object_equal(pod, back), "as text and back it is the same");
	ok(app->secret == NULL || strstr((const char *)as_text.at, app->secret) == NULL, "the secret is not in it");
	return back;
}

static void test_texts(void)
{
	struct ctx ctx = { .arena = arena };
	struct cluster_app app = bad_app();
	tree *pod = manifest_of(&ctx, &app), *container = at(pod, "spec containers 0");

	is(text_at(pod, "metadata name"), "naru-abcdefgh23", "its name");
	is(text_at(pod, "metadata annotations naru.name"), BAD, "name of the app");
	is(text_at(pod, "metadata annotations naru.offer"), BAD, "offer");
	is(text_at(pod, "metadata annotations naru.user"), app.who.user, "user");
	is(text_at(container, "image"), app.image, "image");
	is(text_at(container, "workingDir"), app.folder, "folder");
	for (size_t i = 0; i < COUNT(command); i++)
		is(text_at(container, text(arena, "command %zu", i)), doubled(command[i]), "command %zu", i);
	is(text_at(container, "env 0 name"), "USER", "USER is set; HOME is the app's own");
	is(text_at(container, "env 2 value"), doubled(BAD), "a variable");
	is(text_at(container, "env 3 value"), "", "an empty one");
	is(text_at(container, "env 4 value"), "$$(A)", "one like a reference");
	is_json(container, "env 6", "{\"name\":\"NARU_SECRET\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"naru-abcdefgh23\",\"key\":\"secret\"}}}");
	is(text_at(container, "volumeMounts 0 mountPath"), mounts[0].target, "where a place is mounted");
	is(text_at(pod, "spec volumes 0 hostPath path"), mounts[0].source, "what is");
	is(text_at(container, "volumeMounts 4 mountPath"), tmpfs[1], "tmpfs");
}

static void test_fields(void)
{
	struct ctx ctx = { .arena = arena };
	struct cluster_app app = bad_app();
	tree *pod = manifest_of(&ctx, &app);
	int64_t left = json_object_get_int64(at(pod, "spec activeDeadlineSeconds"));

	is_json(pod, "metadata labels naru.app", "\"abcdefgh23\"");
	is_json(pod, "metadata labels naru.generation", "\"7\"");
	ok(left > 95 && left <= 100, "seconds until its end");
	is_json(pod, "spec restartPolicy", "\"Never\"");
	is_json(pod, "spec automountServiceAccountToken", "false");
	is_json(pod, "spec enableServiceLinks", "false");
	is_json(pod, "spec securityContext", "{\"runAsUser\":20001,\"runAsGroup\":30000,\"supplementalGroups\":[30001,4294967294],\"runAsNonRoot\":true,"
		"\"seccompProfile\":{\"type\":\"RuntimeDefault\"},\"fsGroup\":30000,\"fsGroupChangePolicy\":\"OnRootMismatch\"}");
	is_json(pod, "spec containers 0 securityContext", "{\"privileged\":false,\"allowPrivilegeEscalation\":false,\"readOnlyRootFilesystem\":true,"
		"\"capabilities\":{\"drop\":[\"ALL\"]}}");
	is_json(pod, "spec containers 0 resources limits", "{\"cpu\":\"1500m\",\"memory\":\"513Mi\",\"example.org/gpu\":\"2\"}");
	is_json(pod, "spec containers 0 resources requests", "{\"cpu\":\"1500m\",\"memory\":\"513Mi\",\"example.org/gpu\":\"2\"}");
	is_json(pod, "spec containers 0 ports", "[{\"containerPort\":8888,\"protocol\":\"TCP\"}]");
	is_json(pod, "spec containers 0 imagePullPolicy", "\"IfNotPresent\"");
	is_json(pod, "spec volumes 1", "{\"name\":\"place-1\",\"hostPath\":{\"path\":\"/scratch\",\"type\":\"Directory\"}}");
	is_json(pod, "spec containers 0 volumeMounts 1", "{\"name\":\"place-1\",\"mountPath\":\"/scratch\",\"readOnly\":true}");
	is_json(pod, "spec volumes 2", "{\"name\":\"volume-2\",\"persistentVolumeClaim\":{\"claimName\":\"work\"}}");
	is_json(pod, "spec volumes 3", "{\"name\":\"tmpfs-0\",\"emptyDir\":{\"medium\":\"Memory\",\"sizeLimit\":\"256Mi\"}}");
	ok(at(pod, "spec hostNetwork") == NULL && at(pod, "spec hostPID") == NULL && at(pod, "spec hostIPC") == NULL, "no name space of the host");
	is_int(json_object_object_length(at(pod, "spec")), 7, "and nothing else");
	app.secret_file = "/run/secret";
	app.secret_env = NULL;
	pod = manifest_of(&ctx, &app);
	is_json(pod, "spec containers 0 volumeMounts 5", "{\"name\":\"secret\",\"mountPath\":\"/run/secret\",\"readOnly\":true,\"subPath\":\"secret\"}");
	is_json(pod, "spec volumes 5 secret secretName", "\"naru-abcdefgh23\"");
	app.base_file = "/run/base";
	app.base = "/";
	pod = manifest_of(&ctx, &app);
	is_json(pod, "spec containers 0 volumeMounts 6", "{\"name\":\"base\",\"mountPath\":\"/run/base\",\"readOnly\":true,\"subPath\":\"base\"}");
	is_json(pod, "spec volumes 6 secret items", "[{\"key\":\"base\",\"path\":\"base\"}]");
	app.ends = now() - 1;
	ok(manifest_of(&ctx, &app) == NULL && ctx.error.kind == KIND_INVALID, "one whose end has passed is none");
}

static void test_labels(void)
{
	static const char *const same_ones[] = { "alice", "a", "A.b_c-9", "0" }, *const others[] = { "", "-a", "a-", "a b", "한글", "a\nb", "a\"b", "x=y,z" };
	const char *longest = "a123456789b123456789c123456789d123456789e123456789f123456789g12", *label;

	for (size_t i = 0; i < COUNT(same_ones); i++)
		is(cluster_label(arena, same_ones[i]), same_ones[i], "label %s", same_ones[i]);
	is(cluster_label(arena, longest), longest, "63 bytes");
	for (size_t i = 0; i < COUNT(others); i++) {
		label = cluster_label(arena, others[i]);
		ok(!same(label, others[i]) && same(cluster_label(arena, label), label), "%s as %s", others[i], label);
	}
	ok(!same(cluster_label(arena, "a b"), cluster_label(arena, "a.b ")), "two are not the same one");
	label = cluster_label(arena, text(arena, "%sx", longest));
	ok(strlen(label) <= 63 && same(cluster_label(arena, label), label), "64 bytes as %s", label);
	ok(cluster_is_id("abcdefgh23") && !cluster_is_id("2bcdefgh23") && !cluster_is_id("abcdefgh2") && !cluster_is_id("abcdefgh/3") && !cluster_is_id(NULL) &&
		!cluster_is_id("abcdefgh231"), "ids");
}

/* ---- podman: all of it, or nothing ------------------------------------------------------------------------------------------- */

static struct cluster_app podman_app(void)
{
	struct cluster_app app = bad_app();

	app.gpus = 0;
	return app;
}

static void test_podman(void)
{
	struct ctx ctx = { .arena = arena };
	struct cluster_app app = podman_app();
	struct podman_plan plan;
	tree *pod = manifest_of(&ctx, &app);

	ok(podman_plan(&ctx, "pod", &app, pod, &plan), "a plan: %s", ctx.error.detail != NULL ? ctx.error.detail : "");
	is(text_at(plan.create, "name"), "naru-abcdefgh23", "name");
	is(text_at(plan.create, "env A"), BAD, "a variable is as it was");
	is(text_at(plan.create, "env _B9"), "$(A)", "one like a reference, too");
	is(text_at(plan.create, "env NARU_SECRET"), app.secret, "the secret");
	for (size_t i = 0; i < COUNT(command); i++)
		is(text_at(plan.create, text(arena, "entrypoint %zu", i)), command[i], "command %zu is as it was", i);
	is_json(plan.create, "user", "\"20001:30000\"");
	is_json(plan.create, "groups", "[\"30001\",\"4294967294\"]");
	is_json(plan.create, "cap_drop", "[\"ALL\"]");
	is_json(plan.create, "no_new_privileges", "true");
	is_json(plan.create, "read_only_filesystem", "true");
	is_json(plan.create, "privileged", "false");
	is_json(plan.create, "resource_limits", "{\"memory\":{\"limit\":537919488,\"swap\":537919488},"
		"\"cpu\":{\"quota\":150000,\"period\":100000,\"shares\":1536},\"pids\":{\"limit\":4096}}");
	is_json(plan.create, "image_pull_policy", "\"missing\"");
	is_json(plan.create, "labels naru.port", "\"8888\"");
	is_json(plan.create, "mounts 1", "{\"type\":\"bind\",\"source\":\"/scratch\",\"destination\":\"/scratch\",\"options\":[\"ro\",\"nosuid\",\"nodev\",\"rbind\"]}");
	is(text_at(plan.create, "mounts 0 source"), mounts[0].source, "what is mounted");
	is(text_at(plan.volumes, "0 Options o"), "mode=1777,uid=20001,gid=30000,nr_blocks=65536,nosuid,nodev", "memory for a folder");
	is_int(json_object_array_length(plan.claims), 1, "a volume that must be there");
	is_int(json_object_array_length(plan.folders), 2, "folders that must be there");
	ok(at(plan.create, "passwd_entry") == NULL, "no line of /etc/passwd for such a home");
	app.secret_env = NULL;
	app.secret_file = "/run/secret";
	app.base_file = "/run/base";
	app.base = "/";
	ok(podman_plan(&ctx, "pod", &app, manifest_of(&ctx, &app), &plan), "secret and path in files");
	is_json(plan.create, "secrets", "[{\"Source\":\"naru-abcdefgh23\",\"Target\":\"/run/secret\",\"UID\":20001,\"GID\":30000,\"Mode\":256},"
		"{\"Source\":\"naru-abcdefgh23-base\",\"Target\":\"/run/base\",\"UID\":20001,\"GID\":30000,\"Mode\":256}]");
	is(plan.secret, app.secret, "one is the secret");
	is(plan.base, "/", "the other the path");
}

/* What podman would ignore is never left out silently: one more member in any object of the Pod is refused. */
static size_t refused, taken;

static void try_all(tree *pod, tree *in, const struct cluster_app *app)
{
	if (json_object_is_type(in, json_type_array))
		for (size_t i = 0; i < json_object_array_length(in); i++)
			try_all(pod, json_object_array_get_idx(in, i), app);
	if (!json_object_is_type(in, json_type_object))
		return;
	json_object_object_foreach(in, key, value)
		if (!same(key, "labels") && !same(key, "annotations"))
			try_all(pod, value, app);
	struct ctx ctx = { .arena = arena };
	struct podman_plan plan;

	tree_put_bool(in, "hostNetwork", true);
	if (podman_plan(&ctx, "pod", app, pod, &plan) || ctx.error.kind != KIND_INTERNAL) {
		diag("taken: %s", json_object_to_json_string(in));
		taken++;
	} else
		refused++;
	json_object_object_del(in, "hostNetwork");
}

struct change { const char *in, *key, *value; };

static void test_strict(void)
{
	static const struct change changes[] = {
		{ "spec containers 0 securityContext", "privileged", "true" }, { "spec containers 0 securityContext", "readOnlyRootFilesystem", "false" },
		{ "spec containers 0 securityContext", "capabilities", "{\"drop\":[\"NET_RAW\"]}" }, { "spec securityContext", "runAsUser", "0" },
		{ "spec securityContext", "runAsNonRoot", "false" }, { "spec", "restartPolicy", "\"Always\"" }, { "spec", "automountServiceAccountToken", "true" },
		{ "spec containers 0 resources limits", "cpu", "\"2\"" }, { "spec containers 0 resources limits", "memory", "\"2Gi\"" },
		{ "spec containers 0 env 0", "value", "\"$(SECRET)\"" }, { "spec containers 0 env 0", "value", "\"a$\"" }, { "spec volumes 0 hostPath", "type", "\"\"" },
		{ "spec volumes 3 emptyDir", "medium", "\"\"" }, { "spec volumes 3 emptyDir", "sizeLimit", "\"1Gi\"" }, { "spec containers 0 volumeMounts 0", "name", "\"none\"" },
		{ "spec containers 0 volumeMounts 0", "subPath", "\"secret\"" }, { "spec containers 0 ports 0", "protocol", "\"UDP\"" }, { "", "kind", "\"Job\"" },
	};
	struct cluster_app app = podman_app();
	struct ctx ctx = { .arena = arena };
	struct podman_plan plan;
	tree *pod = manifest_of(&ctx, &app);

	try_all(pod, pod, &app);
	ok(taken == 0 && refused > 25, "%zu objects, none takes a field that podman does not hold", refused);
	for (size_t i = 0; i < COUNT(changes); i++) {
		forget(&ctx);
		pod = manifest_of(&ctx, &app);
		tree_put(*changes[i].in != '\0' ? at(pod, changes[i].in) : pod, changes[i].key, json_tokener_parse(changes[i].value));
		ok(!podman_plan(&ctx, "pod", &app, pod, &plan) && ctx.error.kind == KIND_INTERNAL, "%s %s", changes[i].key, changes[i].value);
	}
	json_object_object_del(at(pod, "spec containers 0 securityContext"), "capabilities");
	ok(!podman_plan(&ctx, "pod", &app, pod, &plan), "a securityContext that lacks something");
}

/* ---- answers ------------------------------------------------------------------------------------------------------------------- */

static void test_answers(void)
{
	struct ctx ctx = { .arena = arena };
	struct cluster_seen seen;
	tree *made;
	struct bytes log;
	static const unsigned char frames[] = "\1\0\0\0\0\0\0\4one\n\2\0\0\0\0\0\0\4two\n\1\0\0\0\0\0\0\6thr", garbage[] = "hello, this is no frame";
	static const char *const not_json[] = { "", "{", "nothing", "{} {}", "{}\0", "[1,2", "\"" };

	for (size_t i = 0; i < COUNT(not_json); i++) {
		forget(&ctx);
		ok(!cluster_json(&ctx, "pod", (struct bytes){ (const unsigned char *)not_json[i], i == 4 ? 3 : strlen(not_json[i]) }, &made) && ctx.error.kind == KIND_UNAVAILABLE,
			"no JSON: %s", not_json[i]);
	}
	log = podman_frames(arena, (struct bytes){ frames, sizeof frames - 1 }, 100);
	ok(log.n == 11 && memcmp(log.at, "one\ntwo\nthr", 11) == 0, "frames, the last one cut");
	log = podman_frames(arena, (struct bytes){ frames, sizeof frames - 1 }, 8);
	ok(log.n == 7 && memcmp(log.at, "two\nthr", 7) == 0, "the last 8 bytes in whole lines");
	log = podman_frames(arena, (struct bytes){ garbage, sizeof garbage - 1 }, 100);
	is_int(log.n, 0, "what is no frame is no log");
	made = json_tokener_parse("{\"State\":{\"Status\":\"running\",\"StartedAt\":\"2026-11-29T06:18:05.109494625+09:00\",\"Pid\":1},\"Config\":{\"Labels\":{"
		"\"naru.app\":\"abcdefgh23\",\"naru.site\":\"portal.example.org\",\"naru.generation\":\"3\",\"naru.port\":\"8888\",\"naru.note.naru.user\":\"alice\"}},"
		"\"NetworkSettings\":{\"Networks\":{\"x\":{\"IPAddress\":\"10.1.2.3\"}}}}");
	ok(podman_read(arena, made, &seen), "a container");
	ok(same(seen.id, "abcdefgh23") && same(seen.user, "alice") && seen.generation == 3 && seen.phase == CLUSTER_UP && same(seen.address, "10.1.2.3:8888") &&
		seen.started == 1795900685, "is read: %s %lld", seen.address, (long long)seen.started);
	tree_put_text(at(made, "Config Labels"), "naru.site", "another");
	ok(!podman_read(arena, made, &seen), "another site's is none of ours");
	json_object_put(made);
}

static void test_addresses(void)
{
	static const char *const good[] = { "10.1.0.0:1", "10.1.255.255:65535", "192.168.7.9:80", "[fd00:1::5]:8888" };
	static const char *const bad[] = { "", "10.1.0.1", "10.1.0.1:", "10.1.0.1:0", "10.1.0.1:65536", "10.2.0.1:80", "127.0.0.1:80", "192.168.7.10:80", "10.1.0.1:80 ",
		" 10.1.0.1:80", "10.1.0.1:8a", "010.1.0.1:80", "10.1.1:80", "[10.1.0.1]:80", "fd00:1::5:80", "[fd00:2::5]:80", "[::ffff:10.1.0.1]:80", "[::10.1.0.1]:80",
		"localhost:80", "10.1.0.1:-1", "10.1.0.1:80:80", "@10.1.0.1:80", "169.254.169.254:80" };

	for (size_t i = 0; i < COUNT(good); i++)
		ok(cluster_address_ok("pod", good[i]), "may connect to %s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		ok(!cluster_address_ok("pod", bad[i]), "may not connect to %s", bad[i]);
	ok(!cluster_address_ok("pod", NULL) && !cluster_address_ok("none", good[0]) && !cluster_address_ok("odd", "10.1.0.1:80"), "nor where no network is");
}

static void test_engines(void)
{
	struct ctx ctx = { .arena = arena };
	struct cluster_health health;
	unsigned can;

	is_int(cluster_engines().n, 3, "engines");
	ok(cluster_can(&ctx, "pod", &can) && !(can & (CLUSTER_CAN_PULL | CLUSTER_CAN_ISOLATE | CLUSTER_CAN_GPU)) && (can & CLUSTER_CAN_WATCH), "what pod can");
	ok(!(can & CLUSTER_CAN_SIZE), "which holds no volume to its size");
	ok(cluster_can(&ctx, "kube", &can) && (can & CLUSTER_CAN_SIZE), "one whose volumes are held to it");
	ok(!cluster_health(&ctx, "odd", &health) && ctx.error.kind == KIND_UNAVAILABLE, "no such driver");
	forget(&ctx);
	ok(!cluster_health(&ctx, "none", &health) && ctx.error.kind == KIND_NOT_FOUND, "no such engine");
	is(cluster_setting(&podman_driver, "pod", "network"), "podman", "preset");
	is(cluster_setting(&podman_driver, "pod", "nothing"), "", "no such setting");
}

int main(void)
{
	char path[] = "/tmp/naru-manifest-XXXXXX";
	static const char conf[] = "[site]\nhost = portal.example.org\n[engine pod]\ndriver = podman\nnetworks = 10.1.0.0/16, 192.168.7.9/32 fd00:1::/64 x/8 10.9.0.0/ 1/1\n"
		"[engine kube]\ndriver = kubernetes\nnetworks = 10.0.0.0/8\nserver = https://localhost:1\ntoken-file = /nosuch\ngpu-resource = example.org/gpu\npull = yes\nvolume-limits = yes\n[engine odd]\ndriver = odd\n";
	int fd = mkstemp(path);
	struct ctx ctx = { .arena = arena_new(0) };

	arena = ctx.arena;
	if (fd < 0 || write(fd, conf, sizeof conf - 1) < 0 || !conf_load(&ctx, path))
		return 1;
	close(fd);
	unlink(path);
	test_texts();
	test_fields();
	test_labels();
	test_podman();
	test_strict();
	test_answers();
	test_addresses();
	test_engines();
	arena_free(arena);
	return done_testing();
}
