/* stores: S3, SFTP, FTP and WebDAV stores of the user's own: register, test, change, pause, remove. See README. */
#include "stores.h"

#include "audit.h"
#include "store.h"
#include "views.h"

static const struct route routes[] = {
	{ GET,  "/stores",            stores_list,      .role = ROLE_USER, .help = "Stores of the signed-in user, and the site's" },
	{ GET,  "/stores/new",        store_new,        .role = ROLE_USER, .help = "The form of a new store (?kind=s3, sftp, ftp, webdav)" },
	{ POST, "/stores",            store_add,        .role = ROLE_USER, .scope = "stores", .help = "Register a store (?kind=) and try it" },
	{ GET,  "/stores/:id",        store_show,       .role = ROLE_USER, .help = "One store: how it is, its settings" },
	{ POST, "/stores/:id",        store_change,     .role = ROLE_USER, .scope = "stores", .help = "Change its settings and try it" },
	{ POST, "/stores/:id/test",   store_test,       .role = ROLE_USER, .scope = "stores", .help = "Try it now" },
	{ POST, "/stores/:id/accept", store_accept,     .role = ROLE_USER, .scope = "stores", .help = "Accept the host key (host_key)" },
	{ POST, "/stores/:id/pause",  store_pause,      .role = ROLE_USER, .scope = "stores", .help = "Let nobody use it for a while" },
	{ POST, "/stores/:id/resume", store_resume,     .role = ROLE_USER, .scope = "stores", .help = "Use it again" },
	{ GET,  "/stores/:id/remove", store_remove_ask, .role = ROLE_USER, .help = "Asks whether it is to be removed" },
	{ POST, "/stores/:id/remove", store_remove_do,  .role = ROLE_USER, .scope = "stores", .help = "Remove it; what is in it stays" },
};

struct db *stores_db;

/* ---- records ---- */

struct change { const struct remote *before, *to; };

static bool put(struct ctx *c, struct db_write *d, void *arg)
{
	const struct change *ch = arg;
	struct remote is;
	bool found;
	if (!remote_exactly(c, db_as_read(d), ch->to->owner, ch->to->id, &found, &is))
		return false;
	if (ch->before ? !found || is.changed != ch->before->changed : found)
		return fail(c, KIND_CONFLICT, tr(c, "The store was changed or removed meanwhile, so nothing was saved. Load its page again."), "changed meanwhile");
	return remote_put(c, d, ch->to);
}

bool store_save(struct req *r, const struct remote *before, const struct remote *s)
{
	struct change ch = { before, s };
	return app_change(r, stores_db, put, &ch);
}

struct wanted { const char *user, *id; bool found; struct remote *out; };

static bool get(struct ctx *c, const struct db_read *d, void *arg)
{
	struct wanted *w = arg;
	return remote_find(c, d, w->user, w->id, &w->found, w->out);
}

bool store_may_change(const struct req *r, const struct remote *s)
{
	return same(s->owner, r->who.user) || (empty(s->owner) && r->who.role >= ROLE_ADMIN);
}

bool store_asked(struct req *r, bool for_change, struct remote *out)
{
	struct wanted w = { .user = r->who.user, .id = req_part(r, "id"), .out = out };
	if (!db_view(r->ctx, stores_db, get, &w))
		return false;
	if (!w.found)
		return fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such store. It may have been removed meanwhile."), "store");
	if (for_change && !store_may_change(r, out))
		return fail(r->ctx, KIND_FORBIDDEN, tr(r->ctx, "This store belongs to the site. Its administrators change it."), "site's store");
	return true;
}

/* ---- the list ---- */

struct all { const char *owner; const struct remote *at; size_t n; };

static bool read_all(struct ctx *c, const struct db_read *d, void *arg)
{
	struct all *a = arg;
	return remote_all(c, d, a->owner, &a->at, &a->n);
}

static void set_state(struct req *r, const struct remote *s, struct store_row *row)
{
	bool asks = same(s->kind, "sftp") && empty(s->pinned) && s->checked && s->code == 0, works = s->checked && s->code == 0 && !asks;
	row->state = s->paused ? tr(r->ctx, "Paused") : asks ? tr(r->ctx, "Its key waits for you") : works ? tr(r->ctx, "Works") : s->checked ? tr(r->ctx, "Does not work") : tr(r->ctx, "Not tried yet");
	row->css = s->paused ? "held" : works ? "running" : asks ? "waiting" : s->checked ? "failed" : "waiting";
	row->problem = s->code ? store_failure_says(r->ctx, (int)s->code, s->words) : NULL;
}

struct store_row store_row_of(struct req *r, const struct remote *s)
{
	const struct store_kind *k = kind_of(s->kind);
	struct store_row row = {
		.id = s->id, .url = text(r->ctx->arena, "/stores/%s", s->id), .title = s->title, .kind = k ? tr(r->ctx, k->title) : s->kind,
		.address = settings_address(r->ctx->arena, s), .checked = s->checked, .own = store_may_change(r, s), .site = empty(s->owner),
		.files_url = s->paused ? NULL : text(r->ctx->arena, "/files/in/" REMOTE_PLACE "%s", s->id),
	};
	set_state(r, s, &row);
	return row;
}

static bool rows_of(struct req *r, const char *owner, struct store_row_list *to)
{
	struct all a = { .owner = owner };
	if (!db_view(r->ctx, stores_db, read_all, &a))
		return false;
	for (size_t i = 0; i < a.n; i++)
		((struct store_row *)(uintptr_t)to->at)[to->n++] = store_row_of(r, &a.at[i]);
	return true;
}

struct reply stores_list(struct req *r)
{
	struct stores_home m = { .rows = { NEW_ARRAY(r->ctx->arena, struct store_row, 2 * REMOTE_MOST), 0 }, .kinds = kind_cards(r) };
	if (!rows_of(r, r->who.user, &m.rows) || !rows_of(r, "", &m.rows))
		return reply_oops(r);
	r->title = tr(r->ctx, "Stores");
	return reply_page(r, &stores_home_view, &m);
}

static bool start(struct ctx *c)
{
	return db_open(c, "stores", DB_READ_WRITE, &stores_db);
}

int main(int argc, char **argv)
{
	static const struct app app = { .name = "stores", .routes = routes, .n = COUNT(routes), .start = start };
	return app_main(&app, argc, argv);
}
