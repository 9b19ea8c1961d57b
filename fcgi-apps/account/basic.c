#include "basic.h"

#include <string.h>
#include <strings.h>

#include "audit.h"
#include "throttle.h"

enum { HEADER_MOST = 400 };

/* "user:token" of the header; false: there is none, or not of this kind. */
static bool parts(struct req *r, const char **user, const char **token)
{
	const char *header = req_header(r, "HTTP_AUTHORIZATION");
	struct bytes raw;
	char *line, *colon;

	if (!header || strncasecmp(header, "Basic ", 6) != 0 || strlen(header) > HEADER_MOST || !unbase64(r->ctx->arena, header + 6, &raw))
		return false;
	line = arena_copy(r->ctx->arena, raw.at, raw.n);
	colon = strchr(line, ':');
	if (!colon || strlen(line) != raw.n)
		return false;
	*colon = '\0';
	*user = line;
	*token = colon + 1;
	return true;
}

struct wrong { struct throttle_who who; int64_t wait; };

static bool count(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct wrong *w = arg;

	return throttle_enter(ctx, db, &w->who, now(), &w->wait);
}

/* Counted under names that no user and no address can have. */
static bool wrong(struct req *r, const char *user)
{
	struct wrong w = { .who = throttle_who(r->ctx->arena, user, address_of(r), NULL) };

	w.who.user = text(r->ctx->arena, "token/%s", w.who.user);
	w.who.address = text(r->ctx->arena, "token/%s", w.who.address);
	if (!db_change(r->ctx, accounts, count, &w))
		return false;
	return w.wait > 0 || audit(r->ctx, user_name_ok(user) ? user : "?", "token.refused", address_of(r), NULL);
}

bool basic_find(struct req *r, struct caller *c)
{
	const char *user, *token;

	*c = (struct caller){ .by_token = true };
	if (!parts(r, &user, &token))
		return true;
	c->secret = token;
	if (!caller_look(r->ctx, c))
		return false;
	c->found = c->found && same(c->token.user, user);
	return c->found || wrong(r, user);
}
