/*
 * kubernetes: what the files of the Kubernetes driver share. One user's apps live in one namespace; an app is a Secret, a Service and a Pod, all called
 * cluster_name(), made in this order and removed in any.
 */
#ifndef NARU_CLUSTER_KUBERNETES_H
#define NARU_CLUSTER_KUBERNETES_H

#include "cluster/driver.h"
#include "cluster/manifest.h"

/* ---- calls (kubernetes_call.c) ------------------------------------------------------------------------------------- */

struct kube_call {
	const char *method, *path;     /* "/api/v1/…" */
	struct json_object *body;      /* NULL: none */
	const char *type;              /* NULL: application/json */
	size_t most;                   /* most bytes of answer; 0: 32 MiB */
	size_t from_end;               /* only so many bytes of it, the last; 0: all */
	bool plain;                    /* the answer is text, not JSON */
	bool (*part)(void *arg, struct bytes); void *part_arg;
};
/* A refusal as the API server tells it. */
struct kube_fault { int code; const char *reason, *message, *cause; };
struct kube_answer {
	int status;
	bool sent;                     /* also set on failure, as in web.h */
	struct json_object *tree;      /* NULL: plain, or no JSON came with a refusal */
	struct bytes text;
	struct kube_fault fault;       /* of a status that is not 2xx */
};

#define KUBE_MERGE "application/merge-patch+json"
#define KUBE_APPLY "application/apply-patch+yaml"

/* Any status is a success. 429 is tried again when the server's pause fits into the deadline. */
bool kube_send(struct ctx *, const char *engine, const struct kube_call *, struct kube_answer *) MUST_CHECK;
/* Only 2xx, and `allowed`, are a success. */
bool kube_call(struct ctx *, const char *engine, const struct kube_call *, int allowed, struct kube_answer *) MUST_CHECK;
bool kube_get(struct ctx *, const char *engine, const char *path, int allowed, struct kube_answer *) MUST_CHECK;
/* Each element of a list of any length; fn false: it failed. `path` has its ?query. *version (may be NULL): the resourceVersion of the list. */
typedef bool kube_item(struct ctx *, const struct json_object *, void *arg);
bool kube_each(struct ctx *, const char *engine, const char *path, kube_item *fn, void *arg, const char **version) MUST_CHECK;
/* Sleeps, unless the deadline is nearer. */
bool kube_pause(const struct ctx *, int ms);
const char *kube_setting(const char *engine, const char *key);

/* ---- refusals (kubernetes_errors.c) ----------------------------------------------------------------------------------- */

void kube_fault_read(struct arena *, int status, const struct json_object *, struct kube_fault *);
/* Its kind and sentence; the server's words become the detail. Always false. */
bool kube_refused(struct ctx *, const struct kube_fault *);
/* The namespace was made so lately that its account is not there yet: the same request works in a moment. */
bool kube_too_early(const struct kube_fault *);

/* ---- trees (kubernetes_tree.c) ------------------------------------------------------------------------------------------ */

/* A path is keys, or numbers for elements of lists, with a blank between them: "status containerStatuses 0 state". */
const struct json_object *kube_at(const struct json_object *, const char *path);
const char *kube_text(struct arena *, const struct json_object *, const char *path);     /* NULL: missing or empty */
int64_t kube_int(const struct json_object *, const char *path, int64_t preset);
bool kube_is(const struct json_object *, const char *path, const char *value);
/* Makes the objects on the way. The value belongs to the tree then. */
void kube_put(struct json_object *, const char *path, struct json_object *value);
void kube_put_text(struct json_object *, const char *path, const char *value);
void kube_put_int(struct json_object *, const char *path, int64_t value);
/* An object with kind and name; it lives as long as the arena. */
struct json_object *kube_new(struct arena *, const char *version, const char *kind, const char *name);
/* "1500m", "16Gi", "1e3" as a number; 0 for what is none. */
double kube_quantity(const char *);
int64_t kube_cpu(const char *);    /* thousandths */
int64_t kube_mb(const char *);     /* MiB, rounded up */
int64_t kube_time(const char *);   /* "2026-11-20T01:02:03Z"; 0 for what is none */
const char *kube_escape(struct arena *, const char *);  /* for a query */

/* ---- names (kubernetes_name.c) -------------------------------------------------------------------------------------------- */

/* The user's namespace: never the same for two users, always a DNS label. NULL: the prefix of [engine NAME] makes none. */
const char *kube_namespace(struct arena *, const char *engine, const char *user);
/* Checks id and user and gives "/api/v1/namespaces/NS/<kind>/naru-<id>"; NULL after fail(). */
const char *kube_path(struct ctx *, const char *engine, const char *user, const char *kind, const char *id);
bool kube_is_name(const char *);
/* What all our objects carry: site and user. */
void kube_label(struct arena *, struct json_object *, const char *user);
bool kube_is_ours(const struct json_object *, struct arena *);

/* ---- pods (kubernetes_status.c) --------------------------------------------------------------------------------------------- */

#define KUBE_ADDRESS "naru.address"    /* annotation of a pod: "IP:port" of its Service, or ":port" of every node */

struct kube_pod { const char *name, *space, *uid; bool creating /* its cause of waiting is told by events only */; int64_t since; };
/* False: it is no app of ours. */
bool kube_pod_read(struct arena *, const char *engine, const struct json_object *, struct cluster_seen *, struct kube_pod *) MUST_CHECK;
/* "IP:port", or "[IP]:port"; NULL when there is none. */
const char *kube_address(struct arena *, const char *ip, int64_t port);
/* What an event says about a pod that is being made. */
void kube_event_read(struct arena *, const struct json_object *, struct cluster_seen *);

/* ---- logs (kubernetes_log.c) ---------------------------------------------------------------------------------------------------------- */

/* What a file of a node's log holds of an app's words; a first line that was cut is left out. */
struct bytes kube_log_words(struct arena *, struct bytes file);
/* The newest file, put aside and not yet compressed, of a node's list of them; NULL: there is none. */
const char *kube_log_newest(struct arena *, struct bytes page);

/* ---- groups (kubernetes_groups.c) ------------------------------------------------------------------------------------------------- */

/* *strict: the process gets the groups of the Pod and no others. */
bool kube_strict_groups(struct ctx *, const char *engine, bool *strict) MUST_CHECK;

/* ---- operations ---------------------------------------------------------------------------------------------------------------- */

bool kube_prepare(struct ctx *, const char *engine, const struct cluster_user *, const struct cluster_limits *);
bool kube_run(struct ctx *, const char *engine, const struct cluster_app *);
bool kube_stop(struct ctx *, const char *engine, const char *user, const char *id, int grace);
bool kube_look(struct ctx *, const char *engine, const char *user, const char *id, struct cluster_seen *);
bool kube_list(struct ctx *, const char *engine, struct cluster_list *);
void kube_usage(struct ctx *, const char *engine, struct cluster_seen *, struct kube_pod *, size_t n);
bool kube_wait(struct ctx *, const char *engine, int seconds, struct arena *keep, const char **cursor, bool *changed);
bool kube_log(struct ctx *, const char *engine, const char *user, const char *id, size_t most, struct bytes *out);
bool kube_volume_make(struct ctx *, const char *engine, const struct cluster_user *, const char *name, int64_t size_mb);
bool kube_volume_resize(struct ctx *, const char *engine, const char *user, const char *name, int64_t size_mb);
bool kube_volume_remove(struct ctx *, const char *engine, const char *user, const char *name);
bool kube_volumes(struct ctx *, const char *engine, const char *user, struct cluster_volumes *);

#endif
