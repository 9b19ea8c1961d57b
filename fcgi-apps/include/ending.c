/* ending: the line on every page about an app of the user's whose end has been announced. */
#include "app_private.h"

#include <string.h>
#include <time.h>

#include "apps.h"
#include "memo.h"

enum { LOOK_AGAIN_S = 60, HALF_A_DAY = 43200 };

/* Which of the user's apps ends next: looked for once as long as nothing changes. */
struct next { char id[APP_ID + 1], name[256]; int64_t ends, idle_ends; };

static bool look(struct ctx *ctx, struct db *db, const char *user, struct next *out)
{
	struct deployment a;
	bool found = false;
	int64_t ends = 0;

	*out = (struct next){ 0 };
	if (!app_ending(ctx, db, user, &found, &a, &ends))
		return false;
	if (found && strlen(a.id) < sizeof out->id && strlen(a.name) < sizeof out->name) {
		memcpy(out->id, a.id, strlen(a.id));
		memcpy(out->name, a.name, strlen(a.name));
		out->ends = ends;
		out->idle_ends = a.idle_ends;
	}
	return true;
}

static bool next_of(struct ctx *ctx, const char *user, struct next *out)
{
	static struct memo memo;
	struct db *db = apps_or_null(ctx);
	int64_t version = db ? db_version(db) : -1;
	const char *key = text(ctx->arena, "%lld %s", (long long)(now() / LOOK_AGAIN_S), user);
	struct bytes before = memo_get(&memo, key, version);

	if (before.n == sizeof *out) {
		memcpy(out, before.at, sizeof *out);
		return true;
	}
	if (!db || !look(ctx, db, user, out))
		return false;
	if (version >= 0)
		memo_put(&memo, key, version, (struct bytes){ (const unsigned char *)out, sizeof *out });
	return true;
}

const char *ending_line(struct req *r, const char **path)
{
	struct ctx *ctx = r->ctx;
	struct error before = ctx->error;
	struct next next = { 0 };
	char at[32] = "";
	struct tm tm;

	ctx->error = (struct error){ 0 };
	bool known = next_of(ctx, r->who.user, &next);

	ctx->error = before;
	time_t when = (time_t)next.ends;

	if (!known || !next.ends || !localtime_r(&when, &tm))
		return NULL;
	strftime(at, sizeof at, next.ends > now() + HALF_A_DAY ? "%Y-%m-%d %H:%M" : "%H:%M", &tm);
	*path = text(ctx->arena, "/apps/%s", next.id);
	if (next.idle_ends && next.idle_ends == next.ends)
		return say(ctx, "Your app %s seems unused and is stopped at %s.", next.name, at);
	return say(ctx, "Your app %s ends at %s.", next.name, at);
}
