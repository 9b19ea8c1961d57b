#include "guest.h"

#include <pwd.h>
#include <string.h>

#include "conf.h"
#include "store/wire.h"

static const char *const modules[] = { "dashboard", "batchjob", "files", "dav", "stores", "transfers", "shares", NULL };

/* A module shows the proofs that were made for it; root, who could be any of them, those of all. */
static bool own(uid_t peer, const char *module)
{
	if (peer == 0)
		return true;
	const struct passwd *who = getpwuid(peer);
	return who && !empty(module) && starts_with(who->pw_name, "naru-") && same(who->pw_name + strlen("naru-"), module);
}

static int refused(struct ctx *c, int code)
{
	log_line(c, "refused: %s", c->error.detail ? c->error.detail : "proof");
	return code;
}

static int proof(struct ctx *c, const char *shown, uid_t peer, struct guest *g)
{
	if (!proof_check(c, shown, modules, &g->who))
		return refused(c, WIRE_E_PROOF);
	if (own(peer, g->who.module))
		return 0;
	log_line(c, "refused: uid %ld shows a proof of %.40s", (long)peer, g->who.module);
	return WIRE_E_PROOF;
}

/* ---- errands: does the owner still have an account, and which groups? ---- */

/* The line "user uid gid groups" in what account tells; NULL: not among those who may use the portal. */
static const char *line_of(struct ctx *c, const struct mandate *m)
{
	struct bytes file;
	if (!file_read(c, conf_path(c->arena, "launcher/people"), (size_t)64 << 20, &file))
		return NULL;
	const char *all = arena_copy(c->arena, file.at, file.n);
	const char *head = text(c->arena, "\n%s %lld %lld ", m->user, (long long)m->uid, (long long)m->gid), *at = strstr(all, head);
	return at ? arena_copy(c->arena, at + strlen(head), strcspn(at + strlen(head), "\n")) : NULL;
}

static bool among(const struct texts *all, const char *one)
{
	for (size_t i = 0; i < all->n; i++)
		if (same(all->at[i], one))
			return true;
	return false;
}

/* A group that the owner has left since is left here, too. */
static const char *still(struct ctx *c, const char *signed_groups, const char *now_groups)
{
	struct texts then = split(c->arena, signed_groups ? signed_groups : "", ','), today = split(c->arena, now_groups, ',');
	struct buf kept = { 0 };
	buf_in(&kept, c->arena);
	for (size_t i = 0; i < then.n; i++)
		if (*then.at[i] && among(&today, then.at[i]))
			buf_printf(&kept, "%s%s", kept.n ? "," : "", then.at[i]);
	return buf_cstr(&kept);
}

static int errand(struct ctx *c, const char *shown, uid_t peer, struct guest *g)
{
	struct mandate m;
	if (!errand_open(c, shown, g->place, &g->errand, &m))
		return refused(c, WIRE_E_ERRAND);
	if (!own(peer, m.holder)) {
		log_line(c, "refused: uid %ld shows an errand for %.40s", (long)peer, m.holder ? m.holder : "nobody");
		return WIRE_E_ERRAND;
	}
	const char *groups = line_of(c, &m);
	if (!groups) {
		log_line(c, "refused: an errand of %.40s, who has no account now", m.user ? m.user : "nobody");
		return WIRE_E_ERRAND;
	}
	g->who = (struct proof){ .user = m.user, .uid = m.uid, .gid = m.gid, .groups = still(c, m.groups, groups), .module = m.holder };
	return 0;
}

int guest_judge(struct ctx *c, const char *shown, const char *place, uid_t peer, struct guest *g)
{
	*g = (struct guest){ .place = place };
	return errand_is(shown) ? errand(c, shown, peer, g) : proof(c, shown, peer, g);
}
