/* dav: the user's places for WebDAV programs (rclone, davfs2, Finder, Explorer …). RFC 4918, classes 1 and 2. See README. */
#include "dav.h"

#include "keep.h"
#include "locks.h"

/* The same for the list of places, for the top of one and for all below. */
#define EACH(method_, run_, help_) \
	{ method_, "/dav/",              run_, .role = ROLE_USER, .scope = "files", .help = help_ }, \
	{ method_, "/dav/:place",        run_, .role = ROLE_USER, .scope = "files", .help = help_ }, \
	{ method_, "/dav/:place/*path",  run_, .role = ROLE_USER, .scope = "files", .help = help_ }

static const struct route routes[] = {
	EACH(METHOD_OPTIONS,   dav_options,   "What can be done"),
	EACH(METHOD_PROPFIND,  dav_propfind,  "Properties; a folder's entries"),
	EACH(GET,              dav_get,       "Download (ranges)"),
	EACH(METHOD_PUT,       dav_put,       "Upload"),
	EACH(METHOD_MKCOL,     dav_folder,    "New folder"),
	EACH(METHOD_DELETE,    dav_delete,    "Delete"),
	EACH(METHOD_COPY,      dav_copy,      "Copy, also into another place"),
	EACH(METHOD_MOVE,      dav_move,      "Rename or move, also into another place"),
	EACH(METHOD_PROPPATCH, dav_proppatch, "Change properties"),
	EACH(METHOD_LOCK,      dav_lock,      "Lock, or keep a lock longer"),
	EACH(METHOD_UNLOCK,    dav_unlock,    "Unlock"),
};

struct reply dav_options(struct req *r)
{
	reply_header(r, "DAV", "1, 2");
	reply_header(r, "MS-Author-Via", "DAV");
	reply_header(r, "Allow", "OPTIONS, PROPFIND, GET, HEAD, PUT, MKCOL, DELETE, COPY, MOVE, PROPPATCH, LOCK, UNLOCK");
	return reply_status(r, 200);
}

static bool tick(struct ctx *ctx)
{
	db_check_readers(keep);
	return locks_sweep(ctx);
}

int main(int argc, char **argv)
{
	static const struct app app = { .name = "dav", .routes = routes, .n = COUNT(routes), .start = keep_open, .every = 60, .tick = tick, .workers = 4 };
	return app_main(&app, argc, argv);
}
