/* Names of people, places and files. */
#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "conf.h"
#include "file_names.h"
#include "places.h"
#include "shares.h"

#define LOWEST conf_int("store", "lowest-uid", 1000)

bool target_of(struct arena *a, bool group, const char *name, const char **target)
{
	const struct group *g = group ? getgrnam(name) : NULL;
	const struct passwd *u = group ? NULL : getpwnam(name);
	int64_t id = g ? (int64_t)g->gr_gid : u ? (int64_t)u->pw_uid : -1;
	if (id < LOWEST || id == 65534)
		return false;
	*target = text(a, "%c%lld", group ? 'g' : 'u', (long long)id);
	return true;
}

/* "30000,30001": the groups that the system has for a user. */
static const char *groups_of(struct arena *a, const char *user)
{
	gid_t at[256];
	int n = COUNT(at);
	const struct passwd *u = getpwnam(user);
	struct buf b = { 0 };
	buf_in(&b, a);
	if (!u || getgrouplist(user, u->pw_gid, at, &n) < 0)
		return "";
	for (int i = 0; i < n; i++)
		buf_printf(&b, "%s%lu", i ? "," : "", (unsigned long)at[i]);
	return buf_cstr(&b);
}

struct store_who who_of(struct arena *a, const struct share *s)
{
	struct store_who who = { .kind = s->target[0], .groups = s->target[0] == 'u' ? groups_of(a, s->who) : "" };
	if (!parse_int(s->target + 1, 1, UINT32_MAX, &who.id))
		who.id = 65534;
	return who;
}

const char *share_place(struct req *r, const struct share *s)
{
	return remote_id_of(r->ctx->arena, s->place) ? tr(r->ctx, "Store") : tr(r->ctx, conf_get(text(r->ctx->arena, "place %s", s->place), "title", s->place));
}

const char *share_name(struct req *r, const struct share *s)
{
	return empty(s->path) ? share_place(r, s) : name_shown(r->ctx->arena, path_name(s->path));
}

const char *address_of(struct arena *a, const char *prefix, const char *path)
{
	return text(a, "%s%s%s", prefix, *path ? "/" : "", path_encoded(a, path));
}

bool remote_of(struct req *r, const char *id, struct remote *out)
{
	const struct remote *all;
	size_t n;
	places_remotes(r->ctx, r->who.user, &all, &n);
	for (size_t i = 0; i < n; i++)
		if (same(all[i].id, id)) {
			*out = all[i];
			return true;
		}
	return false;
}
