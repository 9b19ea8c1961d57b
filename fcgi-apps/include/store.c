#include "store.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "errand.h"
#include "proof.h"
#include "store/client.h"

/* A copy inside a store may take as long as writing the file did. */
#define COPY_SOON_MS 120000
#define COPY_MS 3500000
#define USUAL_MS 10000
#define SYNC_MS 120000

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
struct wire *client_about(struct ctx *c, enum wire_type type, const char *path, int most)
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
bool client_ask(struct ctx *c, struct store *s, bool bound, struct wire **in, int *got)
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

bool client_finished(struct ctx *c, struct store *s, const struct wire *in)
{
	return wire_end(in) ? true : client_nonsense(c, s, "fields");
}

bool client_simple(struct ctx *c, struct store *s, bool bound)
{
	struct wire *in;
	return client_ask(c, s, bound, &in, NULL) && client_finished(c, s, in);
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
	struct wire *w = client_about(c, WIRE_LIST, q->path, USUAL_MS);
	if (!w)
		return false;
	wire_put_int(w, q->order);
	wire_put_int(w, q->descending);
	wire_put_text(w, q->after);
	wire_put_text(w, q->match);
	wire_put_int(w, !q->no_dots);
	wire_put_int(w, q->limit);
	wire_put_int(w, q->sort_ms < 1 ? 700 : q->sort_ms > 8000 ? 8000 : q->sort_ms);
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
	return client_finished(c, s, in);
}

/* ---- one file or folder ---- */

bool store_stat(struct ctx *c, struct store *s, const char *path, struct entry *out)
{
	struct wire *in;
	if (!client_about(c, WIRE_STAT, path, USUAL_MS) || !client_ask(c, s, false, &in, NULL))
		return false;
	read_entry(c->arena, in, out, true);
	return client_finished(c, s, in);
}

bool store_read(struct ctx *c, struct store *s, const char *path, struct store_file *out)
{
	return store_read_part(c, s, path, 0, -1, out);
}

bool store_read_part(struct ctx *c, struct store *s, const char *path, int64_t offset, int64_t length, struct store_file *out)
{
	struct wire *in, *w = client_about(c, WIRE_READ, path, USUAL_MS);
	if (!w)
		return false;
	wire_put_int(w, offset);
	wire_put_int(w, length);
	if (!client_ask(c, s, false, &in, &out->fd))
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
		if (client_ask(c, s, true, &in, NULL)) {
			wire_int(in);
			return client_finished(c, s, in);
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
	if (!client_about(c, WIRE_WRITABLE, folder, USUAL_MS) || !client_ask(c, s, false, &in, NULL))
		return false;
	*writable = wire_flag(in);
	return client_finished(c, s, in);
}

bool store_sync(struct ctx *c, struct store *s)
{
	struct ctx longer = *c;
	longer.deadline = 0;
	client_begin(&longer, WIRE_SYNC, SYNC_MS);
	return client_simple(c, s, true);
}

/* ---- names ---- */

bool store_make_folder(struct ctx *c, struct store *s, const char *path)
{
	return client_about(c, WIRE_FOLDER, path, USUAL_MS) && client_simple(c, s, false);
}

bool store_rename(struct ctx *c, struct store *s, const char *from, const char *to)
{
	struct wire *w = client_about(c, WIRE_RENAME, from, USUAL_MS);
	if (!w)
		return false;
	if (!to || !wire_path_good(to))
		return client_fail(c, WIRE_E_PATH, "path");
	wire_put_text(w, to);
	return client_simple(c, s, false);
}

bool store_copy(struct ctx *c, struct store *s, const char *from, const char *to, bool replace)
{
	struct ctx longer = *c;
	longer.deadline = 0;
	struct wire *w = client_about(&longer, WIRE_COPY, from, c->deadline ? COPY_SOON_MS : COPY_MS);
	if (!w || !to || !wire_path_good(to))
		return client_fail(c, WIRE_E_PATH, "path");
	wire_put_text(w, to);
	wire_put_int(w, replace);
	return client_simple(c, s, false);
}

bool store_remove(struct ctx *c, struct store *s, const char *path, bool with_content)
{
	struct wire *w = client_about(c, WIRE_REMOVE, path, USUAL_MS);
	if (!w)
		return false;
	wire_put_int(w, with_content);
	return client_simple(c, s, false);
}

bool store_space(struct ctx *c, struct store *s, int walk_ms, struct store_space *out)
{
	struct wire *in, *w = client_begin(c, WIRE_SPACE, USUAL_MS);
	wire_put_int(w, walk_ms < 0 ? 0 : walk_ms > 8000 ? 8000 : walk_ms);
	if (!client_ask(c, s, false, &in, NULL))
		return false;
	out->total = wire_int(in);
	out->free = wire_int(in);
	out->files_free = wire_int(in);
	out->used = wire_int(in);
	out->used_at_least = wire_flag(in);
	return client_finished(c, s, in);
}

bool store_about(struct ctx *c, struct store *s, const char **software, const char **key)
{
	struct wire *in;
	client_begin(c, WIRE_ABOUT, USUAL_MS);
	if (!client_ask(c, s, false, &in, NULL))
		return false;
	const char *a = wire_text(in), *b = wire_text(in);
	*software = arena_copy(c->arena, a, strlen(a));
	*key = arena_copy(c->arena, b, strlen(b));
	return client_finished(c, s, in);
}
