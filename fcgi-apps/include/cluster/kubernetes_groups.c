/*
 * Whether a process may get the groups that its image's /etc/group gives its user, beside those of the Pod: see kubernetes.h. "Strict" leaves them out, but an
 * API server before 1.31 refuses the field, and a node whose container runtime cannot keep to it ends such a Pod from 1.33 on: both are asked.
 */
#include "cluster/kubernetes.h"

#include "sched/slurm_json.h"

#include <stdlib.h>

enum { KNOWN_SINCE = 31 };

/* The 31 of "v1.31.2+x"; 0 for what is none. */
static int minor_of(const char *version)
{
	if (version == NULL || !starts_with(version, "v1."))
		return 0;
	return (int)strtol(version + 3, NULL, 10);
}

static bool keeps_to_it(const struct json_object *node)
{
	const struct json_object *value = kube_at(node, "status features supplementalGroupsPolicy");

	return json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

/* The first hundred nodes stand for all. */
static bool ask_nodes(struct ctx *ctx, const char *engine, bool *strict)
{
	const struct json_object *nodes;
	struct kube_answer answer;

	if (!kube_get(ctx, engine, "/api/v1/nodes?limit=100", 0, &answer))
		return false;
	nodes = kube_at(answer.tree, "items");
	*strict = slurm_length(nodes) > 0;
	for (size_t i = 0; i < slurm_length(nodes); i++)
		*strict = *strict && keeps_to_it(slurm_at(nodes, i));
	return true;
}

bool kube_strict_groups(struct ctx *ctx, const char *engine, bool *strict)
{
	const char *wanted = kube_setting(engine, "image-groups");
	struct kube_answer answer;

	*strict = same(wanted, "no");
	if (!same(wanted, "auto"))
		return true;
	if (!kube_get(ctx, engine, "/version", 0, &answer))
		return false;
	return minor_of(kube_text(ctx->arena, answer.tree, "gitVersion")) < KNOWN_SINCE || ask_nodes(ctx, engine, strict);
}
