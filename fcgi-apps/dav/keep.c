#include "keep.h"

#include <string.h>

#include <sodium.h>

enum { PATH_MOST = 380, HASH = 16 };

struct db *keep;

bool keep_open(struct ctx *ctx)
{
	return db_open(ctx, "dav", DB_READ_WRITE, &keep);
}

static const char *hash(struct arena *a, const char *s)
{
	unsigned char out[HASH];
	crypto_generichash(out, sizeof out, (const unsigned char *)s, strlen(s), NULL, 0);
	return hex(a, out, sizeof out);
}

static const char *shortened(struct arena *a, const char *path)
{
	return strlen(path) <= PATH_MOST ? path : text(a, "%.*s//%s", PATH_MOST, path, hash(a, path));
}

/* "//" is in no path, so that a path's own records are not taken for those of a longer one. */
struct db_key keep_key(struct arena *a, char table, const char *root, const char *path, const char *more)
{
	return db_key2(table, hash(a, root), text(a, "%s//%s", shortened(a, path), more ? more : ""));
}

struct db_key keep_prefix(struct arena *a, char table, const char *root, const char *path)
{
	return keep_key(a, table, root, path, NULL);
}

struct db_key keep_below(struct arena *a, char table, const char *root, const char *path)
{
	if (strlen(path) > PATH_MOST)
		return db_key2(table, hash(a, root), text(a, "%.*s", PATH_MOST, path));
	return db_key2(table, hash(a, root), *path ? text(a, "%s/", path) : "");
}

struct db_key keep_place(struct arena *a, char table, const char *root)
{
	return db_key2(table, hash(a, root), "");
}
