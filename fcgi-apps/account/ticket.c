#include "ticket.h"

#include <string.h>

#include "gate_address.h"
#include "proof.h"
#include "sweep.h"

enum { ID_LENGTH = 10 };

static const char kind[] = "ticket:";

static const char *address(struct arena *arena, const char *id)
{
	return text(arena, "/apps/%s/open", id);
}

bool ticket_address(const char *uri, char *id)
{
	static const char before[] = "/apps/", after[] = "/open";
	const char *at = uri && starts_with(uri, before) ? uri + strlen(before) : "";

	if (strlen(at) < ID_LENGTH + strlen(after))
		return false;
	memcpy(id, at, ID_LENGTH);
	id[ID_LENGTH] = '\0';
	at += ID_LENGTH;
	return app_id_ok(id) && starts_with(at, after) && (at[strlen(after)] == '\0' || at[strlen(after)] == '?');
}

bool ticket_sign(struct ctx *ctx, const char *user, const char *session, const char *id, const char **out)
{
	struct ticket t = {
		.user = user, .session = session, .uri = address(ctx->arena, id), .nonce = random_token(ctx->arena, 128),
		.expires = now() + TICKET_SECONDS,
	};

	return statement_sign(ctx, kind, record_pack(ctx->arena, &ticket_record, &t), out);
}

/* One that ends later than a fresh one comes from before the clock was set back. */
static bool fits(struct ctx *ctx, const struct ticket *t, const char *id)
{
	return user_name_ok(t->user) && same(t->uri, address(ctx->arena, id)) && !empty(t->nonce) && strlen(t->nonce) < 100 && !empty(t->session) &&
		t->expires > now() && t->expires <= now() + TICKET_SECONDS;
}

bool ticket_read(struct ctx *ctx, const char *given, const char *id, bool *good, struct ticket *out)
{
	struct bytes packed;

	*good = statement_check(ctx, kind, given, &packed) && record_unpack(ctx, &ticket_record, packed, out) && fits(ctx, out, id);
	if (!*good && ctx->error.kind != KIND_NONE && ctx->error.kind != KIND_FORBIDDEN)
		return false;
	forget(ctx);
	return true;
}

bool ticket_use(struct ctx *ctx, struct db_write *db, const struct ticket *t, bool *first)
{
	struct db_key key = db_key(TABLE_TICKET, t->nonce);

	return db_add(ctx, db, &key, record_pack(ctx->arena, &ticket_record, t), first);
}

static bool dead(struct ctx *ctx, struct bytes value, bool *is)
{
	struct ticket t;

	if (!record_unpack(ctx, &ticket_record, value, &t))
		return false;
	*is = t.expires + TICKET_KEPT_SECONDS < now();
	return true;
}

bool ticket_sweep(struct ctx *ctx)
{
	return sweep(ctx, &(struct sweep){ TABLE_TICKET, dead, NULL });
}
