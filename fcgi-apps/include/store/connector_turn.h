/* connector_turn: what the source files of the connector share. */
#ifndef NARU_STORE_CONNECTOR_TURN_H
#define NARU_STORE_CONNECTOR_TURN_H

#include "store/connector.h"

/* One request being answered. */
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

/* Each returns 0 after it wrote an answer's fields, an error code, or -1: no request. */
typedef int answerer(struct turn *);

/* No answerer goes on with a request that is bad. */
void turn_refuse(struct turn *, int code);
/* The next path of the request, below the errand's. */
const char *turn_path(struct turn *);
void turn_put_row(struct wire *, const struct row *);

/* connector_details.c */
answerer answer_find, answer_quota, answer_acl, answer_acl_set, answer_mode, answer_details, answer_tree;

#endif
