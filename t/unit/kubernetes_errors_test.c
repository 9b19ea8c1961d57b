/*
 * Refusals of API servers from 1.20 to 1.36, as they were sent, and what users read of them.
 * flags: -It
 */
#include "kubernetes_site.h"
#include "tap.h"

#define STATUS(code, reason, message, more) \
	"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"" message "\",\"reason\":\"" reason "\"" more ",\"code\":" #code "}"

static const struct { int status; const char *body; enum kind kind; const char *begins; } rows[] = {
	{ 401, STATUS(401, "Unauthorized", "Unauthorized", ""), KIND_UNAVAILABLE, "The cluster does not accept Naru's key" },
	{ 403, STATUS(403, "Forbidden", "pods \\\"p\\\" is forbidden: exceeded quota: naru, requested: limits.cpu=3, used: limits.cpu=100m, limited: limits.cpu=2", ""),
		KIND_INVALID, "Your quota on this cluster" },
	{ 403, STATUS(403, "Forbidden", "pods \\\"p\\\" is forbidden: failed quota: portal: must specify limits.cpu for: app; limits.memory for: app", ""),
		KIND_INVALID, "The cluster wants limits" },
	{ 403, STATUS(403, "Forbidden", "pods \\\"x\\\" is forbidden: unable to create new content in namespace t because it is being terminated",
		",\"details\":{\"causes\":[{\"reason\":\"NamespaceTerminating\"}]}"), KIND_UNAVAILABLE, "Your space on the cluster is just" },
	{ 403, STATUS(403, "Forbidden", "pods \\\"x\\\" is forbidden: error looking up service account t/default: serviceaccount \\\"default\\\" not found", ""),
		KIND_UNAVAILABLE, "Your space on the cluster is not ready" },
	{ 403, STATUS(403, "Forbidden", "pods \\\"x\\\" is forbidden: violates PodSecurity \\\"baseline:latest\\\": hostPath volumes (volume \\\"home\\\")", ""),
		KIND_INVALID, "The cluster's security rules" },
	{ 403, STATUS(403, "Forbidden", "pods \\\"x\\\" is forbidden: maximum cpu usage per Container is 2, but limit is 3", ""), KIND_INVALID, "The cluster does not allow" },
	{ 403, STATUS(403, "Forbidden", "secrets \\\"p1\\\" is forbidden: User \\\"naru-deployer\\\" cannot get resource \\\"secrets\\\" in API group \\\"\\\"", ""),
		KIND_UNAVAILABLE, "Naru lacks a right" },
	{ 403, STATUS(403, "Forbidden", "persistentvolumeclaims \\\"one\\\" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that "
		"provisions the pvc must support resize", ""), KIND_INVALID, "Volumes of this cluster cannot change" },
	{ 404, STATUS(404, "NotFound", "namespaces \\\"nowhere\\\" not found", ",\"details\":{\"name\":\"nowhere\",\"kind\":\"namespaces\"}"), KIND_UNAVAILABLE,
		"You have no space on this cluster" },
	{ 404, STATUS(404, "NotFound", "pods \\\"p\\\" not found", ""), KIND_NOT_FOUND, "The cluster does not have this" },
	{ 404, "404 page not found\n", KIND_NOT_FOUND, "The cluster does not have this" },
	{ 409, STATUS(409, "AlreadyExists", "pods \\\"p\\\" already exists", ""), KIND_CONFLICT, "The cluster has something of this name" },
	{ 409, STATUS(409, "Conflict", "Operation cannot be fulfilled on namespaces \\\"t\\\": the object has been modified", ""), KIND_CONFLICT, "It changed" },
	{ 410, STATUS(410, "Expired", "too old resource version: 1 (340)", ""), KIND_CONFLICT, "What Naru knew" },
	{ 200, STATUS(410, "Expired", "too old resource version: 1 (340)", ""), KIND_CONFLICT, "What Naru knew" },
	{ 200, STATUS(0, "", "strange", ""), KIND_UNAVAILABLE, "The cluster has a fault" },
	{ 413, STATUS(413, "RequestEntityTooLarge", "limit is 3145728", ""), KIND_TOO_LARGE, "The app's description" },
	{ 422, STATUS(422, "Invalid", "Pod \\\"P_3\\\" is invalid: metadata.name: Invalid value: \\\"P_3\\\"", ",\"details\":{\"causes\":[{\"reason\":\"FieldValueInvalid\"}]}"),
		KIND_INVALID, "The cluster does not accept this" },
	{ 422, STATUS(422, "Invalid", "PersistentVolumeClaim \\\"one\\\" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than previous value",
		""), KIND_INVALID, "A volume cannot become smaller" },
	{ 400, STATUS(400, "BadRequest", "strict decoding error: unknown field \\\"spec.bogus\\\"", ""), KIND_INVALID, "The cluster does not accept this" },
	{ 429, STATUS(429, "TooManyRequests", "Too many requests, please try again later.", ""), KIND_UNAVAILABLE, "The cluster has too much to do" },
	{ 429, "Too many requests, please try again later.\n", KIND_UNAVAILABLE, "The cluster has too much to do" },
	{ 500, STATUS(500, "InternalError", "etcdserver: leader changed", ""), KIND_UNAVAILABLE, "The cluster has a fault" },
	{ 500, "{\"kind\":\"Status\",\"message\":\"failed to create typed patch object: .spec.unknown: field not declared in schema\",\"code\":500}",
		KIND_UNAVAILABLE, "Naru and the cluster" },
	{ 503, STATUS(503, "ServiceUnavailable", "the server is currently unable to handle the request", ""), KIND_UNAVAILABLE, "The cluster does not answer" },
	{ 504, STATUS(504, "Timeout", "Timeout: request did not complete within requested timeout", ""), KIND_TIMEOUT, "The cluster did not answer in time" },
	{ 418, "short and stout", KIND_UNAVAILABLE, "The cluster has a fault" },
	{ 301, "", KIND_UNAVAILABLE, "The cluster has a fault" },
};

static void test_rows(struct ctx *ctx)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kube_fault fault;
		struct json_object *tree = NULL;

		if (rows[i].body[0] == '{')
			tree = tree_of(ctx, rows[i].body);
		kube_fault_read(ctx->arena, rows[i].status, tree, &fault);
		ok(!kube_refused(ctx, &fault) && ctx->error.kind == rows[i].kind && starts_with(ctx->error.message, rows[i].begins), "%d %s: %d %s", rows[i].status,
			rows[i].begins, ctx->error.kind, ctx->error.message);
		ok(!empty(ctx->error.detail), "with the server's words: %s", ctx->error.detail);
		is_int(kube_too_early(&fault), i == 4, "and whether it is only too early");
		forget(ctx);
	}
}

/* 1.20 answers a wrong type with a message that holds bytes of the request's binary form. */
static void test_junk(struct ctx *ctx)
{
	struct kube_fault fault;

	kube_fault_read(ctx->arena, 400, tree_of(ctx, "{\"kind\":\"Status\",\"message\":\"a\\u0000\\n\xff\xfe%s%n\",\"reason\":7,\"details\":[1],\"code\":\"x\"}"), &fault);
	ok(!kube_refused(ctx, &fault) && utf8_valid(ctx->error.detail, strlen(ctx->error.detail)), "the words are UTF-8: %s", ctx->error.detail);
	forget(ctx);
}

int main(void)
{
	struct ctx ctx = { .arena = arena_new(0) };

	kubernetes_site(&ctx, "");
	test_rows(&ctx);
	test_junk(&ctx);
	arena_free(ctx.arena);
	return done_testing();
}
