/* Any bytes as an answer of an API server: a pod, an event, a refusal, a file of a log. Nothing may crash; texts must be UTF-8; no app of another namespace is taken for a user's. */
#include "cluster/kubernetes.h"
#include "conf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void settings(struct ctx *ctx)
{
	static const char text_[] = "[site]\nhost = naru.example\n[engine kube]\ndriver = kubernetes\nserver = https://127.0.0.1:1\nnetworks = 10.0.0.0/8\n";
	static bool done;
	char path[] = "/tmp/naru-kube-XXXXXX";
	int fd;

	if (done)
		return;
	fd = mkstemp(path);
	if (fd < 0 || write(fd, text_, sizeof text_ - 1) < 0 || !conf_load(ctx, path))
		abort();
	close(fd);
	unlink(path);
	done = true;
}

static void check(const char *value)
{
	if (value != NULL && (*value == '\0' || !utf8_valid(value, strlen(value))))
		abort();
}

static void check_pod(struct ctx *ctx, const struct json_object *pod)
{
	struct cluster_seen seen;
	struct kube_pod more;

	if (!kube_pod_read(ctx->arena, "kube", pod, &seen, &more))
		return;
	if (!cluster_is_id(seen.id) || !same(more.space, kube_namespace(ctx->arena, "kube", seen.user)) || seen.generation < 0)
		abort();
	check(seen.user);
	check(seen.detail);
	check(seen.node);
	check(seen.digest);
	check(seen.address);
	kube_event_read(ctx->arena, pod, &seen);
	kube_event_read(ctx->arena, kube_at(pod, "status containerStatuses 0 state waiting"), &seen);
	check(seen.detail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = { .arena = arena_new(0) };
	struct json_object *tree;
	struct kube_fault fault;
	char copy[64] = "";

	settings(&ctx);
	memcpy(copy, data, size < sizeof copy ? size : sizeof copy - 1);
	if (kube_quantity(copy) < 0 || kube_cpu(copy) < 0 || kube_mb(copy) < 0 || kube_time(copy) < 0)
		abort();
	if (copy[0] != '\0' && kube_namespace(ctx.arena, "kube", copy) == NULL)
		abort();
	if (kube_log_words(ctx.arena, (struct bytes){ data, size }).n > size)
		abort();
	(void)kube_log_newest(ctx.arena, (struct bytes){ data, size });
	if (cluster_json(&ctx, "kube", (struct bytes){ data, size }, &tree)) {
		check_pod(&ctx, tree);
		check_pod(&ctx, kube_at(tree, "object"));
		check_pod(&ctx, kube_at(tree, "items 0"));
		kube_fault_read(ctx.arena, (int)(size % 600), tree, &fault);
		kube_refused(&ctx, &fault);
		check(ctx.error.detail);
	}
	arena_free(ctx.arena);
	return 0;
}
