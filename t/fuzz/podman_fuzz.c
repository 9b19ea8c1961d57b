/* Any bytes as an answer of podman: as a container, as a log, as any JSON. Nothing may crash; texts must be UTF-8, ids must be ids. */
#include "cluster/podman.h"

#include "conf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void check(const char *value)
{
	if (value != NULL && (*value == '\0' || !utf8_valid(value, strlen(value))))
		abort();
}

static void check_seen(const struct cluster_seen *seen)
{
	check(seen->user);
	check(seen->address);
	check(seen->digest);
	check(seen->message);
	if (!cluster_is_id(seen->id) || seen->user == NULL || (seen->address != NULL && seen->phase != CLUSTER_UP))
		abort();
	cluster_address_ok("pod", seen->address);
}

static void start(void)
{
	static const char conf[] = "[site]\nhost = portal.example.org\n[engine pod]\ndriver = podman\nnetworks = 10.0.0.0/8 fd00::/8\n";
	static bool started;
	struct ctx ctx = { .arena = arena_new(0) };
	int fd = started ? -1 : memfd_create("conf", 0);

	if (fd >= 0 && (write(fd, conf, sizeof conf - 1) < 0 || !conf_load(&ctx, text(ctx.arena, "/proc/self/fd/%d", fd))))
		abort();
	if (fd >= 0)
		close(fd);
	started = true;
	arena_free(ctx.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = { .arena = arena_new(0) };
	struct bytes all = { data, size }, log;
	struct cluster_seen seen;
	tree *made;

	start();
	if (cluster_json(&ctx, "pod", all, &made) && podman_read(ctx.arena, made, &seen))
		check_seen(&seen);
	log = podman_frames(ctx.arena, all, size / 2);
	if (log.n > size / 2)
		abort();
	check(cluster_label(ctx.arena, arena_copy(ctx.arena, data, size)));
	cluster_address_ok("pod", arena_copy(ctx.arena, data, size));
	arena_free(ctx.arena);
	return 0;
}
