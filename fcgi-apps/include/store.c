#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "errand.h"
#include "proof.h"
#include "store/client.h"

/* Making a file's content durable may take as long as writing it did. */
#define COMMIT_MS 120000
#define COPY_MS 3500000
#define USUAL_MS 10000
#define WRITE_MS 60000 /* until a store takes more */

/* What an errand says only the launcher can read: its text is the connection's key. */
static bool open_errand(struct ctx *c, const char *errand, const char *place, struct store **out)
{
	struct store *s = NEW(c->arena, struct store);
	s->proof = errand;
	s->place = place;
	s->key = text(c->arena, "%s %s", errand, place);
	*out = s;
	return client_connect(c, s);
}

bool store_open(struct ctx *c, const char *proof_text, const char *place, struct store **out)
{
	struct proof p;
	if (errand_is(proof_text))
		return open_errand(c, proof_text, place, out);
	if (empty(proof_text) || !proof_check(c, proof_text, NULL, &p)) {
		forget(c);
		return client_fail(c, WIRE_E_PROOF, place);
	}
	struct store *s = NEW(c->arena, struct store);
	s->proof = proof_text;
	s->place = place;
	s->key = text(c->arena, "%s %lld:%lld:%s %s", p.user, (long long)p.uid, (long long)p.gid, p.groups ? p.groups : "", place);
	*out = s;
	return client_connect(c, s);
}

/* ---- asking ---- */

/* Starts a request about a path; NULL after fail(). */
static struct wire *about(struct ctx *c, enum wire_type type, const char *path, int most)
{
	if (!path || !wire_path_good(path)) {
		client_fail(c, WIRE_E_PATH, path && *path ? "path" : "no path");
		return NULL;
	}
	struct wire *w = client_begin(c, type, most);
	wire_put_text(w, path);
	return w;
}

/* One answer of type WIRE_OK. */
static bool ask(struct ctx *c, struct store *s, bool bound, struct wire **in, int *got)
{
	enum wire_type type;
	if (got)
		*got = -1;
	bool ok = client_call(c, s, bound, &type, in, got) && (type == WIRE_OK || client_nonsense(c, s, "entries"));
	if (!ok && got && *got >= 0) {
		close(*got);
		*got = -1;
	}
	return ok;
}

static bool finished(struct ctx *c, struct store *s, const struct wire *in)
{
	return wire_end(in) ? true : client_nonsense(c, s, "fields");
}

static bool simple(struct ctx *c, struct store *s, bool bound)
{
	struct wire *in;
	return ask(c, s, bound, &in, NULL) && finished(c, s, in);
}

static bool name_good(const char *name, bool top)
{
	return *name ? strlen(name) <= WIRE_NAME_MOST && !strchr(name, '/') : top;
}

static bool kind_good(int64_t k)
{
	return k == ENTRY_FILE || k == ENTRY_FOLDER || k == ENTRY_LINK || k == ENTRY_OTHER;
}

static void read_entry(struct arena *a, struct wire *in, struct entry *e, bool top)
{
	const char *name = wire_text(in);
	int64_t kind = wire_int(in);
	if (!name_good(name, top) || !kind_good(kind)) {
		in->bad = true;
		kind = ENTRY_OTHER;
	}
	e->name = arena_copy(a, name, strlen(name));
	e->kind = (enum entry_kind)kind;
	e->size = wire_int(in);
	e->modified = wire_int(in);
	e->mode = wire_int(in);
	e->uid = wire_int(in);
	e->gid = wire_int(in);
	e->change = wire_int(in);
}

void store_take_entry(struct arena *a, struct wire *in, struct entry *e)
{
	read_entry(a, in, e, false);
}

/* ---- listing ---- */

static bool ask_list(struct ctx *c, struct store *s, const struct store_query *q, enum wire_type *type, struct wire **in)
{
	struct wire *w = about(c, WIRE_LIST, q->path, USUAL_MS);
	if (!w)
		return false;
	wire_put_int(w, q->order);
	wire_put_int(w, q->descending);
	wire_put_text(w, q->after);
	wire_put_text(w, q->match);
	wire_put_int(w, !q->no_dots);
	wire_put_int(w, q->limit);
	return client_call(c, s, false, type, in, NULL);
}

static bool take_entries(struct arena *a, struct wire *in, struct entry *at, int64_t limit, size_t *n)
{
	int64_t count = wire_int(in);
	if (count < 1 || count > limit - (int64_t)*n)
		return false;
	for (int64_t i = 0; i < count && !in->bad; i++)
		read_entry(a, in, &at[(*n)++], false);
	return wire_end(in);
}

static bool key_good(const char *key)
{
	for (const char *s = key; *s; s++)
		if (!strchr("0123456789abcdefku.-", *s))
			return false;
	return true;
}

bool store_list(struct ctx *c, struct store *s, const struct store_query *q, struct store_page *out)
{
	enum wire_type type;
	struct wire *in;
	int64_t limit = q->limit < 1 ? 100 : q->limit > WIRE_LIMIT_MOST ? WIRE_LIMIT_MOST : q->limit;
	struct store_query asked = *q;
	asked.limit = limit;
	struct entry *at = NEW_ARRAY(c->arena, struct entry, limit);
	*out = (struct store_page){ .at = at };
	bool ok = ask_list(c, s, &asked, &type, &in);
	while (ok && type == WIRE_ENTRIES)
		ok = take_entries(c->arena, in, at, limit, &out->n) ? client_more(c, s, &type, &in) : client_nonsense(c, s, "entries");
	if (!ok)
		return false;
	const char *next = wire_text(in);
	out->total = wire_int(in);
	out->unsorted = wire_flag(in);
	if (!key_good(next))
		return client_nonsense(c, s, "page key");
	out->next = *next ? arena_copy(c->arena, next, strlen(next)) : NULL;
	return finished(c, s, in);
}

/* ---- one file or folder ---- */

bool store_stat(struct ctx *c, struct store *s, const char *path, struct entry *out)
{
	struct wire *in;
	if (!about(c, WIRE_STAT, path, USUAL_MS) || !ask(c, s, false, &in, NULL))
		return false;
	read_entry(c->arena, in, out, true);
	return finished(c, s, in);
}

bool store_read(struct ctx *c, struct store *s, const char *path, struct store_file *out)
{
	return store_read_part(c, s, path, 0, -1, out);
}

bool store_read_part(struct ctx *c, struct store *s, const char *path, int64_t offset, int64_t length, struct store_file *out)
{
	struct wire *in, *w = about(c, WIRE_READ, path, USUAL_MS);
	if (!w)
		return false;
	wire_put_int(w, offset);
	wire_put_int(w, length);
	if (!ask(c, s, false, &in, &out->fd))
		return false;
	read_entry(c->arena, in, &out->entry, true);
	out->handle = wire_int(in);
	if (wire_end(in) && out->fd >= 0)
		return true;
	if (out->fd >= 0)
		close(out->fd);
	return client_nonsense(c, s, "descriptor");
}

/* The pipe ends a moment before the connector knows how its content has ended. */
bool store_read_end(struct ctx *c, struct store *s, const struct store_file *f)
{
	struct wire *in;
	if (f->handle == 0)
		return true;
	for (int64_t until = clock_ms() + USUAL_MS;;) {
		wire_put_int(client_begin(c, WIRE_RESULT, USUAL_MS), f->handle);
		if (ask(c, s, true, &in, NULL)) {
			wire_int(in);
			return finished(c, s, in);
		}
		if (client_code() != EINPROGRESS || clock_ms() > until)
			return false;
		forget(c);
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
}

bool store_writable(struct ctx *c, struct store *s, const char *folder, bool *writable)
{
	struct wire *in;
	if (!about(c, WIRE_WRITABLE, folder, USUAL_MS) || !ask(c, s, false, &in, NULL))
		return false;
	*writable = wire_flag(in);
	return finished(c, s, in);
}

/* ---- access control lists ---- */

static void put_who(struct wire *w, const struct store_who *who)
{
	wire_put_text(w, who->kind == 'u' ? "u" : "g");
	wire_put_int(w, who->id);
}

static int small(struct wire *in)
{
	int64_t v = wire_int(in);
	if (v < -1 || v > 7)
		in->bad = true;
	return (int)v;
}

bool store_acl(struct ctx *c, struct store *s, const char *path, const struct store_who *who, struct store_acl *out)
{
	struct wire *in, *w = about(c, WIRE_ACL, path, USUAL_MS);
	if (!w)
		return false;
	put_who(w, who);
	wire_put_text(w, who->groups);
	if (!ask(c, s, false, &in, NULL))
		return false;
	*out = (struct store_acl){ .perm = small(in) };
	out->later = small(in);
	out->reach = small(in);
	out->own = wire_flag(in);
	out->folder = wire_flag(in);
	out->bare = wire_flag(in);
	out->runs = wire_flag(in);
	return finished(c, s, in);
}

bool store_acl_set(struct ctx *c, struct store *s, const char *path, const struct store_who *who, int perm, int later)
{
	struct wire *w = about(c, WIRE_ACL_SET, path, USUAL_MS);
	if (!w)
		return false;
	put_who(w, who);
	wire_put_int(w, perm);
	wire_put_int(w, later);
	return simple(c, s, false);
}

/* ---- new files ---- */

struct made { struct store on; int fd; int64_t handle, written; bool done; struct made *before; };

/* Made and not committed, in this process, of requests that are not over. */
static struct made *all_made;

/* The end of the request: what was not committed is dropped by closing the connection. */
static void forget_made(void *arg)
{
	struct made *m = arg;
	for (struct made **p = &all_made; *p; p = &(*p)->before)
		if (*p == m) {
			*p = m->before;
			break;
		}
	close(m->fd);
	if (!m->done)
		client_drop(&m->on);
}

bool store_create(struct ctx *c, struct store *s, const char *path, int64_t size, int *fd)
{
	struct wire *in, *w = about(c, WIRE_CREATE, path, USUAL_MS);
	if (!w)
		return false;
	wire_put_int(w, size);
	if (!ask(c, s, false, &in, fd))
		return false;
	int64_t handle = wire_int(in);
	if (!wire_end(in) || *fd < 0) {
		if (*fd >= 0)
			close(*fd);
		return client_nonsense(c, s, "descriptor");
	}
	if (!(s->can & STORE_CAN_SEEK))
		fcntl(*fd, F_SETFL, O_NONBLOCK); /* a pipe: its reader may be a server that has stopped */
	struct made *m = NEW(c->arena, struct made);
	*m = (struct made){ .on = *s, .fd = *fd, .handle = handle, .before = all_made };
	all_made = m;
	arena_defer(c->arena, forget_made, m);
	return true;
}

static struct made *made_with(int fd)
{
	struct made *m = all_made;
	while (m && m->fd != fd)
		m = m->before;
	return m;
}

/* The kernel begins to write what is complete while the next block comes in. */
static void start_writing(int fd, size_t n)
{
	off_t at = lseek(fd, 0, SEEK_CUR), block = 8 << 20;
	if (at >= block && at / block != (at - (off_t)n) / block)
		sync_file_range(fd, at / block * block - block, block, SYNC_FILE_RANGE_WRITE);
}

size_t store_read_at(int fd, void *to, size_t n, int64_t offset)
{
	size_t got = 0;
	while (got < n) {
		ssize_t k = pread(fd, (char *)to + got, n - got, offset + (int64_t)got);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			break;
		got += (size_t)k;
	}
	return got;
}

static bool ask_commit(struct ctx *c, struct made *m, const char *path, bool replace, int64_t modified)
{
	struct ctx longer = *c;
	longer.deadline = 0;
	struct wire *w = client_begin(&longer, WIRE_COMMIT, COMMIT_MS);
	wire_put_int(w, m->handle);
	wire_put_text(w, path);
	wire_put_int(w, replace);
	wire_put_int(w, m->written);
	wire_put_int(w, modified < -1 ? -1 : modified);
	return simple(c, &m->on, true);
}

/* Nobody reads the pipe any more: the connector tells what its server said when it is asked to finish. */
static bool why_not(struct ctx *c, struct made *m)
{
	return ask_commit(c, m, ".naru-part-never", false, -1) ? client_fail(c, EPIPE, "write") : false;
}

bool store_write(struct ctx *c, int fd, const void *data, size_t n)
{
	struct made *m = made_with(fd);
	for (const char *from = data; n > 0;) {
		ssize_t k = write(fd, from, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && errno == EAGAIN && poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, WRITE_MS) == 1)
			continue;
		if (k < 0 && errno == EAGAIN)
			return client_fail(c, ETIMEDOUT, "write");
		if (k < 0 && errno == EPIPE && m)
			return why_not(c, m);
		if (k <= 0)
			return client_fail(c, k < 0 ? errno : ENOSPC, "write");
		if (m)
			m->written += k;
		start_writing(fd, (size_t)k);
		from += k;
		n -= (size_t)k;
	}
	return true;
}

/* Both ends may be pipes; which of them is not ready is not told. */
static bool wait_both(int from, int to)
{
	struct pollfd in = { .fd = from, .events = POLLIN }, out = { .fd = to, .events = POLLOUT };
	return poll(&in, 1, WRITE_MS) == 1 && poll(&out, 1, WRITE_MS) == 1;
}

/* Where the file system has no splice. */
static bool take_by_hand(struct ctx *c, int fd, int from, size_t most, size_t *n)
{
	char room[32768];
	ssize_t k;
	do
		k = read(from, room, most < sizeof room ? most : sizeof room);
	while (k < 0 && (errno == EINTR || (errno == EAGAIN && wait_both(from, fd))));
	if (k < 0)
		return client_fail(c, errno == EAGAIN ? ETIMEDOUT : errno, "read");
	*n = (size_t)k;
	return k == 0 || store_write(c, fd, room, *n);
}

bool store_take(struct ctx *c, int fd, int from, size_t most, size_t *n)
{
	struct made *m = made_with(fd);
	ssize_t k;
	do
		k = splice(from, NULL, fd, NULL, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	while (k < 0 && (errno == EINTR || (errno == EAGAIN && wait_both(from, fd))));
	if (k < 0 && errno == EINVAL)
		return take_by_hand(c, fd, from, most, n);
	if (k < 0 && errno == EPIPE && m)
		return why_not(c, m);
	if (k < 0)
		return client_fail(c, errno == EAGAIN ? ETIMEDOUT : errno, "splice");
	if (m)
		m->written += k;
	start_writing(fd, (size_t)k);
	*n = (size_t)k;
	return true;
}

bool store_commit(struct ctx *c, struct store *s, int fd, const char *path, bool replace)
{
	return store_commit_dated(c, s, fd, path, replace, -1);
}

bool store_commit_dated(struct ctx *c, struct store *s, int fd, const char *path, bool replace, int64_t modified)
{
	struct made *m = made_with(fd);
	if (!m || m->done)
		die("store_commit: descriptor %d was not made by store_create()", fd);
	if (!path || !wire_path_good(path))
		return client_fail(c, WIRE_E_PATH, "path");
	if (!ask_commit(c, m, path, replace, modified))
		return false;
	m->done = true;
	*s = m->on;
	return true;
}

/* ---- names ---- */

bool store_make_folder(struct ctx *c, struct store *s, const char *path)
{
	return about(c, WIRE_FOLDER, path, USUAL_MS) && simple(c, s, false);
}

bool store_rename(struct ctx *c, struct store *s, const char *from, const char *to)
{
	struct wire *w = about(c, WIRE_RENAME, from, USUAL_MS);
	if (!w)
		return false;
	if (!to || !wire_path_good(to))
		return client_fail(c, WIRE_E_PATH, "path");
	wire_put_text(w, to);
	return simple(c, s, false);
}

bool store_copy(struct ctx *c, struct store *s, const char *from, const char *to, bool replace)
{
	struct ctx longer = *c;
	longer.deadline = 0;
	struct wire *w = about(&longer, WIRE_COPY, from, c->deadline ? COMMIT_MS : COPY_MS);
	if (!w || !to || !wire_path_good(to))
		return client_fail(c, WIRE_E_PATH, "path");
	wire_put_text(w, to);
	wire_put_int(w, replace);
	return simple(c, s, false);
}

bool store_remove(struct ctx *c, struct store *s, const char *path, bool with_content)
{
	struct wire *w = about(c, WIRE_REMOVE, path, USUAL_MS);
	if (!w)
		return false;
	wire_put_int(w, with_content);
	return simple(c, s, false);
}

bool store_space(struct ctx *c, struct store *s, int walk_ms, struct store_space *out)
{
	struct wire *in, *w = client_begin(c, WIRE_SPACE, USUAL_MS);
	wire_put_int(w, walk_ms < 0 ? 0 : walk_ms > 8000 ? 8000 : walk_ms);
	if (!ask(c, s, false, &in, NULL))
		return false;
	out->total = wire_int(in);
	out->free = wire_int(in);
	out->files_free = wire_int(in);
	out->used = wire_int(in);
	out->used_at_least = wire_flag(in);
	return finished(c, s, in);
}

bool store_about(struct ctx *c, struct store *s, const char **software, const char **key)
{
	struct wire *in;
	client_begin(c, WIRE_ABOUT, USUAL_MS);
	if (!ask(c, s, false, &in, NULL))
		return false;
	const char *a = wire_text(in), *b = wire_text(in);
	*software = arena_copy(c->arena, a, strlen(a));
	*key = arena_copy(c->arena, b, strlen(b));
	return finished(c, s, in);
}

/* ---- details ---- */

bool store_set_mode(struct ctx *c, struct store *s, const char *path, int64_t mode)
{
	struct wire *w = about(c, WIRE_MODE, path, USUAL_MS);
	if (!w)
		return false;
	wire_put_int(w, mode);
	return simple(c, s, false);
}

bool store_details(struct ctx *c, struct store *s, const char *path, struct store_details *out)
{
	struct wire *in;
	if (!about(c, WIRE_DETAILS, path, USUAL_MS) || !ask(c, s, false, &in, NULL))
		return false;
	out->links = wire_int(in);
	const char *target = wire_text(in), *acl = wire_text(in);
	out->target = *target ? arena_copy(c->arena, target, strlen(target)) : NULL;
	out->acl = *acl ? split(c->arena, acl, '\n') : (struct texts){ NULL, 0 };
	return finished(c, s, in);
}

bool store_tree(struct ctx *c, struct store *s, const char *path, int walk_ms, struct store_tree *out)
{
	struct wire *in, *w = about(c, WIRE_TREE, path, USUAL_MS);
	if (!w)
		return false;
	wire_put_int(w, walk_ms < 0 ? 0 : walk_ms > 8000 ? 8000 : walk_ms);
	if (!ask(c, s, false, &in, NULL))
		return false;
	out->bytes = wire_int(in);
	out->entries = wire_int(in);
	out->at_least = wire_flag(in);
	return finished(c, s, in);
}

unsigned store_can(const struct store *s)
{
	return s->can;
}
