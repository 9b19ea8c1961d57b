#include "closed.h"

#include <stdlib.h>
#include <string.h>

#include "apps.h"
#include "conf.h"
#include "people.h"
#include "replace.h"

/* Everybody who has an app, each once: keys are in the order of users. */
struct owners { const char **at; size_t n, room; };

static bool collect(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct owners *o = arg;
	struct db_key prefix = { .at = "A", .n = 1 }, key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct bytes value;

	for (bool more = true;;) {
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		const char *user = arena_copy(ctx->arena, key.at + 1, strnlen((const char *)key.at + 1, key.n - 1));

		if (o->n && same(o->at[o->n - 1], user))
			continue;
		if (o->n == o->room) {
			const char **before = o->at;

			o->room = o->room ? 2 * o->room : 64;
			o->at = NEW_ARRAY(ctx->arena, const char *, o->room);
			if (before)
				memcpy(o->at, before, o->n * sizeof *before);
		}
		o->at[o->n++] = user;
	}
}

struct judged { const struct owners *owners; struct buf names; size_t n; };

/* Somebody whom no record knows was not closed by anybody: records may have come from a backup. */
static bool judge(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct judged *j = arg;

	for (size_t i = 0; i < j->owners->n; i++) {
		struct account a;
		bool found;

		if (!account_get(ctx, db, j->owners->at[i], &found, &a))
			return false;
		if (!found || (account_usable(&a) && account_role(&a, now()) >= ROLE_USER))
			continue;
		buf_printf(&j->names, "%s\n", a.user);
		j->n++;
	}
	return true;
}

bool closed_tell(struct ctx *ctx)
{
	static bool empty_one;
	struct db *db = apps_or_null(ctx);
	struct owners owners = { 0 };
	struct judged j = { .owners = &owners };

	buf_in(&j.names, ctx->arena);
	buf_printf(&j.names, "%lld\n", (long long)now());
	if (!db)
		return true;
	if (!db_view(ctx, db, collect, &owners) || !db_view(ctx, accounts, judge, &j))
		return false;
	if (empty_one && !j.n)
		return true;
	empty_one = !j.n;
	return file_replace(ctx, conf_path(ctx->arena, "deployer/closed"), buf_cstr(&j.names));
}

/* ---- who may use the portal: for the launcher ------------------------------------------------------------------------ */

static bool list_usable(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct buf *out = arg;
	struct db_key prefix = db_key(TABLE_ACCOUNT, ""), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct bytes value;

	for (bool more = true;;) {
		struct account a;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		if (!record_unpack(ctx, &account_record, value, &a))
			return false;
		if (account_usable(&a) && account_role(&a, now()) >= ROLE_USER)
			buf_printf(out, "%s %lld %lld %s\n", a.user, (long long)a.uid, (long long)a.gid, groups_clean(ctx->arena, a.gid, a.groups));
	}
}

/* Written when it has changed, and once by each process that is the first to look. */
bool holders_tell(struct ctx *ctx)
{
	static char *before;
	struct buf now_usable = { 0 };
	const char *all;

	buf_in(&now_usable, ctx->arena);
	buf_text(&now_usable, "user uid gid groups\n");
	if (!db_view(ctx, accounts, list_usable, &now_usable))
		return false;
	all = buf_cstr(&now_usable);
	if (same(before, all))
		return true;
	if (!file_replace(ctx, conf_path(ctx->arena, "launcher/people"), all))
		return false;
	free(before);
	before = strdup(all);
	return true;
}
