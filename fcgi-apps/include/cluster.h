/*
 * cluster: engines that run containers ([engine NAME] of naru.conf). The front finds the driver and the limits; a driver does only the wire
 * (cluster/driver.h). Used by the deployer alone, in short-lived processes: every call blocks up to the context's deadline (or 30 s).
 *
 * What is wanted is one manifest for every driver, a tree (a Pod as Kubernetes describes it), made by cluster/manifest.h from struct
 * cluster_app; a driver translates all of it or refuses it, and says in `can` what it cannot do at all.
 */
#ifndef NARU_CLUSTER_H
#define NARU_CLUSTER_H

#include "base.h"

enum cluster_can {
	CLUSTER_CAN_GPU = 1,
	CLUSTER_CAN_QUOTA = 2,      /* the engine itself holds the user's limits too */
	CLUSTER_CAN_ISOLATE = 4,    /* users' apps cannot reach each other's ports */
	CLUSTER_CAN_DEADLINE = 8,   /* the engine ends an app by itself if Naru does not */
	CLUSTER_CAN_USAGE = 16,     /* CPU and memory of running apps */
	CLUSTER_CAN_VOLUME = 32, CLUSTER_CAN_RESIZE = 64,
	CLUSTER_CAN_PULL = 128,     /* fetches images; else they are there or not */
	CLUSTER_CAN_WATCH = 256,    /* tells changes at once */
	CLUSTER_CAN_SIZE = 512,     /* holds a volume to its size; elsewhere the size counts for the quota alone */
};

struct cluster_mount { const char *source /* absolute path on the node, or the name of a volume */, *target; bool volume, read_only; };

/* Who an app runs as; from a checked proof. uid and gid are never 0. */
struct cluster_user { const char *user; int64_t uid, gid; const int64_t *groups; size_t n_groups; };

struct cluster_app {
	const char *id, *name, *offer;
	struct cluster_user who;
	int64_t generation;
	const char *image;
	struct texts command, environment /* "NAME=value", no secret among them */, tmpfs;
	const char *secret_env, *secret_file, *secret; /* one of the two names, or none */
	const char *base_file, *base; /* a file, or none, that says below which path it is served */
	const char *home, *folder /* working directory */;
	int64_t cpu_milli, memory_mb, gpus, port, ends /* seconds since 1970 */;
	const struct cluster_mount *mounts; size_t n_mounts;
};

enum cluster_phase { CLUSTER_ABSENT, CLUSTER_WAITING, CLUSTER_STARTING, CLUSTER_UP /* its process runs */, CLUSTER_STOPPING, CLUSTER_ENDED, CLUSTER_BROKEN };

/* An app as an engine sees it. `message` is an English sentence of the catalogue of messages (its key), `detail` the engine's words; both may be NULL. */
struct cluster_seen {
	const char *id, *user;
	int64_t generation;
	enum cluster_phase phase;
	const char *address;            /* "IP:port"; NULL: not yet */
	const char *node, *digest, *message, *detail;
	int64_t exit_code, started, used_cpu_milli, used_memory_mb; /* used_*: -1 unknown */
	bool out_of_memory;
};
struct cluster_list { const struct cluster_seen *at; size_t n; };

struct cluster_health { const char *version; int64_t cpu_milli, memory_mb, gpus; /* of all nodes together */ };

struct cluster_volume { const char *name; int64_t size_mb; bool ready; const char *message, *detail; };
struct cluster_volumes { const struct cluster_volume *at; size_t n; };

struct cluster_limits { int64_t cpu_milli, memory_mb, gpus, apps, storage_mb /* of volumes */; };

struct texts cluster_engines(void);              /* names from naru.conf */
bool cluster_can(struct ctx *, const char *engine, unsigned *can) MUST_CHECK;

bool cluster_health(struct ctx *, const char *engine, struct cluster_health *) MUST_CHECK;
/* Makes what a user needs before the first app: namespace, limits, network rules. Idempotent. */
bool cluster_prepare(struct ctx *, const char *engine, const struct cluster_user *, const struct cluster_limits *) MUST_CHECK;
/* Makes an engine that fetches images have this one, unless it does so by itself when it runs an app. `begins` is called when there is something to fetch,
 * `wanted` at least once a second from then on: false ends it, as a failure. KIND_INVALID: there is no such image, or it took too long. */
struct cluster_fetch { void (*begins)(void *arg); bool (*wanted)(void *arg); void *arg; };
bool cluster_fetch(struct ctx *, const char *engine, const char *image, const struct cluster_fetch *) MUST_CHECK;
/* Puts the app on the engine. Idempotent for the same id and generation; what an earlier generation left is replaced. KIND_TIMEOUT: nobody
 * knows; cluster_look() tells. KIND_INVALID: it never will (image, folder, limit): the message says why. */
bool cluster_run(struct ctx *, const char *engine, const struct cluster_app *) MUST_CHECK;
/* Ends it and removes all of it, after `grace` seconds for its process. One that is not there is fine. */
bool cluster_stop(struct ctx *, const char *engine, const char *user, const char *id, int grace) MUST_CHECK;
/* One app; phase CLUSTER_ABSENT when there is none. */
bool cluster_look(struct ctx *, const char *engine, const char *user, const char *id, struct cluster_seen *) MUST_CHECK;
/* All apps of this site on the engine, also those no record knows. */
bool cluster_list(struct ctx *, const char *engine, struct cluster_list *) MUST_CHECK;
/* Waits until something changes, at most `seconds`; *changed tells. `cursor` is the engine's, NULL at first; it lives in `keep`. Engines without
 * CLUSTER_CAN_WATCH just wait. After KIND_CONFLICT (the cursor is too old) list again and begin with NULL. */
bool cluster_wait(struct ctx *, const char *engine, int seconds, struct arena *keep, const char **cursor, bool *changed) MUST_CHECK;
/* The last of what the app wrote, at most `most` bytes, whole lines. */
bool cluster_log(struct ctx *, const char *engine, const char *user, const char *id, size_t most, struct bytes *out) MUST_CHECK;
/* *found false: the engine does not have the image now (with CLUSTER_CAN_PULL that is no error). */
bool cluster_image(struct ctx *, const char *engine, const char *reference, bool *found, const char **digest) MUST_CHECK;

bool cluster_volume_make(struct ctx *, const char *engine, const struct cluster_user *, const char *name, int64_t size_mb) MUST_CHECK;
bool cluster_volume_resize(struct ctx *, const char *engine, const char *user, const char *name, int64_t size_mb) MUST_CHECK;
bool cluster_volume_remove(struct ctx *, const char *engine, const char *user, const char *name) MUST_CHECK;
bool cluster_volumes(struct ctx *, const char *engine, const char *user, struct cluster_volumes *) MUST_CHECK;

/* May the gate connect there? "IP:port" inside [engine NAME] networks = CIDR list; used when an address is stored. */
bool cluster_address_ok(const char *engine, const char *address);

#endif
