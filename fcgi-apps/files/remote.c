/* remote: which stores the signed-in user has. Read afresh at each request: the stores module changes them. */
#include "files.h"

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

void where_remotes(struct req *r, const struct remote **out, size_t *n)
{
	struct all a = { .user = r->who.user };
	*n = 0;
	*out = NULL;
	if (!look(r->ctx, &a)) {
		forget(r->ctx);
		return;
	}
	struct remote *both = NEW_ARRAY(r->ctx->arena, struct remote, a.n_own + a.n_site + 1);
	for (size_t i = 0; i < a.n_own; i++)
		both[(*n)++] = a.own[i];
	for (size_t i = 0; i < a.n_site; i++)
		both[(*n)++] = a.site[i];
	*out = both;
}
