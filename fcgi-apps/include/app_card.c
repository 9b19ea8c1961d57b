/* app_card: see app_card.h. */
#include "app_card.h"

#include "conf.h"

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
		return say(ctx, "%s CPU, %s of memory, %lld GPU", cores_text(ctx->arena, a->cpu_milli), memory, (long long)a->gpus);
	return say(ctx, "%s CPU, %s of memory", cores_text(ctx->arena, a->cpu_milli), memory);
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
		c->cpu = say(ctx, "%s CPU", asked);
		c->memory = memory;
		return;
	}
	c->cpu = say(ctx, "%s of %s CPU", cores_text(ctx->arena, a->used_cpu_milli / 10 * 10), asked);
	c->cpu_bar = bar_svg(ctx->arena, a->used_cpu_milli, a->cpu_milli, c->cpu);
	c->memory = say(ctx, "%s of %s", human_size(ctx->arena, a->used_memory_mb << 20), memory);
	c->memory_bar = bar_svg(ctx->arena, a->used_memory_mb, a->memory_mb, c->memory);
}

struct app_card app_card_of(struct ctx *ctx, const struct offers *offers, const struct deployment *a, bool own)
{
	const struct offer *o = offer_find(offers, a->offer);
	bool running = same(a->state, APP_RUNNING), gone = same(a->wanted, "gone");
	struct app_card c = { .id = a->id, .path = text(ctx->arena, "/apps/%s", a->id), .name = a->name, .kind = o ? o->title[ctx->lang] : a->offer,
		.icon = o ? text(ctx->arena, "/static/icons/%s.svg", o->icon) : NULL, .css = app_state_css(a), .state = app_state_text(ctx, a),
		.message = running && empty(a->detail) ? NULL : app_message(ctx, a->message, own ? a->detail : NULL), .owner = own ? NULL : a->user, .own = own,
		.can_open = running && (!o || o->kind == OFFER_WEB), .can_start = own && !app_holds(a) && !gone,
		.can_stop = own && app_holds(a) && same(a->wanted, "run"), .idle = running && own && a->idle_ends };

	if (same(c.kind, c.name))
		c.kind = NULL;
	use_bars(ctx, a, &c);
	c.ends = app_ends(a);
	if (running && c.ends)
		c.left = left_text(ctx, c.ends > now() ? c.ends - now() : 0);
	return c;
}

void last_size(const struct app_list *mine, const struct offer *o, struct deployment *out)
{
	out->cpu_milli = o->cpu_milli.preset;
	out->memory_mb = o->memory_mb.preset;
	out->gpus = o->gpus.preset;
	out->minutes = o->hours.preset * 60;
	for (size_t i = 0; i < mine->n; i++) {
		const struct deployment *a = &mine->at[i];

		if (!same(a->offer, o->name))
			continue;
		out->cpu_milli = a->cpu_milli;
		out->memory_mb = a->memory_mb;
		out->gpus = a->gpus;
		out->minutes = a->minutes;
		return;
	}
}

bool app_changing(const struct deployment *a)
{
	return same(a->wanted, "gone") || (app_holds(a) && !same(a->state, APP_RUNNING));
}

const struct quick_app *quick_app_of(struct ctx *ctx, const struct offers *offers, const struct app_list *mine)
{
	const struct offer *o = offer_find(offers, conf_get("apps", "quick", "jupyter"));
	struct deployment size = { 0 };

	if (!o || empty(o->image) || o->any_image)
		return NULL;
	struct quick_app *q = NEW(ctx->arena, struct quick_app);

	last_size(mine, o, &size);
	*q = (struct quick_app){ .offer = o->name, .label = say(ctx, "Start %s", o->title[ctx->lang]), .size = say(ctx, "Size: %s", size_text(ctx, &size)) };
	for (size_t i = 0; i < mine->n && !q->path && o->kind == OFFER_WEB; i++) {
		const struct deployment *a = &mine->at[i];
		bool running = same(a->state, APP_RUNNING);

		if (!same(a->offer, o->name) || !app_holds(a) || !same(a->wanted, "run"))
			continue;
		q->open_path = running ? text(ctx->arena, "/apps/%s/open", a->id) : NULL;
		q->path = text(ctx->arena, "/apps/%s", a->id);
		q->label = running ? say(ctx, "Open %s", a->name) : say(ctx, "%s is starting", a->name);
		q->size = NULL;
	}
	return q;
}
