/* The list of the user's sessions, and ending them. */
#include <string.h>

#include "account.h"
#include "audit.h"
#include "views.h"

struct list { const char *user; struct session_rows rows; };

static bool list(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct list *l = arg;

	return session_rows(ctx, db, l->user, &l->rows);
}

/* The browser in one or two words; the whole text is long and says little more. */
static const char *browser(const char *agent)
{
	static const char *const names[] = { "Edg", "Firefox", "Chrome", "Safari", "w3m", "Lynx", "curl" };

	for (size_t i = 0; agent && i < COUNT(names); i++)
		if (strstr(agent, names[i]))
			return same(names[i], "Edg") ? "Edge" : names[i];
	return empty(agent) ? NULL : "?";
}

struct reply sessions(struct req *r)
{
	struct list l = { .user = r->who.user };
	struct session_row *at;

	if (!db_view(r->ctx, accounts, list, &l))
		return reply_oops(r);
	at = NEW_ARRAY(r->ctx->arena, struct session_row, l.rows.n + 1);
	for (size_t i = 0; i < l.rows.n; i++) {
		const struct session *s = &l.rows.at[i];

		at[i] = (struct session_row){
			.tag = s->tag, .created = s->created, .seen = s->seen, .address = s->address, .browser = browser(s->agent),
			.agent = s->agent, .mine = same(s->tag, r->who.session),
		};
	}
	r->title = tr(r->ctx, "Sessions");
	r->crumb = tr(r->ctx, "Account");
	r->crumb_path = "/account/";
	return reply_page(r, &sessions_view, &(struct sessions){ .rows = { at, l.rows.n }, .others = l.rows.n > 1 });
}

struct end { const char *user, *tag; bool found; int64_t count; };

static bool end_one(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct end *e = arg;

	return session_end_tag(ctx, db, e->user, e->tag, &e->found);
}

struct reply session_revoke(struct req *r)
{
	struct end e = { .user = r->who.user, .tag = req_part(r, "tag") };

	if (!audit(r->ctx, r->who.user, "session.end", e.tag, NULL) || !app_change(r, accounts, end_one, &e))
		return reply_oops(r);
	if (!e.found)
		return reply_fail(r, KIND_NOT_FOUND, tr(r->ctx, "This session has ended already."));
	return reply_go(r, "/account/sessions", tr(r->ctx, "The session has ended."));
}

static bool end_others(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct end *e = arg;

	return session_end_others(ctx, db, e->user, e->tag, &e->count);
}

struct reply sessions_revoke_others(struct req *r)
{
	struct end e = { .user = r->who.user, .tag = r->who.session };

	if (!audit(r->ctx, r->who.user, "session.end-others", r->who.user, NULL) || !app_change(r, accounts, end_others, &e))
		return reply_oops(r);
	return reply_go(r, "/account/sessions", say(r->ctx, "Other sessions that have ended: %lld", (long long)e.count));
}
