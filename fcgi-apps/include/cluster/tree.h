/* tree: building json-c trees without asking each call whether there was memory. What is put into a tree belongs to it. */
#ifndef NARU_CLUSTER_TREE_H
#define NARU_CLUSTER_TREE_H

#include "base.h"

#include <json-c/json.h>

typedef struct json_object tree;

/* An object that lives as long as the arena. */
tree *tree_new(struct arena *);
void tree_put(tree *in, const char *key, tree *value);
void tree_put_text(tree *in, const char *key, const char *value);
void tree_put_int(tree *in, const char *key, int64_t value);
void tree_put_bool(tree *in, const char *key, bool value);
/* New members, and new elements of a list. */
tree *tree_put_object(tree *in, const char *key);
tree *tree_put_list(tree *in, const char *key);
tree *tree_add_object(tree *list);
void tree_add_text(tree *list, const char *value);
void tree_add_int(tree *list, int64_t value);

#endif
