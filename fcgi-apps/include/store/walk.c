#include "store/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/terms.h"
#include "store/wire.h"

#define DEEPEST 48
#define PAGE 1000
#define LIST_MS 3000 /* for one list, after the walk's time */

struct level {
	struct arena *arena;        /* of the page */
	const char *path, *after;   /* from the folder searched on; of the page, "" for the first */
	struct store_page page;
	size_t next;                /* of the page */
	bool loaded;
};

struct walk {
	struct ctx *c;
	struct store *store;
	const struct store_find *q;
	struct store_hits *out;
	struct store_hit *hits;
	struct level at[DEEPEST];
	size_t depth;
	int64_t until;              /* 0: the store does not answer */
	bool moved;                 /* further than the cookie says */
};

static const char *join(struct arena *a, const char *folder, const char *name)
{
	return *folder ? text(a, "%s/%s", folder, name) : arena_copy(a, name, strlen(name));
}

/* ---- levels ---- */

static void close_all(void *arg)
{
	struct walk *w = arg;
	while (w->depth)
		arena_free(w->at[--w->depth].arena);
}

static bool push(struct walk *w, const char *path)
{
	if (w->depth == DEEPEST || strlen(path) + strlen(w->q->path) + 1 > WIRE_PATH_MOST)
		return false;
	struct level *l = &w->at[w->depth++];
	*l = (struct level){ .arena = arena_new(0), .after = "" };
	l->path = arena_copy(l->arena, path, strlen(path));
	return true;
}

/* A new page in place of the old one. */
static void turn(struct level *l, const char *after)
{
	struct arena *a = arena_new(0);
	l->path = arena_copy(a, l->path, strlen(l->path));
	l->after = arena_copy(a, after, strlen(after));
	arena_free(l->arena);
	l->arena = a;
	l->next = 0;
	l->loaded = false;
}

static bool load(struct walk *w, struct level *l)
{
	struct ctx c = *w->c;
	struct store_query q = { .path = join(l->arena, w->q->path, l->path), .order = STORE_ANY, .limit = PAGE, .after = *l->after ? l->after : NULL };
	if (!*l->path)
		q.path = w->q->path;
	c.arena = l->arena;
	c.deadline = (w->until > clock_ms() ? w->until : clock_ms()) + LIST_MS;
	if (store_list(&c, w->store, &q, &l->page))
		return l->loaded = true;
	const char *message = c.error.message ? c.error.message : "", *detail = c.error.detail ? c.error.detail : "";
	return fail(w->c, c.error.kind, arena_copy(w->c->arena, message, strlen(message)), "%s", detail);
}

/* ---- cookies: "PAGE~NUMBER~SUM_" a level; the sum is of the name of the folder below ---- */

bool walk_cookie_good(const char *s)
{
	return strlen(s) <= WIRE_COOKIE_MOST && strspn(s, "0123456789abcdefku.-~_") == strlen(s);
}

bool walk_cookie_bad(struct ctx *c)
{
	return fail(c, KIND_BAD_REQUEST, tr(c, "This search cannot be continued. Search again."), "cookie");
}

static unsigned sum(const char *name)
{
	unsigned h = 5381;
	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h & 0xffff;
}

static const char *write_cookie(const struct walk *w)
{
	struct buf b = { 0 };
	buf_in(&b, w->c->arena);
	for (size_t i = 0; i < w->depth; i++) {
		const struct level *l = &w->at[i];
		buf_printf(&b, "%s~%zu~%x_", l->after, l->next, i + 1 < w->depth ? sum(l->page.at[l->next - 1].name) : 0);
	}
	return b.n <= WIRE_COOKIE_MOST ? buf_cstr(&b) : NULL;
}

/* Enters the folder before the level's next entry, if it still is the one that it was. */
static bool descend(struct walk *w, struct level *l, unsigned long was)
{
	if (!l->next || l->next > l->page.n)
		return false;
	const struct entry *e = &l->page.at[l->next - 1];
	return e->kind == ENTRY_FOLDER && sum(e->name) == was && push(w, join(l->arena, l->path, e->name));
}

/* False: no cookie, or the store does not answer. What has changed since is left out. */
static bool go_on(struct walk *w)
{
	struct arena *a = w->c->arena;
	struct texts parts = split(a, w->q->cookie, '_');
	for (size_t i = 0; i + 1 < parts.n; i++) {
		struct texts f = split(a, parts.at[i], '~');
		struct level *l = &w->at[w->depth - 1];
		int64_t next;
		if (f.n != 3 || !parse_int(f.at[1], 0, PAGE, &next))
			return walk_cookie_bad(w->c);
		turn(l, f.at[0]);
		if (!load(w, l))
			return false;
		l->next = (size_t)next < l->page.n ? (size_t)next : l->page.n;
		if (i + 2 < parts.n && !descend(w, l, strtoul(f.at[2], NULL, 16)))
			break;
	}
	return true;
}

/* ---- the walk ---- */

static void keep(struct walk *w, const struct level *l, const struct entry *e)
{
	struct arena *a = w->c->arena;
	struct store_hit *h = &w->hits[w->out->n++];
	h->folder = arena_copy(a, l->path, strlen(l->path));
	h->entry = *e;
	h->entry.name = arena_copy(a, e->name, strlen(e->name));
}

static void pass(struct walk *w, struct level *l)
{
	const struct entry *e = &l->page.at[l->next++];
	if (!terms_seen(&w->q->terms, e->name))
		return;
	w->out->looked++;
	if (store_fits(&w->q->terms, e))
		keep(w, l, e);
	if (e->kind == ENTRY_FOLDER && !push(w, join(l->arena, l->path, e->name)))
		w->out->unread++;
}

/* A folder that is not to be read is passed by; a store that does not answer ends the walk for now. */
static bool failed(struct walk *w, bool first)
{
	enum kind k = w->c->error.kind;
	if (first)
		return false;
	forget(w->c);
	if (k == KIND_TIMEOUT || k == KIND_UNAVAILABLE) {
		w->until = 0;
		return true;
	}
	w->out->unread++;
	arena_free(w->at[--w->depth].arena);
	return true;
}

static bool step(struct walk *w)
{
	struct level *l = &w->at[w->depth - 1];
	if (!l->loaded)
		return load(w, l) || failed(w, w->depth == 1 && !*l->after);
	w->moved = true;
	if (l->next < l->page.n)
		pass(w, l);
	else if (l->page.next)
		turn(l, l->page.next);
	else
		arena_free(w->at[--w->depth].arena);
	return true;
}

bool walk_find(struct ctx *c, struct store *s, const struct store_find *q, struct store_hits *out)
{
	struct walk *w = NEW(c->arena, struct walk);
	*w = (struct walk){ .c = c, .store = s, .q = q, .out = out, .hits = NEW_ARRAY(c->arena, struct store_hit, q->limit), .until = clock_ms() + q->walk_ms };
	*out = (struct store_hits){ .at = w->hits };
	arena_defer(c->arena, close_all, w);
	push(w, "");
	if (!empty(q->cookie) && !go_on(w))
		return false;
	while (w->depth) {
		if (out->n == (size_t)q->limit || !w->until || (w->moved && clock_ms() > w->until)) {
			out->next = write_cookie(w);
			break;
		}
		if (!step(w))
			return false;
	}
	close_all(w);
	return true;
}
