#include "store/connector_turn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "errand.h"
#include "store.h"
#include "store/why.h"

/* No answerer goes on with a request that is bad. */
void turn_refuse(struct turn *t, int code)
{
	t->refused = code;
	t->in->bad = true;
}

/* "PREFIX/path" for an errand's prefix. A good path has no "..", so it stays below it. */
static const char *with_prefix(struct turn *t, const char *path)
{
	char *to = t->paths[t->n_paths++ % COUNT(t->paths)];
	int n = snprintf(to, sizeof t->paths[0], "%s%s%s", t->c->prefix, *path ? "/" : "", path);
	if (n < 0 || (size_t)n >= sizeof t->paths[0])
		turn_refuse(t, ENAMETOOLONG);
	return to;
}

const char *turn_path(struct turn *t)
{
	const char *path = wire_text(t->in);
	if (!wire_path_good(path))
		t->in->bad = true;
	return empty(t->c->prefix) || t->in->bad ? path : with_prefix(t, path);
}

/* Of what is to be changed: what an errand is for stays itself. */
static const char *own_path(struct turn *t)
{
	size_t n = empty(t->c->prefix) ? 0 : strlen(t->c->prefix);
	const char *path = turn_path(t);
	if (n && strlen(path) == n)
		turn_refuse(t, WIRE_E_TOP);
	return path;
}

void turn_put_row(struct wire *w, const struct row *r)
{
	wire_put_text(w, r->name);
	wire_put_int(w, r->kind);
	wire_put_int(w, r->size);
	wire_put_int(w, r->modified);
	wire_put_int(w, r->mode);
	wire_put_int(w, r->uid);
	wire_put_int(w, r->gid);
	wire_put_int(w, r->change);
}

/* ---- listing ---- */

static int send_rows(struct turn *t, const struct row *rows, size_t n)
{
	wire_begin(t->out, WIRE_ENTRIES, t->id);
	wire_put_int(t->out, (int64_t)n);
	for (size_t i = 0; i < n; i++)
		turn_put_row(t->out, &rows[i]);
	return wire_send(t->c->socket, t->out, -1, t->until);
}

static int send_page(struct turn *t, const struct rows *page)
{
	size_t most = (WIRE_MOST - 64) / WIRE_ENTRY_ROOM;
	for (size_t i = 0; i < page->n; i += most) {
		int e = send_rows(t, page->at + i, page->n - i < most ? page->n - i : most);
		if (e)
			return e;
	}
	wire_begin(t->out, WIRE_OK, t->id);
	wire_put_text(t->out, page->next);
	wire_put_int(t->out, page->total);
	wire_put_int(t->out, page->unsorted);
	return 0;
}

static int answer_list(struct turn *t)
{
	struct row_query q = { .path = turn_path(t) };
	q.order = (int)wire_int(t->in);
	q.descending = wire_flag(t->in);
	q.after = wire_text(t->in);
	q.match = wire_text(t->in);
	q.no_dots = !wire_flag(t->in);
	int64_t limit = wire_int(t->in), sort = wire_int(t->in);
	if (!wire_end(t->in) || limit < 1 || limit > WIRE_LIMIT_MOST || sort < 1 || sort > 60000 || q.order < STORE_ANY || q.order > STORE_BY_ENDING)
		return -1;
	q.limit = (size_t)limit;
	int64_t soon = clock_ms() + sort;
	q.until = soon < t->until ? soon : t->until;
	struct rows page = { 0 };
	int e = t->c->driver->list(t->c->state, &q, &page);
	if (!e)
		e = send_page(t, &page);
	free(page.at);
	return e;
}

/* ---- one entry ---- */

static int answer_stat(struct turn *t)
{
	struct row r;
	const char *path = turn_path(t);
	if (!wire_end(t->in))
		return -1;
	int e = t->c->driver->stat(t->c->state, path, &r);
	if (!e)
		turn_put_row(t->out, &r);
	return e;
}

static int answer_read(struct turn *t)
{
	struct row r;
	int64_t handle = 0;
	const char *path = turn_path(t);
	int64_t offset = wire_int(t->in), length = wire_int(t->in);
	if (!wire_end(t->in) || offset < 0 || length < -1)
		return -1;
	int e = t->c->driver->read(t->c->state, path, offset, length, &r, &handle, &t->pass);
	if (e)
		return e;
	t->close_pass = true;
	turn_put_row(t->out, &r);
	wire_put_int(t->out, handle);
	return 0;
}

static int answer_result(struct turn *t)
{
	int64_t handle = wire_int(t->in), bytes = 0;
	if (!wire_end(t->in))
		return -1;
	int e = t->c->driver->result ? t->c->driver->result(t->c->state, handle, &bytes) : ENOENT;
	if (!e)
		wire_put_int(t->out, bytes);
	return e;
}

/* An errand to read changes nothing. */
static bool may_change(const struct connector *c)
{
	return !c->rights || (c->rights & (ERRAND_WRITE | ERRAND_DROP));
}

static int answer_writable(struct turn *t)
{
	bool yes = false;
	const char *path = turn_path(t);
	if (!wire_end(t->in))
		return -1;
	if (t->c->read_only || !may_change(t->c))
		return wire_put_int(t->out, 0), 0; /* some can only find out by trying */
	int e = t->c->driver->writable(t->c->state, path, &yes);
	if (!e)
		wire_put_int(t->out, yes);
	return e;
}

/* ---- new files ---- */

static int answer_create(struct turn *t)
{
	int64_t handle;
	const char *path = own_path(t);
	int64_t size = wire_int(t->in);
	if (!wire_end(t->in) || size < -1)
		return -1;
	int e = t->c->driver->create(t->c->state, path, size, &handle, &t->pass);
	if (e)
		return e;
	t->close_pass = !(t->c->driver->can & STORE_CAN_SEEK);
	wire_put_int(t->out, handle);
	return 0;
}

static int answer_commit(struct turn *t)
{
	int64_t handle = wire_int(t->in);
	const char *path = own_path(t);
	bool replace = wire_flag(t->in);
	int64_t size = wire_int(t->in), modified = wire_int(t->in);
	if (replace && t->c->rights && !(t->c->rights & ERRAND_WRITE))
		turn_refuse(t, WIRE_E_RIGHT);
	if (!wire_end(t->in) || size < 0 || modified < -1)
		return -1;
	int e = modified >= 0 && t->c->driver->date ? t->c->driver->date(t->c->state, handle, modified) : 0;
	return e ? e : t->c->driver->commit(t->c->state, handle, path, replace, size, t->until);
}

static int answer_kept(struct turn *t)
{
	int64_t handle;
	const char *path = own_path(t), *keep = wire_text(t->in);
	if (!wire_end(t->in))
		return -1;
	int e = t->c->driver->kept ? t->c->driver->kept(t->c->state, path, keep, &handle, &t->pass) : WIRE_E_CANNOT;
	if (!e)
		wire_put_int(t->out, handle);
	return e;
}

static int answer_sync(struct turn *t)
{
	if (!wire_end(t->in))
		return -1;
	return t->c->driver->sync ? t->c->driver->sync(t->c->state) : 0;
}

static int answer_abort(struct turn *t)
{
	int64_t handle = wire_int(t->in);
	return wire_end(t->in) ? t->c->driver->abort(t->c->state, handle) : -1;
}

/* ---- names ---- */

static int answer_folder(struct turn *t)
{
	const char *path = own_path(t);
	return wire_end(t->in) ? t->c->driver->folder(t->c->state, path) : -1;
}

static int answer_rename(struct turn *t)
{
	const char *from = own_path(t), *to = own_path(t);
	return wire_end(t->in) ? t->c->driver->rename(t->c->state, from, to) : -1;
}

static int answer_copy(struct turn *t)
{
	const char *from = own_path(t), *to = own_path(t);
	bool replace = wire_flag(t->in);
	if (!wire_end(t->in))
		return -1;
	return t->c->driver->copy ? t->c->driver->copy(t->c->state, from, to, replace, t->until) : WIRE_E_CANNOT;
}

static int answer_remove(struct turn *t)
{
	const char *path = own_path(t);
	bool with_content = wire_flag(t->in);
	return wire_end(t->in) ? t->c->driver->remove(t->c->state, path, with_content, t->until) : -1;
}

static int answer_space(struct turn *t)
{
	int64_t walk = wire_int(t->in), until = clock_ms() + walk;
	struct row_space s = { 0 };
	if (!wire_end(t->in) || walk < 0 || walk > 60000)
		return -1;
	if (!t->c->driver->space)
		return WIRE_E_CANNOT;
	int e = t->c->driver->space(t->c->state, walk == 0 ? 0 : until < t->until ? until : t->until, &s);
	if (e)
		return e;
	wire_put_int(t->out, s.total);
	wire_put_int(t->out, s.free);
	wire_put_int(t->out, s.files_free);
	wire_put_int(t->out, s.used);
	wire_put_int(t->out, s.at_least);
	return 0;
}

static int answer_about(struct turn *t)
{
	struct row_about a = { 0 };
	if (!wire_end(t->in))
		return -1;
	int e = t->c->driver->about ? t->c->driver->about(t->c->state, &a) : WIRE_E_CANNOT;
	if (e)
		return e;
	wire_put_text(t->out, a.software);
	wire_put_text(t->out, a.key);
	return 0;
}

/* ---- serving ---- */

static answerer *const answerers[] = {
	[WIRE_LIST] = answer_list, [WIRE_STAT] = answer_stat, [WIRE_READ] = answer_read, [WIRE_CREATE] = answer_create,
	[WIRE_COMMIT] = answer_commit, [WIRE_ABORT] = answer_abort, [WIRE_FOLDER] = answer_folder, [WIRE_RENAME] = answer_rename,
	[WIRE_REMOVE] = answer_remove, [WIRE_SPACE] = answer_space, [WIRE_WRITABLE] = answer_writable, [WIRE_RESULT] = answer_result,
	[WIRE_COPY] = answer_copy, [WIRE_ABOUT] = answer_about, [WIRE_ACL] = answer_acl, [WIRE_ACL_SET] = answer_acl_set, [WIRE_MODE] = answer_mode,
	[WIRE_DETAILS] = answer_details, [WIRE_TREE] = answer_tree,
	[WIRE_FIND] = answer_find, [WIRE_QUOTA] = answer_quota,
	[WIRE_SYNC] = answer_sync, [WIRE_KEPT] = answer_kept,
};

static bool too_old(const struct connector *c, enum wire_type type)
{
	return clock_ms() - c->born > c->life_ms && type != WIRE_COMMIT && type != WIRE_ABORT && type != WIRE_RESULT && type != WIRE_SYNC;
}

static bool changes(enum wire_type type)
{
	return type == WIRE_CREATE || type == WIRE_KEPT || type == WIRE_COMMIT || type == WIRE_FOLDER || type == WIRE_RENAME || type == WIRE_COPY || type == WIRE_REMOVE
		|| type == WIRE_ACL_SET || type == WIRE_MODE;
}

#define BIT(type) (UINT64_C(1) << (type))

/* What an errand allows. One to drop files may ask whether it could, and nothing about what is there. */
static bool allowed(const struct connector *c, enum wire_type type)
{
	const uint64_t reads = BIT(WIRE_LIST) | BIT(WIRE_STAT) | BIT(WIRE_READ) | BIT(WIRE_RESULT) | BIT(WIRE_WRITABLE) | BIT(WIRE_DETAILS) | BIT(WIRE_TREE);
	const uint64_t drops = BIT(WIRE_CREATE) | BIT(WIRE_COMMIT) | BIT(WIRE_ABORT) | BIT(WIRE_SYNC) | BIT(WIRE_FOLDER) | BIT(WIRE_WRITABLE);
	const uint64_t shares = BIT(WIRE_LIST) | BIT(WIRE_STAT) | BIT(WIRE_ACL) | BIT(WIRE_ACL_SET);
	uint64_t all = (c->rights & ERRAND_READ ? reads : 0) | (c->rights & ERRAND_DROP ? drops : 0) | (c->rights & ERRAND_SHARE ? shares : 0);
	return !c->rights || (c->rights & ERRAND_WRITE) || all & BIT(type);
}

/* Why the driver is not asked at all; 0: it is. */
static int refusal(const struct connector *c, enum wire_type type)
{
	return too_old(c, type) ? WIRE_E_OLD : !allowed(c, type) ? WIRE_E_RIGHT : c->read_only && changes(type) ? EROFS : 0;
}

static void put_error(struct wire *w, int64_t id, int code)
{
	wire_begin(w, WIRE_ERROR, id);
	wire_put_int(w, code);
	wire_put_text(w, why_words());
}

bool connector_answer(struct connector *c, struct wire *in, struct wire *out, int *pass, bool *close_pass)
{
	struct turn t = { .c = c, .in = in, .out = out, .pass = -1 };
	unsigned type = wire_open(in, &t.id);
	int64_t budget = wire_int(in);
	if (in->bad || type >= COUNT(answerers) || !answerers[type] || budget < 0 || budget > 3600000)
		return false;
	t.until = clock_ms() + budget;
	wire_begin(out, WIRE_OK, t.id);
	why_forget();
	int e = refusal(c, (enum wire_type)type);
	if (!e)
		e = answerers[type](&t);
	if (e < 0 && t.refused)
		e = t.refused;
	if (e > 0)
		put_error(out, t.id, e);
	*pass = t.pass;
	*close_pass = t.close_pass;
	return e >= 0;
}

static bool turn(struct connector *c, struct wire *in, struct wire *out)
{
	int pass = -1;
	bool close_pass = false;
	if (!connector_answer(c, in, out, &pass, &close_pass))
		return false;
	int e = wire_send(c->socket, out, pass, clock_ms() + 10000);
	if (close_pass)
		close(pass);
	return e == 0;
}

/* What of all that its kind can this server can, too. */
static int64_t can(const struct connector *c)
{
	unsigned here = c->driver->can_here ? c->driver->can_here(c->state) : c->driver->can;
	return (int64_t)(c->driver->can & here) | (c->read_only || !may_change(c) ? 0 : STORE_CAN_WRITE);
}

bool connector_greet(struct connector *c, int code)
{
	static struct wire w;
	if (code) {
		put_error(&w, 0, code);
	} else {
		wire_begin(&w, WIRE_OK, 0);
		wire_put_int(&w, can(c));
	}
	return wire_send(c->socket, &w, -1, clock_ms() + 1000) == 0 && code == 0;
}

void connector_serve(struct connector *c)
{
	static struct wire in, out;
	for (;;) {
		int e = wire_receive(c->socket, &in, NULL, clock_ms() + c->idle_ms);
		if (e == ETIMEDOUT && c->driver->pending(c->state))
			continue;
		if (e || !turn(c, &in, &out))
			break;
	}
	c->driver->close(c->state);
}
