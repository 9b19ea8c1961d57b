/*
 * Sharing with people: entries in access control lists, set and taken back by errand. A share goes through these states:
 *   scan   what is there already is written down (.before), so that it can be put back; nothing is changed yet
 *   set    the entries are set        on   all are        end   they are being taken back        over
 * Each can be done again from its beginning, so it does not matter when a process is killed. .tried is the time before which nobody else
 * works on the share.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "file_names.h"
#include "shares.h"
#include "store/wire.h"

enum { ENTRIES_MOST = 100000, BEFORE_MOST = 1000, DEEPEST = 100, CLAIM_S = 90, TICK_MS = 40000 };

struct walk {
	struct ctx *c;
	struct store *store;
	const struct share *s;
	struct store_who who;
	int64_t until;
	size_t n;
	int64_t others;         /* entries of other people, which cannot be changed */
	const char **before;    /* scan: what was found */
	size_t n_before;
	bool (*visit)(struct walk *, const char *path, const struct store_acl *);
};

/* ---- what was there: "KIND PERM LATER BARE PATH", KIND e: in what is shared, p: a folder above ---- */

struct was { int perm, later; bool bare; };

static bool add_before(struct walk *w, char kind, const char *path, const struct store_acl *a)
{
	if (w->n_before == BEFORE_MOST)
		return fail(w->c, KIND_INVALID, tr(w->c, "They may already reach much of this folder by entries of its own. Share a smaller part, or take those away first."), "before");
	w->before[w->n_before++] = text(w->c->arena, "%c %d %d %d %s", kind, a->perm, a->later, a->bare, path);
	return true;
}

static bool before_of(const struct share *s, char kind, const char *path, struct was *out)
{
	*out = (struct was){ STORE_ACL_NONE, STORE_ACL_NONE, false };
	for (size_t i = 0; i < s->before.n; i++) {
		int perm, later, bare, at = 0;
		const char *line = s->before.at[i];
		if (line[0] == kind && sscanf(line + 1, "%d %d %d%n", &perm, &later, &bare, &at) == 3 && same(line + 1 + at + 1, path)) {
			*out = (struct was){ perm, later, bare };
			return true;
		}
	}
	return false;
}

/* ---- the walk ---- */

static bool walk(struct walk *, const char *path, int depth);

static bool walk_folder(struct walk *w, const char *path, int depth)
{
	struct store_query q = { .path = path, .limit = 1000 };
	for (struct store_page page = { 0 };;) {
		if (!store_list(w->c, w->store, &q, &page))
			return false;
		for (size_t i = 0; i < page.n; i++)
			if ((page.at[i].kind == ENTRY_FILE || page.at[i].kind == ENTRY_FOLDER) && !walk(w, path_join(w->c->arena, path, page.at[i].name), depth + 1))
				return false;
		if (!page.next)
			return true;
		q.after = page.next;
	}
}

/* Gone meanwhile, or not ours to look at: the rest goes on. */
static bool skip(struct walk *w)
{
	enum kind k = w->c->error.kind;
	if (k != KIND_NOT_FOUND && k != KIND_FORBIDDEN)
		return false;
	const char *words;
	if (store_failure(&words) == WIRE_E_ERRAND || store_failure(&words) == WIRE_E_RIGHT)
		return false;
	w->others += k == KIND_FORBIDDEN;
	forget(w->c);
	return true;
}

static bool walk(struct walk *w, const char *path, int depth)
{
	struct store_acl a;
	if (clock_ms() > w->until)
		return fail(w->c, KIND_TIMEOUT, tr(w->c, "This takes longer. It goes on by itself."), "share: time");
	if (++w->n > ENTRIES_MOST || depth > DEEPEST)
		return fail(w->c, KIND_INVALID, tr(w->c, "The folder holds more than 100,000 entries. Share a smaller part of it."), "share: entries");
	if (!store_acl(w->c, w->store, path, &w->who, &a))
		return depth > 0 && skip(w);
	if (!a.own)
		w->others++;
	else if (!w->visit(w, path, &a) && (depth == 0 || !skip(w)))
		return false;
	return !a.folder || walk_folder(w, path, depth) || (depth > 0 && skip(w));
}

/* ---- what is done with each ---- */

static bool scan_one(struct walk *w, const char *path, const struct store_acl *a)
{
	return a->perm < 0 && a->later < 0 && !a->bare ? true : add_before(w, 'e', path, a);
}

/* What they had already they keep. */
static int joined(int had, int wanted)
{
	return had < 0 ? wanted : had | wanted;
}

static bool set_one(struct walk *w, const char *path, const struct store_acl *a)
{
	int wanted = (w->s->writes ? 6 : 4) | (a->folder || a->runs ? 1 : 0);
	int perm = joined(a->perm, wanted), later = a->folder && w->s->later ? joined(a->later, wanted) : STORE_ACL_LEAVE;
	if (perm == a->perm && (later == STORE_ACL_LEAVE || later == a->later))
		return true;
	return store_acl_set(w->c, w->store, path, &w->who, perm, later);
}

static bool take_one(struct walk *w, const char *path, const struct store_acl *a)
{
	struct was was;
	before_of(w->s, 'e', path, &was);
	int later = !a->folder ? STORE_ACL_LEAVE : was.later < 0 && was.bare ? STORE_ACL_KEEP_BARE : was.later;
	if (a->perm == was.perm && a->later == was.later)
		return true;
	return store_acl_set(w->c, w->store, path, &w->who, was.perm, later);
}

/* ---- the folders above ---- */

/* Those that lead to a path, the place's top first. */
static struct texts above(struct arena *a, const char *path)
{
	size_t n = 0;
	const char **at = NEW_ARRAY(a, const char *, strlen(path) / 2 + 2);
	if (*path)
		at[n++] = "";
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		at[n++] = arena_copy(a, path, (size_t)(slash - path));
	return (struct texts){ at, n };
}

bool grant_closed(struct req *r, struct store *store, const char *path, const struct store_who *who, const char **names)
{
	struct texts folders = above(r->ctx->arena, path);
	struct buf b = { 0 };
	buf_in(&b, r->ctx->arena);
	for (size_t i = 0; i < folders.n; i++) {
		struct store_acl a;
		if (!store_acl(r->ctx, store, folders.at[i], who, &a))
			return false;
		if (!(a.reach & 1))
			buf_printf(&b, "%s%s", b.n ? ", " : "", *folders.at[i] ? folders.at[i] : tr(r->ctx, "the top folder"));
	}
	*names = buf_cstr(&b);
	return true;
}

static bool leads_to(const char *folder, const char *path)
{
	size_t n = strlen(folder);
	return !n || (strncmp(folder, path, n) == 0 && path[n] == '/');
}

/* Another share of the same owner with the same person, which leads through the folder. */
static bool needed_by(const struct share *s, const struct share *other, const char *folder)
{
	return !same(s->id, other->id) && other->passes && same(s->place, other->place) && same(s->target, other->target) && !same(other->state, "over")
		&& !same(other->state, "end") && leads_to(folder, other->path);
}

/* If it is open because of another share, what was there before that one is what will be put back by whichever ends last. */
static bool scan_above(struct walk *w)
{
	const struct share *all;
	size_t n;
	struct texts folders = above(w->c->arena, w->s->path);
	if (!shares_of(w->c, w->s->owner, &all, &n))
		return false;
	for (size_t i = 0; i < folders.n; i++) {
		struct store_acl a;
		struct was was;
		bool known = false;
		if (!store_acl(w->c, w->store, folders.at[i], &w->who, &a))
			return false;
		for (size_t k = 0; k < n && !known; k++)
			known = needed_by(w->s, &all[k], folders.at[i]) && before_of(&all[k], 'p', folders.at[i], &was);
		if (known)
			a = (struct store_acl){ .perm = was.perm, .later = was.later, .own = true };
		if (a.own && (known || !(a.reach & 1)) && !add_before(w, 'p', folders.at[i], &a))
			return false;
	}
	return true;
}

static bool set_above(struct walk *w)
{
	struct texts folders = above(w->c->arena, w->s->path);
	struct was was;
	for (size_t i = 0; i < folders.n; i++)
		if (before_of(w->s, 'p', folders.at[i], &was) && !store_acl_set(w->c, w->store, folders.at[i], &w->who, joined(was.perm, 1), STORE_ACL_LEAVE))
			return false;
	return true;
}

static bool take_above(struct walk *w)
{
	const struct share *all;
	size_t n;
	struct texts folders = above(w->c->arena, w->s->path);
	struct was was;
	if (!shares_of(w->c, w->s->owner, &all, &n))
		return false;
	for (size_t i = folders.n; i-- > 0;) {
		bool needed = !before_of(w->s, 'p', folders.at[i], &was);
		for (size_t k = 0; k < n && !needed; k++)
			needed = needed_by(w->s, &all[k], folders.at[i]);
		if (!needed && !store_acl_set(w->c, w->store, folders.at[i], &w->who, was.perm, STORE_ACL_LEAVE) && !skip(w))
			return false;
	}
	return true;
}

/* ---- one share, one state further ---- */

/* The errand's root: the place's top if folders above are opened, else what is shared. */
static const char *top_of(const struct share *s)
{
	return s->passes ? s->path : "";
}

static bool pass(struct walk *w)
{
	if (same(w->s->state, "scan")) {
		w->visit = scan_one;
		return walk(w, top_of(w->s), 0) && (!w->s->passes || scan_above(w));
	}
	if (same(w->s->state, "set")) {
		w->visit = set_one;
		return walk(w, top_of(w->s), 0) && (!w->s->passes || set_above(w));
	}
	w->visit = take_one;
	return walk(w, top_of(w->s), 0) && (!w->s->passes || take_above(w));
}

static const char *next_state(const char *state)
{
	return same(state, "scan") ? "set" : same(state, "set") ? "on" : "over";
}

struct outcome { const char *from; const struct walk *w; bool done, gone; int code; };

/* How far it came. Somebody may have ended it meanwhile: that is kept, and what was found before goes with it. */
static bool came(struct ctx *c, struct share *s, void *arg)
{
	const struct outcome *o = arg;
	(void)c;
	s->tried = o->done ? now() + CLAIM_S : now() + (o->code == ETIMEDOUT || o->code == 0 ? 1 : o->code == WIRE_E_ERRAND ? 300 : 60);
	s->code = o->gone ? ENOENT : o->done || o->code == ETIMEDOUT ? 0 : o->code;
	s->others = o->w->others;
	if (o->done && same(o->from, "scan"))
		s->before = (struct texts){ o->w->before, o->w->n_before };
	if (o->done && same(s->state, o->from))
		s->state = next_state(s->state);
	if (same(s->state, "on") || same(s->state, "over"))
		s->tried = 0;
	if (same(s->state, "over")) {
		s->ended = s->ended ? s->ended : now();
		s->errand = "";
	}
	return true;
}

static bool one_pass(struct ctx *c, struct share *s, int64_t until)
{
	struct walk w = { .c = c, .s = s, .who = who_of(c->arena, s), .until = until, .before = NEW_ARRAY(c->arena, const char *, BEFORE_MOST) };
	struct outcome o = { .from = s->state, .w = &w };
	const char *words = "";
	struct share after;
	o.done = store_open(c, s->errand, s->place, &w.store) && pass(&w);
	if (!o.done) {
		o.code = c->error.kind == KIND_TIMEOUT ? ETIMEDOUT : store_failure(&words);
		/* What is shared is not there any more: nothing to take back but the way to it. */
		if (same(s->state, "end") && c->error.kind == KIND_NOT_FOUND && o.code == ENOENT) {
			forget(c);
			o.gone = o.done = !s->passes || take_above(&w);
		}
		if (!o.done)
			log_line(c, "share %s of %s: %s: %s", s->id, s->owner, s->state, c->error.detail ? c->error.detail : "not done");
		forget(c);
	}
	if (!share_change(c, s->owner, s->id, came, &o, &after))
		return false;
	*s = after;
	return true;
}

static bool unfinished(const struct share *s)
{
	return same(s->state, "scan") || same(s->state, "set") || same(s->state, "end");
}

bool grant_go_on(struct ctx *c, struct share *s, int64_t until)
{
	while (unfinished(s) && clock_ms() < until) {
		const char *before = s->state;
		c->deadline = until + 2000;
		if (!one_pass(c, s, until))
			return false;
		if (same(before, s->state))
			break;
	}
	return true;
}

/* ---- the ticker ---- */

/* Only one process works on a share. *arg: true if that is this one. */
static bool claim(struct ctx *c, struct share *s, void *arg)
{
	bool *mine = arg;
	(void)c;
	*mine = unfinished(s) && s->tried <= now();
	if (*mine)
		s->tried = now() + CLAIM_S;
	return true;
}

static bool finish(struct ctx *c, struct share *s, void *arg)
{
	(void)c;
	(void)arg;
	if (same(s->kind, "people")) {
		s->state = "end";
	} else {
		s->state = "over";
		s->errand = "";
	}
	s->ended = s->ended ? s->ended : now();
	return true;
}

static bool drop_old(struct ctx *c, struct db_write *d, void *arg)
{
	const struct share *s = arg;
	return share_drop(c, d, s);
}

static bool tend(struct ctx *c, struct share *s)
{
	bool mine = false, over = same(s->state, "over");
	if (over)
		return s->ended > now() - SHARE_KEPT_S || db_change(c, shares_db, drop_old, s);
	if (s->ends <= now() && !same(s->state, "end") && s->tried <= now()
		&& (!audit(c, s->owner, "shares.over", text(c->arena, "%s:%s", s->place, s->path), s->id) || !share_change(c, s->owner, s->id, finish, NULL, s)))
		return false;
	if (!unfinished(s) || s->tried > now())
		return true;
	return share_change(c, s->owner, s->id, claim, &mine, s) && (!mine || grant_go_on(c, s, clock_ms() + TICK_MS));
}

bool grant_tick(struct ctx *c)
{
	struct share *all;
	size_t n;
	if (!shares_db && !db_open(c, "shares", DB_READ_WRITE, &shares_db))
		return false;
	if (!shares_due(c, &all, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!tend(c, &all[i])) {
			log_line(c, "share %s of %s: %s", all[i].id, all[i].owner, c->error.detail ? c->error.detail : "error");
			forget(c);
		}
	}
	return true;
}
