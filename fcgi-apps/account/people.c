#include "people.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>

#include "conf.h"

struct db *accounts;

bool people_open(struct ctx *ctx)
{
	if (sodium_init() < 0)
		die("libsodium does not start");
	return db_open(ctx, "accounts", DB_READ_WRITE, &accounts);
}

bool user_name_ok(const char *user)
{
	size_t n = user ? strlen(user) : 0;

	if (n < 1 || n > 32 || !(islower((unsigned char)user[0]) || user[0] == '_'))
		return false;
	return strspn(user, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == n;
}

/* 65534 is nobody; above 2^31 some tools read a negative number. */
bool uid_ok(int64_t uid)
{
	return uid >= conf_int("account", "min-uid", 1000) && uid != 65534 && uid < INT64_C(2147483648);
}

/* Centres do use group 100 ("users"); what is below holds disks, shadow files and mail. */
bool gid_ok(int64_t gid)
{
	return gid >= conf_int("account", "min-gid", 100) && gid != 65534 && gid < INT64_C(2147483648);
}

bool account_usable(const struct account *a)
{
	return !a->disabled && uid_ok(a->uid) && gid_ok(a->gid);
}

bool account_get(struct ctx *ctx, const struct db_read *db, const char *user, bool *found, struct account *out)
{
	struct bytes value;
	struct db_key key;

	*found = false;
	if (!user_name_ok(user))
		return true;
	key = db_key(TABLE_ACCOUNT, user);
	if (!db_get(ctx, db, &key, found, &value))
		return false;
	return !*found || record_unpack(ctx, &account_record, value, out);
}

bool account_put(struct ctx *ctx, struct db_write *db, const struct account *a)
{
	struct db_key key = db_key(TABLE_ACCOUNT, a->user);

	return db_put(ctx, db, &key, record_pack(ctx->arena, &account_record, a));
}

struct look { const char *user; bool *found; struct account *out; };

static bool look(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct look *l = arg;

	return account_get(ctx, db, l->user, l->found, l->out);
}

bool account_look(struct ctx *ctx, const char *user, bool *found, struct account *out)
{
	struct look l = { user, found, out };

	return db_view(ctx, accounts, look, &l);
}

enum role account_role(const struct account *a, int64_t when)
{
	if (a->contract_start > when || (a->contract_end && a->contract_end <= when))
		return ROLE_EXPIRED;
	return a->admin ? ROLE_ADMIN : ROLE_USER;
}

void account_refresh(struct account *a, const struct person *p, const char *source, int64_t when)
{
	a->user = p->user;
	a->name = p->name;
	a->mail = p->mail;
	a->uid = p->uid;
	a->gid = p->gid;
	a->groups = p->groups;
	a->admin = p->admin;
	a->contract_start = p->contract_start;
	a->contract_end = p->contract_end;
	a->source = source;
	if (!a->created)
		a->created = when;
}

static bool has_group(const struct buf *b, const char *group)
{
	size_t n = strlen(group);

	for (const char *at = b->at, *end = b->at + b->n; at && at < end;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		size_t len = (size_t)((comma ? comma : end) - at);

		if (len == n && memcmp(at, group, n) == 0)
			return true;
		at = comma ? comma + 1 : end;
	}
	return false;
}

const char *groups_clean(struct arena *arena, int64_t gid, const char *groups)
{
	struct texts parts = split(arena, groups ? groups : "", ',');
	struct buf out = { 0 };

	buf_in(&out, arena);
	buf_printf(&out, "%lld", (long long)gid);
	for (size_t i = 0; i < parts.n && i < 1000; i++) {
		int64_t id;
		const char *one;

		if (!parse_int(parts.at[i], 0, INT32_MAX, &id) || !gid_ok(id))
			continue;
		one = text(arena, "%lld", (long long)id);
		if (!has_group(&out, one))
			buf_printf(&out, ",%s", one);
	}
	return arena_copy(arena, out.at, out.n);
}

const char *secret_hash(struct arena *arena, const char *secret)
{
	unsigned char hash[32];

	crypto_generichash(hash, sizeof hash, (const unsigned char *)secret, strlen(secret), NULL, 0);
	return base64url(arena, hash, sizeof hash);
}
