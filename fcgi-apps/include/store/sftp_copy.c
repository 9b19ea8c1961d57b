/* A copy on the server itself (copy-data: OpenSSH 9 and later). Hidden until it is whole, on the disk and as long as it should be. */
#include <errno.h>
#include <sys/stat.h>

#include "base.h"
#include "store/sftp.h"
#include "store/why.h"

#define COPY_AT_ONCE (32u << 20) /* so that the server is heard of before it counts as silent */

struct copying { const char *from, *to; bool replace; int64_t until; char *part; bool made; };

static int copy_some(struct ssh *s, const struct handle *from, const struct handle *to, uint64_t at, uint64_t n)
{
	sftp_request(s, SFTP_EXTENDED);
	sftp_put_text(&s->out, "copy-data");
	sftp_put(&s->out, from->at, from->n);
	sftp_put_u64(&s->out, at);
	sftp_put_u64(&s->out, n);
	sftp_put(&s->out, to->at, to->n);
	sftp_put_u64(&s->out, at);
	sftp_end(&s->out);
	return sftp_ask_status(s);
}

static int copy_all(struct ssh *s, const struct handle *from, const struct handle *to, uint64_t size)
{
	int e = 0;
	for (uint64_t at = 0; !e && at < size; at += COPY_AT_ONCE)
		e = copy_some(s, from, to, at, size - at < COPY_AT_ONCE ? size - at : COPY_AT_ONCE);
	return e;
}

static int sync_file(struct ssh *s, const struct handle *h)
{
	if (!(s->extensions & SFTP_FSYNC))
		return 0;
	sftp_request(s, SFTP_EXTENDED);
	sftp_put_text(&s->out, "fsync@openssh.com");
	sftp_put(&s->out, h->at, h->n);
	sftp_end(&s->out);
	return sftp_ask_status(s);
}

static int close_file(struct ssh *s, const struct handle *h)
{
	sftp_handle_request(s, SFTP_CLOSE, SFTP_BYTES(h));
	return sftp_ask_status(s);
}

static int fill_part(struct ssh *s, const struct handle *from, const struct sftp_attrs *a, const char *part)
{
	struct handle to;
	struct sftp_attrs now;
	int e = sftp_open_new(s, part, (a->mode & 0777) | S_IWUSR, &to);
	if (e)
		return e;
	e = copy_all(s, from, &to, a->size);
	if (!e)
		e = sync_file(s, &to);
	if (s->broken)
		return e;
	int closed = close_file(s, &to);
	e = e ? e : closed ? closed : sftp_attrs_of(s, SFTP_LSTAT, part, &now);
	if (!e && (now.has & SFTP_HAS_SIZE) && now.size != a->size)
		e = WIRE_E_CHANGED;
	return e || !(a->has & SFTP_HAS_MODE) || (now.mode & 07777) == (a->mode & 0777) ? e : sftp_set_mode(s, part, a->mode & 0777);
}

static int finish(struct ssh *s, const struct sftp_attrs *a, const struct copying *c, const char *to)
{
	struct sftp_attrs now;
	int e = sftp_attrs_of(s, SFTP_LSTAT, c->part, &now);
	struct sftp_part n = { c->part, now.mode, now.gid, a->has & SFTP_HAS_TIMES ? (int64_t)a->modified : -1 };
	return e ? e : sftp_name_part(s, &n, to, c->replace);
}

static int copy_one(struct sftp *f, struct ssh *s, void *arg)
{
	struct copying *c = arg;
	char from[SFTP_PATH_MOST], to[SFTP_PATH_MOST];
	struct handle in;
	struct sftp_attrs a;
	sftp_path(f, c->from, from);
	sftp_path(f, c->to, to);
	sftp_part_path(to, c->part);
	s->until = c->until;
	c->made = true;
	int e = sftp_open_file(s, from, &a, &in);
	if (e)
		return e;
	e = a.has & SFTP_HAS_SIZE ? fill_part(s, &in, &a, c->part) : WIRE_E_CANNOT;
	if (!s->broken)
		close_file(s, &in);
	return e ? e : finish(s, &a, c, to);
}

int sftp_copy(void *state, const char *from, const char *to, bool replace, int64_t until)
{
	char part[SFTP_PATH_MOST];
	struct copying c = { from, to, replace, until, part, false };
	if (!*from || !*to)
		return WIRE_E_TOP;
	int e = sftp_with(state, false, copy_one, &c);
	if (e && c.made && sftp_with(state, true, sftp_remove_part, part) == ENOENT)
		why_forget();
	return e;
}
