/* ending: the line on every page about an app of the user's that ends soon. */
#include "app_private.h"

#include <time.h>

#include "apps.h"

enum { SOON_S = 3600 };

const char *ending_line(struct req *r, const char **path)
{
	struct ctx *ctx = r->ctx;
	struct error before = ctx->error;
	struct deployment a;
	bool found = false;
	int64_t ends = 0;
	char at[16] = "";
	struct tm tm;

	ctx->error = (struct error){ 0 };
	struct db *db = apps_or_null(ctx);

	if (!db || !app_ending(ctx, db, r->who.user, &found, &a, &ends))
		found = false;
	ctx->error = before;
	time_t when = (time_t)ends;

	if (!found || ends > now() + SOON_S || !localtime_r(&when, &tm))
		return NULL;
	strftime(at, sizeof at, "%H:%M", &tm);
	*path = text(ctx->arena, "/apps/%s", a.id);
	if (a.idle_ends && a.idle_ends == ends)
		return say(ctx, "Your app %s seems unused and is stopped at %s.", a.name, at);
	return say(ctx, "Your app %s ends at %s.", a.name, at);
}
