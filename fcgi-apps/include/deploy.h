/*
 * deploy: asking the deployer to change something. One message each way (asking.h). The deployer believes only the proof; everything else it checks again. Blocks up to the context's deadline (or 5 s).
 *
 * Errors are the deployer's, already in the user's language; deploy_wrong() tells the form's field that a KIND_INVALID is about. KIND_UNAVAILABLE: it does not answer;
 * nothing was changed unless it comes to know of it later, and the idempotency key makes a second try harmless.
 */
#ifndef NARU_DEPLOY_H
#define NARU_DEPLOY_H

#include "base.h"

struct deploy_ask {
	const char *offer, *name, *image /* "": the offer's */, *engine /* "": where there is room */;
	int64_t cpu_milli, memory_mb, gpus, minutes;
	struct texts places;           /* names of [place NAME] */
	struct texts volumes;          /* "name:/path" */
	const char *mail;              /* where warnings go; "": nowhere */
	const char *key;               /* idempotency: the same key of the same user answers the same app */
};

/* A field's name of the form that the error is about, NULL if none; after a failed call with this context. */
const char *deploy_wrong(const struct ctx *);

bool deploy_create(struct ctx *, const char *proof, const struct deploy_ask *, const char **id) MUST_CHECK;
/* Verbs on one's own app. start: again after a stop, with the same size. */
enum deploy_verb { DEPLOY_START, DEPLOY_STOP, DEPLOY_DELETE, DEPLOY_KEEP /* it is in use: takes an announced idle stop back */ };
bool deploy_app(struct ctx *, const char *proof, enum deploy_verb, const char *id) MUST_CHECK;
/* Ends `minutes` later than now, within the offer's most; *ends is what it became. */
bool deploy_extend(struct ctx *, const char *proof, const char *id, int64_t minutes, int64_t *ends) MUST_CHECK;
bool deploy_share(struct ctx *, const char *proof, const char *id, const char *with, int64_t until) MUST_CHECK;
bool deploy_unshare(struct ctx *, const char *proof, const char *id, const char *with) MUST_CHECK;
/* The last lines of what the app wrote, at most `most` bytes (32 KiB at most). Asks the engine. */
bool deploy_log(struct ctx *, const char *proof, const char *id, size_t most, const char **out) MUST_CHECK;
bool deploy_volume(struct ctx *, const char *proof, const char *engine, const char *name, int64_t size_mb /* of the new one, or its new size; 0: delete */) MUST_CHECK;
/* Which image a reference means on an engine now. *digest "": the engine cannot tell before it has fetched it, or does not have it (*found false). Asks the engine. */
bool deploy_image(struct ctx *, const char *proof, const char *engine, const char *reference, bool *found, const char **digest) MUST_CHECK;
/* Administrators: an entry of the catalogue like another one, with its own image and titles; image "" removes it. */
struct deploy_offer { const char *name, *like, *image, *title, *title_ko, *help, *help_ko; };
bool deploy_offer(struct ctx *, const char *proof, const struct deploy_offer *) MUST_CHECK;

#endif
