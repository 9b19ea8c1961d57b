#include "marks.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

/* ---- keys: owner NUL place "/" sum of the folder "/" sum of the name. A path may be longer than a key, so both are hashed. ---- */

static const char *sum(struct arena *a, const char *s, size_t n)
{
	unsigned char hash[crypto_generichash_BYTES_MIN];
	crypto_generichash(hash, sizeof hash, (const unsigned char *)s, n, NULL, 0);
	return hex(a, hash, sizeof hash);
}

static struct db_key folder_key(struct arena *a, const char *owner, const char *place, const char *folder, size_t n)
{
	return db_key2('M', owner, text(a, "%s/%s/", place, sum(a, folder, n)));
}

/* The top of a place is the entry without a name in the folder that has no name either; no other path gives that. */
static struct db_key key_of_mark(struct arena *a, const char *owner, const char *place, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t n = slash ? (size_t)(slash - path) : 0;
	return db_key2('M', owner, text(a, "%s/%s/%s", place, sum(a, path, n), sum(a, name, strlen(name))));
}

bool mark_place_good(const char *place)
{
	return *place && strlen(place) <= 100 && !strchr(place, '/');
}

/* ---- reading ---- */

bool mark_get(struct ctx *c, const struct db_read *d, const char *owner, const char *place, const char *path, bool *found, struct mark *out)
{
	struct bytes value;
	*found = false;
	if (!mark_place_good(place))
		return true;
	struct db_key key = key_of_mark(c->arena, owner, place, path);
	return db_get(c, d, &key, found, &value) && (!*found || record_unpack(c, &mark_record, value, out));
}

static bool read_range(struct ctx *c, const struct db_read *d, const struct db_key *prefix, struct marks *out)
{
	struct db_walk *w = db_walk(c, d, prefix, NULL, false);
	struct bytes value;
	struct db_key key;
	struct buf b = { 0 };
	buf_in(&b, c->arena);
	*out = (struct marks){ 0 };
	for (bool more;;) {
		struct mark m;
		if (!db_next(c, w, &more, &key, &value))
			return false;
		if (!more)
			break;
		if (!record_unpack(c, &mark_record, value, &m))
			return false;
		buf_add(&b, &m, sizeof m);
		out->n++;
	}
	out->at = (struct mark *)(void *)b.at;
	return true;
}

bool marks_of_folder(struct ctx *c, const struct db_read *d, const char *owner, const char *place, const char *folder, struct marks *out)
{
	*out = (struct marks){ 0 };
	if (!mark_place_good(place))
		return true;
	struct db_key prefix = folder_key(c->arena, owner, place, folder, strlen(folder));
	return read_range(c, d, &prefix, out);
}

bool marks_all(struct ctx *c, const struct db_read *d, const char *owner, struct marks *out)
{
	struct db_key prefix = db_key2('M', owner, "");
	return read_range(c, d, &prefix, out);
}

/* ---- writing ---- */

static bool count(struct ctx *c, const struct db_read *d, const char *owner, size_t *n)
{
	struct db_key prefix = db_key2('M', owner, ""), key;
	struct db_walk *w = db_walk(c, d, &prefix, NULL, false);
	struct bytes value;
	*n = 0;
	for (bool more;; ++*n) {
		if (!db_next(c, w, &more, &key, &value))
			return false;
		if (!more)
			return true;
	}
}

static bool put(struct ctx *c, struct db_write *d, const struct mark *m)
{
	struct db_key key = key_of_mark(c->arena, m->owner, m->place, m->path);
	return db_put(c, d, &key, record_pack(c->arena, &mark_record, m));
}

static bool drop(struct ctx *c, struct db_write *d, const struct mark *m)
{
	struct db_key key = key_of_mark(c->arena, m->owner, m->place, m->path);
	return db_del(c, d, &key);
}

bool mark_put(struct ctx *c, struct db_write *d, const struct mark *m)
{
	bool found;
	size_t n;
	struct mark before;
	if (!mark_place_good(m->place))
		return true;
	if (!m->favourite && !m->tags.n)
		return drop(c, d, m);
	if (!mark_get(c, db_as_read(d), m->owner, m->place, m->path, &found, &before) || !count(c, db_as_read(d), m->owner, &n))
		return false;
	if (!found && n >= MARKS_MOST)
		return fail(c, KIND_INVALID, tr(c, "You have 2,000 favourites and tagged files, and there may not be more. Take the marks from some that you no longer need."), "marks");
	return put(c, d, m);
}

/* ---- moving ---- */

/* What `path` is called when `from` is called `to`; NULL: it is not touched. */
static const char *moved(struct arena *a, const char *path, const char *from, const char *to)
{
	size_t n = strlen(from);
	if (strncmp(path, from, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return text(a, "%s%s", to, path + n);
}

/* First all that was there goes, then all comes: of two names that are exchanged none is lost. */
bool marks_move_to(struct ctx *c, struct db_write *d, const char *owner, const char *place, const char *from, const char *to_place, const char *to)
{
	struct db_key prefix = db_key2('M', owner, text(c->arena, "%s/", place));
	struct marks all;
	if (!mark_place_good(place) || !mark_place_good(to_place) || !*from)
		return true;
	if (!read_range(c, db_as_read(d), &prefix, &all))
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (moved(c->arena, all.at[i].path, from, to) && !drop(c, d, &all.at[i]))
			return false;
	for (size_t i = 0; i < all.n; i++) {
		const char *path = moved(c->arena, all.at[i].path, from, to);
		struct mark m = all.at[i];
		m.path = path;
		m.place = to_place;
		if (path && !put(c, d, &m))
			return false;
	}
	return true;
}

bool marks_move(struct ctx *c, struct db_write *d, const char *owner, const char *place, const char *from, const char *to)
{
	return marks_move_to(c, d, owner, place, from, place, to);
}

/* ---- how lists are liked ---- */

bool taste_get(struct ctx *c, const struct db_read *d, const char *owner, struct taste *out)
{
	struct bytes value;
	bool found;
	struct db_key key = db_key('T', owner);
	*out = (struct taste){ .owner = owner };
	return db_get(c, d, &key, &found, &value) && (!found || record_unpack(c, &taste_record, value, out));
}

bool taste_put(struct ctx *c, struct db_write *d, const struct taste *t)
{
	struct db_key key = db_key('T', t->owner);
	return db_put(c, d, &key, record_pack(c->arena, &taste_record, t));
}
