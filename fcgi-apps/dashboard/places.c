/*
 * places: what the user's folders take. Walking a tree costs time, so each worker keeps what it measured for ten minutes;
 * a walk that does not end in time gives "at least".
 */
#include "dashboard.h"
#include "store.h"

#include <string.h>

enum { KEEP_SECONDS = 600, WALK_MS = 250, REMEMBERED = 512 };

struct measured { char user[64], place[32]; int64_t when; struct store_space space; };

static struct measured memory[REMEMBERED];

static struct measured *slot(const char *user, const char *place)
{
	uint32_t hash = 2166136261u;
	for (const char *p = user; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	for (const char *p = place; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	return &memory[hash % REMEMBERED];
}

static void keep(struct measured *m, const char *user, const char *place, const struct store_space *space)
{
	if (strlen(user) >= sizeof m->user || strlen(place) >= sizeof m->place)
		return;
	memcpy(m->user, user, strlen(user) + 1);
	memcpy(m->place, place, strlen(place) + 1);
	m->when = now();
	m->space = *space;
}

static bool measure(struct ctx *ctx, const struct identity *who, const struct place *place, struct store_space *space)
{
	struct measured *m = slot(who->user, place->name);
	int64_t age = now() - m->when;
	if (same(m->user, who->user) && same(m->place, place->name) && age >= 0 && age < KEEP_SECONDS) {
		*space = m->space;
		return true;
	}
	struct store *store;
	if (!store_open(ctx, who->proof, place->name, &store) || !store_space(ctx, store, WALK_MS, space))
		return false;
	keep(m, who->user, place->name, space);
	return true;
}

static struct place_row row_of(struct ctx *ctx, const struct identity *who, const struct place *place)
{
	struct place_row row = { .title = tr(ctx, place->title), .path = text(ctx->arena, "/files/in/%s/", place->name) };
	struct store_space space = {0};
	if (!measure(ctx, who, place, &space)) {
		row.problem = ctx->error.message ? ctx->error.message : tr(ctx, "This place does not answer now.");
		log_line(ctx, "space of %s: %s", place->name, ctx->error.detail ? ctx->error.detail : "failed");
		forget(ctx);
		return row;
	}
	row.used = space.used_at_least ? say(ctx, "at least %s", human_size(ctx->arena, space.used))
		: human_size(ctx->arena, space.used);
	row.free = human_size(ctx->arena, space.free);
	row.total = human_size(ctx->arena, space.total);
	row.bar = bar_svg(ctx->arena, space.total - space.free, space.total,
		say(ctx, "%s of %s are free", row.free, row.total));
	return row;
}

struct place_row_list places_of(struct ctx *ctx, const struct identity *who)
{
	const struct place *places;
	size_t n;
	store_places(ctx->arena, who->user, &places, &n);
	if (empty(who->proof))
		n = 0;
	struct place_row *rows = NEW_ARRAY(ctx->arena, struct place_row, n + 1);
	for (size_t i = 0; i < n; i++)
		rows[i] = row_of(ctx, who, &places[i]);
	return (struct place_row_list){ rows, n };
}
