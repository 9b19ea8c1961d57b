#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "sweep.h"

static struct db_key key_of_hash(const char *hash)
{
	return db_key(TABLE_SESSION, hash);
}

static struct db_key key_of_id(struct ctx *ctx, const char *id)
{
	return key_of_hash(secret_hash(ctx->arena, id));
}

bool session_begin(struct ctx *ctx, struct db_write *db, struct session *s, const char **id)
{
	const char *hash;
	struct db_key key, index;

	*id = random_token(ctx->arena, 256);
	hash = secret_hash(ctx->arena, *id);
	s->tag = random_token(ctx->arena, 64);
	s->csrf = random_token(ctx->arena, 128);
	s->created = s->seen = now();
	key = key_of_hash(hash);
	index = db_key2(TABLE_SESSION_OF, s->user, s->tag);
	return db_put(ctx, db, &key, record_pack(ctx->arena, &session_record, s)) &&
		db_put(ctx, db, &index, (struct bytes){ (const unsigned char *)hash, strlen(hash) });
}

/* A clock that was set back makes a session young, not old; but one from a far future would live until then. */
static bool older(int64_t since, int64_t when, int64_t seconds)
{
	return when - since > seconds || since - when > AHEAD_SECONDS;
}

bool session_live(const struct session *s, int64_t when)
{
	if (s->half)
		return !older(s->created, when, HALF_SECONDS) && s->tries < HALF_TRIES;
	return !older(s->seen, when, 60 * conf_int("account", "idle-minutes", 60)) &&
		!older(s->created, when, 3600 * conf_int("account", "absolute-hours", 12));
}

static bool find_key(struct ctx *ctx, const struct db_read *db, const struct db_key *key, bool *found, struct session *out)
{
	struct bytes value;

	if (!db_get(ctx, db, key, found, &value))
		return false;
	return !*found || record_unpack(ctx, &session_record, value, out);
}

bool session_find(struct ctx *ctx, const struct db_read *db, const char *id, bool half, bool *found, struct session *out)
{
	struct db_key key;

	*found = false;
	if (empty(id) || strlen(id) > 100)
		return true;
	key = key_of_id(ctx, id);
	if (!find_key(ctx, db, &key, found, out))
		return false;
	*found = *found && out->half == half && session_live(out, now());
	return true;
}

bool session_save(struct ctx *ctx, struct db_write *db, const char *id, const struct session *s)
{
	struct db_key key = key_of_id(ctx, id);

	return db_put(ctx, db, &key, record_pack(ctx->arena, &session_record, s));
}

/* Looks again inside the transaction: the session may have ended meanwhile, and must not come back. */
static bool touch(struct ctx *ctx, struct db_write *db, void *arg)
{
	const char *id = arg;
	struct session s;
	bool found;

	if (!session_find(ctx, db_as_read(db), id, false, &found, &s))
		return false;
	s.seen = now();
	if (s.created > s.seen) /* the clock was set back: its end must not be as far off as that */
		s.created = s.seen;
	return !found || session_save(ctx, db, id, &s);
}

void session_touch(struct ctx *ctx, const char *id, const struct session *s)
{
	char *copy;

	if (now() - s->seen < TOUCH_SECONDS && now() >= s->seen)
		return;
	copy = arena_copy(ctx->arena, id, strlen(id));
	if (!db_change(ctx, accounts, touch, copy)) {
		log_line(ctx, "session %s: last use not written", s->tag);
		forget(ctx);
	}
}

static bool end_key(struct ctx *ctx, struct db_write *db, const struct db_key *key, bool *found)
{
	struct session s;
	struct db_key index;

	if (!find_key(ctx, db_as_read(db), key, found, &s))
		return false;
	if (!*found)
		return true;
	index = db_key2(TABLE_SESSION_OF, s.user, s.tag);
	return db_del(ctx, db, &index) && db_del(ctx, db, key);
}

bool session_end(struct ctx *ctx, struct db_write *db, const char *id)
{
	struct db_key key;
	bool found;

	if (empty(id) || strlen(id) > 100)
		return true;
	key = key_of_id(ctx, id);
	return end_key(ctx, db, &key, &found);
}

static const char *as_text(struct arena *arena, struct bytes b)
{
	return arena_copy(arena, b.at, b.n);
}

/* The key of a session by its tag. */
static bool key_of_tag(struct ctx *ctx, const struct db_read *db, const char *user, const char *tag, bool *found, struct db_key *key)
{
	struct db_key index = db_key2(TABLE_SESSION_OF, user, tag);
	struct bytes hash;

	if (!db_get(ctx, db, &index, found, &hash))
		return false;
	if (*found)
		*key = key_of_hash(as_text(ctx->arena, hash));
	return true;
}

bool session_end_tag(struct ctx *ctx, struct db_write *db, const char *user, const char *tag, bool *found)
{
	struct db_key key;

	if (!key_of_tag(ctx, db_as_read(db), user, tag, found, &key))
		return false;
	return !*found || end_key(ctx, db, &key, found);
}

bool session_find_tag(struct ctx *ctx, const struct db_read *db, const char *user, const char *tag, bool *found, struct session *out)
{
	struct db_key key;

	if (!key_of_tag(ctx, db, user, tag, found, &key) || (*found && !find_key(ctx, db, &key, found, out)))
		return false;
	*found = *found && !out->half && session_live(out, now());
	return true;
}

struct touch_tag { const struct session *of; int64_t when; };

static bool touch_tag(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct touch_tag *t = arg;
	struct session s;
	struct db_key key;
	bool found;

	if (!session_find_tag(ctx, db_as_read(db), t->of->user, t->of->tag, &found, &s) || !found)
		return ctx->error.kind == KIND_NONE;
	s.seen = t->when;
	if (s.created > s.seen)
		s.created = s.seen;
	return key_of_tag(ctx, db_as_read(db), t->of->user, t->of->tag, &found, &key) &&
		db_put(ctx, db, &key, record_pack(ctx->arena, &session_record, &s));
}

void session_touch_tag(struct ctx *ctx, const struct session *s, int64_t when)
{
	struct touch_tag t = { s, when };

	if (when > now() || (when - s->seen < TOUCH_SECONDS && now() >= s->seen))
		return;
	if (!db_change(ctx, accounts, touch_tag, &t)) {
		log_line(ctx, "session %s: last use not written", s->tag);
		forget(ctx);
	}
}

/* Index entries of a user, copied out so that they can be deleted while nothing walks. */
static bool index_of(struct ctx *ctx, const struct db_read *db, const char *user, struct bytes *hashes, size_t most, size_t *n)
{
	struct db_key prefix = db_key2(TABLE_SESSION_OF, user, ""), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	bool more = true;

	*n = 0;
	while (*n < most) {
		if (!db_next(ctx, walk, &more, &key, &hashes[*n]))
			return false;
		if (!more)
			return true;
		++*n;
	}
	return true;
}

enum { MOST_ROWS = 10000, MOST_SHOWN = 100 };

bool session_end_others(struct ctx *ctx, struct db_write *db, const char *user, const char *keep, int64_t *count)
{
	struct bytes *hashes = NEW_ARRAY(ctx->arena, struct bytes, MOST_ROWS);
	size_t n;

	*count = 0;
	if (!index_of(ctx, db_as_read(db), user, hashes, MOST_ROWS, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct db_key key = key_of_hash(as_text(ctx->arena, hashes[i]));
		struct session s;
		bool found;

		if (!find_key(ctx, db_as_read(db), &key, &found, &s))
			return false;
		if (!found || (keep && same(s.tag, keep)))
			continue;
		if (!end_key(ctx, db, &key, &found))
			return false;
		++*count;
	}
	return true;
}

static int newest_first(const void *a, const void *b)
{
	const struct session *x = a, *y = b;

	return (x->seen < y->seen) - (x->seen > y->seen);
}

bool session_rows(struct ctx *ctx, const struct db_read *db, const char *user, struct session_rows *out)
{
	struct bytes *hashes = NEW_ARRAY(ctx->arena, struct bytes, MOST_ROWS);
	size_t n;

	if (!index_of(ctx, db, user, hashes, MOST_ROWS, &n))
		return false;
	out->at = NEW_ARRAY(ctx->arena, struct session, n + 1);
	out->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct db_key key = key_of_hash(as_text(ctx->arena, hashes[i]));
		bool found;

		if (!find_key(ctx, db, &key, &found, &out->at[out->n]))
			return false;
		if (found && !out->at[out->n].half && session_live(&out->at[out->n], now()))
			out->n++;
	}
	qsort(out->at, out->n, sizeof *out->at, newest_first);
	out->n = out->n > MOST_SHOWN ? MOST_SHOWN : out->n;
	return true;
}

static bool dead(struct ctx *ctx, struct bytes value, bool *is)
{
	struct session s;

	if (!record_unpack(ctx, &session_record, value, &s))
		return false;
	*is = !session_live(&s, now());
	return true;
}

static bool bury(struct ctx *ctx, struct db_write *db, const struct db_key *key)
{
	bool found;

	return end_key(ctx, db, key, &found);
}

bool session_sweep(struct ctx *ctx)
{
	return sweep(ctx, &(struct sweep){ TABLE_SESSION, dead, bury });
}
