/*
 * desk: what a service that alone may change something answers to those who ask (asking.h): one message in, one out, one at a time. Who asks is what
 * the proof says and nothing else; the socket's peer must be a module that the proof may be for, or root.
 */
#ifndef NARU_DESK_H
#define NARU_DESK_H

#include "db.h"
#include "proof.h"

struct json_object;

/* One ask: who, what, and the field that an error is about. */
struct ask {
	struct ctx *ctx;
	struct db *db;
	struct proof who;
	struct json_object *from, *answer;
	const char *field;
	int socket;         /* -1 once a process of its own answers */
};
const char *ask_text(const struct ask *, const char *name);      /* "" if absent */
int64_t ask_int(const struct ask *, const char *name);
struct texts ask_texts(const struct ask *, const char *name);
void ask_answer(struct ask *, const char *name, const char *value);
/* fail() about a field of the form. */
bool ask_wrong(struct ask *, const char *field, const char *message);
typedef bool ask_fn(struct ask *);

struct desk_verb { const char *verb; ask_fn *fn; };
struct desk { const char *const *modules; /* whose proofs count; NULL ends them */ const struct desk_verb *verbs; size_t n; };

/* The socket's group is that of its folder. Ends the process if it cannot be made. */
int desk_listen(const char *path);
/* Accepts and answers those who ask; blocks half a second at most for each. */
void desk_serve(const struct desk *, int listener, struct db *);

#endif
