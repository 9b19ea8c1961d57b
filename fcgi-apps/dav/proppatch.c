/* PROPPATCH: all changes or none. */
#include "dav.h"
#include "locks.h"
#include "props.h"

#define CHANGES_MOST 200

struct patch { struct work *w; struct prop at[CHANGES_MOST]; bool live[CHANGES_MOST]; size_t n; bool refused; };

static bool read_props(struct patch *p, const struct node *prop, bool set)
{
	for (const struct node *c = prop ? prop->child : NULL; c; c = c->next) {
		if (!c->name)
			continue;
		if (p->n == CHANGES_MOST)
			return work_refuse(p->w, 413, NULL);
		p->live[p->n] = property_is_live(c->name);
		p->refused |= p->live[p->n];
		p->at[p->n++] = (struct prop){ c->name, set ? tree_text(p->w->r->ctx->arena, c) : NULL };
	}
	return true;
}

static bool read_request(struct patch *p)
{
	struct node *body;
	if (!tree_read(p->w->r, &body))
		return false;
	if (!body || !same(body->name, "DAV: propertyupdate"))
		return work_refuse(p->w, 400, NULL);
	for (const struct node *c = body->child; c; c = c->next) {
		bool set = same(c->name, "DAV: set");
		if ((set || same(c->name, "DAV: remove")) && !read_props(p, tree_child(c, "DAV: prop"), set))
			return false;
	}
	return p->n > 0 || work_refuse(p->w, 400, NULL);
}

static bool may(struct patch *p, struct req *r)
{
	struct work *w = p->w;
	if (!work_begin(w, r) || !read_request(p))
		return false;
	if (!w->at.there)
		return work_refuse(w, 404, NULL);
	return w->at.store ? conditions_hold(w, &w->at) && locks_let(w, &w->at, TOUCH_IT) : work_refuse(w, 403, NULL);
}

/* Who may not write the file may not write about it. */
static bool writable(struct work *w)
{
	bool yes;
	const char *folder = spot_folder(&w->at) ? w->at.path : path_folder(w->r->ctx->arena, w->at.path);
	if (!store_writable(w->r->ctx, w->at.store, folder, &yes))
		return false;
	return yes || work_refuse(w, 403, NULL);
}

static void put_status(struct buf *b, struct patch *p, bool live, const char *status)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++)
		n += p->live[i] == live;
	if (!n)
		return;
	buf_text(b, "<D:propstat><D:prop>");
	for (size_t i = 0; i < p->n; i++)
		if (p->live[i] == live)
			put_empty(b, p->at[i].name);
	buf_printf(b, "</D:prop><D:status>HTTP/1.1 %s</D:status>%s</D:propstat>", status, live ? "<D:error><D:cannot-modify-protected-property/></D:error>" : "");
}

struct reply dav_proppatch(struct req *r)
{
	struct work w;
	struct patch *p = NEW(r->ctx->arena, struct patch);
	struct buf b = { 0 };
	p->w = &w;
	if (!may(p, r) || !writable(&w) || (!p->refused && !props_change(r->ctx, &w.at, p->at, p->n)))
		return work_reply(&w);
	buf_in(&b, r->ctx->arena);
	buf_text(&b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>");
	put_xml(&b, spot_href(r->ctx->arena, w.at.place, w.at.path, spot_folder(&w.at)));
	buf_text(&b, "</D:href>");
	put_status(&b, p, true, "403 Forbidden");
	put_status(&b, p, false, p->refused ? "424 Failed Dependency" : "200 OK");
	buf_text(&b, "</D:response></D:multistatus>\n");
	struct reply reply = reply_text(r, "application/xml; charset=utf-8", b.at, b.n);
	reply.status = 207;
	return reply;
}
