/*
 * podman: what the files of the podman driver share. An app is a container cluster_name(), made by containers/create and not by play/kube, which
 * ignores half of a Pod (runAsNonRoot, subPath, deadlines) and shares every emptyDir. Beside it there may be volumes "naru-<id>-tmpfs-…" and a secret of
 * the container's name; all are removed with it.
 */
#ifndef NARU_CLUSTER_PODMAN_H
#define NARU_CLUSTER_PODMAN_H

#include "cluster/driver.h"
#include "cluster/manifest.h"
#include "cluster/tree.h"

/* Labels beside those of the manifest: podman has no annotations that lists show. */
#define PODMAN_PORT "naru.port"
#define PODMAN_NOTE "naru.note."     /* and the annotation's name */
#define PODMAN_VOLUME "naru.volume"  /* a user's volume: its name */
#define PODMAN_SIZE "naru.size-mb"

/* ---- calls (podman_call.c) ------------------------------------------------------------------------------------------ */

struct podman_call {
	const char *method, *path;         /* behind /v4.0.0/libpod/ */
	tree *body;                        /* NULL: none */
	struct bytes raw;                  /* a body that is no JSON */
	size_t most;                       /* most bytes of answer; 0: 16 MiB */
	bool plain;                        /* the answer is no JSON */
	bool (*part)(void *arg, struct bytes); void *part_arg;   /* as in web.h */
	bool (*wanted)(void *arg); void *wanted_arg;             /* as in web.h */
};
struct podman_answer {
	int status;
	bool sent;                         /* also set on failure: podman may have done it */
	struct bytes body;
	tree *tree;                        /* NULL: plain, or empty */
	const char *cause, *message;       /* of a status that is not 2xx; never NULL then */
};

/* Any status is a success. */
bool podman_send(struct ctx *, const char *engine, const struct podman_call *, struct podman_answer *) MUST_CHECK;
/* Only 2xx, and `allowed`, are a success. */
bool podman_call(struct ctx *, const char *engine, const struct podman_call *, int allowed, struct podman_answer *) MUST_CHECK;
/* Kind and sentence of a refusal; always false. */
bool podman_refused(struct ctx *, const struct podman_answer *);
bool podman_said(const struct podman_answer *, const char *words);
/* "?filters={KEY:[VALUES…]}" as a query of `what`. */
const char *podman_filtered(struct arena *, const char *what, const char *key, const char *const *values, size_t n);
const char *podman_with_filters(struct arena *, const char *what, tree *filters);
const char *podman_setting(const char *engine, const char *key);

/* ---- making a container (podman_create.c, podman_mounts.c) -------------------------------------------------------------- */

struct podman_plan {
	tree *create;                      /* body of containers/create */
	tree *volumes;                     /* list of bodies of volumes/create that come before */
	tree *folders, *claims;            /* lists of texts: what must be there */
	const char *secret, *base;         /* go to secrets/create, NULL: none */
};
/* All of the Pod, or KIND_INTERNAL: nothing in it is left out. */
bool podman_plan(struct ctx *, const char *engine, const struct cluster_app *, tree *pod, struct podman_plan *) MUST_CHECK;

/* Secrets of podman are files of one value: the second has a name of its own. */
const char *podman_base_name(struct arena *, const char *id);

/* One translation. */
struct podman_make {
	struct ctx *ctx;
	const char *engine;
	const struct cluster_app *app;
	tree *spec;                        /* of the Pod */
	struct podman_plan *plan;
	const char *name;                  /* of what is being read, where there are several */
};
struct podman_row { const char *key; bool (*take)(struct podman_make *, tree *value, const char *want); const char *want; };
/* Each member of the object by its row; one without a row is refused. */
bool podman_take(struct podman_make *, tree *object, const struct podman_row *, size_t n) MUST_CHECK;
bool podman_unknown(struct podman_make *, const char *what);
/* The value must be `want`, written as JSON. */
bool podman_must_be(struct podman_make *, tree *, const char *want);
bool podman_pass(struct podman_make *, tree *, const char *want);
bool podman_mounts(struct podman_make *, tree *list, const char *want);
const char *podman_text_of(tree *);

/* ---- networks and volumes (podman_network.c, podman_volume.c) ---------------------------------------------------------------- */

/* Where a user's apps are: one network for all, or one a user. */
const char *podman_network(struct arena *, const char *engine, const char *user);
bool podman_network_make(struct ctx *, const char *engine, const char *user) MUST_CHECK;
/* "naru-<site>-<user>-<name>", made short. */
const char *podman_volume(struct arena *, const char *user, const char *name);
bool podman_volume_make(struct ctx *, const char *, const struct cluster_user *, const char *name, int64_t size_mb);
bool podman_volume_remove(struct ctx *, const char *engine, const char *user, const char *name);
bool podman_volumes(struct ctx *, const char *engine, const char *user, struct cluster_volumes *);

/* ---- operations ------------------------------------------------------------------------------------------------------------ */

bool podman_fetch(struct ctx *, const char *engine, const char *image, const struct cluster_fetch *);
bool podman_run(struct ctx *, const char *engine, const struct cluster_app *);
bool podman_stop(struct ctx *, const char *engine, const char *user, const char *id, int grace);
bool podman_look(struct ctx *, const char *engine, const char *user, const char *id, struct cluster_seen *);
bool podman_list(struct ctx *, const char *engine, struct cluster_list *);
bool podman_wait(struct ctx *, const char *engine, int seconds, struct arena *keep, const char **cursor, bool *changed);
bool podman_log(struct ctx *, const char *engine, const char *user, const char *id, size_t most, struct bytes *out);
/* Inspects the container of an app of ours; *tree NULL: there is none, or it is not this user's. `user` NULL: anybody's. */
bool podman_inspect(struct ctx *, const char *engine, const char *user, const char *name, tree **) MUST_CHECK;
/* The container as an engine's app; false: it is none of this site. For tests too. */
bool podman_read(struct arena *, const tree *container, struct cluster_seen *) MUST_CHECK;
/* What a log answer's 8-byte frames hold, the last `most` bytes of it in whole lines. */
struct bytes podman_frames(struct arena *, struct bytes, size_t most);
/* used_* of a process of an app, from its control group. */
void podman_usage(struct arena *, int64_t pid, const char *id, struct cluster_seen *);

#endif
