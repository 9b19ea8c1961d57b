/* PROPFIND: properties of one thing, or of a folder and what is in it. However large the folder, a page of it at a time is in memory. */
#include <string.h>

#include "dav.h"
#include "locks.h"
#include "props.h"
#include "store/wire.h"

#define PAGE 250
#define NAMES_MOST 200

enum what { ALL, NAMES, SOME };

struct asked {
	struct work *w;
	enum what what;
	const char *names[NAMES_MOST]; /* SOME: or ALL with more besides */
	size_t n;
	bool dead, locks, deep;        /* is the database asked? the folder's entries, too? */
	bool space_asked, space_known;
	struct store_space space;
	struct store_page page;        /* the first */
};

/* One thing that is told about. */
struct row { struct spot spot; const char *title; struct dav_properties dead; };

/* ---- live properties ---- */

static bool put_kind(struct buf *b, struct asked *q, const struct row *x)
{
	(void)q;
	buf_text(b, spot_folder(&x->spot) ? "<D:collection/>" : "");
	return true;
}

static bool put_length(struct buf *b, struct asked *q, const struct row *x)
{
	(void)q;
	if (spot_folder(&x->spot))
		return false;
	buf_printf(b, "%lld", (long long)x->spot.entry.size);
	return true;
}

static bool put_modified(struct buf *b, struct asked *q, const struct row *x)
{
	(void)q;
	if (x->spot.entry.modified <= 0)
		return false;
	buf_text(b, http_date(b->arena, x->spot.entry.modified));
	return true;
}

static bool put_etag(struct buf *b, struct asked *q, const struct row *x)
{
	(void)q;
	if (spot_folder(&x->spot))
		return false;
	put_xml(b, entry_etag(b->arena, &x->spot.entry));
	return true;
}

static bool put_type(struct buf *b, struct asked *q, const struct row *x)
{
	(void)q;
	if (spot_folder(&x->spot))
		return false;
	buf_text(b, "application/octet-stream");
	return true;
}

static bool xml_can(const char *s)
{
	if (!utf8_valid(s, strlen(s)))
		return false;
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p < 0x20 || strncmp(p, "\xef\xbf\xbe", 3) == 0 || strncmp(p, "\xef\xbf\xbf", 3) == 0)
			return false;
	return true;
}

static bool put_title(struct buf *b, struct asked *q, const struct row *x)
{
	(void)q;
	const char *name = x->title ? x->title : *x->spot.path ? path_name(x->spot.path) : x->spot.place;
	if (!xml_can(name))
		return false;
	put_xml(b, name);
	return true;
}

static bool put_locks(struct buf *b, struct asked *q, const struct row *x)
{
	struct held held = { 0 };
	if (!locks_on(q->w->r->ctx, &x->spot, false, &held))
		forget(q->w->r->ctx);
	for (size_t i = 0; i < held.n; i++)
		put_lock(b, &x->spot, &held.at[i]);
	return true;
}

static bool put_lock_kinds(struct buf *b, struct asked *q, const struct row *x)
{
	static const char *const scopes[] = { "exclusive", "shared" };
	(void)q;
	for (size_t i = 0; x->spot.store && i < COUNT(scopes); i++)
		buf_printf(b, "<D:lockentry><D:lockscope><D:%s/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>", scopes[i]);
	return true;
}

/* The store is asked once a request. */
static bool space_known(struct asked *q)
{
	struct ctx *c = q->w->r->ctx;
	if (!q->space_asked && q->w->at.can & STORE_CAN_SPACE)
		q->space_known = store_space(c, q->w->at.store, 0, &q->space);
	forget(c);
	q->space_asked = true;
	return q->space_known;
}

static bool put_room(struct buf *b, struct asked *q, const struct row *x)
{
	if (!spot_folder(&x->spot) || !space_known(q))
		return false;
	buf_printf(b, "%lld", (long long)q->space.free);
	return true;
}

static bool put_used(struct buf *b, struct asked *q, const struct row *x)
{
	if (!spot_folder(&x->spot) || !space_known(q))
		return false;
	buf_printf(b, "%lld", (long long)(q->space.total - q->space.free));
	return true;
}

/* The quota is for who asks by name: it costs the store a question (RFC 4331, section 2). */
static const struct live { const char *name; bool (*put)(struct buf *, struct asked *, const struct row *); bool in_all; } lives[] = {
	{ "resourcetype", put_kind, true }, { "displayname", put_title, true }, { "getcontentlength", put_length, true },
	{ "getlastmodified", put_modified, true }, { "getetag", put_etag, true }, { "getcontenttype", put_type, true },
	{ "supportedlock", put_lock_kinds, true }, { "lockdiscovery", put_locks, true },
	{ "quota-available-bytes", put_room, false }, { "quota-used-bytes", put_used, false },
};

static const struct live *live_of(const char *name)
{
	for (size_t i = 0; starts_with(name, "DAV: ") && i < COUNT(lives); i++)
		if (same(name + 5, lives[i].name))
			return &lives[i];
	return NULL;
}

bool property_is_live(const char *name)
{
	return live_of(name) || same(name, "DAV: creationdate") || same(name, "DAV: getcontentlanguage");
}

static bool put_live(struct buf *b, struct asked *q, const struct row *x, const struct live *l)
{
	size_t before = b->n, inside;
	buf_printf(b, "<D:%s>", l->name);
	inside = b->n;
	if (!l->put(b, q, x)) {
		b->n = before;
		return false;
	}
	if (q->what == NAMES)
		b->n = inside;
	buf_printf(b, "</D:%s>", l->name);
	return true;
}

/* ---- one response ---- */

static void put_all(struct buf *b, struct asked *q, const struct row *x)
{
	for (size_t i = 0; i < COUNT(lives); i++)
		if (lives[i].in_all)
			put_live(b, q, x, &lives[i]);
	for (size_t i = 0; i < x->dead.names.n && i < x->dead.values.n; i++)
		if (q->what == NAMES)
			put_empty(b, x->dead.names.at[i]);
		else
			buf_text(b, x->dead.values.at[i]);
}

static bool put_named(struct buf *b, struct asked *q, const struct row *x, const char *name)
{
	const struct live *l = live_of(name);
	const char *dead = l ? NULL : props_value(&x->dead, name);
	if (l)
		return put_live(b, q, x, l);
	buf_text(b, dead ? dead : "");
	return dead;
}

static void put_row(struct buf *b, struct asked *q, const struct row *x)
{
	bool missing[NAMES_MOST];
	size_t n = 0;
	buf_text(b, "<D:response><D:href>");
	put_xml(b, spot_href(b->arena, x->spot.place, x->spot.path, spot_folder(&x->spot)));
	buf_text(b, "</D:href><D:propstat><D:prop>");
	if (q->what != SOME)
		put_all(b, q, x);
	for (size_t i = 0; i < q->n; i++)
		n += missing[i] = !put_named(b, q, x, q->names[i]);
	buf_text(b, "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>");
	if (n && q->what == SOME) {
		buf_text(b, "<D:propstat><D:prop>");
		for (size_t i = 0; i < q->n; i++)
			if (missing[i])
				put_empty(b, q->names[i]);
		buf_text(b, "</D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>");
	}
	buf_text(b, "</D:response>\n");
}

/* ---- a page of a folder ---- */

/* Links that lead nowhere, devices and pipes are nothing that a client could do anything with. */
static bool shown(const struct entry *e)
{
	return e->kind == ENTRY_FILE || e->kind == ENTRY_FOLDER;
}

static bool put_page(struct ctx *c, struct buf *b, struct asked *q, const struct store_page *page)
{
	const char **paths = NEW_ARRAY(c->arena, const char *, page->n + 1);
	struct dav_properties *dead = NEW_ARRAY(c->arena, struct dav_properties, page->n + 1);
	for (size_t i = 0; i < page->n; i++)
		paths[i] = path_join(c->arena, q->w->at.path, page->at[i].name);
	if (q->dead && !props_of(c, &q->w->at, paths, page->n, dead))
		return false;
	for (size_t i = 0; i < page->n; i++) {
		struct row x = { .spot = q->w->at, .dead = dead[i] };
		x.spot.path = paths[i];
		x.spot.entry = page->at[i];
		if (shown(&page->at[i]))
			put_row(b, q, &x);
	}
	return true;
}

static bool list(struct ctx *c, struct asked *q, const char *after, struct store_page *page)
{
	struct store_query query = { .path = q->w->at.path, .limit = PAGE, .after = after };
	return store_list(c, q->w->at.store, &query, page);
}

static const char top[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:multistatus xmlns:D=\"DAV:\">\n", bottom[] = "</D:multistatus>\n";

/* What is sent while it is made: the first page, the others, each in memory that is the next one's afterwards, and the end. */
struct made {
	struct asked *q;
	struct buf first;
	struct ctx part;
	char after[2 * WIRE_NAME_MOST + 64];
	bool begun, ended;
};

static bool one_more(struct made *m, struct bytes *out)
{
	struct store_page page;
	struct buf b = { 0 };
	arena_reset(m->part.arena);
	m->part.deadline = clock_ms() + CALL_MS;
	buf_in(&b, m->part.arena);
	if (!list(&m->part, m->q, m->after, &page) || !put_page(&m->part, &b, m->q, &page)) {
		log_line(&m->part, "%s PROPFIND %s: cut: %s", m->q->w->r->who.user, m->q->w->r->path, m->part.error.detail ? m->part.error.detail : "");
		return false;
	}
	snprintf(m->after, sizeof m->after, "%s", page.next ? page.next : "");
	*out = (struct bytes){ (const unsigned char *)b.at, b.n };
	return true;
}

static bool more(void *arg, struct bytes *out)
{
	struct made *m = arg;
	*out = (struct bytes){ (const unsigned char *)m->first.at, m->first.n };
	if (!m->begun)
		return m->begun = true;
	for (out->n = 0; *m->after && !out->n;) /* a page may hold nothing that is shown */
		if (!one_more(m, out))
			return false;
	if (out->n || m->ended)
		return true;
	*out = (struct bytes){ (const unsigned char *)bottom, sizeof bottom - 1 };
	return m->ended = true;
}

/* ---- the request ---- */

static void want(struct asked *q, const char *name)
{
	if (q->n < NAMES_MOST)
		q->names[q->n++] = name;
	q->dead |= !live_of(name);
}

static bool read_names(struct asked *q, const struct node *prop)
{
	size_t n = 0;
	for (const struct node *c = prop->child; c; c = c->next)
		n += c->name != NULL;
	if (n > NAMES_MOST)
		return work_refuse(q->w, 413, NULL);
	for (const struct node *c = prop->child; c; c = c->next)
		if (c->name)
			want(q, c->name);
	return true;
}

static bool read_request(struct asked *q)
{
	struct node *body;
	if (!tree_read(q->w->r, &body))
		return false;
	const struct node *prop = tree_child(body, "DAV: prop"), *include = tree_child(body, "DAV: include");
	q->what = prop ? SOME : tree_child(body, "DAV: propname") ? NAMES : ALL;
	if (body && (!same(body->name, "DAV: propfind") || (!prop && q->what == ALL && !tree_child(body, "DAV: allprop"))))
		return work_refuse(q->w, 400, NULL);
	q->dead = q->what != SOME;
	return (!prop || read_names(q, prop)) && (!include || q->what != ALL || read_names(q, include));
}

/* A tree may have millions of entries, so nobody gets it at once: RFC 4918, section 9.1. */
static bool read_depth(struct asked *q)
{
	const char *depth = req_header(q->w->r, "HTTP_DEPTH");
	q->deep = same(depth, "1");
	if (q->deep || same(depth, "0"))
		return true;
	return !depth || same(depth, "infinity") || same(depth, "Infinity") ? work_refuse(q->w, 403, "propfind-finite-depth") : work_refuse(q->w, 400, NULL);
}

static void put_places(struct buf *b, struct asked *q)
{
	struct req *r = q->w->r;
	struct known_places all = places_of_user(r->ctx, r->who.user);
	for (size_t i = 0; i < all.n; i++)
		put_row(b, q, &(struct row){ .title = all.at[i].title, .spot = { .place = all.at[i].name, .path = "", .root = "", .there = true, .entry = { .kind = ENTRY_FOLDER } } });
}

static bool put_first(struct asked *q, struct buf *b)
{
	struct ctx *c = q->w->r->ctx;
	struct row self = { .spot = q->w->at };
	if (!props_of(c, &q->w->at, &q->w->at.path, 1, &self.dead))
		return false;
	buf_text(b, top);
	put_row(b, q, &self);
	if (q->deep && !q->w->at.store)
		put_places(b, q);
	else if (q->deep && spot_folder(&q->w->at))
		return list(c, q, NULL, &q->page) && put_page(c, b, q, &q->page);
	return true;
}

static bool look(struct asked *q, struct req *r)
{
	return work_begin(q->w, r) && read_depth(q) && read_request(q) && (q->w->at.there || work_refuse(q->w, 404, NULL)) && conditions_hold(q->w, &q->w->at);
}

static void free_arena(void *arena)
{
	arena_free(arena);
}

/* It is made after the handler has ended. */
static struct reply stream(struct made *m, const struct work *w, const char *type)
{
	struct req *r = w->r;
	m->q->w = memcpy(NEW(r->ctx->arena, struct work), w, sizeof *w);
	m->part = (struct ctx){ .arena = arena_new(0), .tag = r->ctx->tag, .lang = r->ctx->lang };
	arena_defer(r->ctx->arena, free_arena, m->part.arena);
	snprintf(m->after, sizeof m->after, "%s", m->q->page.next);
	struct reply reply = reply_stream(r, type, NULL, more, m);
	if (reply.status == 200)
		reply.status = 207;
	return reply;
}

struct reply dav_propfind(struct req *r)
{
	struct work w;
	struct asked *q = NEW(r->ctx->arena, struct asked);
	struct made *m = NEW(r->ctx->arena, struct made);
	static const char type[] = "application/xml; charset=utf-8";
	q->w = &w;
	m->q = q;
	buf_in(&m->first, r->ctx->arena);
	if (!look(q, r) || !put_first(q, &m->first))
		return work_reply(&w);
	if (!q->page.next) {
		buf_text(&m->first, bottom);
		struct reply reply = reply_text(r, type, m->first.at, m->first.n);
		reply.status = 207;
		return reply;
	}
	return stream(m, &w, type);
}
