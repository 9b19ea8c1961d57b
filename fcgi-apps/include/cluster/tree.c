/* Building json-c trees: see tree.h. */
#include "cluster/tree.h"

static void must(int result)
{
	if (result != 0)
		die("tree: no memory");
}

static void release(void *arg)
{
	json_object_put(arg);
}

tree *tree_new(struct arena *arena)
{
	tree *made = json_object_new_object();

	arena_defer(arena, release, made);
	return made;
}

void tree_put(tree *in, const char *key, tree *value)
{
	must(json_object_object_add(in, key, value));
}

void tree_put_text(tree *in, const char *key, const char *value) { tree_put(in, key, json_object_new_string(value)); }
void tree_put_int(tree *in, const char *key, int64_t value) { tree_put(in, key, json_object_new_int64(value)); }
void tree_put_bool(tree *in, const char *key, bool value) { tree_put(in, key, json_object_new_boolean(value)); }

tree *tree_put_object(tree *in, const char *key)
{
	tree *made = json_object_new_object();

	tree_put(in, key, made);
	return made;
}

tree *tree_put_list(tree *in, const char *key)
{
	tree *made = json_object_new_array();

	tree_put(in, key, made);
	return made;
}

tree *tree_add_object(tree *list)
{
	tree *made = json_object_new_object();

	must(json_object_array_add(list, made));
	return made;
}

void tree_add_text(tree *list, const char *value) { must(json_object_array_add(list, json_object_new_string(value))); }
void tree_add_int(tree *list, int64_t value) { must(json_object_array_add(list, json_object_new_int64(value))); }
