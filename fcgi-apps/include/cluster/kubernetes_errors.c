/* The API server's refusals in the user's words: see kubernetes.h. Messages as 1.20 to 1.36 send them. */
#include "cluster/kubernetes.h"

#include <string.h>

static const char no_right[] = MSG("Naru lacks a right on the cluster. Tell the administrators.");
static const char not_understood[] = MSG("Naru and the cluster do not understand each other. Tell the administrators.");
static const char busy[] = MSG("The cluster has too much to do now. Try again in a moment.");
static const char no_class[] = MSG("Volumes of this cluster cannot change their size. Make a new one and copy the files.");

/* A row fits when its code is that of the answer (0: any) and all its texts are in reason, cause or message. */
static const struct row { int code; const char *reason, *words; enum kind kind; const char *sentence; } rows[] = {
	{ 401, NULL, NULL, KIND_UNAVAILABLE, MSG("The cluster does not accept Naru's key. Tell the administrators.") },
	{ 403, NULL, "exceeded quota", KIND_INVALID, MSG("Your quota on this cluster does not leave room for this. Stop an app or ask for less.") },
	{ 403, NULL, "failed quota", KIND_INVALID, MSG("The cluster wants limits that the app does not have. Tell the administrators.") },
	{ 403, "NamespaceTerminating", NULL, KIND_UNAVAILABLE, MSG("Your space on the cluster is just being removed. Try again in a minute.") },
	{ 403, NULL, "because it is being terminated", KIND_UNAVAILABLE, MSG("Your space on the cluster is just being removed. Try again in a minute.") },
	{ 403, NULL, "error looking up service account", KIND_UNAVAILABLE, MSG("Your space on the cluster is not ready yet. Try again in a moment.") },
	{ 403, NULL, "violates PodSecurity", KIND_INVALID, MSG("The cluster's security rules do not allow this app. Tell the administrators.") },
	{ 403, NULL, "usage per ", KIND_INVALID, MSG("The cluster does not allow an app of this size. Ask for less or for more, or choose another cluster.") },
	{ 403, NULL, "dynamically provisioned", KIND_INVALID, no_class },
	{ 403, NULL, "must support resize", KIND_INVALID, no_class },
	{ 403, NULL, NULL, KIND_UNAVAILABLE, no_right },
	{ 404, NULL, "namespaces", KIND_UNAVAILABLE, MSG("You have no space on this cluster yet. Try again in a moment.") },
	{ 404, NULL, NULL, KIND_NOT_FOUND, MSG("The cluster does not have this.") },
	{ 405, NULL, NULL, KIND_UNAVAILABLE, not_understood },
	{ 406, NULL, NULL, KIND_UNAVAILABLE, not_understood },
	{ 409, "AlreadyExists", NULL, KIND_CONFLICT, MSG("The cluster has something of this name already. Choose another name, or wait until the old one is gone.") },
	{ 409, NULL, NULL, KIND_CONFLICT, MSG("It changed on the cluster meanwhile. Try again.") },
	{ 410, NULL, NULL, KIND_CONFLICT, MSG("What Naru knew of the cluster is too old; it looks again.") },
	{ 413, NULL, NULL, KIND_TOO_LARGE, MSG("The app's description is too large for the cluster. Shorten its command or its environment.") },
	{ 415, NULL, NULL, KIND_UNAVAILABLE, not_understood },
	{ 422, NULL, "can not be less than", KIND_INVALID, MSG("A volume cannot become smaller. Ask for more than it has.") },
	{ 422, NULL, NULL, KIND_INVALID, MSG("The cluster does not accept this: a value is wrong.") },
	{ 400, NULL, NULL, KIND_INVALID, MSG("The cluster does not accept this: a value is wrong.") },
	{ 429, NULL, NULL, KIND_UNAVAILABLE, busy },
	{ 500, NULL, "failed to create typed patch object", KIND_UNAVAILABLE, not_understood },
	{ 503, NULL, NULL, KIND_UNAVAILABLE, MSG("The cluster does not answer now. Try again in a moment.") },
	{ 504, NULL, NULL, KIND_TIMEOUT, MSG("The cluster did not answer in time. Try again in a moment.") },
};

static bool holds(const char *where, const char *words)
{
	return where != NULL && strstr(where, words) != NULL;
}

static bool fits(const struct row *row, const struct kube_fault *fault)
{
	if (row->code != fault->code)
		return false;
	if (row->reason != NULL && !same(row->reason, fault->reason) && !same(row->reason, fault->cause))
		return false;
	return row->words == NULL || holds(fault->message, row->words);
}

/* The code is that of the HTTP answer, or inside of a watch the object's own. */
void kube_fault_read(struct arena *arena, int status, const struct json_object *tree, struct kube_fault *out)
{
	int64_t code = kube_int(tree, "code", 0);

	*out = (struct kube_fault){ .code = status };
	if (!kube_is(tree, "kind", "Status"))
		return;
	if (status < 300)
		out->code = code > 0 && code < 1000 ? (int)code : 500;
	out->reason = kube_text(arena, tree, "reason");
	out->message = kube_text(arena, tree, "message");
	out->cause = kube_text(arena, tree, "details causes 0 reason");
}

bool kube_refused(struct ctx *ctx, const struct kube_fault *fault)
{
	const char *words = fault->message != NULL ? fault->message : text(ctx->arena, "HTTP %d", fault->code);

	for (size_t i = 0; i < COUNT(rows); i++)
		if (fits(&rows[i], fault))
			return fail(ctx, rows[i].kind, tr(ctx, rows[i].sentence), "%s", words);
	return fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The cluster has a fault. Try again in a moment, and tell the administrators if it lasts."), "%s", words);
}

bool kube_too_early(const struct kube_fault *fault)
{
	return fault->code == 403 && holds(fault->message, "error looking up service account");
}
