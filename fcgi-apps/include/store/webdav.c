#include "store/webdav.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "store/url.h"
#include "store/why.h"

#define OPEN_MS 8000

/* As it stands in a URL, or as it is called: both are written by people. */
static void set_base(struct dav *d)
{
	char *base = d->base + 1;
	const char *path = d->r.path ? d->r.path : "";
	path += strspn(path, "/");
	if (!url_decode(path, strlen(path), base, sizeof d->base - 1))
		snprintf(base, sizeof d->base - 1, "%s", path);
	for (size_t n = strlen(base); n && base[n - 1] == '/';)
		base[--n] = 0;
	d->base[0] = *base ? '/' : 0;
}

/* "Apache/2.4 (DAV 1,2)"; what cannot be asked is not told. */
static void ask_software(struct dav *d)
{
	struct dav_ask a = { .method = "OPTIONS", .path = "", .folder = true };
	if (dav_do(d, &a) || !*a.classes)
		return;
	snprintf(d->software, sizeof d->software, "%s%s(DAV %s)", a.server, *a.server ? " " : "", a.classes);
}

/* The base folder tells whether there is such a server, such a folder, and whether the login is good. */
static int greet(struct dav *d)
{
	struct dav_entry top;
	d->opening = clock_ms() + OPEN_MS;
	int e = dav_look(d, NULL, "", &top);
	if (e == ENOENT || (!e && !top.folder))
		return e ? WIRE_E_BUCKET : why(WIRE_E_BUCKET, "the base folder is a file");
	if (e == WIRE_E_CANNOT)
		return WIRE_E_ANSWER; /* a web server, but not of this kind */
	if (!e)
		ask_software(d);
	d->quota = !e && top.available >= 0;
	d->opening = 0;
	return e;
}

static unsigned dav_can(void *state)
{
	const struct dav *d = state;
	return ~(d->quota ? 0u : (unsigned)STORE_CAN_SPACE);
}

static bool secret_good(const char *s)
{
	return !strpbrk(s, "\r\n");
}

static void dav_close(void *state)
{
	struct dav *d = state;
	stream_close_all(&d->streams);
	lines_end(&d->lines);
	free(d);
}

static int dav_open(const struct remote *r, void **state)
{
	struct dav *d = calloc(1, sizeof *d);
	if (!d)
		return ENOMEM;
	d->r = *r;
	set_base(d);
	lines_begin(&d->lines, r, same(r->security, "none") ? "http" : "https", DAV_TICK_MS);
	int e = secret_good(r->secret ? r->secret : "") ? greet(d) : WIRE_E_LOGIN;
	if (e)
		dav_close(d);
	else
		*state = d;
	return e;
}

static int dav_about(void *state, struct row_about *a)
{
	const struct dav *d = state;
	*a = (struct row_about){ .key = "" };
	memcpy(a->software, d->software, sizeof a->software);
	return 0;
}

static int dav_space(void *state, int64_t until, struct row_space *s)
{
	(void)until; /* the server knows it without a walk */
	struct dav_entry top;
	int e = dav_look(state, NULL, "", &top);
	if (e)
		return e;
	if (top.available < 0)
		return WIRE_E_CANNOT;
	int64_t used = top.used > 0 ? top.used : 0;
	*s = (struct row_space){ .free = top.available, .used = used, .files_free = -1, .at_least = top.used < 0 };
	s->total = top.available > INT64_MAX - used ? INT64_MAX : top.available + used;
	return 0;
}

const struct store_driver webdav_driver = {
	.name = "webdav",
	.can = STORE_CAN_PART | STORE_CAN_COPY | STORE_CAN_SPACE | STORE_CAN_MOVE | STORE_CAN_FOLDERS | STORE_CAN_TIMES,
	.can_here = dav_can,
	.open = dav_open,
	.list = dav_list,
	.stat = dav_stat,
	.read = dav_read,
	.result = dav_result,
	.create = dav_create,
	.commit = dav_commit,
	.abort = dav_abort,
	.pending = dav_pending,
	.folder = dav_folder,
	.rename = dav_rename,
	.copy = dav_copy,
	.remove = dav_remove,
	.space = dav_space,
	.writable = dav_writable,
	.about = dav_about,
	.close = dav_close,
};
