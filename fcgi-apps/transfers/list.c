/* The lists: one's own transfers, an administrator's of everybody; several at once. */
#include "transfers.h"

#include <string.h>

#include "views.h"

enum { PER_PAGE = 50, COUNTED = 1000, CHANGING_S = 3, MOST_PICKED = 200 };

static const struct { const char *state, *label; } states[] = {
	{ TRANSFER_RUNNING, MSG("Running") }, { TRANSFER_QUEUED, MSG("In the queue") }, { TRANSFER_WAITING, MSG("Waiting for a time") }, { TRANSFER_PAUSED, MSG("Paused") },
	{ TRANSFER_FAILED, MSG("Stopped by an error") }, { TRANSFER_DONE, MSG("Finished") }, { TRANSFER_CANCELLED, MSG("Cancelled") },
};

/* A state of the address; NULL: all. */
static const char *asked_state(struct req *r)
{
	for (size_t i = 0; i < COUNT(states); i++)
		if (same(req_query(r, "show"), states[i].state))
			return states[i].state;
	return NULL;
}

static const char *list_url(struct req *r, const char *base, const char *state, const char *after)
{
	return text(r->ctx->arena, "%s%s%s%s%s%s", base, state || after ? "?" : "", state ? "show=" : "", state ? state : "", after ? (state ? "&after=" : "after=") : "",
		after ? after : "");
}

/* ---- tabs: the states that there are ---- */

static const char *count_says(struct req *r, int64_t n)
{
	return text(r->ctx->arena, n >= COUNTED ? "%lld+" : "%lld", (long long)n);
}

static bool add_tabs(struct req *r, struct db *db, const char *now_shown, struct transfers *m)
{
	struct tab *at = NEW_ARRAY(r->ctx->arena, struct tab, COUNT(states) + 1);
	size_t n = 0;
	at[n++] = (struct tab){ .label = tr(r->ctx, "All"), .url = m->action, .current = !now_shown };
	for (size_t i = 0; i < COUNT(states); i++) {
		int64_t many = 0;
		if (!m->everybody && !transfer_count(r->ctx, db, r->who.user, states[i].state, COUNTED, &many))
			return false;
		bool current = same(states[i].state, now_shown);
		if (many || m->everybody || current)
			at[n++] = (struct tab){ tr(r->ctx, states[i].label), list_url(r, m->action, states[i].state, NULL), m->everybody ? NULL : count_says(r, many), current, 0 };
	}
	m->tabs = (struct tab_list){ at, n };
	return true;
}

/* ---- rows ---- */

static bool same_owner(const struct transfer_list *list, size_t i)
{
	return i > 0 && same(list->at[i].user, list->at[i - 1].user);
}

static void add_rows(struct req *r, const struct transfer_list *list, struct transfers *m)
{
	struct transfer_row *rows = NEW_ARRAY(r->ctx->arena, struct transfer_row, list->n + 1);
	struct known_places places = { 0 };
	for (size_t i = 0; i < list->n; i++) {
		if (!same_owner(list, i))
			places = places_of_user(r->ctx, list->at[i].user);
		rows[i] = transfer_row_of(r->ctx, &places, &list->at[i]);
		if (transfer_changing(&list->at[i]))
			r->refresh = CHANGING_S;
	}
	m->rows = (struct transfer_row_list){ rows, list->n };
}

static const struct pager *make_pager(struct req *r, const struct transfers *m, const char *state, const char *after, const char *next)
{
	if (!after && !next)
		return NULL;
	struct pager *p = NEW(r->ctx->arena, struct pager);
	p->shown = after ? tr(r->ctx, "older ones") : tr(r->ctx, "the newest");
	p->previous = after ? list_url(r, m->action, state, NULL) : NULL;
	p->next = next ? list_url(r, m->action, state, next) : NULL;
	return p;
}

static bool fill(struct req *r, struct db *db, struct transfers *m)
{
	const char *state = asked_state(r), *after = req_query(r, "after");
	struct transfer_query q = { .user = m->everybody ? NULL : r->who.user, .state = state, .after = transfer_id_ok(after) ? after : NULL, .limit = PER_PAGE };
	struct transfer_list list;
	if (!transfer_list(r->ctx, db, &q, &list) || !add_tabs(r, db, state, m))
		return false;
	add_rows(r, &list, m);
	m->pager = make_pager(r, m, state, q.after, list.next);
	return true;
}

static struct reply show(struct req *r, struct transfers *m)
{
	struct db *db = transfers_or_null(r->ctx);
	m->admin = r->who.role >= ROLE_ADMIN;
	m->show = asked_state(r);
	if (db && !fill(r, db, m))
		return reply_oops(r);
	r->title = m->everybody ? tr(r->ctx, "Transfers of everybody") : tr(r->ctx, "Transfers");
	r->crumb = m->everybody ? tr(r->ctx, "Transfers") : tr(r->ctx, "Files");
	r->crumb_path = m->everybody ? "/transfers" : "/files/";
	r->as_of = r->refresh ? now() : 0;
	r->wide = true;
	return reply_page(r, &transfers_view, m);
}

struct reply transfers_list(struct req *r)
{
	return show(r, &(struct transfers){ .action = "/transfers" });
}

struct reply everybody_list(struct req *r)
{
	return show(r, &(struct transfers){ .action = "/transfers/all", .everybody = true });
}

/* ---- one ---- */

struct one { const char *id; bool found; struct transfer *out; };

static bool get(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct one *o = arg;
	return transfer_get(ctx, db, o->id, &o->found, o->out);
}

bool transfer_find(struct req *r, const char *id, struct transfer *out)
{
	struct one o = { .id = id, .out = out };
	struct db *db = transfers_or_null(r->ctx);
	if (db && !db_view(r->ctx, db, get, &o))
		return false;
	if (o.found && (same(out->user, r->who.user) || r->who.role >= ROLE_ADMIN))
		return true;
	return fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such transfer. It may have been removed from the list meanwhile."), "transfer");
}

bool transfer_asked(struct req *r, struct transfer *out)
{
	return transfer_find(r, req_part(r, "id"), out);
}

/* ---- several at once ---- */

static const struct choice several_verbs[] = {
	{ "pause", MSG("Pause") }, { "resume", MSG("Go on") }, { "cancel", MSG("Cancel") }, { "remove", MSG("Remove from the list") },
};
static const enum mover_verb asks[] = { MOVER_PAUSE, MOVER_RESUME, MOVER_CANCEL, MOVER_CLEAR };
static const struct field several_fields[] = {
	{ .name = "pick", .kind = FIELD_CHOICES, .label = MSG("Transfers") },
	{ .name = "verb", .kind = FIELD_CHOICE, .label = MSG("What to do"), .choices = several_verbs, .n_choices = COUNT(several_verbs), .required = true },
};
FORM(several, several_fields);

static enum mover_verb asked_verb(const struct form *f)
{
	for (size_t i = 0; i < COUNT(asks); i++)
		if (same(form_text(f, "verb"), several_verbs[i].value))
			return asks[i];
	return MOVER_PAUSE;
}

static struct reply do_several(struct req *r, const char *back)
{
	struct form *f = form_read(r, &several);
	int done = 0, failed = 0;
	const char *why = "";
	if (!f || !form_good(f))
		return f ? reply_fail(r, KIND_INVALID, tr(r->ctx, "Please choose what to do.")) : reply_oops(r);
	struct texts picked = form_texts(f, "pick");
	enum mover_verb verb = asked_verb(f);
	if (picked.n == 0)
		return reply_go(r, back, tr(r->ctx, "Nothing was chosen: tick the transfers first."));
	for (size_t i = 0; i < picked.n && i < MOST_PICKED; i++) {
		if (mover_do(r->ctx, r->who.proof, verb, picked.at[i])) {
			done++;
			continue;
		}
		why = r->ctx->error.message;
		forget(r->ctx);
		failed++;
	}
	return reply_go(r, back, failed ? say(r->ctx, "Done for %d, not for %d: %s", done, failed, why) : say(r->ctx, "Done for %d.", done));
}

struct reply several_do(struct req *r)
{
	return do_several(r, "/transfers");
}

struct reply everybody_do(struct req *r)
{
	return do_several(r, "/transfers/all");
}
