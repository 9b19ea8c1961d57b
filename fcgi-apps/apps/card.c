/* card: an app as a card, and what the forms begin with. */
#include "apps_module.h"

#include "cluster.h"
#include "conf.h"

#include <time.h>

const char *cores_text(struct arena *arena, int64_t milli)
{
	if (milli % 1000 == 0)
		return text(arena, "%lld", (long long)(milli / 1000));
	return text(arena, milli % 100 ? "%lld.%02lld" : "%lld.%01lld", (long long)(milli / 1000), (long long)(milli % 100 ? milli % 1000 / 10 : milli % 1000 / 100));
}

const char *size_text(struct ctx *ctx, const struct deployment *a)
{
	const char *memory = human_size(ctx->arena, a->memory_mb << 20);

	if (a->gpus)
		return say(ctx, "%s cores, %s of memory, %lld GPUs", cores_text(ctx->arena, a->cpu_milli), memory, (long long)a->gpus);
	return say(ctx, "%s cores, %s of memory", cores_text(ctx->arena, a->cpu_milli), memory);
}

/* "2 h 05 min": what a person plans with. */
static const char *left_text(struct ctx *ctx, int64_t seconds)
{
	if (seconds < 60)
		return tr(ctx, "less than a minute left");
	if (seconds < 3600)
		return say(ctx, "%lld min left", (long long)(seconds / 60));
	if (seconds < 48 * 3600)
		return say(ctx, "%lld h %02lld min left", (long long)(seconds / 3600), (long long)(seconds % 3600 / 60));
	return say(ctx, "%lld days left", (long long)(seconds / 86400));
}

static void use_bars(struct ctx *ctx, const struct deployment *a, struct app_card *c)
{
	const char *asked = cores_text(ctx->arena, a->cpu_milli), *memory = human_size(ctx->arena, a->memory_mb << 20);

	if (!a->used_at || !same(a->state, APP_RUNNING)) {
		c->cpu = say(ctx, "%s cores", asked);
		c->memory = memory;
		return;
	}
	c->cpu = say(ctx, "%s of %s cores", cores_text(ctx->arena, a->used_cpu_milli / 10 * 10), asked);
	c->cpu_bar = bar_svg(ctx->arena, a->used_cpu_milli, a->cpu_milli, c->cpu);
	c->memory = say(ctx, "%s of %s", human_size(ctx->arena, a->used_memory_mb << 20), memory);
	c->memory_bar = bar_svg(ctx->arena, a->used_memory_mb, a->memory_mb, c->memory);
}

struct app_card app_card_of(struct req *r, const struct offers *offers, const struct deployment *a, bool own)
{
	struct ctx *ctx = r->ctx;
	const struct offer *o = offer_find(offers, a->offer);
	bool running = same(a->state, APP_RUNNING), gone = same(a->wanted, "gone");
	struct app_card c = { .id = a->id, .path = text(ctx->arena, "/apps/%s", a->id), .name = a->name, .kind = o ? o->title[ctx->lang] : a->offer,
		.icon = o ? text(ctx->arena, "/static/icons/%s.svg", o->icon) : NULL, .css = app_state_css(a), .state = app_state_text(ctx, a),
		.message = running && empty(a->detail) ? NULL : app_message(ctx, a->message, a->detail), .owner = own ? NULL : a->user, .own = own,
		.can_open = running && (!o || o->kind == OFFER_WEB), .can_start = own && !app_holds(a) && !gone,
		.can_stop = own && app_holds(a) && same(a->wanted, "run"), .idle = running && own && a->idle_ends };

	use_bars(ctx, a, &c);
	c.ends = app_ends(a);
	if (running && c.ends)
		c.left = left_text(ctx, c.ends > now() ? c.ends - now() : 0);
	return c;
}

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

void last_size(struct ctx *ctx, const char *user, const struct offer *o, struct deployment *out)
{
	struct db *db = apps_or_null(ctx);
	struct app_list mine = { 0 };

	out->cpu_milli = o->cpu_milli.preset;
	out->memory_mb = o->memory_mb.preset;
	out->gpus = o->gpus.preset;
	out->minutes = o->hours.preset * 60;
	if (db && !apps_of(ctx, db, user, &mine))
		forget(ctx);
	for (size_t i = 0; i < mine.n; i++) {
		const struct deployment *a = &mine.at[i];

		if (!same(a->offer, o->name))
			continue;
		out->cpu_milli = a->cpu_milli;
		out->memory_mb = a->memory_mb;
		out->gpus = a->gpus;
		out->minutes = a->minutes;
		return;
	}
}

static bool taken(const struct app_list *mine, const char *name)
{
	for (size_t i = 0; i < mine->n; i++)
		if (same(mine->at[i].name, name))
			return true;
	return false;
}

const char *free_name(struct ctx *ctx, const char *user, const struct offer *o)
{
	struct db *db = apps_or_null(ctx);
	struct app_list mine = { 0 };
	const char *name = o->title[ctx->lang];

	if (db && !apps_of(ctx, db, user, &mine))
		forget(ctx);
	for (int i = 2; taken(&mine, name) && i < 1000; i++)
		name = text(ctx->arena, "%s %d", o->title[ctx->lang], i);
	return name;
}
