/* mover_read: the records of transfers, for their pages. */
#include "mover.h"

#include <string.h>

bool transfers_open(struct ctx *ctx, struct db **out)
{
	return db_open(ctx, "transfers", DB_READ_ONLY, out);
}

bool transfer_id_ok(const char *id)
{
	return id && strlen(id) == 18 && strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz") == 18;
}

bool transfer_get(struct ctx *ctx, const struct db_read *db, const char *id, bool *found, struct transfer *out)
{
	struct bytes value;

	*found = false;
	if (!transfer_id_ok(id))
		return true;
	struct db_key key = db_key('T', id);

	if (!db_get(ctx, db, &key, found, &value) || !*found)
		return !ctx->error.kind;
	if (!record_unpack(ctx, &transfer_record, value, out))
		return false;
	/* The top of a place is an empty path, which is not stored. */
	out->from_path = out->from_path ? out->from_path : "";
	out->to_path = out->to_path ? out->to_path : "";
	return true;
}

int64_t transfer_left(const struct transfer *t)
{
	int64_t left = t->bytes - t->bytes_done;

	return t->planned && t->speed > 0 && same(t->state, TRANSFER_RUNNING) ? (left > 0 ? left : 0) / t->speed : -1;
}

/* ---- lists ---------------------------------------------------------------------------------------------------- */

struct paging { const struct transfer_query *q; struct transfer *at; size_t n; const char *next; };

static struct db_key index_of(struct ctx *ctx, const struct transfer_query *q)
{
	if (q->user && q->state)
		return db_key2('S', text(ctx->arena, "%s %s", q->state, q->user), "");
	return q->user ? db_key2('U', q->user, "") : db_key('T', "");
}

/* Everybody's of one state are found among all, newest first: an index of users comes before the ids there. */
static bool wanted(const struct paging *p, const struct transfer *t)
{
	return p->q->user || !p->q->state || same(p->q->state, t->state);
}

static bool take(struct ctx *ctx, const struct db_read *db, struct paging *p, const char *id, size_t limit)
{
	struct transfer t;
	bool found = false;

	if (!transfer_get(ctx, db, id, &found, &t))
		return false;
	if (!found || !wanted(p, &t))
		return true;
	if (p->n == limit) {
		p->next = p->at[limit - 1].id;
		return true;
	}
	t.from_errand = t.to_errand = NULL;
	p->at[p->n++] = t;
	return true;
}

static bool page(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct paging *p = arg;
	struct db_key prefix = index_of(ctx, p->q), from = prefix, key;
	bool all = prefix.at[0] == 'T', more = true;
	size_t limit = p->q->limit;

	if (p->q->after) {
		memcpy(from.at + from.n, p->q->after, 18);
		from.n += 18;
	}
	struct db_walk *walk = db_walk(ctx, db, &prefix, p->q->after ? &from : NULL, true);

	while (!p->next) {
		struct bytes value;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		const char *id = all ? arena_copy(ctx->arena, key.at + 1, key.n - 1) : db_key_tail(&key, ctx->arena);

		if (!same(id, p->q->after) && !take(ctx, db, p, id, limit))
			return false;
	}
	return true;
}

bool transfer_list(struct ctx *ctx, struct db *db, const struct transfer_query *q, struct transfer_list *out)
{
	struct transfer_query asked = *q;

	*out = (struct transfer_list){ 0 };
	if (asked.limit < 1 || asked.limit > TRANSFER_PAGE)
		asked.limit = TRANSFER_PAGE;
	if (asked.after && !transfer_id_ok(asked.after))
		return true;
	struct paging p = { .q = &asked, .at = NEW_ARRAY(ctx->arena, struct transfer, asked.limit) };

	if (!db_view(ctx, db, page, &p))
		return false;
	*out = (struct transfer_list){ p.at, p.n, p.next };
	return true;
}

struct counting { struct db_key prefix; int64_t most, n; };

static bool count(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct counting *c = arg;
	struct db_walk *walk = db_walk(ctx, db, &c->prefix, NULL, false);

	for (bool more = true; c->n < c->most; c->n++) {
		struct db_key key;
		struct bytes value;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			break;
	}
	return true;
}

bool transfer_count(struct ctx *ctx, struct db *db, const char *user, const char *state, int64_t most, int64_t *n)
{
	struct counting c = { .prefix = db_key2('S', text(ctx->arena, "%s %s", state, user), ""), .most = most };

	if (!db_view(ctx, db, count, &c))
		return false;
	*n = c.n;
	return true;
}

/* ---- files ---------------------------------------------------------------------------------------------------- */

struct files { const struct file_query *q; struct transfer_file *at; int64_t *numbers; size_t n; int64_t next; };

static bool take_file(struct ctx *ctx, const struct db_read *db, struct files *f, const struct db_key *key, struct bytes value)
{
	int64_t number = db_key_number(key);
	bool found = true;

	if (number <= f->q->after)
		return true;
	if (f->n == f->q->limit) {
		f->next = f->numbers[f->n - 1];
		return true;
	}
	if (f->q->state) {
		struct db_key file = db_key_int('F', f->q->id, number);

		if (!db_get(ctx, db, &file, &found, &value))
			return false;
	}
	if (!found)
		return true;
	f->numbers[f->n] = number;
	struct transfer_file *file = &f->at[f->n++];

	if (!record_unpack(ctx, &transfer_file_record, value, file))
		return false;
	file->path = file->path ? file->path : "";
	return true;
}

static bool files_page(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct files *f = arg;
	const char *of = f->q->state ? text(ctx->arena, "%s %s", f->q->id, f->q->state) : f->q->id;
	struct db_key prefix = db_key2(f->q->state ? 'R' : 'F', of, ""), from = db_key_int(f->q->state ? 'R' : 'F', of, f->q->after), key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, &from, false);
	struct bytes value;

	for (bool more = true; !f->next;)
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		else if (!more)
			return true;
		else if (!take_file(ctx, db, f, &key, value))
			return false;
	return true;
}

bool transfer_files(struct ctx *ctx, struct db *db, const struct file_query *q, struct transfer_file_list *out)
{
	struct file_query asked = *q;

	*out = (struct transfer_file_list){ 0 };
	if (asked.limit < 1 || asked.limit > 1000)
		asked.limit = 1000;
	if (!transfer_id_ok(asked.id))
		return true;
	struct files f = { .q = &asked, .at = NEW_ARRAY(ctx->arena, struct transfer_file, asked.limit), .numbers = NEW_ARRAY(ctx->arena, int64_t, asked.limit) };

	if (!db_view(ctx, db, files_page, &f))
		return false;
	*out = (struct transfer_file_list){ f.at, f.numbers, f.n, f.next };
	return true;
}
