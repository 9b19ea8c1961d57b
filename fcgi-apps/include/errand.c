#include "errand.h"

#include <string.h>

#include "proof.h"
#include "remotes.h"
#include "seal.h"
#include "store/wire.h"

#define KIND_OF_STATEMENT "errand:"

bool mandate_sign(struct ctx *c, const struct mandate *m, const char **out)
{
	return statement_sign(c, KIND_OF_STATEMENT, record_pack(c->arena, &mandate_record, m), out);
}

static bool refuse(struct ctx *c, const char *why)
{
	return fail(c, KIND_FORBIDDEN, tr(c, "The permission to do this for its owner has ended or does not hold. The owner can give it anew."), "errand: %s", why);
}

static bool mandate_check(struct ctx *c, const char *given, struct mandate *m)
{
	struct bytes packed;
	if (!statement_check(c, KIND_OF_STATEMENT, given, &packed) || !record_unpack(c, &mandate_record, packed, m))
		return false;
	/* One from before the clock was set back must not count for longer. */
	if (m->expires <= now() || m->expires > now() + (int64_t)ERRAND_DAYS_MOST * 86400)
		return refuse(c, "expired");
	return true;
}

bool mandate_ends(struct ctx *c, const char *mandate, int64_t *ends)
{
	struct mandate m;
	if (!mandate_check(c, mandate, &m))
		return false;
	*ends = m.expires;
	return true;
}

static bool rights_good(int64_t rights)
{
	const int64_t any = ERRAND_READ | ERRAND_WRITE | ERRAND_DROP | ERRAND_SHARE;
	return (rights & any) && !(rights & ~(any | ERRAND_EXACT));
}

bool errand_seal(struct ctx *c, const struct errand *e, const char **sealed)
{
	struct errand own = *e;
	int64_t ends;
	const char *box;
	if (!mandate_ends(c, e->mandate, &ends))
		return false;
	own.until = e->until ? e->until : ends;
	own.path = e->path ? e->path : "";
	if (own.until > ends)
		return fail(c, KIND_INVALID, tr(c, "That is longer than this site lets others act for somebody. Choose an earlier end."), "errand: until %lld, mandate ends %lld",
			(long long)own.until, (long long)ends);
	if (empty(own.place) || !wire_path_good(own.path) || !rights_good(own.rights))
		return fail(c, KIND_INVALID, tr(c, "This path cannot be given to others."), "errand: place, path or rights");
	if (!seal_bytes(c, record_pack(c->arena, &errand_record, &own), &box))
		return false;
	*sealed = text(c->arena, ERRAND_MARK "%s", box);
	return true;
}

/* A store's place may be told with the time of its last change or without. */
static bool same_place(struct arena *a, const char *one, const char *other)
{
	const char *id = empty(one) ? NULL : remote_id_of(a, one);
	return id ? !empty(other) && same(id, remote_id_of(a, other)) : same(one, other);
}

bool errand_is(const char *text)
{
	return text && starts_with(text, ERRAND_MARK);
}

bool errand_open(struct ctx *c, const char *sealed, const char *place, struct errand *e, struct mandate *m)
{
	struct bytes packed;
	if (!errand_is(sealed) || !unseal_bytes(c, sealed + strlen(ERRAND_MARK), &packed) || !record_unpack(c, &errand_record, packed, e)) {
		forget(c);
		return refuse(c, "not sealed for this site");
	}
	if (!mandate_check(c, e->mandate, m))
		return false;
	e->path = e->path ? e->path : "";
	if (e->until <= now() || e->until > m->expires)
		return refuse(c, "ended");
	if (!same_place(c->arena, e->place, place))
		return refuse(c, "for another place");
	return rights_good(e->rights) && wire_path_good(e->path) ? true : refuse(c, "path or rights");
}
