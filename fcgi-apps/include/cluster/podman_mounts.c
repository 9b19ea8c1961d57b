/* Volumes of the Pod as podman's mounts. See podman.h. */
#include "cluster/podman.h"

#include <string.h>

enum { PAGE = 4096, MIB = 1 << 20 };

/* One mount under way. */
struct one { struct podman_make *make; const char *name, *target; bool read_only, sub_path; };

static tree *list_of(tree *in, const char *key)
{
	tree *list = NULL;

	return json_object_object_get_ex(in, key, &list) ? list : tree_put_list(in, key);
}

static void put_options(tree *in, const char *key, bool read_only, const char *more)
{
	tree *options = tree_put_list(in, key);

	tree_add_text(options, read_only ? "ro" : "rw");
	tree_add_text(options, "nosuid");
	tree_add_text(options, "nodev");
	if (more != NULL)
		tree_add_text(options, more);
}

static bool put_place(const struct one *one, tree *source)
{
	static const struct podman_row rows[] = { { "path", podman_pass, NULL }, { "type", podman_must_be, "\"Directory\"" } };
	const char *path = podman_text_of(json_object_object_get(source, "path"));
	tree *mount = tree_add_object(list_of(one->make->plan->create, "mounts"));

	tree_put_text(mount, "type", "bind");
	tree_put_text(mount, "source", path);
	tree_put_text(mount, "destination", one->target);
	put_options(mount, "options", one->read_only, "rbind");
	tree_add_text(one->make->plan->folders, path);
	return podman_take(one->make, source, rows, COUNT(rows));
}

static void put_volume(const struct one *one, const char *name)
{
	tree *volume = tree_add_object(list_of(one->make->plan->create, "volumes"));

	tree_put_text(volume, "Name", name);
	tree_put_text(volume, "Dest", one->target);
	put_options(volume, "Options", one->read_only, NULL);
}

static bool put_claim(const struct one *one, tree *source)
{
	static const struct podman_row rows[] = { { "claimName", podman_pass, NULL } };
	const char *claim = podman_text_of(json_object_object_get(source, "claimName"));
	const char *name = podman_volume(one->make->ctx->arena, one->make->app->who.user, claim);

	put_volume(one, name);
	tree_add_text(one->make->plan->claims, name); /* podman would make one that is missing */
	return podman_take(one->make, source, rows, COUNT(rows));
}

/*
 * A volume of its own and not a mount of type tmpfs: runc gives that the mode of the folder in the image whatever is asked for, so that /run would
 * be root's. Its size is told in pages, since podman takes "size" for a quota of the disk.
 */
static bool put_tmpfs(const struct one *one, tree *source)
{
	static const struct podman_row rows[] = { { "medium", podman_must_be, "\"Memory\"" }, { "sizeLimit", podman_pass, NULL } };
	struct arena *arena = one->make->ctx->arena;
	const struct cluster_app *app = one->make->app;
	const char *limit = podman_text_of(json_object_object_get(source, "sizeLimit")), *name;
	tree *volume = tree_add_object(one->make->plan->volumes), *in;
	int64_t mib;

	if (strlen(limit) < 3 || !same(limit + strlen(limit) - 2, "Mi") || !parse_int(arena_copy(arena, limit, strlen(limit) - 2), 1, 1LL << 32, &mib))
		return podman_unknown(one->make, "sizeLimit");
	name = text(arena, "%s-%s", cluster_name(arena, app->id), one->name);
	tree_put_text(volume, "Name", name);
	tree_put_text(volume, "Driver", "local");
	in = tree_put_object(volume, "Labels");
	tree_put_text(in, MANIFEST_APP, app->id);
	tree_put_text(in, MANIFEST_SITE, cluster_site(arena));
	in = tree_put_object(volume, "Options");
	tree_put_text(in, "type", "tmpfs");
	tree_put_text(in, "device", "tmpfs");
	tree_put_text(in, "o", text(arena, "mode=1777,uid=%lld,gid=%lld,nr_blocks=%lld,nosuid,nodev", (long long)app->who.uid, (long long)app->who.gid,
		(long long)mib * (MIB / PAGE)));
	put_volume(one, name);
	return podman_take(one->make, source, rows, COUNT(rows));
}

static bool put_secret(const struct one *one, tree *source)
{
	struct arena *arena = one->make->ctx->arena;
	const struct cluster_app *app = one->make->app;
	bool base = same(one->name, MANIFEST_BASE_KEY);
	const char *value = base ? app->base : app->secret;
	const struct podman_row rows[] = { { "secretName", podman_pass, NULL }, { "defaultMode", podman_pass, NULL },
		{ "items", podman_must_be, text(arena, "[{\"key\":\"%s\",\"path\":\"%s\"}]", one->name, one->name) } };
	tree *secret = tree_add_object(list_of(one->make->plan->create, "secrets"));

	if (!one->sub_path || value == NULL)
		return podman_unknown(one->make, "a folder of secrets");
	tree_put_text(secret, "Source", base ? podman_base_name(arena, app->id) : cluster_name(arena, app->id));
	tree_put_text(secret, "Target", one->target);
	tree_put_int(secret, "UID", app->who.uid);
	tree_put_int(secret, "GID", app->who.gid);
	tree_put_int(secret, "Mode", 0400);
	*(base ? &one->make->plan->base : &one->make->plan->secret) = value;
	return podman_take(one->make, source, rows, COUNT(rows));
}

/* ---- mounts and their volumes -------------------------------------------------------------------------------------------- */

static tree *volume_named(const struct one *one)
{
	tree *volumes = json_object_object_get(one->make->spec, "volumes");

	for (size_t i = 0; json_object_is_type(volumes, json_type_array) && i < json_object_array_length(volumes); i++) {
		tree *volume = json_object_array_get_idx(volumes, i);

		if (same(podman_text_of(json_object_object_get(volume, "name")), one->name))
			return volume;
	}
	return NULL;
}

static bool put_source(const struct one *one)
{
	static const struct { const char *key; bool (*put)(const struct one *, tree *); } kinds[] = {
		{ "hostPath", put_place }, { "persistentVolumeClaim", put_claim }, { "emptyDir", put_tmpfs }, { "secret", put_secret },
	};
	tree *volume = volume_named(one), *source;

	for (size_t i = 0; volume != NULL && json_object_object_length(volume) == 2 && i < COUNT(kinds); i++)
		if (json_object_object_get_ex(volume, kinds[i].key, &source))
			return (one->sub_path == (kinds[i].put == put_secret) || podman_unknown(one->make, "subPath")) && kinds[i].put(one, source);
	return podman_unknown(one->make, "a kind of volume");
}

bool podman_mounts(struct podman_make *make, tree *list, const char *want)
{
	(void)want;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		tree *mount = json_object_array_get_idx(list, i);
		struct one one = { make, podman_text_of(json_object_object_get(mount, "name")), podman_text_of(json_object_object_get(mount, "mountPath")),
			json_object_get_boolean(json_object_object_get(mount, "readOnly")), json_object_object_get(mount, "subPath") != NULL };

		const struct podman_row rows[] = { { "name", podman_pass, NULL }, { "mountPath", podman_pass, NULL }, { "readOnly", podman_pass, NULL },
			{ "subPath", podman_must_be, text(make->ctx->arena, "\"%s\"", one.name) } };

		if (!podman_take(make, mount, rows, COUNT(rows)) || !put_source(&one))
			return false;
	}
	return true;
}
