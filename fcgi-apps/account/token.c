#include "token.h"

#include <string.h>

#include "sweep.h"

enum { TOUCH_SECONDS = 3600 };

static const char *const words[] = { "read", "jobs", "files" };

bool token_scope_ok(const char *scope)
{
	unsigned seen = 0;

	if (empty(scope))
		return false;
	for (const char *at = scope;;) {
		size_t n = strcspn(at, " "), i = 0;

		while (i < COUNT(words) && !(strlen(words[i]) == n && memcmp(words[i], at, n) == 0))
			i++;
		if (i == COUNT(words) || (seen & (1U << i)))
			return false;
		seen |= 1U << i;
		if (!at[n])
			return true;
		at += n + 1;
	}
}

static struct db_key key_of(struct ctx *ctx, const char *secret)
{
	return db_key(TABLE_TOKEN, secret_hash(ctx->arena, secret));
}

static bool live(const struct token *t)
{
	return t->expires > now();
}

static bool get(struct ctx *ctx, const struct db_read *db, const struct db_key *key, bool *found, struct token *out)
{
	struct bytes value;

	if (!db_get(ctx, db, key, found, &value))
		return false;
	return !*found || record_unpack(ctx, &token_record, value, out);
}

bool token_rows(struct ctx *ctx, const struct db_read *db, const char *user, struct token_rows *out)
{
	struct db_key prefix = db_key2(TABLE_TOKEN_OF, user, ""), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);

	out->at = NEW_ARRAY(ctx->arena, struct token, TOKENS_MOST);
	for (out->n = 0; out->n < TOKENS_MOST;) {
		struct bytes hash;
		struct db_key of;
		bool more, found;

		if (!db_next(ctx, walk, &more, &key, &hash))
			return false;
		if (!more)
			break;
		of = db_key(TABLE_TOKEN, arena_copy(ctx->arena, hash.at, hash.n));
		if (!get(ctx, db, &of, &found, &out->at[out->n]))
			return false;
		if (found && live(&out->at[out->n]))
			out->n++;
	}
	return true;
}

bool token_find(struct ctx *ctx, const struct db_read *db, const char *secret, bool *found, struct token *out)
{
	struct db_key key;

	*found = false;
	if (empty(secret) || !starts_with(secret, TOKEN_PREFIX) || strlen(secret) > 100)
		return true;
	key = key_of(ctx, secret);
	if (!get(ctx, db, &key, found, out))
		return false;
	*found = *found && live(out);
	return true;
}

static bool end_key(struct ctx *ctx, struct db_write *db, const struct db_key *key)
{
	struct token t;
	struct db_key index;
	bool found;

	if (!get(ctx, db_as_read(db), key, &found, &t))
		return false;
	if (!found)
		return true;
	index = db_key2(TABLE_TOKEN_OF, t.user, t.tag);
	return db_del(ctx, db, &index) && db_del(ctx, db, key);
}

bool token_end(struct ctx *ctx, struct db_write *db, const char *user, const char *tag, bool *found)
{
	struct db_key index = db_key2(TABLE_TOKEN_OF, user, tag), key;
	struct bytes hash;

	if (!db_get(ctx, db_as_read(db), &index, found, &hash))
		return false;
	if (!*found)
		return true;
	key = db_key(TABLE_TOKEN, arena_copy(ctx->arena, hash.at, hash.n));
	return end_key(ctx, db, &key);
}

static bool one_more(struct ctx *ctx, const struct db_read *db, const char *user)
{
	struct token_rows rows;

	if (!token_rows(ctx, db, user, &rows))
		return false;
	if (rows.n >= TOKENS_MOST)
		return fail(ctx, KIND_CONFLICT, tr(ctx, "You have 20 access tokens already. Revoke one that you no longer need, then make the new one."), NULL);
	return true;
}

bool token_make(struct ctx *ctx, struct db_write *db, struct token *t, const char **secret)
{
	const char *hash;
	struct db_key key, index;
	bool found;

	if (empty(t->tag))
		t->tag = random_token(ctx->arena, 64);
	if (!token_end(ctx, db, t->user, t->tag, &found) || !one_more(ctx, db_as_read(db), t->user))
		return false;
	*secret = text(ctx->arena, TOKEN_PREFIX "%s", random_token(ctx->arena, 256));
	hash = secret_hash(ctx->arena, *secret);
	t->created = now();
	key = db_key(TABLE_TOKEN, hash);
	index = db_key2(TABLE_TOKEN_OF, t->user, t->tag);
	return db_put(ctx, db, &key, record_pack(ctx->arena, &token_record, t)) &&
		db_put(ctx, db, &index, (struct bytes){ (const unsigned char *)hash, strlen(hash) });
}

static bool touch(struct ctx *ctx, struct db_write *db, void *arg)
{
	const char *secret = arg;
	struct db_key key = key_of(ctx, secret);
	struct token t;
	bool found;

	if (!token_find(ctx, db_as_read(db), secret, &found, &t))
		return false;
	t.used = now();
	return !found || db_put(ctx, db, &key, record_pack(ctx->arena, &token_record, &t));
}

void token_touch(struct ctx *ctx, const char *secret, const struct token *t)
{
	if (now() - t->used < TOUCH_SECONDS && now() >= t->used)
		return;
	if (!db_change(ctx, accounts, touch, arena_copy(ctx->arena, secret, strlen(secret)))) {
		log_line(ctx, "token %s: last use not written", t->tag);
		forget(ctx);
	}
}

static bool dead(struct ctx *ctx, struct bytes value, bool *is)
{
	struct token t;

	if (!record_unpack(ctx, &token_record, value, &t))
		return false;
	*is = !live(&t);
	return true;
}

bool token_sweep(struct ctx *ctx)
{
	return sweep(ctx, &(struct sweep){ TABLE_TOKEN, dead, end_key });
}
