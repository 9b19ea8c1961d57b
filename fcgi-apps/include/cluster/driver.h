/*
 * driver: what a kind of engine can do. One file exports one `const struct cluster_driver`; it does only the wire. Limits, checks, deadlines and
 * the choice of the driver are cluster.c's. Every operation treats the answer as hostile and leaves a sentence for the user in ctx->error, always plain
 * tr(ctx, "…") because it is stored and shown later in another language; what the engine said goes to the detail.
 *
 * A new kind: a file with the operations below and a row in cluster_drivers[] of cluster.c. An operation an engine lacks is NULL and its bit is not set.
 */
#ifndef NARU_CLUSTER_DRIVER_H
#define NARU_CLUSTER_DRIVER_H

#include "cluster.h"

/* A key of [engine NAME] that the driver reads; naru.conf(5) is made from these rows. */
struct cluster_setting { const char *key, *help, *preset; bool required; };

struct cluster_driver {
	const char *name;               /* driver = podman */
	const struct cluster_setting *settings; size_t n_settings;
	unsigned can;                   /* enum cluster_can */
	bool (*health)(struct ctx *, const char *engine, struct cluster_health *);
	bool (*prepare)(struct ctx *, const char *engine, const struct cluster_user *, const struct cluster_limits *);
	bool (*fetch)(struct ctx *, const char *engine, const char *image, const struct cluster_fetch *); /* NULL: whoever runs it fetches it */
	bool (*run)(struct ctx *, const char *engine, const struct cluster_app *);
	bool (*stop)(struct ctx *, const char *engine, const char *user, const char *id, int grace);
	bool (*look)(struct ctx *, const char *engine, const char *user, const char *id, struct cluster_seen *);
	bool (*list)(struct ctx *, const char *engine, struct cluster_list *);
	bool (*wait)(struct ctx *, const char *engine, int seconds, struct arena *keep, const char **cursor, bool *changed);
	bool (*log)(struct ctx *, const char *engine, const char *user, const char *id, size_t most, struct bytes *out);
	bool (*image)(struct ctx *, const char *engine, const char *reference, bool *found, const char **digest);
	bool (*volume_make)(struct ctx *, const char *engine, const struct cluster_user *, const char *name, int64_t size_mb);
	bool (*volume_resize)(struct ctx *, const char *engine, const char *user, const char *name, int64_t size_mb);
	bool (*volume_remove)(struct ctx *, const char *engine, const char *user, const char *name);
	bool (*volumes)(struct ctx *, const char *engine, const char *user, struct cluster_volumes *);
	unsigned (*cannot)(const char *engine); /* bits of `can` that its settings take away; NULL: none */
};

extern const struct cluster_driver podman_driver, kubernetes_driver;

bool cluster_driver_of(struct ctx *, const char *engine, const struct cluster_driver **) MUST_CHECK;
const char *cluster_setting(const struct cluster_driver *, const char *engine, const char *key);

#endif
