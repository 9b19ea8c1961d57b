/* try: whether a store works, tried through a connector as Files would use it. */
#include "stores.h"

#include <string.h>

#include "store.h"

#define TRY_MS 20000

static bool look_in(struct ctx *c, struct store *s)
{
	struct store_page page;
	return store_list(c, s, &(struct store_query){ .path = "", .limit = 1 }, &page);
}

/* What the server says of itself; the host key if none was accepted yet. */
static void ask_about(struct ctx *c, struct store *s, const char **key, const char **software)
{
	if (store_about(c, s, software, key))
		return;
	forget(c);
	*key = *software = "";
}

static bool open_and_look(struct req *r, const struct remote *s, const char **key, const char **software)
{
	struct store *at;
	if (!store_open(r->ctx, r->who.proof, remote_place(r->ctx->arena, s), &at))
		return false;
	ask_about(r->ctx, at, key, software);
	bool unknown = same(s->kind, "sftp") && empty(s->pinned);
	return unknown || look_in(r->ctx, at);
}

bool peek(struct req *r, const struct remote *s, const char **key, const char **software)
{
	struct store *at;
	r->ctx->deadline = clock_ms() + TRY_MS;
	bool good = store_open(r->ctx, r->who.proof, remote_place(r->ctx->arena, s), &at);
	if (good)
		ask_about(r->ctx, at, key, software);
	forget(r->ctx);
	return good;
}

/* The result alone, and only if it is about the store as it still is: meanwhile it may have been changed, paused or removed. */
static bool put_result(struct ctx *c, struct db_write *d, void *arg)
{
	const struct remote *s = arg;
	struct remote is;
	bool found;
	if (!remote_exactly(c, db_as_read(d), s->owner, s->id, &found, &is))
		return false;
	if (!found || is.changed != s->changed)
		return true;
	is.checked = s->checked;
	is.code = s->code;
	is.words = s->words;
	return remote_put(c, d, &is);
}

bool try_store(struct req *r, struct remote *s, const char **key, const char **software)
{
	const char *k = "", *about = "";
	r->ctx->deadline = clock_ms() + TRY_MS;
	bool works = open_and_look(r, s, &k, &about);
	s->checked = now();
	const char *words = "";
	s->code = works ? 0 : store_failure(&words);
	s->words = arena_copy(r->ctx->arena, words, strlen(words));
	forget(r->ctx);
	*key = empty(s->pinned) ? k : "";
	if (software)
		*software = about;
	return app_change(r, stores_db, put_result, s);
}
