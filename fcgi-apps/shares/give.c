/* What a link gives: the page of a file or folder, and the bytes, which are counted before they go. */
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "audit.h"
#include "file_names.h"
#include "shares.h"
#include "views.h"
#define RECORD share_visit
#include "record_def.h"

enum { PAGE = 200, RESUME_S = 86400 };

/* ---- pages ---- */

static struct gift gift_of(struct req *r, const struct visit *v, const struct entry *e)
{
	const char *path = path_join(r->ctx->arena, v->path, e->name);
	bool folder = e->kind == ENTRY_FOLDER;
	return (struct gift){ .name = name_shown(r->ctx->arena, e->name), .url = visit_url(r, v, folder ? "in" : "get", path), .size = e->size, .modified = e->modified, .folder = folder };
}

static bool list(struct req *r, const struct visit *v, struct shared *m)
{
	struct store_page page;
	struct store_query q = { .path = v->path, .order = STORE_BY_NAME, .limit = PAGE, .after = req_query(r, "after") };
	if (!store_list(r->ctx, v->store, &q, &page))
		return false;
	struct gift *rows = NEW_ARRAY(r->ctx->arena, struct gift, page.n + 1);
	for (size_t i = 0; i < page.n; i++)
		if (page.at[i].kind == ENTRY_FILE || page.at[i].kind == ENTRY_FOLDER)
			rows[m->rows.n++] = gift_of(r, v, &page.at[i]);
	m->rows.at = rows;
	const char *folder = path_folder(r->ctx->arena, v->path);
	m->up = !*v->path ? NULL : visit_url(r, v, *folder ? "in" : "", folder);
	m->next = page.next ? text(r->ctx->arena, "%s?after=%s", visit_url(r, v, *v->path ? "in" : "", v->path), page.next) : NULL;
	return true;
}

static struct reply show(struct req *r, struct visit *v)
{
	struct entry e;
	if (!store_stat(r->ctx, v->store, v->path, &e))
		return r->ctx->error.kind == KIND_NOT_FOUND && !*v->path ? (forget(r->ctx), visit_gone(r)) : visit_oops(r);
	struct shared m = {
		.name = *v->path ? name_shown(r->ctx->arena, path_name(v->path)) : share_name(r, &v->s), .owner = v->s.owner, .ends = v->s.ends, .folder = e.kind == ENTRY_FOLDER,
		.url = visit_url(r, v, "get", v->path), .size = e.size, .modified = e.modified,
		.left = v->s.counted ? say(r->ctx, "%lld downloads are left.", (long long)v->s.left) : NULL,
	};
	if (m.folder && !list(r, v, &m))
		return visit_oops(r);
	r->title = m.name;
	return reply_page(r, &shared_view, &m);
}

struct reply visit_show(struct req *r)
{
	struct visit v;
	struct reply answer;
	if (!visit_open(r, &v, NULL, &answer))
		return answer;
	return same(v.s.kind, "drop") ? drop_reply(r, &v, NULL, 0, NULL, 200) : show(r, &v);
}

struct reply visit_in(struct req *r)
{
	struct visit v;
	struct reply answer;
	if (!visit_open(r, &v, "link", &answer))
		return answer;
	return v.s.counted && v.s.left <= 0 ? visit_gone(r) : show(r, &v);
}

/* ---- counting ---- */

/* Going on with a download that broke is no new one: who began gets as much again as the file has bytes, for a day. */
struct count { const struct visit *v; struct db_key key; int64_t length, total; bool begins, refused, started; };

static bool goes_on(struct ctx *c, struct db_write *d, struct count *n, bool *yes)
{
	struct share_visit before = { 0 };
	struct bytes value;
	bool found;
	*yes = false;
	if (n->begins)
		return true;
	if (!db_get(c, db_as_read(d), &n->key, &found, &value) || (found && !record_unpack(c, &share_visit_record, value, &before)))
		return false;
	if (!found || before.until < now() || before.bytes < n->length)
		return true;
	*yes = true;
	before.bytes -= n->length;
	return db_put(c, d, &n->key, record_pack(c->arena, &share_visit_record, &before));
}

static bool count(struct ctx *c, struct db_write *d, void *arg)
{
	struct count *n = arg;
	struct share s;
	struct share_visit fresh = { .until = now() + RESUME_S, .bytes = n->total };
	bool found, yes;
	if (!share_of(c, db_as_read(d), n->v->s.owner, n->v->s.id, &found, &s) || !goes_on(c, d, n, &yes))
		return false;
	n->refused = !found || !share_runs(&s) || (s.counted && s.left <= 0 && !yes);
	if (yes || n->refused)
		return true;
	n->started = true;
	s.left -= s.counted;
	s.used++;
	return share_put(c, d, &s) && (!s.counted || db_put(c, d, &n->key, record_pack(c->arena, &share_visit_record, &fresh)));
}

/* False: an error, or *gone. */
static bool counted(struct req *r, const struct visit *v, int64_t offset, int64_t length, int64_t total, bool *gone)
{
	const char *address = req_header(r, "REMOTE_ADDR"), *method = req_header(r, "REQUEST_METHOD");
	struct count n = { .v = v, .length = length, .total = total, .begins = offset == 0 };
	*gone = false;
	if (same(method, "HEAD"))
		return true;
	n.key = db_key2('G', v->s.id, share_hash(r->ctx->arena, text(r->ctx->arena, "%s\n%s", address ? address : "", v->path)));
	if (!db_change(r->ctx, shares_db, count, &n))
		return false;
	*gone = n.refused;
	return !n.refused && (!n.started || audit(r->ctx, v->s.owner, "shares.get", text(r->ctx->arena, "%s:%s", v->s.id, v->path), address));
}

/* ---- bytes: never anything but a download ---- */

static const char *file_name(const struct visit *v)
{
	return path_name(*v->path ? v->path : v->s.path);
}

struct reply visit_get(struct req *r)
{
	struct visit v;
	struct reply answer;
	struct store_file f;
	struct entry e;
	int64_t offset = 0, length;
	bool partial, gone;
	if (!visit_open(r, &v, "link", &answer))
		return answer;
	bool parts = store_can(v.store) & STORE_CAN_PART;
	if (!store_stat(r->ctx, v.store, v.path, &e))
		return visit_oops(r);
	length = e.size;
	if (parts && !req_range(r, e.size, &offset, &length, &partial))
		return visit_oops(r);
	if (!store_read_part(r->ctx, v.store, v.path, offset, length, &f))
		return visit_oops(r);
	if (!counted(r, &v, offset, length, e.size, &gone)) {
		close(f.fd);
		return gone ? visit_gone(r) : visit_oops(r);
	}
	return store_can(v.store) & STORE_CAN_SEEK ? reply_file(r, f.fd, offset, length, e.size, "application/octet-stream", file_name(&v))
		: reply_pipe(r, f.fd, offset, length, e.size, "application/octet-stream", file_name(&v));
}
