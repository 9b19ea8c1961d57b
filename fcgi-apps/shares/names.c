/* Names of people, places and files. */
#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "conf.h"
#include "remotes.h"
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

static const char *shown(struct arena *a, const char *name)
{
	char *copy = arena_copy(a, name, strlen(name));
	if (!utf8_valid(copy, strlen(copy)))
		for (char *s = copy; *s; s++)
			if ((unsigned char)*s >= 0x80)
				*s = '?';
	return copy;
}

const char *place_title(struct req *r, const char *place)
{
	return remote_id_of(r->ctx->arena, place) ? tr(r->ctx, "Store") : tr(r->ctx, conf_get(text(r->ctx->arena, "place %s", place), "title", place));
}

const char *share_name(struct req *r, const struct share *s)
{
	const char *slash = empty(s->path) ? NULL : strrchr(s->path, '/');
	return empty(s->path) ? place_title(r, s->place) : shown(r->ctx->arena, slash ? slash + 1 : s->path);
}

const char *address_of(struct arena *a, const char *prefix, const char *path)
{
	struct buf b = { 0 };
	buf_in(&b, a);
	buf_text(&b, prefix);
	if (*path)
		buf_char(&b, '/');
	for (const char *s = path; *s; s++)
		if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr("-._~/", *s))
			buf_char(&b, *s);
		else
			buf_printf(&b, "%%%02X", (unsigned)(unsigned char)*s);
	return buf_cstr(&b);
}

struct wish { const char *user, *id; bool *found; struct remote *out; };

static bool look(struct ctx *c, const struct db_read *d, void *arg)
{
	struct wish *w = arg;
	return remote_find(c, d, w->user, w->id, w->found, w->out);
}

bool remote_of(struct req *r, const char *id, bool *found, struct remote *out)
{
	struct wish w = { r->who.user, id, found, out };
	struct db *d;
	*found = false;
	if (!db_open(r->ctx, "stores", DB_READ_ONLY, &d))
		return false;
	bool done = db_view(r->ctx, d, look, &w);
	db_close(d);
	return done;
}
