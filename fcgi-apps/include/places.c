#include "places.h"

#include "store.h"

static struct db *stores;

struct all { const char *user; const struct remote *own, *site; size_t n_own, n_site; };

static bool read_all(struct ctx *c, const struct db_read *d, void *arg)
{
	struct all *a = arg;
	return remote_all(c, d, a->user, &a->own, &a->n_own) && remote_all(c, d, "", &a->site, &a->n_site);
}

/* A site without the stores module has no such database: that is no error. */
static bool look(struct ctx *c, struct all *a)
{
	return (stores || db_open(c, "stores", DB_READ_ONLY, &stores)) && db_view(c, stores, read_all, a);
}

void places_remotes(struct ctx *ctx, const char *user, const struct remote **out, size_t *n)
{
	struct all a = { .user = user };
	struct error before = ctx->error;
	*n = 0;
	*out = NULL;
	ctx->error = (struct error){ 0 };
	bool good = look(ctx, &a);
	ctx->error = before;
	if (!good)
		return;
	struct remote *both = NEW_ARRAY(ctx->arena, struct remote, a.n_own + a.n_site + 1);
	for (size_t i = 0; i < a.n_own; i++)
		both[(*n)++] = a.own[i];
	for (size_t i = 0; i < a.n_site; i++)
		both[(*n)++] = a.site[i];
	*out = both;
}

struct known_places places_of_user(struct ctx *ctx, const char *user)
{
	const struct place *local;
	const struct remote *remote;
	size_t n_local, n_remote, n = 0;
	store_places(ctx->arena, user, &local, &n_local);
	places_remotes(ctx, user, &remote, &n_remote);
	struct known_place *at = NEW_ARRAY(ctx->arena, struct known_place, n_local + n_remote + 1);
	for (size_t i = 0; i < n_local; i++)
		at[n++] = (struct known_place){ local[i].name, tr(ctx, local[i].title), false };
	for (size_t i = 0; i < n_remote; i++)
		if (!remote[i].paused)
			at[n++] = (struct known_place){ text(ctx->arena, REMOTE_PLACE "%s", remote[i].id), remote[i].title, true };
	return (struct known_places){ at, n };
}

const struct known_place *place_known(const struct known_places *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (same(p->at[i].name, name))
			return &p->at[i];
	return NULL;
}

const char *place_title(const struct known_places *p, const char *name)
{
	const struct known_place *known = place_known(p, name);
	return known ? known->title : name;
}
