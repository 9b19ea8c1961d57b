/* turn: one request that a connector is answering, for the files that hold its answers (connector*.c). */
#ifndef NARU_STORE_TURN_H
#define NARU_STORE_TURN_H

#include "store/connector.h"

struct turn {
	struct connector *c;
	struct wire *in, *out;
	int64_t id, until;
	int pass;              /* descriptor for the answer, -1: none */
	bool close_pass;
	int refused;           /* why a request that is well-formed is not looked at; 0: it is */
	char paths[2][WIRE_PATH_MOST + 1]; /* with the prefix */
	unsigned n_paths;
};

/* Reads a path from the request; one that is none makes the request bad. */
const char *turn_path(struct turn *);
/* Writes an entry into an answer. */
void turn_row(struct wire *, const struct row *);

/* Each returns 0 after it wrote an answer's fields, an error code, or -1: no request. */
int answer_find(struct turn *), answer_quota(struct turn *);

#endif
