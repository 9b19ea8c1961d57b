/* GET and HEAD. What somebody stored is only ever sent as a download: no browser may take it for a page of the portal's. */
#include <string.h>
#include <unistd.h>

#include "dav.h"

static const char plain[] = "text/plain; charset=utf-8", bytes[] = "application/octet-stream";

static struct reply say_folder(struct req *r)
{
	const char *s = tr(r->ctx, "This is a folder. Open this address with a WebDAV program, or your files in the portal: /files/\n");
	return reply_text(r, plain, s, strlen(s));
}

static void validators(struct work *w)
{
	struct arena *a = w->r->ctx->arena;
	reply_header(w->r, "ETag", entry_etag(a, &w->at.entry));
	if (w->at.entry.modified > 0)
		reply_header(w->r, "Last-Modified", http_date(a, w->at.entry.modified));
}

/* A part is only wanted of the file that the client has the beginning of. */
static bool range_wanted(struct work *w)
{
	const char *of = req_header(w->r, "HTTP_IF_RANGE"), *etag = entry_etag(w->r->ctx->arena, &w->at.entry);
	return !of || (*of == '"' ? etag_in(of, etag, false) : same(of, http_date(w->r->ctx->arena, w->at.entry.modified)));
}

static bool range(struct work *w, int64_t *offset, int64_t *length)
{
	bool partial;
	*offset = 0;
	*length = w->at.entry.size;
	return !range_wanted(w) || req_range(w->r, w->at.entry.size, offset, length, &partial);
}

static struct reply send(struct work *w, int fd, int64_t offset, int64_t length, bool file)
{
	const char *name = path_name(w->at.path);
	validators(w);
	reply_header(w->r, "Content-Security-Policy", "sandbox");
	return (file ? reply_file : reply_pipe)(w->r, fd, offset, length, w->at.entry.size, bytes, name);
}

/* The facts are those of the descriptor, so they fit its bytes even if the name has been given to another file. */
static struct reply send_here(struct work *w)
{
	struct store_file f;
	int64_t offset, length;
	if (!store_read(w->r->ctx, w->at.store, w->at.path, &f))
		return work_reply(w);
	w->at.entry = f.entry;
	if (conditions_hold(w, &w->at) && range(w, &offset, &length))
		return send(w, f.fd, offset, length, true);
	close(f.fd);
	if (w->status == 304)
		validators(w);
	return work_reply(w);
}

static struct reply send_remote(struct work *w)
{
	struct store_file f;
	int64_t offset, length;
	if (!conditions_hold(w, &w->at)) {
		if (w->status == 304)
			validators(w);
		return work_reply(w);
	}
	if (!range(w, &offset, &length))
		return work_reply(w);
	if (!(w->at.can & STORE_CAN_PART)) {
		offset = 0;
		length = w->at.entry.size;
	}
	bool head = same(req_header(w->r, "REQUEST_METHOD"), "HEAD"); /* then its server need not send anything */
	if (!store_read_part(w->r->ctx, w->at.store, w->at.path, offset, head ? 0 : length, &f))
		return work_reply(w);
	return send(w, f.fd, offset, length, false);
}

struct reply dav_get(struct req *r)
{
	struct work w;
	if (!work_begin(&w, r) || (!w.at.there && !work_refuse(&w, 404, NULL)))
		return work_reply(&w);
	if (spot_folder(&w.at))
		return say_folder(r);
	return w.at.can & STORE_CAN_SEEK ? send_here(&w) : send_remote(&w);
}
