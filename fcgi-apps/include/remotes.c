#include "remotes.h"

#include <stdlib.h>
#include <string.h>

#include "seal.h"

struct db_key remote_key(const char *owner, const char *id)
{
	return db_key2('S', owner ? owner : "", id);
}

bool remote_id_good(const char *id)
{
	return !empty(id) && strlen(id) == 10 && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789") == 10;
}

const char *remote_place(struct arena *a, const struct remote *r)
{
	return text(a, REMOTE_PLACE "%s.%lld", r->id, (long long)r->changed);
}

const char *remote_id_of(struct arena *a, const char *place)
{
	if (!starts_with(place, REMOTE_PLACE))
		return NULL;
	place += strlen(REMOTE_PLACE);
	const char *id = arena_copy(a, place, strcspn(place, "."));
	return remote_id_good(id) ? id : NULL;
}

/* Of WebDAV the path, too: one server may hold many people's folders. */
static const char *target(struct arena *a, const struct remote *r)
{
	const char *const parts[] = { r->owner, r->kind, r->host, r->user, r->security, r->auth, same(r->kind, "webdav") ? r->path : "" };
	const char *all = text(a, "%lld", (long long)r->port);
	for (size_t i = 0; i < COUNT(parts); i++)
		all = text(a, "%s\n%s", all, parts[i] ? parts[i] : "");
	return text(a, "%s\n\n", all);
}

bool remote_same_target(struct arena *a, const struct remote *one, const struct remote *other)
{
	return same(target(a, one), target(a, other));
}

bool remote_seal(struct ctx *c, const struct remote *r, const char *secret, const char **sealed)
{
	return seal(c, empty(secret) ? "" : text(c->arena, "%s%s", target(c->arena, r), secret), sealed);
}

bool remote_unseal(struct ctx *c, const struct remote *r, const char *sealed, const char **secret)
{
	const char *whose = target(c->arena, r);
	if (!unseal(c, sealed, secret))
		return false;
	if (empty(*secret))
		return true;
	if (!starts_with(*secret, whose))
		return fail(c, KIND_INTERNAL, NULL, "the secret of a store was sealed for another one");
	*secret += strlen(whose);
	return true;
}

bool remote_exactly(struct ctx *c, const struct db_read *d, const char *owner, const char *id, bool *found, struct remote *out)
{
	struct bytes value;
	struct db_key key = remote_key(owner, id);
	return db_get(c, d, &key, found, &value) && (!*found || record_unpack(c, &remote_record, value, out));
}

bool remote_find(struct ctx *c, const struct db_read *d, const char *user, const char *id, bool *found, struct remote *out)
{
	*found = false;
	if (!remote_id_good(id) || empty(user))
		return true;
	return remote_exactly(c, d, user, id, found, out) && (*found || remote_exactly(c, d, "", id, found, out));
}

static int older(const void *a_, const void *b_)
{
	const struct remote *a = a_, *b = b_;
	return a->created != b->created ? (a->created < b->created ? -1 : 1) : strcmp(a->id, b->id);
}

bool remote_all(struct ctx *c, const struct db_read *d, const char *owner, const struct remote **out, size_t *n)
{
	struct db_key prefix = remote_key(owner, ""), key;
	struct db_walk *w = db_walk(c, d, &prefix, NULL, false);
	struct remote *all = NEW_ARRAY(c->arena, struct remote, REMOTE_MOST);
	struct bytes value;
	*out = all;
	*n = 0;
	for (bool more; *n < REMOTE_MOST; ++*n) {
		if (!db_next(c, w, &more, &key, &value))
			return false;
		if (!more)
			break;
		if (!record_unpack(c, &remote_record, value, &all[*n]))
			return false;
	}
	qsort(all, *n, sizeof *all, older);
	return true;
}

bool remote_put(struct ctx *c, struct db_write *d, const struct remote *r)
{
	struct db_key key = remote_key(r->owner, r->id);
	return db_put(c, d, &key, record_pack(c->arena, &remote_record, r));
}
