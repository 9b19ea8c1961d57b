#include "throttle.h"

#include <arpa/inet.h>
#include <string.h>

#include "sweep.h"

enum { FORGET_SECONDS = 3600, CAP_SECONDS = 60, NEW_ADDRESS_SECONDS = 30 };
enum { FREE_PAIR = 5, FREE_ADDRESS = 50, FREE_USER = 20 };

/* One customer owns a whole /64, so its addresses count as one. */
static const char *network(struct arena *arena, const char *address)
{
	struct in6_addr in;

	if (empty(address))
		return "?";
	if (inet_pton(AF_INET6, address, &in) != 1)
		return strlen(address) <= 64 ? address : "?";
	return hex(arena, in.s6_addr, 8);
}

struct throttle_who throttle_who(struct arena *arena, const char *user, const char *address, const char *device)
{
	bool has = !empty(device) && strlen(device) < 100;

	return (struct throttle_who){
		.user = user_name_ok(user) ? user : "?",
		.address = network(arena, address),
		.device = has ? secret_hash(arena, device) : NULL,
	};
}

static bool row_get(struct ctx *ctx, const struct db_read *db, const struct db_key *key, int64_t forget_after, int64_t when,
	struct throttle *out)
{
	struct bytes value;
	bool found;

	*out = (struct throttle){ 0 };
	if (!db_get(ctx, db, key, &found, &value))
		return false;
	if (found && !record_unpack(ctx, &throttle_record, value, out))
		return false;
	if (found && when - out->last > forget_after)
		*out = (struct throttle){ 0 };
	return true;
}

static bool row_put(struct ctx *ctx, struct db_write *db, const struct db_key *key, const struct throttle *row)
{
	return db_put(ctx, db, key, record_pack(ctx->arena, &throttle_record, row));
}

static int64_t delay(int64_t failures, int64_t free_tries)
{
	int64_t over = failures - free_tries;

	if (over < 0)
		return 0;
	return over > 5 ? CAP_SECONDS : INT64_C(1) << over;
}

/* A delay longer than the longest is from before the clock was set back, and over. */
static int64_t left(const struct throttle *row, int64_t when)
{
	int64_t wait = row->until - when;

	return wait <= 0 || wait > CAP_SECONDS ? 0 : wait;
}

struct rows {
	struct db_key pair, address, user, known_address, known_device;
	struct throttle pair_row, address_row, user_row;
	bool device, place;          /* device known; address known */
};

static struct db_key tries_key(struct ctx *ctx, char sort, const char *a, const char *b)
{
	return db_key(TABLE_TRIES, text(ctx->arena, "%c %s %s", sort, a, b));
}

static bool is_known(struct ctx *ctx, const struct db_read *db, const struct db_key *key, int64_t when, bool *is)
{
	struct throttle row;

	if (!row_get(ctx, db, key, DEVICE_SECONDS, when, &row))
		return false;
	*is = row.last != 0;
	return true;
}

static bool load(struct ctx *ctx, const struct db_read *db, const struct throttle_who *w, int64_t when, struct rows *r)
{
	*r = (struct rows){ 0 };
	r->known_address = db_key2(TABLE_KNOWN, w->user, text(ctx->arena, "a %s", w->address));
	if (!is_known(ctx, db, &r->known_address, when, &r->place))
		return false;
	if (w->device) {
		r->known_device = db_key2(TABLE_KNOWN, w->user, text(ctx->arena, "d %s", w->device));
		if (!is_known(ctx, db, &r->known_device, when, &r->device))
			return false;
	}
	r->pair = r->device ? tries_key(ctx, 'd', w->device, w->user) : tries_key(ctx, 'p', w->address, w->user);
	r->address = tries_key(ctx, 'a', w->address, "");
	r->user = tries_key(ctx, 'u', w->user, "");
	return row_get(ctx, db, &r->pair, FORGET_SECONDS, when, &r->pair_row) &&
		row_get(ctx, db, &r->address, FORGET_SECONDS, when, &r->address_row) &&
		row_get(ctx, db, &r->user, FORGET_SECONDS, when, &r->user_row);
}

static int64_t wait_of(const struct rows *r, int64_t when)
{
	int64_t pair = left(&r->pair_row, when), address = left(&r->address_row, when);

	return r->device || r->place || pair > address ? pair : address;
}

static bool charge(struct ctx *ctx, struct db_write *db, const struct db_key *key, struct throttle *row, int64_t when, int64_t free_tries)
{
	row->failures++;
	row->last = when;
	row->until = when + delay(row->failures, free_tries);
	return row_put(ctx, db, key, row);
}

/* Somebody tries this user from many addresses: each new one has to wait once, and then has its own tries. Nobody can take
 * the owner's turn, because the turn belongs to the address. */
static bool must_queue(const struct rows *r)
{
	return !r->device && !r->place && r->user_row.failures >= FREE_USER && r->pair_row.last == 0;
}

static bool queue(struct ctx *ctx, struct db_write *db, struct rows *r, int64_t when, int64_t *wait)
{
	r->pair_row.last = when;
	r->pair_row.until = when + NEW_ADDRESS_SECONDS;
	*wait = NEW_ADDRESS_SECONDS;
	return row_put(ctx, db, &r->pair, &r->pair_row);
}

bool throttle_enter(struct ctx *ctx, struct db_write *db, const struct throttle_who *w, int64_t when, int64_t *wait)
{
	struct rows r;

	if (!load(ctx, db_as_read(db), w, when, &r))
		return false;
	*wait = wait_of(&r, when);
	if (*wait > 0)
		return true;
	if (must_queue(&r))
		return queue(ctx, db, &r, when, wait);
	if (!charge(ctx, db, &r.pair, &r.pair_row, when, FREE_PAIR))
		return false;
	if (r.device)
		return true;
	return charge(ctx, db, &r.address, &r.address_row, when, FREE_ADDRESS) &&
		charge(ctx, db, &r.user, &r.user_row, when, INT64_MAX);
}

static bool take_back(struct ctx *ctx, struct db_write *db, const struct db_key *key, struct throttle *row, int64_t tries)
{
	if (row->failures <= tries)
		return db_del(ctx, db, key);
	row->failures -= tries;
	row->until = 0;
	return row_put(ctx, db, key, row);
}

bool throttle_pass(struct ctx *ctx, struct db_write *db, const struct throttle_who *w, int64_t when, int64_t tries)
{
	struct throttle known = { .last = when };
	struct rows r;

	if (!load(ctx, db_as_read(db), w, when, &r) || !db_del(ctx, db, &r.pair))
		return false;
	if (!r.device && !(take_back(ctx, db, &r.address, &r.address_row, tries) && take_back(ctx, db, &r.user, &r.user_row, tries)))
		return false;
	if (w->device && !row_put(ctx, db, &r.known_device, &known))
		return false;
	return row_put(ctx, db, &r.known_address, &known);
}

static bool tries_dead(struct ctx *ctx, struct bytes value, bool *is)
{
	struct throttle row;

	if (!record_unpack(ctx, &throttle_record, value, &row))
		return false;
	*is = now() - row.last > FORGET_SECONDS;
	return true;
}

static bool known_dead(struct ctx *ctx, struct bytes value, bool *is)
{
	struct throttle row;

	if (!record_unpack(ctx, &throttle_record, value, &row))
		return false;
	*is = now() - row.last > DEVICE_SECONDS;
	return true;
}

bool throttle_sweep(struct ctx *ctx)
{
	return sweep(ctx, &(struct sweep){ TABLE_TRIES, tries_dead, NULL }) &&
		sweep(ctx, &(struct sweep){ TABLE_KNOWN, known_dead, NULL });
}
