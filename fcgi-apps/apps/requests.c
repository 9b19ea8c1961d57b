/* requests: "ask for a kernel or an image". Users ask, administrators answer (answers.c). Table 'R' of the environment "portal", by id. */
#include "apps_module.h"
#include "views.h"

#include <stdlib.h>
#include <string.h>

#include "audit.h"

enum { REQUESTS = 'R', MOST_REQUESTS = 1000, MOST_OPEN = 20 };

static const struct { const char *state, *says, *css; } states[] = {
	{ "open", MSG("Waiting"), "waiting" }, { "answered", MSG("Answered"), "done" }, { "done", MSG("In the catalogue"), "running" },
};

/* ---- records ------------------------------------------------------------------------------------------------------ */

struct listing { const char *user; struct app_request *at; size_t n; };

static bool walk(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct listing *list = arg;
	struct db_key prefix = { .at = { REQUESTS }, .n = 1 }, key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct bytes value;

	list->at = NEW_ARRAY(ctx->arena, struct app_request, MOST_REQUESTS);
	for (bool more = true; list->n < MOST_REQUESTS;) {
		struct app_request *row = &list->at[list->n];

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		if (!record_unpack(ctx, &app_request_record, value, row))
			return false;
		list->n += !list->user || same(list->user, row->user);
	}
	return true;
}

/* What waits comes first, then the newest. */
static int in_order(const void *a, const void *b)
{
	const struct app_request *x = a, *y = b;
	int open = same(y->state, "open") - same(x->state, "open");

	return open ? open : x->created < y->created ? 1 : x->created > y->created ? -1 : strcmp(x->id, y->id);
}

static bool load(struct ctx *ctx, const char *user, struct listing *list)
{
	*list = (struct listing){ .user = user };
	if (!db_view(ctx, portal, walk, list))
		return false;
	qsort(list->at, list->n, sizeof *list->at, in_order);
	return true;
}

static int64_t count_open(const struct listing *list)
{
	int64_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += same(list->at[i].state, "open");
	return n;
}

int64_t requests_open(struct ctx *ctx)
{
	struct listing list;

	if (load(ctx, NULL, &list))
		return count_open(&list);
	forget(ctx);
	return 0;
}

struct one { const char *id; bool found; struct app_request *out; };

static bool get(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct one *one = arg;
	struct db_key key = db_key(REQUESTS, one->id);
	struct bytes value;

	if (!db_get(ctx, db, &key, &one->found, &value))
		return false;
	return !one->found || record_unpack(ctx, &app_request_record, value, one->out);
}

bool request_find(struct req *r, const char *id, bool *found, struct app_request *out)
{
	struct one one = { .id = text(r->ctx->arena, "%.100s", id), .out = out };
	bool good = db_view(r->ctx, portal, get, &one);

	*found = one.found && (r->who.role >= ROLE_ADMIN || same(out->user, r->who.user));
	return good;
}

static bool put(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct app_request *request = arg;
	struct db_key key = db_key(REQUESTS, request->id);

	return db_put(ctx, db, &key, record_pack(ctx->arena, &app_request_record, request));
}

bool request_put(struct req *r, const struct app_request *request)
{
	struct app_request copy = *request;

	return app_change(r, portal, put, &copy);
}

struct request_row request_row_of(struct ctx *ctx, const struct app_request *a)
{
	struct request_row row = { .id = a->id, .path = text(ctx->arena, "/apps/requests/%s", a->id), .what = a->what, .why = a->why, .user = a->user, .name = a->name,
		.created = a->created, .state = a->state, .css = "", .answer = a->answer, .answered_by = a->answered_by, .answered = a->answered, .offer = a->offer };

	for (size_t i = 0; i < COUNT(states); i++)
		if (same(states[i].state, a->state)) {
			row.state = tr(ctx, states[i].says);
			row.css = states[i].css;
		}
	return row;
}

/* ---- pages ----------------------------------------------------------------------------------------------------------- */

static const struct field ask_rows[] = {
	{ .name = "what", .label = MSG("What you need"), .required = true, .min = 3, .max = 200, .letters = true, .hint = MSG("A program, a kernel for notebooks or an image, with its version and where it comes from.") },
	{ .name = "why", .kind = FIELD_MULTILINE, .label = MSG("What for"), .max = 4000, .letters = true, .hint = MSG("How you use it, which packages it needs, whether others want it too.") },
};
FORM(ask_form, ask_rows);

static struct reply list(struct req *r, const struct form *f, int status)
{
	struct requests *page = NEW(r->ctx->arena, struct requests);
	struct listing all;

	page->admin = r->who.role >= ROLE_ADMIN;
	if (!load(r->ctx, page->admin ? NULL : r->who.user, &all))
		return reply_oops(r);
	struct request_row *rows = NEW_ARRAY(r->ctx->arena, struct request_row, all.n + 1);

	for (size_t i = 0; i < all.n; i++)
		rows[i] = request_row_of(r->ctx, &all.at[i]);
	page->rows = (struct request_row_list){ rows, all.n };
	page->form = f ? f : form_new(r->ctx, &ask_form);
	r->title = tr(r->ctx, "Ask for a kernel or an image");
	r->crumb = tr(r->ctx, "Apps");
	r->crumb_path = "/apps";
	return reply_page_status(r, status, &requests_view, page);
}

struct reply requests_list(struct req *r)
{
	return list(r, NULL, 200);
}

/* The form's key is the id: a double click is one request. */
struct reply request_add(struct req *r)
{
	struct form *f = form_read(r, &ask_form);
	struct listing mine;

	if (!f || !load(r->ctx, r->who.user, &mine))
		return reply_oops(r);
	if (form_good(f) && count_open(&mine) >= MOST_OPEN)
		form_wrong(f, NULL, say(r->ctx, "%d requests of yours wait already. Please wait for an answer to one of them.", MOST_OPEN));
	if (!form_good(f))
		return list(r, f, 422);
	struct app_request a = { .id = empty(r->key) ? random_token(r->ctx->arena, 128) : r->key, .user = r->who.user, .name = r->who.name, .created = now(),
		.what = form_text(f, "what"), .why = form_text(f, "why"), .state = "open" };
	struct app_request before;
	struct one one = { .id = a.id, .out = &before };

	if (!db_view(r->ctx, portal, get, &one))
		return reply_oops(r);
	if (!one.found && (!audit(r->ctx, a.user, "request.add", a.id, a.what) || !request_put(r, &a)))
		return reply_oops(r);
	return reply_go(r, "/apps/requests", tr(r->ctx, "Your request has been sent. The answer appears on this page."));
}
