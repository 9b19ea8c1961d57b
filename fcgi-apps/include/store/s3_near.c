/* Files are made by the hundred in one folder, and each wants to know that its folder is there and that no folder has its name: two listings, as dear
 * as the file itself. So the folder is remembered for some seconds, and from the third file on the names of the folders in it are, too. */
#include <stdlib.h>
#include <string.h>

#include "store/s3.h"

#define REMEMBERED_MS 10000
#define TIMES 5 /* each file asks twice: when it is begun and when it gets its name */

static void drop(struct s3_near *near)
{
	for (size_t i = 0; i < near->n; i++)
		free(near->folders[i]);
	free(near->folders);
	*near = (struct s3_near){ 0 };
}

void s3_forget(struct s3 *s)
{
	pthread_mutex_lock(&s->lock);
	drop(&s->near);
	pthread_mutex_unlock(&s->lock);
}

static bool is_near(const struct s3 *s, const char *folder)
{
	return s->near.until && clock_ms() < s->near.until && same(folder, s->near.path);
}

static void parent_of(const char *path, char parent[WIRE_PATH_MOST + 1])
{
	size_t n = (size_t)(s3_last_part(path) - path);
	n -= n > 0;
	memcpy(parent, path, n);
	parent[n] = 0;
}

/* Takes the keys of the folders out of a listing of all that is in one; they are sorted. */
static void take_folders(struct s3_near *near, struct s3_answer *a)
{
	near->folders = calloc(a->n + 1, sizeof *near->folders);
	near->known = near->folders != NULL;
	near->until = clock_ms() + REMEMBERED_MS;
	for (size_t i = 0; near->known && i < a->n; i++)
		if (a->items[i].folder) {
			near->folders[near->n++] = a->items[i].key;
			a->items[i].key = NULL;
		}
}

static void learn(struct s3 *s, const char *folder, struct s3_answer *a)
{
	pthread_mutex_lock(&s->lock);
	if (is_near(s, folder) && !s->near.known)
		take_folders(&s->near, a);
	pthread_mutex_unlock(&s->lock);
}

static void look_around(struct s3 *s, const char *folder)
{
	struct s3_call c = { 0 };
	char *prefix = s3_folder_key(s, folder);
	if (s3_some(s, &c, prefix, "", false, S3_ITEMS_MOST) == 0 && !c.answer.truncated)
		learn(s, folder, &c.answer);
	why_forget();
	s3_done(&c);
	free(prefix);
}

int s3_parent_is(struct s3 *s, const char *path)
{
	char parent[WIRE_PATH_MOST + 1];
	parent_of(path, parent);
	pthread_mutex_lock(&s->lock);
	bool is = is_near(s, parent), look = is && ++s->near.times == TIMES;
	pthread_mutex_unlock(&s->lock);
	if (look)
		look_around(s, parent);
	int e = is ? 0 : s3_folder_is(s, parent, NULL);
	if (e || is)
		return e;
	pthread_mutex_lock(&s->lock);
	drop(&s->near);
	memcpy(s->near.path, parent, sizeof parent);
	s->near.until = clock_ms() + REMEMBERED_MS;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

static int compare(const void *key, const void *one)
{
	return strcmp(key, *(char *const *)one);
}

bool s3_no_folder(struct s3 *s, const char *path)
{
	char parent[WIRE_PATH_MOST + 1];
	char *key = s3_folder_key(s, path);
	parent_of(path, parent);
	pthread_mutex_lock(&s->lock);
	bool known = is_near(s, parent) && s->near.known;
	bool none = known && !bsearch(key, s->near.folders, s->near.n, sizeof *s->near.folders, compare);
	pthread_mutex_unlock(&s->lock);
	free(key);
	return none;
}
