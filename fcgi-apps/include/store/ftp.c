#include "store/ftp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store.h"
#include "store/why.h"

/* ---- what it is ---- */

static void feature(void *arg, const char *verb, const char *line)
{
	struct ftp *f = arg;
	line += strspn(line, " ");
	if (!same(verb, "FEAT"))
		return;
	f->facts |= !strncasecmp(line, "MLST", 4) || !strncasecmp(line, "MLSD", 4);
	f->utf8_on |= !strncasecmp(line, "UTF8", 4);
}

/* What a server says when it is called has its name, more often than not. */
static void set_software(struct ftp *f, const struct ftp_talk *t)
{
	const struct ftp_reply *hello = ftp_reply(t, ""), *system = ftp_reply(t, "SYST");
	const char *is = hello && hello->code < 400 && strlen(hello->text) > 4 ? hello->text + 4 : "";
	const char *on = system && system->code < 400 && strlen(system->text) > 4 ? system->text + 4 : "";
	snprintf(f->software, sizeof f->software, "%s%s%s%s", is, *on ? " (" : "", on, *on ? ")" : "");
	f->utf8_on &= *on && strncasecmp(on, "UNIX", 4) != 0; /* those of Unix always speak it */
}

/* Relative to the login's folder, unless it begins with a slash. */
static void set_base(struct ftp *f, const char *entry)
{
	const char *path = f->r.path ? f->r.path : "";
	bool relative = *path != '/';
	path += strspn(path, "/");
	entry = *entry == '/' ? entry : "/";
	size_t n = strlen(entry);
	while (n && entry[n - 1] == '/')
		n--;
	snprintf(f->base, sizeof f->base, "%.*s/%s", relative ? (int)n : 0, entry, path);
	for (n = strlen(f->base); n && f->base[n - 1] == '/';)
		f->base[--n] = 0;
}

static int greet(struct ftp *f)
{
	char entry[WIRE_PATH_MOST + 1] = "";
	struct ftp_talk t = { .entry = entry, .line = feature, .arg = f };
	struct row top;
	ftp_say(f, &t, true, "FEAT", NULL);
	ftp_say(f, &t, true, "SYST", NULL);
	int e = ftp_talk(f, &t);
	if (e)
		return e;
	set_software(f, &t);
	set_base(f, entry);
	e = ftp_look(f, NULL, "", &top);
	return e == ENOENT || e == ENOTDIR || e == EACCES ? WIRE_E_BUCKET : !e && top.kind != ENTRY_FOLDER ? why(WIRE_E_BUCKET, "the base folder is a file") : e;
}

/* ---- the driver ---- */

static void ftp_close(void *state)
{
	struct ftp *f = state;
	stream_close_all(&f->streams);
	lines_end(&f->lines);
	free(f);
}

static bool plain(const char *s)
{
	return !s || !strpbrk(s, "\r\n");
}

/* libcurl 7.87 and 7.88 do not encrypt the data of active connections, and do not say so. */
static int protected_way(const struct remote *r)
{
	if (!r->active || same(r->security, "none") || curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000)
		return 0;
	return why(WIRE_E_CANNOT, "active FTP with TLS needs libcurl 8.0 on this portal: choose passive");
}

static int ftp_open(const struct remote *r, void **state)
{
	struct ftp *f = calloc(1, sizeof *f);
	if (!f)
		return ENOMEM;
	f->r = *r;
	lines_begin(&f->lines, r, same(r->security, "implicit") ? "ftps" : "ftp", FTP_TICK_MS);
	int e = protected_way(r);
	if (!e)
		e = !plain(r->user) || !plain(r->secret) ? WIRE_E_LOGIN : ftp_name_good(r->path ? r->path : "") ? WIRE_E_BUCKET : greet(f);
	if (e)
		ftp_close(f);
	else
		*state = f;
	return e;
}

/* LIST tells no seconds, and for older files no hours. */
static unsigned ftp_can(void *state)
{
	const struct ftp *f = state;
	return ~(f->facts ? 0u : (unsigned)STORE_CAN_TIMES);
}

static int ftp_about(void *state, struct row_about *a)
{
	const struct ftp *f = state;
	*a = (struct row_about){ .key = "" };
	memcpy(a->software, f->software, sizeof a->software);
	return 0;
}

const struct store_driver ftp_driver = {
	.name = "ftp",
	.can = STORE_CAN_PART | STORE_CAN_MOVE | STORE_CAN_FOLDERS | STORE_CAN_TIMES,
	.can_here = ftp_can,
	.open = ftp_open,
	.list = ftp_list,
	.stat = ftp_stat,
	.read = ftp_read,
	.result = ftp_result,
	.create = ftp_create,
	.commit = ftp_commit,
	.abort = ftp_abort,
	.pending = ftp_pending,
	.folder = ftp_folder,
	.rename = ftp_rename,
	.remove = ftp_remove,
	.writable = ftp_writable,
	.about = ftp_about,
	.close = ftp_close,
};
