/* Asking the mover for a transfer: with one errand for each end, which is all that it can do without the user. */
#include "transfers.h"

#include "errand.h"
#include "store.h"

/* A store's place carries the time of its last change for store_open(). */
static const char *store_place(struct ctx *ctx, const char *user, const char *place)
{
	const struct remote *all;
	size_t n;
	const char *id = remote_id_of(ctx->arena, place);
	if (!id)
		return place;
	places_remotes(ctx, user, &all, &n);
	for (size_t i = 0; i < n; i++)
		if (same(all[i].id, id))
			return remote_place(ctx->arena, &all[i]);
	return place;
}

bool place_open(struct req *r, const char *place, struct store **out)
{
	return store_open(r->ctx, r->who.proof, store_place(r->ctx, r->who.user, place), out);
}

static bool seal_errand(struct req *r, const char *place, int64_t rights, const char **out)
{
	struct errand e = { .mandate = r->who.errand, .place = store_place(r->ctx, r->who.user, place), .path = "", .rights = rights };
	if (empty(r->who.errand))
		return fail(r->ctx, KIND_FORBIDDEN, tr(r->ctx, "Your sign-in does not allow work that goes on without you. Sign in again, then try once more."), "no mandate");
	return errand_seal(r->ctx, &e, out);
}

bool create(struct req *r, const struct source *s, struct mover_ask *ask, const char **id)
{
	bool takes_away = same(ask->verb, "move");
	ask->from_place = s->place;
	ask->from_path = s->path;
	ask->names = s->names;
	/* A cut is pasted once, in whatever form it comes; a trial of it is none. */
	ask->key = takes_away && !ask->dry && !empty(s->once) ? s->once : r->key;
	if (!seal_errand(r, s->place, takes_away ? ERRAND_WRITE : ERRAND_READ, &ask->from_errand) || !seal_errand(r, ask->to_place, ERRAND_WRITE, &ask->to_errand))
		return false;
	return mover_create(r->ctx, r->who.proof, ask, id);
}
