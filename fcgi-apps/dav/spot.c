/* Addresses: what they name, and what is there. */
#include <string.h>
#include <time.h>

#include "conf.h"
#include "dav.h"
#include "params.h"

#define DOOR "/dav"

/* ---- places ---- */

static bool no_place(struct req *r)
{
	return fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such place. The list of places is at /dav/."), "place");
}

static bool open_site(struct req *r, struct spot *s)
{
	const struct place *all;
	size_t n;
	store_places(r->ctx->arena, r->who.user, &all, &n);
	for (size_t i = 0; i < n; i++)
		if (same(all[i].name, s->place)) {
			s->root = all[i].path;
			return store_open(r->ctx, r->who.proof, s->place, &s->store);
		}
	return no_place(r);
}

static bool open_remote(struct req *r, const char *id, struct spot *s)
{
	const struct remote *all;
	size_t n;
	places_remotes(r->ctx, r->who.user, &all, &n);
	for (size_t i = 0; i < n; i++)
		if (same(all[i].id, id)) {
			s->root = s->place;
			return store_open(r->ctx, r->who.proof, remote_place(r->ctx->arena, &all[i]), &s->store);
		}
	return no_place(r);
}

static bool look(struct req *r, struct spot *s)
{
	s->there = store_stat(r->ctx, s->store, s->path, &s->entry);
	if (!s->there && r->ctx->error.kind == KIND_NOT_FOUND)
		forget(r->ctx);
	return r->ctx->error.kind == KIND_NONE;
}

bool spot_at(struct req *r, const char *place, const char *path, struct spot *s)
{
	*s = (struct spot){ .place = place, .path = path, .root = "" };
	if (!*place) {
		s->there = true;
		s->entry = (struct entry){ .name = "", .kind = ENTRY_FOLDER };
		return true;
	}
	const char *id = remote_id_of(r->ctx->arena, place);
	if (!(id ? open_remote(r, id, s) : open_site(r, s)))
		return false;
	s->can = store_can(s->store);
	return look(r, s);
}

bool spot_in(struct req *r, const struct spot *from, const char *path, struct spot *s)
{
	*s = *from;
	s->path = path;
	return look(r, s);
}

bool spot_folder(const struct spot *s)
{
	return s->there && s->entry.kind == ENTRY_FOLDER;
}

/* ---- whole addresses ---- */

/* The path of an address of this site; NULL: of another one, or none at all. */
static const char *own_path(struct req *r, const char *address, int *status)
{
	const char *host = strstr(address, "://");
	*status = 0;
	if (*address == '/')
		return address;
	*status = 400;
	if (!host)
		return NULL;
	host += 3;
	size_t n = strcspn(host, "/");
	const char *told = arena_copy(r->ctx->arena, host, n), *own = req_header(r, "HTTP_HOST");
	*status = same(told, own) || same(told, conf_get("site", "host", own)) ? 0 : 502;
	return *status ? NULL : host + n;
}

/* Place and path of "/dav/PLACE/PATH", decoded part by part. */
static bool split_address(struct req *r, const char *path, const char **place, const char **rest)
{
	struct buf b = { 0 };
	buf_in(&b, r->ctx->arena);
	*place = "";
	for (const char *p = path + sizeof DOOR; *p; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");
		char *part = percent_decode(r->ctx->arena, p, n, false);
		if (!part || !*part || strchr(part, '/') || same(part, ".") || same(part, ".."))
			return false;
		if (!**place)
			*place = part;
		else
			buf_printf(&b, "%s%s", b.n ? "/" : "", part);
		p += n;
	}
	*rest = buf_cstr(&b);
	return true;
}

bool spot_of_address(struct req *r, const char *address, struct spot *s, int *status)
{
	const char *path = own_path(r, address, status), *place, *rest;
	*s = (struct spot){ 0 };
	if (!path)
		return true;
	*status = strncmp(path, DOOR "/", sizeof DOOR) != 0 ? 502 : strpbrk(path, "?#") || !split_address(r, path, &place, &rest) ? 400 : 0;
	return *status ? true : spot_at(r, place, rest, s);
}

const char *spot_href(struct arena *a, const char *place, const char *path, bool folder)
{
	const char *url = files_url(a, DOOR, place, path);
	return folder && *place ? text(a, "%s/", url) : url;
}

/* ---- what is there ---- */

/* Without a mark of the store's own, time and size are all there is, and they miss changes within a second. */
const char *entry_etag(struct arena *a, const struct entry *e)
{
	if (e->change)
		return text(a, "\"%llx-%llx\"", (unsigned long long)e->size, (unsigned long long)e->change);
	return text(a, "W/\"%llx-%llx\"", (unsigned long long)e->size, (unsigned long long)e->modified);
}

const char *http_date(struct arena *a, int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm;
	char s[64] = "";
	if (gmtime_r(&t, &tm))
		strftime(s, sizeof s, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	return arena_copy(a, s, strlen(s));
}
