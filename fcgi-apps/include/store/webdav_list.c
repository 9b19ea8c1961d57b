/* Looking: PROPFIND of one entry, and of a folder's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "store/sift.h"
#include "store/webdav.h"
#include "store/why.h"

static const char *const wish = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<propfind xmlns=\"DAV:\"><prop><resourcetype/><getcontentlength/>"
	"<getlastmodified/><getetag/></prop></propfind>\n";
static const char *const wish_quota = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<propfind xmlns=\"DAV:\"><prop><resourcetype/><getcontentlength/>"
	"<getlastmodified/><getetag/><quota-available-bytes/><quota-used-bytes/></prop></propfind>\n";

static size_t feed(char *data, size_t one, size_t n, void *arg)
{
	return dav_xml_feed(arg, data, one * n) ? 0 : one * n;
}

/* Any answer but a 207 is that of another kind of server, or of something in between. */
static int find(struct dav *d, struct dav_ask *a, dav_each *each, void *arg)
{
	struct dav_xml *x = dav_xml_new(each, arg);
	a->method = "PROPFIND";
	a->take = feed;
	a->arg = x;
	int e = dav_ask(d, a);
	if (!e)
		e = dav_error(a);
	if (!e)
		e = a->status != 207 ? why(WIRE_E_ANSWER, "%s", a->reason) : dav_xml_end(x);
	dav_xml_free(x);
	return e == ECANCELED && !(a->stream && stream_given_up(a->stream)) ? 0 : e;
}

/* ---- one entry ---- */

struct one { struct dav_entry entry; bool found; };

/* There is only one, so its address need not be compared. */
static bool first(void *arg, const struct dav_entry *e)
{
	struct one *o = arg;
	o->entry = *e;
	o->entry.href = "";
	o->found = true;
	return false;
}

static int look_as(struct dav *d, struct stream *s, const char *path, bool folder, struct dav_entry *out)
{
	struct one o = { 0 };
	struct dav_ask a = { .path = path, .folder = folder, .depth = "0", .stream = s, .body = *path ? wish : wish_quota };
	int e = find(d, &a, first, &o);
	if (e)
		return e == WIRE_E_ANSWER && a.status / 100 == 3 && !folder ? look_as(d, s, path, true, out) : e;
	if (!o.found)
		return why(WIRE_E_ANSWER, "PROPFIND: no response");
	if (o.entry.status == 404 || o.entry.status == 410)
		return ENOENT;
	*out = o.entry;
	return 0;
}

int dav_blame_parent(struct dav *d, const char *path, int e)
{
	char parent[WIRE_PATH_MOST + 64];
	struct dav_entry at;
	const char *slash = strrchr(path, '/');
	if (!slash || (e != EIO && e != WIRE_E_ANSWER && e != WIRE_E_CANNOT && e != EACCES))
		return e;
	snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
	int is = look_as(d, NULL, parent, false, &at);
	return is == ENOENT ? ENOENT : !is && !at.folder ? ENOTDIR : e;
}

int dav_look(struct dav *d, struct stream *s, const char *path, struct dav_entry *out)
{
	why_forget();
	int e = look_as(d, s, path, !*path, out);
	if (!e)
		why_forget(); /* the words of a redirection to the folder */
	return e == WIRE_E_ANSWER ? dav_blame_parent(d, path, e) : e;
}

static void to_row(struct row *r, const char *name, const struct dav_entry *e)
{
	*r = (struct row){ .kind = e->folder ? ENTRY_FOLDER : ENTRY_FILE, .mode = -1, .uid = -1, .gid = -1 };
	snprintf(r->name, sizeof r->name, "%s", name);
	r->size = e->size >= 0 ? e->size : 0;
	r->modified = e->modified >= 0 ? e->modified : 0;
	r->change = *e->etag == '"' ? row_change(e->etag, strlen(e->etag)) : 0; /* weak ones say nothing about bytes */
}

int dav_stat(void *state, const char *path, struct row *r)
{
	struct dav_entry e;
	const char *slash = strrchr(path, '/');
	int code = dav_look(state, NULL, path, &e);
	if (!code)
		to_row(r, slash ? slash + 1 : path, &e);
	return code;
}

/* ---- a folder ---- */

struct folder {
	struct sift *sift;             /* NULL: only to be counted */
	char self[DAV_DECODED_MOST], path[DAV_DECODED_MOST];
	bool found, file, any;         /* the folder itself was told; it is a file; it has something in it */
};

/* The part of the address behind the folder's own; NULL: it is none of its entries. */
static const char *name_in(struct folder *f, const struct dav_entry *e)
{
	size_t n = strlen(f->self);
	if (!dav_decode_href(e->href, f->path, sizeof f->path) || strncmp(f->path, f->self, n))
		return NULL;
	if (!f->path[n]) {
		f->found = true;
		f->file = !e->folder;
	}
	return f->path[n] == '/' ? f->path + n + 1 : NULL;
}

static bool entry(void *arg, const struct dav_entry *e)
{
	struct folder *f = arg;
	struct row r;
	const char *name = name_in(f, e);
	if (!name || strchr(name, '/') || strlen(name) > WIRE_NAME_MOST || e->status >= 300)
		return true;
	f->any = true;
	if (!f->sift)
		return false;
	to_row(&r, name, e);
	return sift_offer(f->sift, &r);
}

static int entries(struct dav *d, const char *path, struct sift *s, bool *any)
{
	struct folder *f = calloc(1, sizeof *f);
	if (!f)
		return ENOMEM;
	f->sift = s;
	snprintf(f->self, sizeof f->self, "%s%s%s", d->base, *path ? "/" : "", path);
	struct dav_ask a = { .path = path, .folder = true, .depth = "1", .body = wish };
	int e = find(d, &a, entry, f);
	if (!e && f->file)
		e = ENOTDIR;
	else if (!e && !f->found && !f->any)
		e = why(WIRE_E_ANSWER, "PROPFIND: the addresses in the answer are not below the one that was asked for");
	*any = f->any;
	free(f);
	return e;
}

/* Servers do not agree on what a file is when it is asked for with a slash. */
static int explain(struct dav *d, const char *path, int e)
{
	struct dav_entry at;
	if (e != ENOENT && e != WIRE_E_ANSWER && e != WIRE_E_CANNOT)
		return e;
	return look_as(d, NULL, path, !*path, &at) == 0 && !at.folder ? ENOTDIR : e;
}

int dav_list(void *state, const struct row_query *q, struct rows *out)
{
	struct sift s;
	bool any;
	int e = sift_begin(&s, q, out);
	if (e)
		return e;
	do
		e = entries(state, q->path, &s, &any);
	while (!e && sift_again(&s));
	if (e)
		return explain(state, q->path, e);
	sift_end(&s);
	return 0;
}

int dav_empty(struct dav *d, const char *path)
{
	bool any;
	int e = entries(d, path, NULL, &any);
	return e ? e : any ? ENOTEMPTY : 0;
}
