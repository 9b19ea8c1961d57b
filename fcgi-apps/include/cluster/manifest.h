/*
 * manifest: an app as a Pod (core/v1 of Kubernetes), the one description that every driver puts on its engine, and what drivers share in
 * reading answers. It is built as a tree, never as text, so that nothing in an app's fields can become a field of its own.
 *
 *   metadata   name "naru-<id>"; labels MANIFEST_* (values made safe by cluster_label()); annotations: user, name and offer word for word
 *   secret     never in it: env is a secretKeyRef, a file is a volume of kind secret, both of Secret "naru-<id>", key "secret"
 *   base       a file of the same kind: key "base"
 *   $(X)       Kubernetes replaces it in command and env: each $ is doubled here and single again in the process
 *   places     hostPath of type Directory; volumes: persistentVolumeClaim, claimName as in struct cluster_mount; tmpfs: emptyDir in memory
 *
 * For drivers only: json-c's types are in this header.
 */
#ifndef NARU_CLUSTER_MANIFEST_H
#define NARU_CLUSTER_MANIFEST_H

#include "cluster.h"

#include <json-c/json.h>

#define MANIFEST_APP "naru.app"
#define MANIFEST_USER "naru.user"
#define MANIFEST_GENERATION "naru.generation"
#define MANIFEST_SITE "naru.site"
#define MANIFEST_NAME "naru.name"     /* annotation */
#define MANIFEST_OFFER "naru.offer"   /* annotation */
#define MANIFEST_SECRET_KEY "secret"
#define MANIFEST_BASE_KEY "base"

/* The Pod; it lives as long as the context's arena. NULL with KIND_INVALID when its end has passed. */
struct json_object *cluster_manifest(struct ctx *, const char *engine, const struct cluster_app *) MUST_CHECK;

/* "naru-<id>": the name of all that belongs to one app. */
const char *cluster_name(struct arena *, const char *id);
/* The value itself if it can be a label's value, else its harmless bytes with a short hash behind them; always 1 to 63 bytes. */
const char *cluster_label(struct arena *, const char *value);
/* Label's value of this site, so that several sites can share an engine. */
const char *cluster_site(struct arena *);

/* One complete JSON text, at most 32 deep; it lives as long as the arena. KIND_UNAVAILABLE, with the engine named in the log. Members are read with
 * sched/slurm_json.h. */
bool cluster_json(struct ctx *, const char *engine, struct bytes, struct json_object **) MUST_CHECK;
/* The tree as text. */
struct bytes cluster_json_text(struct arena *, struct json_object *);
/* An id as the deployer makes them, so that nothing else gets into a path or is taken for an app of ours. */
bool cluster_is_id(const char *);

#endif
