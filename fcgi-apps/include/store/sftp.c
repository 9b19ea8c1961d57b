#include "store/sftp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store.h"
#include "store/why.h"

#define REQUEST_MS 60000

/* ---- the pool ---- */

static struct ssh *take_idle(struct sftp *f)
{
	pthread_mutex_lock(&f->lock);
	struct ssh *s = f->n_idle ? f->idle[--f->n_idle] : NULL;
	pthread_mutex_unlock(&f->lock);
	return s;
}

static void drop_idle(struct sftp *f)
{
	for (struct ssh *s; (s = take_idle(f));)
		ssh_close(s);
}

int sftp_take(struct sftp *f, struct ssh **s, bool *kept)
{
	while ((*s = take_idle(f))) {
		if (ssh_alive(*s)) {
			(*s)->until = clock_ms() + REQUEST_MS;
			*kept = true;
			return 0;
		}
		(*s)->broken = true;
		ssh_close(*s);
	}
	*kept = false;
	int e = ssh_open(&f->remote, s);
	if (!e)
		(*s)->until = clock_ms() + REQUEST_MS;
	return e;
}

void sftp_give(struct sftp *f, struct ssh *s)
{
	s->stream = NULL;
	bool keep = false;
	if (!s->broken && !s->waiting && s->out.n == 0) {
		pthread_mutex_lock(&f->lock);
		keep = f->n_idle < SFTP_IDLE_MOST;
		if (keep)
			f->idle[f->n_idle++] = s;
		pthread_mutex_unlock(&f->lock);
	}
	if (!keep)
		ssh_close(s);
}

int sftp_with(struct sftp *f, bool harmless, sftp_op *op, void *arg)
{
	for (bool first = true;; first = false) {
		struct ssh *s;
		bool kept;
		int e = sftp_take(f, &s, &kept);
		if (e)
			return e;
		e = op(f, s, arg);
		bool again = s->broken && kept && harmless && first && e == EPIPE;
		sftp_give(f, s);
		if (!again)
			return e;
		drop_idle(f); /* what killed one has killed all */
	}
}

/* ---- paths ---- */

void sftp_path(const struct sftp *f, const char *path, char *to)
{
	const char *slash = !*path || f->base[strlen(f->base) - 1] == '/' ? "" : "/";
	snprintf(to, SFTP_PATH_MOST, "%s%s%s", f->base, slash, path);
}

const char *sftp_last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

void sftp_part_path(const char *beside, char *to)
{
	uint64_t chance;
	random_bytes(&chance, sizeof chance);
	int folder = (int)(sftp_last_part(beside) - beside);
	snprintf(to, SFTP_PATH_MOST, "%.*s" SFTP_PART "%016llx", folder, beside, (unsigned long long)chance);
}

/* ---- looking ---- */

struct look { const char *path; struct row *row; };

/* A link is told as what it leads to, or as the link if that is nothing. */
static int look(struct sftp *f, struct ssh *s, void *arg)
{
	struct look *l = arg;
	char path[SFTP_PATH_MOST];
	struct sftp_attrs a;
	sftp_path(f, l->path, path);
	int e = sftp_attrs_of(s, SFTP_STAT, path, &a);
	if (e == ENOENT || e == ELOOP || (e && e == EIO))
		e = sftp_attrs_of(s, SFTP_LSTAT, path, &a);
	if (!e)
		sftp_row(l->row, sftp_last_part(l->path), &a);
	return e;
}

static int sftp_stat(void *state, const char *path, struct row *r)
{
	struct look l = { path, r };
	return sftp_with(state, true, look, &l);
}

/* There is no other way to know than to try: rights of groups and of the file system are the server's. */
static int try_to_write(struct sftp *f, struct ssh *s, void *arg)
{
	const struct look *l = arg;
	char folder[SFTP_PATH_MOST], path[SFTP_PATH_MOST];
	struct sftp_attrs a;
	struct handle h;
	sftp_path(f, l->path, folder);
	int e = sftp_attrs_of(s, SFTP_STAT, folder, &a);
	if (e || !S_ISDIR(a.mode))
		return e ? e : ENOTDIR;
	snprintf(folder + strlen(folder), sizeof folder - strlen(folder), "/");
	sftp_part_path(folder, path);
	e = sftp_open_new(s, path, 0, &h);
	if (e)
		return e == EPIPE || e == ETIMEDOUT || e == WIRE_E_ANSWER ? e : SFTP_EOF;
	sftp_handle_request(s, SFTP_CLOSE, SFTP_BYTES(&h));
	sftp_path_request(s, SFTP_REMOVE, path);
	return sftp_statuses(s, 2);
}

static int sftp_writable(void *state, const char *folder, bool *yes)
{
	struct look l = { folder, NULL };
	int e = sftp_with(state, true, try_to_write, &l);
	*yes = e == 0;
	if (e == SFTP_EOF)
		why_forget();
	return e == SFTP_EOF ? 0 : e;
}

/* ---- names ---- */

static bool there(struct ssh *s, const char *path)
{
	struct sftp_attrs a;
	return !s->broken && sftp_attrs_of(s, SFTP_LSTAT, path, &a) == 0;
}

static int make_folder(struct sftp *f, struct ssh *s, void *arg)
{
	const struct look *l = arg;
	char path[SFTP_PATH_MOST];
	sftp_path(f, l->path, path);
	sftp_path_request(s, SFTP_MKDIR, path);
	int e = sftp_ask_status(s);
	return e == EIO && there(s, path) ? EEXIST : e;
}

static int sftp_folder(void *state, const char *path)
{
	struct look l = { path, NULL };
	return *path ? sftp_with(state, false, make_folder, &l) : EEXIST;
}

static int rename_to(struct ssh *s, const char *from, const char *to, const char *extension)
{
	sftp_request(s, extension ? SFTP_EXTENDED : SFTP_RENAME);
	if (extension)
		sftp_put_text(&s->out, extension);
	sftp_put_text(&s->out, from);
	sftp_put_text(&s->out, to);
	sftp_end(&s->out);
	return sftp_ask_status(s);
}

/* The protocol says that this never replaces, and OpenSSH keeps to that; of others it is not sure. */
int sftp_rename_new(struct ssh *s, const char *from, const char *to)
{
	if (!s->strict && there(s, to))
		return EEXIST;
	int e = rename_to(s, from, to, NULL);
	return e == EIO && there(s, to) ? EEXIST : e;
}

/* Without posix-rename the old file is put aside first, under a name that everybody sees, so that it can come back or be found. */
int sftp_rename_over(struct ssh *s, const char *from, const char *to)
{
	char aside[SFTP_PATH_MOST];
	if (s->extensions & SFTP_POSIX_RENAME)
		return rename_to(s, from, to, "posix-rename@openssh.com");
	if (snprintf(aside, sizeof aside, "%s.before-%llx", to, (unsigned long long)clock_ms()) >= (int)sizeof aside)
		return ENAMETOOLONG;
	int e = rename_to(s, to, aside, NULL);
	if (e && e != ENOENT)
		return e;
	bool old = e == 0;
	e = rename_to(s, from, to, NULL);
	if (!old)
		return e;
	if (e)
		return rename_to(s, aside, to, NULL), e;
	sftp_path_request(s, SFTP_REMOVE, aside);
	return sftp_ask_status(s), 0;
}

struct move { const char *from, *to; };

static int move(struct sftp *f, struct ssh *s, void *arg)
{
	const struct move *m = arg;
	char from[SFTP_PATH_MOST], to[SFTP_PATH_MOST];
	sftp_path(f, m->from, from);
	sftp_path(f, m->to, to);
	return sftp_rename_new(s, from, to);
}

static int sftp_rename(void *state, const char *from, const char *to)
{
	struct move m = { from, to };
	return *from && *to ? sftp_with(state, false, move, &m) : WIRE_E_TOP;
}

struct rights { const char *path; uint32_t mode; };

static int set_rights(struct sftp *f, struct ssh *s, void *arg)
{
	const struct rights *r = arg;
	struct sftp_attrs a;
	char path[SFTP_PATH_MOST];
	sftp_path(f, r->path, path);
	int e = sftp_attrs_of(s, SFTP_STAT, path, &a);
	if (e || !(a.has & SFTP_HAS_MODE))
		return e ? e : WIRE_E_CANNOT;
	if (!S_ISDIR(a.mode) && !S_ISREG(a.mode))
		return WIRE_E_TYPE;
	return sftp_set_mode(s, path, r->mode | (S_ISDIR(a.mode) ? a.mode & (S_ISGID | S_ISVTX) : 0));
}

static int sftp_mode(void *state, const char *path, int64_t mode)
{
	struct rights r = { path, (uint32_t)mode };
	return *path ? sftp_with(state, true, set_rights, &r) : WIRE_E_TOP;
}

/* ---- streams ---- */

static int sftp_result(void *state, int64_t handle, int64_t *bytes)
{
	return stream_result(&((struct sftp *)state)->streams, handle, bytes);
}

static bool sftp_pending(void *state)
{
	return stream_busy(&((const struct sftp *)state)->streams);
}

/* ---- the driver ---- */

static int sftp_about(void *state, struct row_about *a)
{
	*a = ((const struct sftp *)state)->about;
	return 0;
}

static char *copy(const char *s)
{
	return strdup(s ? s : "");
}

static void forget_secret(const char *s)
{
	if (s)
		explicit_bzero((void *)(uintptr_t)s, strlen(s));
	free((void *)(uintptr_t)s);
}

static void sftp_close(void *state)
{
	struct sftp *f = state;
	struct remote *r = &f->remote;
	stream_close_all(&f->streams);
	drop_idle(f);
	const char *const texts[] = { r->host, r->path, r->user, r->secret, r->key, r->auth, r->pinned, r->networks };
	for (size_t i = 0; i < COUNT(texts); i++)
		forget_secret(texts[i]);
	pthread_mutex_destroy(&f->lock);
	libssh2_exit();
	free(f);
}

static struct sftp *make(const struct remote *r)
{
	struct sftp *f = calloc(1, sizeof *f);
	if (!f || libssh2_init(0)) {
		free(f);
		return NULL;
	}
	pthread_mutex_init(&f->lock, NULL);
	f->remote = (struct remote){ .host = copy(r->host), .port = r->port, .path = copy(r->path), .user = copy(r->user), .secret = copy(r->secret),
		.key = sftp_key_plain(r->key ? r->key : ""), .auth = copy(r->auth), .pinned = copy(r->pinned), .networks = copy(r->networks) };
	return f;
}

/* "" and relative ones begin where the login begins. */
static int find_base(struct sftp *f, struct ssh *s)
{
	struct answer a;
	const char *path = f->remote.path;
	sftp_path_request(s, SFTP_REALPATH, ".");
	int e = sftp_ask(s, &a);
	e = e ? e : sftp_expect(&a, SFTP_NAME);
	if (e)
		return e;
	struct bytes start = sftp_u32(&a.in) ? sftp_bytes(&a.in) : (struct bytes){ NULL, 0 };
	size_t room = sizeof f->base - 1;
	if (a.in.bad || start.n == 0 || start.n > room || start.at[0] != '/' || memchr(start.at, 0, start.n))
		return WIRE_E_ANSWER;
	const char *between = *path && start.at[start.n - 1] != '/' ? "/" : "";
	int n = *path == '/' ? snprintf(f->base, room, "%s", path) : snprintf(f->base, room, "%.*s%s%s", (int)start.n, (const char *)start.at, between, path);
	if (n >= (int)room)
		return WIRE_E_BUCKET;
	while (n > 1 && f->base[n - 1] == '/')
		f->base[--n] = 0;
	return 0;
}

static int begin(struct sftp *f, struct ssh *s, void *arg)
{
	(void)arg;
	struct sftp_attrs a;
	f->about = s->about;
	f->extensions = s->extensions;
	int e = find_base(f, s);
	if (!e)
		e = sftp_attrs_of(s, SFTP_STAT, f->base, &a);
	if (e == ENOENT || e == EACCES || e == EIO || (!e && !S_ISDIR(a.mode)))
		return WIRE_E_BUCKET;
	return e;
}

/* Without an accepted host key all that can be had is that key, by about(). */
static int start(struct sftp *f)
{
	int e = same(f->remote.auth, "key") ? sftp_key_check(f->remote.key, f->remote.secret) : 0;
	if (!e)
		e = sftp_with(f, false, begin, NULL);
	if (e != WIRE_E_NEW_KEY)
		return e;
	snprintf(f->about.key, sizeof f->about.key, "%s", why_words());
	return 0;
}

static int sftp_open(const struct remote *r, void **state)
{
	struct sftp *f = make(r);
	if (!f)
		return ENOMEM;
	int e = start(f);
	if (e)
		sftp_close(f);
	else
		*state = f;
	return e;
}

static unsigned sftp_can(void *state)
{
	return ((const struct sftp *)state)->extensions & SFTP_COPY_DATA ? ~0u : ~(unsigned)STORE_CAN_COPY;
}

const struct store_driver sftp_driver = {
	.name = "sftp",
	.can = STORE_CAN_PART | STORE_CAN_MODES | STORE_CAN_SPACE | STORE_CAN_MOVE | STORE_CAN_FOLDERS | STORE_CAN_TIMES | STORE_CAN_COPY | STORE_CAN_DATE,
	.can_here = sftp_can,
	.open = sftp_open,
	.list = sftp_list,
	.stat = sftp_stat,
	.read = sftp_read,
	.result = sftp_result,
	.create = sftp_create,
	.commit = sftp_commit,
	.date = sftp_date,
	.abort = sftp_abort,
	.pending = sftp_pending,
	.folder = sftp_folder,
	.rename = sftp_rename,
	.copy = sftp_copy,
	.mode = sftp_mode,
	.remove = sftp_remove,
	.space = sftp_space,
	.writable = sftp_writable,
	.about = sftp_about,
	.close = sftp_close,
};
