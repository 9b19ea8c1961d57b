/*
 * asking: asking a service that alone may change something: one JSON object each way over run/SERVICE/sock (SOCK_SEQPACKET, at most
 * ASKING_MOST bytes). What is asked: {"verb", "proof", "lang", …}; an answer with "error" has the service's message for the user and the field it is
 * about. Objects belong to the arena. Blocks up to the context's deadline (or 5 s).
 */
#ifndef NARU_ASKING_H
#define NARU_ASKING_H

#include "base.h"

struct json_object;

enum { ASKING_MOST = 65536 };

/* silent: the English message for the user when the service does not answer. */
struct asking { const char *service, *silent; };

struct json_object *asking_new(struct ctx *, const char *proof, const char *verb);
void asking_put(struct json_object *, const char *name, const char *value); /* NULL and "" are left out */
void asking_put_int(struct json_object *, const char *name, int64_t value);
void asking_put_texts(struct json_object *, const char *name, struct texts);
/* out: the answer; may be NULL. False with the service's error, or KIND_UNAVAILABLE: it does not answer. */
bool asking_call(struct ctx *, const struct asking *, struct json_object *ask, struct json_object **out) MUST_CHECK;
const char *asking_get(struct ctx *, struct json_object *answer, const char *name); /* "" if absent */
int64_t asking_get_int(struct json_object *answer, const char *name);              /* 0 if absent */
/* The field of a form that the last failed call with this context is about; NULL: none. */
const char *asking_wrong(const struct ctx *);

#endif
