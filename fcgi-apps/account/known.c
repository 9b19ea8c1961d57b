#include "known.h"

#include <string.h>

#include "conf.h"
#include "people.h"
#include "replace.h"

static bool collect(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct db_key prefix = db_key(TABLE_ACCOUNT, ""), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct buf *names = arg;
	struct bytes value;

	for (bool more = true;;) {
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		buf_add(names, key.at + 1, key.n - 1);
		buf_char(names, '\n');
	}
}

/* Sessions are in the same database, so most changes are none of names. */
bool known_tell(struct ctx *ctx)
{
	static int64_t version = -1;
	static struct buf told;
	int64_t now_is = db_version(accounts);
	struct buf names;

	if (now_is == version)
		return true;
	buf_in(&names, ctx->arena);
	buf_char(&names, '\n');
	if (!db_view(ctx, accounts, collect, &names))
		return false;
	if (told.n != names.n || memcmp(told.at, names.at, names.n) != 0) {
		if (!file_replace(ctx, conf_path(ctx->arena, "deployer/people"), buf_cstr(&names)))
			return false;
		told.n = 0;
		buf_add(&told, names.at, names.n);
	}
	version = now_is;
	return true;
}
