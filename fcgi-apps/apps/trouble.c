/* trouble: what does not answer; and names that are free. */
#include "apps_module.h"

#include "cluster.h"
#include "conf.h"

#include <time.h>

static const char *clock_text(struct arena *arena, int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;
	char out[16] = "";

	if (localtime_r(&t, &tm))
		strftime(out, sizeof out, "%H:%M", &tm);
	return text(arena, "%s", out);
}

struct trouble_list troubles_of(struct ctx *ctx)
{
	struct texts engines = cluster_engines();
	struct trouble *rows = NEW_ARRAY(ctx->arena, struct trouble, engines.n + 1);
	struct db *db = apps_or_null(ctx);
	size_t n = 0;

	if (engines.n == 0)
		rows[n++].what = tr(ctx, "No cluster for apps is set up on this site yet. The administrators can add one.");
	for (size_t i = 0; db && i < engines.n; i++) {
		struct engine e = { 0 };
		bool found = false;

		if (!engine_get(ctx, db, engines.at[i], &found, &e))
			forget(ctx);
		if (found && !empty(e.error))
			rows[n++].what = say(ctx, "%s has not answered since %s. What runs there goes on; changes wait until it answers.",
				tr(ctx, conf_get(text(ctx->arena, "engine %s", e.name), "title", e.name)), clock_text(ctx->arena, e.error_since));
	}
	return (struct trouble_list){ rows, n };
}

static bool taken(const struct app_list *mine, const char *name)
{
	for (size_t i = 0; i < mine->n; i++)
		if (same(mine->at[i].name, name))
			return true;
	return false;
}

const char *free_name(struct ctx *ctx, const struct app_list *mine, const struct offer *o)
{
	const char *name = o->title[ctx->lang];

	for (int i = 2; taken(mine, name) && i < 1000; i++)
		name = text(ctx->arena, "%s %d", o->title[ctx->lang], i);
	return name;
}
