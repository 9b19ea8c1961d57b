/* tree: the XML of a request's body. Everything lives in the arena of the request. */
#ifndef NARU_DAV_TREE_H
#define NARU_DAV_TREE_H

#include "app.h"

struct node {
	const char *name;          /* "namespace name"; NULL: a piece of text */
	const char *text;
	const char **attributes;   /* name, value, …, NULL */
	struct node *child, *last, *next, *up;
};

/* The whole body; *top NULL: it is empty. KIND_BAD_REQUEST, KIND_TOO_LARGE. */
bool tree_read(struct req *, struct node **top) MUST_CHECK;
/* The first child of that name; NULL: none, or no node. */
struct node *tree_child(const struct node *, const char *name);
/* The element as a text that stands for itself anywhere: namespaces and language come with it. */
const char *tree_text(struct arena *, const struct node *);
/* An empty element of that name. */
void put_empty(struct buf *, const char *name);

#endif
