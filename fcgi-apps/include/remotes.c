#include "remotes.h"

#include <stdlib.h>
#include <string.h>

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

static bool get(struct ctx *c, const struct db_read *d, const char *owner, const char *id, bool *found, struct remote *out)
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
	return get(c, d, user, id, found, out) && (*found || get(c, d, "", id, found, out));
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
