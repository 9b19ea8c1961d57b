#include "seat.h"

#include <string.h>

#include "conf.h"

/* Opened when it is first needed: without it everything but apps works. */
static bool open_seats(struct ctx *ctx, struct db **out)
{
	return db_open(ctx, "seats", DB_READ_WRITE, out);
}

static bool get_seat(struct ctx *ctx, const struct db_read *db, const char *hash, bool *found, struct seat *out)
{
	struct db_key key = db_key('s', hash);
	struct bytes value;

	return db_get(ctx, db, &key, found, &value) && (!*found || record_unpack(ctx, &seat_record, value, out));
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

struct make { struct seat seat; const char *hash; };

static bool drop_earlier(struct ctx *ctx, struct db_write *db, const struct db_key *one)
{
	struct bytes hash;
	struct db_key key;
	bool found;

	if (!db_get(ctx, db_as_read(db), one, &found, &hash) || !found)
		return ctx->error.kind == KIND_NONE;
	key = db_key('s', arena_copy(ctx->arena, hash.at, hash.n));
	return db_del(ctx, db, &key);
}

static bool make(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct make *m = arg;
	struct db_key key = db_key('s', m->hash), one = db_key2('o', m->seat.session, m->seat.app);

	return drop_earlier(ctx, db, &one) && db_put(ctx, db, &key, record_pack(ctx->arena, &seat_record, &m->seat)) &&
		db_put(ctx, db, &one, (struct bytes){ (const unsigned char *)m->hash, strlen(m->hash) });
}

bool seat_make(struct ctx *ctx, const struct session *s, const char *app, const char **id)
{
	struct make m = { .seat = {
		.user = s->user, .app = app, .session = s->tag, .created = now(), .until = s->created + 3600 * conf_int("account", "absolute-hours", 12),
	} };
	struct db *db;

	*id = random_token(ctx->arena, 256);
	m.hash = secret_hash(ctx->arena, *id);
	return open_seats(ctx, &db) && db_change(ctx, db, make, &m);
}

/* ---- finding ------------------------------------------------------------------------------------------------------- */

struct find { const char *hash; bool found; struct seat *out; };

static bool find(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct find *f = arg;

	return get_seat(ctx, db, f->hash, &f->found, f->out);
}

bool seat_find(struct ctx *ctx, const char *id, const char *app, bool *found, const char **hash, struct seat *out)
{
	struct find f = { .out = out };
	struct db *db;

	*found = false;
	if (empty(id) || strlen(id) > 100)
		return true;
	*hash = f.hash = secret_hash(ctx->arena, id);
	if (!open_seats(ctx, &db) || !db_view(ctx, db, find, &f))
		return false;
	*found = f.found && same(out->app, app) && out->until > now();
	return true;
}

bool seat_owner(struct ctx *ctx, const struct db_read *db, const struct seat *seat, bool *good, struct session *s)
{
	struct account a;

	if (!session_find_tag(ctx, db, seat->user, seat->session, good, s) || !*good)
		return ctx->error.kind == KIND_NONE;
	if (!account_get(ctx, db, seat->user, good, &a))
		return false;
	*good = *good && account_usable(&a) && account_role(&a, now()) >= ROLE_USER;
	return true;
}

/* ---- ending -------------------------------------------------------------------------------------------------------- */

enum { BATCH = 500 };

/* All seats in groups of BATCH: their keys and what they say. */
struct batch { struct db_key from, keys[BATCH]; struct seat at[BATCH]; bool dead[BATCH]; size_t n; bool end, any; };

static bool collect(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct batch *b = arg;
	struct db_key prefix = db_key('s', ""), from = b->from;
	struct db_walk *walk = db_walk(ctx, db, &prefix, from.n ? &from : NULL, false);

	for (b->n = 0; b->n < BATCH;) {
		struct bytes value;
		bool more;

		if (!db_next(ctx, walk, &more, &b->keys[b->n], &value))
			return false;
		if (!more) {
			b->end = true;
			return true;
		}
		if (b->n == 0 && from.n == b->keys[0].n && memcmp(from.at, b->keys[0].at, from.n) == 0)
			continue; /* the last of the group before */
		if (!record_unpack(ctx, &seat_record, value, &b->at[b->n]))
			return false;
		b->from = b->keys[b->n++];
	}
	return true;
}

static bool judge(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct batch *b = arg;

	for (size_t i = 0; i < b->n; i++) {
		struct session s;
		bool good;

		if (!seat_owner(ctx, db, &b->at[i], &good, &s))
			return false;
		b->dead[i] = !good || b->at[i].until <= now();
		b->any = b->any || b->dead[i];
	}
	return true;
}

static bool bury(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct batch *b = arg;

	for (size_t i = 0; i < b->n; i++) {
		struct db_key one = db_key2('o', b->at[i].session, b->at[i].app);

		if (b->dead[i] && (!db_del(ctx, db, &b->keys[i]) || !db_del(ctx, db, &one)))
			return false;
	}
	return true;
}

/* A seat that dies is never good again, so nothing has to be looked at twice. */
bool seats_sweep(struct ctx *ctx)
{
	struct batch *b = NEW(ctx->arena, struct batch);
	struct db *db;

	if (!open_seats(ctx, &db))
		return false;
	while (!b->end) {
		b->any = false;
		if (!db_view(ctx, db, collect, b) || !db_view(ctx, accounts, judge, b))
			return false;
		if (b->any && !db_change(ctx, db, bury, b))
			return false;
	}
	return true;
}

/* ---- what the gate saw --------------------------------------------------------------------------------------------- */

enum { MOST_FILE = 4 << 20 };

struct owner { const struct seat *seat; struct session *session; bool good; };

static bool owner(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct owner *o = arg;

	return seat_owner(ctx, db, o->seat, &o->good, o->session);
}

/* "HASH SECONDS": when the visitor of that seat last sent something. */
static bool used_line(struct ctx *ctx, struct db *db, const char *line)
{
	struct texts words = split(ctx->arena, line, ' ');
	struct seat seat;
	struct session s;
	struct find f = { .out = &seat };
	struct owner o = { .seat = &seat, .session = &s };
	int64_t when;

	if (words.n != 2 || strlen(words.at[0]) > 100 || !parse_int(words.at[1], 0, INT64_MAX, &when))
		return true;
	f.hash = words.at[0];
	if (!db_view(ctx, db, find, &f) || (f.found && !db_view(ctx, accounts, owner, &o)))
		return false;
	if (f.found && o.good)
		session_touch_tag(ctx, &s, when);
	return true;
}

static bool used_file(struct ctx *ctx, struct db *db, const char *name)
{
	struct bytes file;
	struct texts lines;

	if (!file_read(ctx, conf_path(ctx->arena, name), MOST_FILE, &file)) {
		forget(ctx); /* no app was used yet */
		return true;
	}
	lines = split(ctx->arena, arena_copy(ctx->arena, file.at, file.n), '\n');
	for (size_t i = 0; i < lines.n; i++)
		if (!used_line(ctx, db, lines.at[i]))
			return false;
	return true;
}

/* The second file is that of a gate whose program was replaced, while it lasts. */
bool seats_used(struct ctx *ctx)
{
	struct db *db;

	return open_seats(ctx, &db) && used_file(ctx, db, "gate/used") && used_file(ctx, db, "gate/used-before");
}
