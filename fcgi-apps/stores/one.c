/* One store: registering it, its page, its verbs. */
#include "stores.h"

#include <sodium.h>
#include <string.h>

#include "audit.h"
#include "views.h"

/* ---- a new one ---- */

static struct reply new_reply(struct req *r, const struct store_kind *k, struct form *f, int status)
{
	struct new_store m = { .form = f, .action = text(r->ctx->arena, "/stores?kind=%s", k->name), .help = tr(r->ctx, k->help) };
	r->title = say(r->ctx, "New store: %s", tr(r->ctx, k->title));
	r->crumb = tr(r->ctx, "Stores");
	r->crumb_path = "/stores";
	return reply_page_status(r, status, &new_store_view, &m);
}

struct reply store_new(struct req *r)
{
	const struct store_kind *k = kind_of(req_query(r, "kind"));
	if (k)
		return new_reply(r, k, form_new(r->ctx, settings_table(r, k, NULL)), 200);
	r->title = tr(r->ctx, "New store");
	r->crumb = tr(r->ctx, "Stores");
	r->crumb_path = "/stores";
	return reply_page(r, &new_store_view, &(struct new_store){ .kinds = kind_cards(r) });
}

struct count { const char *owner; size_t n; const struct remote *at; };

static bool count_all(struct ctx *c, const struct db_read *d, void *arg)
{
	struct count *n = arg;
	return remote_all(c, d, n->owner, &n->at, &n->n);
}

static bool room(struct req *r, struct form *f, const char *owner)
{
	struct count n = { .owner = owner };
	if (!db_view(r->ctx, stores_db, count_all, &n))
		return false;
	if (n.n >= REMOTE_MOST)
		form_wrong(f, NULL, say(r->ctx, "There are %d stores already, which is the most. Remove one that is not needed.", REMOTE_MOST));
	return form_good(f);
}

/* From the form's key, so that a double click makes one store; nobody can choose it. */
static const char *new_id(struct req *r, const char *owner)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char chance[crypto_generichash_BYTES_MIN];
	char id[11] = "";
	random_bytes(chance, sizeof chance);
	if (!empty(r->key)) {
		const char *seed = text(r->ctx->arena, "store\n%s\n%s\n%s", r->who.user, owner, r->key);
		crypto_generichash(chance, sizeof chance, (const unsigned char *)seed, strlen(seed), NULL, 0);
	}
	for (size_t i = 0; i < 10; i++)
		id[i] = letters[chance[i] % 32];
	return arena_copy(r->ctx->arena, id, 10);
}

struct seek { const struct remote *s; bool found; };

static bool seek(struct ctx *c, const struct db_read *d, void *arg)
{
	struct seek *k = arg;
	return remote_exactly(c, d, k->s->owner, k->s->id, &k->found, &(struct remote){ 0 });
}

/* Did the first of two clicks make it? */
static bool is_there(struct req *r, const struct remote *s)
{
	struct seek k = { .s = s };
	if (!db_view(r->ctx, stores_db, seek, &k))
		forget(r->ctx);
	return k.found;
}

/* Whether it works or not, it is kept: the page says what is wrong, and nothing has to be typed again. */
static struct reply tried(struct req *r, struct remote *s)
{
	const char *key, *url = text(r->ctx->arena, "/stores/%s", s->id);
	if (!try_store(r, s, &key, NULL))
		return reply_oops(r);
	if (s->code)
		return reply_go(r, url, tr(r->ctx, "The store is saved, but it does not work yet. What is wrong stands below."));
	return reply_go(r, url, empty(key) ? tr(r->ctx, "The store is saved, and it works.") : tr(r->ctx, "The server answers. Compare its key before you go on."));
}

struct reply store_add(struct req *r)
{
	const struct store_kind *k = kind_of(req_query(r, "kind"));
	if (!k)
		return reply_fail(r, KIND_NOT_FOUND, tr(r->ctx, "There is no such kind of store."));
	struct form *f = form_read(r, settings_table(r, k, NULL));
	struct remote s;
	if (!f)
		return reply_oops(r);
	const char *owner = r->who.role >= ROLE_ADMIN && form_flag(f, "site") ? "" : r->who.user;
	if (!form_good(f) || !settings_read(r, f, k, owner, NULL, &s) || !room(r, f, owner))
		return r->ctx->error.kind ? reply_oops(r) : new_reply(r, k, f, 422);
	s.id = new_id(r, owner);
	s.created = s.changed = now();
	if (is_there(r, &s))
		return reply_go(r, text(r->ctx->arena, "/stores/%s", s.id), NULL);
	if (!audit(r->ctx, r->who.user, "stores.add", s.id, settings_address(r->ctx->arena, &s)) || !store_save(r, NULL, &s))
		return reply_oops(r);
	return tried(r, &s);
}

/* ---- its page ---- */

/* The host key that waits to be accepted is asked for again each time: it is not kept before that. */
static void ask_key(struct req *r, struct remote *s, struct one_store *m)
{
	const char *key = "", *software = "";
	if (!same(s->kind, "sftp") || !empty(s->pinned) || s->paused || s->code || !m->may_change)
		return;
	if (peek(r, s, &key, &software)) {
		m->key = key;
		m->software = software;
	}
}

static struct reply one_reply(struct req *r, struct remote *s, struct form *f, int status)
{
	const struct store_kind *k = kind_of(s->kind);
	struct store_row *row = NEW(r->ctx->arena, struct store_row);
	struct one_store m = { .store = row, .action = text(r->ctx->arena, "/stores/%s", s->id), .pinned = s->pinned, .paused = s->paused, .may_change = store_may_change(r, s) };
	if (!k)
		return reply_fail(r, KIND_NOT_FOUND, tr(r->ctx, "There is no such kind of store."));
	*row = store_row_of(r, s);
	ask_key(r, s, &m);
	if (m.may_change && !f) {
		f = form_new(r->ctx, settings_table(r, k, s));
		settings_fill(r, f, s);
	}
	m.form = f;
	r->title = s->title;
	r->crumb = tr(r->ctx, "Stores");
	r->crumb_path = "/stores";
	return reply_page_status(r, status, &one_store_view, &m);
}

struct reply store_show(struct req *r)
{
	struct remote s;
	return store_asked(r, false, &s) ? one_reply(r, &s, NULL, 200) : reply_oops(r);
}

struct reply store_change(struct req *r)
{
	struct remote s, to;
	if (!store_asked(r, true, &s))
		return reply_oops(r);
	const struct store_kind *k = kind_of(s.kind);
	struct form *f = k ? form_read(r, settings_table(r, k, &s)) : NULL;
	if (!f)
		return reply_oops(r);
	if (!form_good(f) || !settings_read(r, f, k, s.owner, &s, &to))
		return r->ctx->error.kind ? reply_oops(r) : one_reply(r, &s, f, 422);
	to.changed = now() > s.changed ? now() : s.changed + 1;
	if (!audit(r->ctx, r->who.user, "stores.change", to.id, settings_address(r->ctx->arena, &to)) || !store_save(r, &s, &to))
		return reply_oops(r);
	return tried(r, &to);
}

/* ---- verbs ---- */

struct reply store_test(struct req *r)
{
	struct remote s;
	return store_asked(r, true, &s) ? tried(r, &s) : reply_oops(r);
}

static const struct field accept_fields[] = { { .name = "host_key", .kind = FIELD_HIDDEN, .label = MSG("Host key"), .required = true, .max = 390 } };
FORM(accept_form, accept_fields);

/* The key comes from the page, so what is accepted is what was seen; a server that shows another one by now is refused when it is tried. */
struct reply store_accept(struct req *r)
{
	struct remote s;
	struct form *f = form_read(r, &accept_form);
	if (!f || !store_asked(r, true, &s))
		return reply_oops(r);
	if (!form_good(f) || !same(s.kind, "sftp"))
		return reply_fail(r, KIND_INVALID, tr(r->ctx, "There is no host key to accept. Go back to the store's page."));
	struct remote to = s;
	to.pinned = form_text(f, "host_key");
	to.changed = now() > s.changed ? now() : s.changed + 1;
	if (!audit(r->ctx, r->who.user, "stores.accept", to.id, to.pinned) || !store_save(r, &s, &to))
		return reply_oops(r);
	return tried(r, &to);
}

static struct reply set_paused(struct req *r, bool paused)
{
	struct remote s;
	if (!store_asked(r, true, &s))
		return reply_oops(r);
	struct remote to = s;
	to.paused = paused;
	to.changed = now() > s.changed ? now() : s.changed + 1;
	if (!audit(r->ctx, r->who.user, paused ? "stores.pause" : "stores.resume", to.id, NULL) || !store_save(r, &s, &to))
		return reply_oops(r);
	return paused ? reply_go(r, text(r->ctx->arena, "/stores/%s", to.id), tr(r->ctx, "The store is paused: nothing connects to it.")) : tried(r, &to);
}

struct reply store_pause(struct req *r)
{
	return set_paused(r, true);
}

struct reply store_resume(struct req *r)
{
	return set_paused(r, false);
}

struct reply store_remove_ask(struct req *r)
{
	struct remote s;
	if (!store_asked(r, true, &s))
		return reply_oops(r);
	r->title = say(r->ctx, "Remove the store “%s”?", s.title);
	r->crumb = tr(r->ctx, "Stores");
	r->crumb_path = "/stores";
	return reply_page(r, &remove_store_view, &(struct remove_store){
		.action = text(r->ctx->arena, "/stores/%s/remove", s.id), .back = text(r->ctx->arena, "/stores/%s", s.id), .title = s.title,
	});
}

static bool forget_it(struct ctx *c, struct db_write *d, void *arg)
{
	const struct remote *s = arg;
	struct db_key key = remote_key(s->owner, s->id);
	return db_del(c, d, &key);
}

struct reply store_remove_do(struct req *r)
{
	struct remote s;
	if (!store_asked(r, true, &s) || !audit(r->ctx, r->who.user, "stores.remove", s.id, s.title) || !app_change(r, stores_db, forget_it, &s))
		return reply_oops(r);
	return reply_go(r, "/stores", say(r->ctx, "The store “%s” is removed here. What is in it was not touched.", s.title));
}
