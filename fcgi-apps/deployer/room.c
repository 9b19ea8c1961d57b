/*
 * room: on which engine an app goes. What a user may have there is held; how full an engine is only tells which one is better, since an app may wait for
 * room there and the engine itself has the last word. So where all are full, the one with most room is taken.
 */
#include "deployer.h"

#include "cluster.h"

/* ---- quota of the user ---------------------------------------------------------------------------------------------- */

const char *room_cores(struct arena *arena, int64_t milli)
{
	return milli % 1000 ? text(arena, "%lld.%lld", (long long)(milli / 1000), (long long)(milli % 1000 / 100)) : text(arena, "%lld", (long long)(milli / 1000));
}

static bool over(struct ctx *ctx, const char **field, const char *name, const char *message)
{
	*field = name;
	return fail(ctx, KIND_INVALID, message, NULL);
}

static const char *gpus_left(struct ctx *ctx, int64_t left, int64_t asked)
{
	return left == 1 ? say(ctx, "Your quota has 1 GPU left; you asked for %lld.", (long long)asked)
		: say(ctx, "Your quota has %lld GPUs left; you asked for %lld.", (long long)left, (long long)asked);
}

static const char *cores_left(struct ctx *ctx, int64_t left, int64_t asked)
{
	const char *wish = room_cores(ctx->arena, asked);

	return left == 1000 ? say(ctx, "Your quota has 1 core left; you asked for %s.", wish)
		: say(ctx, "Your quota has %s cores left; you asked for %s.", room_cores(ctx->arena, left), wish);
}

bool room_fits(struct ctx *ctx, const struct db_read *db, const struct deployment *a, const char **field)
{
	struct app_quota most = app_quota_most(a->engine), used;

	if (!app_quota_used(ctx, db, a->user, a->engine, &used))
		return false;
	if (used.apps + 1 > most.apps)
		return over(ctx, field, NULL, say(ctx, "You may have %lld apps at a time here and have %lld. Stop or delete one first.", (long long)most.apps, (long long)used.apps));
	if (a->gpus && used.gpus + a->gpus > most.gpus)
		return over(ctx, field, "gpus", gpus_left(ctx, most.gpus > used.gpus ? most.gpus - used.gpus : 0, a->gpus));
	if (used.cpu_milli + a->cpu_milli > most.cpu_milli)
		return over(ctx, field, "cpu", cores_left(ctx, most.cpu_milli > used.cpu_milli ? most.cpu_milli - used.cpu_milli : 0, a->cpu_milli));
	if (used.memory_mb + a->memory_mb > most.memory_mb)
		return over(ctx, field, "memory", say(ctx, "Your quota has %lld MiB of memory left; you asked for %lld.",
			(long long)(most.memory_mb > used.memory_mb ? most.memory_mb - used.memory_mb : 0), (long long)a->memory_mb));
	return true;
}

/* ---- room of the engine --------------------------------------------------------------------------------------------- */

enum { SHARE = 1000, FULL = 1000000000, SILENT = 2 * FULL };

static struct app_quota reserved_on(const char *engine, const struct app_list *all)
{
	struct app_quota out = { 0 };

	for (size_t i = 0; i < all->n; i++) {
		const struct deployment *a = &all->at[i];

		if (!app_holds(a) || !same(a->engine, engine))
			continue;
		out.cpu_milli += a->cpu_milli;
		out.memory_mb += a->memory_mb;
		out.gpus += a->gpus;
	}
	return out;
}

static int64_t share(int64_t left, int64_t of)
{
	int64_t out = of > 0 ? left * SHARE / of : 0;

	return out < -FULL / 4 ? -FULL / 4 : out;
}

/* What nobody has reserved once the app is there, in shares of the engine's cores and memory; all that are full lie below all that are not, and those that
 * do not answer below these. One that was not seen yet counts as full. */
static int64_t room(const struct engine *e, const struct app_list *all, const struct deployment *a)
{
	struct app_quota taken = reserved_on(a->engine, all);
	int64_t cpu = e->cpu_milli - taken.cpu_milli - a->cpu_milli, memory = e->memory_mb - taken.memory_mb - a->memory_mb;
	int64_t left = share(cpu, e->cpu_milli) + share(memory, e->memory_mb);

	if (!empty(e->error))
		return left - SILENT;
	return cpu < 0 || memory < 0 || (a->gpus && taken.gpus + a->gpus > e->gpus) ? left - FULL : left;
}

/* ---- the choice --------------------------------------------------------------------------------------------------------- */

bool room_has_gpus(struct ctx *ctx, const struct deployment *a)
{
	unsigned can = 0;

	if (!cluster_can(ctx, a->engine, &can))
		forget(ctx);
	return a->gpus == 0 || (can & CLUSTER_CAN_GPU);
}

struct choice { struct deployment *app; bool fits; };

static bool see_fits(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct choice *choice = arg;
	const char *field;

	choice->fits = room_fits(ctx, db, choice->app, &field);
	if (choice->fits)
		return true;
	if (ctx->error.kind != KIND_INVALID)
		return false;
	forget(ctx);
	return true;
}

bool room_choose(struct ctx *ctx, struct db *db, const struct offer *o, struct deployment *a)
{
	struct texts names = cluster_engines();
	const char *best = NULL;
	bool best_fits = false;
	int64_t most = 0;
	struct app_list all;

	if (!keep_all(ctx, db, &all))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		struct engine e = { 0 };
		struct choice choice = { a, false };
		bool found;

		a->engine = names.at[i];
		if (!offer_on_engine(o, a->engine) || !room_has_gpus(ctx, a))
			continue;
		if (!engine_get(ctx, db, a->engine, &found, &e) || !db_view(ctx, db, see_fits, &choice))
			return false;
		int64_t left = room(&e, &all, a);

		if (!best || choice.fits > best_fits || (choice.fits == best_fits && left > most)) {
			best = a->engine;
			best_fits = choice.fits;
			most = left;
		}
	}
	a->engine = best;
	return best ? true : fail(ctx, KIND_INVALID, tr(ctx, "No cluster of this site can run this."), NULL);
}
