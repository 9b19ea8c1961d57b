/* answers: one request and its answer; entries of the catalogue that administrators add, with or without a request. The deployer keeps the entries. */
#include "apps_module.h"
#include "views.h"

#include <string.h>

#include "audit.h"

static const struct field answer_rows[] = {
	{ .name = "answer", .kind = FIELD_MULTILINE, .label = MSG("Answer"), .required = true, .max = 4000, .letters = true, .hint = MSG("Who asked reads it. Plain text.") },
};
FORM(answer_form, answer_rows);

/* ---- the form of an entry --------------------------------------------------------------------------------------- */

static const struct form_table *entry_table(struct ctx *ctx, const struct offers *offers)
{
	struct field *rows = NEW_ARRAY(ctx->arena, struct field, 7);
	struct choice *like = NEW_ARRAY(ctx->arena, struct choice, offers->n + 1);
	struct form_table *table = NEW(ctx->arena, struct form_table);
	size_t n = 0;

	for (size_t i = 0; i < offers->n; i++)
		like[i] = (struct choice){ offers->at[i].name, offers->at[i].title[ctx->lang] };
	rows[n++] = (struct field){ .name = "name", .label = MSG("Short name"), .required = true, .max = 40, .grammar = "[a-z][a-z0-9-]*", .hint = MSG("For addresses; an entry of this name is replaced."),
		.grammar_says = MSG("Small letters, digits and dashes; a letter first.") };
	rows[n++] = (struct field){ .name = "like", .kind = FIELD_CHOICE, .label = MSG("Otherwise like"), .required = true, .choices = like, .n_choices = offers->n,
		.hint = MSG("Port, readiness, sizes and the way in are those of this entry.") };
	rows[n++] = (struct field){ .name = "image", .label = MSG("Image"), .required = true, .max = 255 };
	rows[n++] = (struct field){ .name = "title", .label = MSG("Title in English"), .required = true, .max = 100, .letters = true };
	rows[n++] = (struct field){ .name = "title_ko", .label = MSG("Title in Korean"), .max = 100, .letters = true };
	rows[n++] = (struct field){ .name = "help", .label = MSG("Text below it in English"), .max = 500, .letters = true };
	rows[n++] = (struct field){ .name = "help_ko", .label = MSG("Text below it in Korean"), .max = 500, .letters = true };
	*table = (struct form_table){ "entry", rows, n };
	return table;
}

static bool entry_form(struct req *r, bool read, struct form **out)
{
	struct offers offers;

	/* Like a file's only: an entry that was added may be removed again. */
	if (!offers_read(r->ctx, NULL, &offers))
		return false;
	*out = read ? form_read(r, entry_table(r->ctx, &offers)) : form_new(r->ctx, entry_table(r->ctx, &offers));
	return *out != NULL;
}

/* False: the form or the context tells why. */
static bool add_entry(struct req *r, struct form *f)
{
	const struct deploy_offer o = { .name = form_text(f, "name"), .like = form_text(f, "like"), .image = form_text(f, "image"), .title = form_text(f, "title"),
		.title_ko = form_text(f, "title_ko"), .help = form_text(f, "help"), .help_ko = form_text(f, "help_ko") };
	struct offers files;

	if (!form_good(f))
		return false;
	if (!offers_read(r->ctx, NULL, &files))
		return false;
	if (offer_find(&files, o.name)) {
		form_wrong(f, "name", tr(r->ctx, "A file of the catalogue has this name. Choose another one."));
		return false;
	}
	if (deploy_offer(r->ctx, r->who.proof, &o))
		return true;
	take_refusal(r->ctx, f);
	return false;
}

/* ---- one request ------------------------------------------------------------------------------------------------------ */

static bool find(struct req *r, struct app_request *out)
{
	bool found = false;

	if (!request_find(r, req_part(r, "id"), &found, out))
		return false;
	return found ? true : fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such request."), NULL);
}

static struct reply one(struct req *r, const struct app_request *a, const struct form *answer, const struct form *entry, int status)
{
	struct one_request *page = NEW(r->ctx->arena, struct one_request);
	struct request_row *row = NEW(r->ctx->arena, struct request_row);
	struct form *answer_now = NULL, *entry_now = NULL;

	*row = request_row_of(r->ctx, a);
	page->request = row;
	page->admin = r->who.role >= ROLE_ADMIN;
	if (page->admin) {
		if (!entry && !entry_form(r, false, &entry_now))
			return reply_oops(r);
		answer_now = form_new(r->ctx, &answer_form);
		form_set(answer_now, "answer", empty(a->answer) ? "" : a->answer);
		page->answer_form = answer ? answer : answer_now;
		page->offer_form = entry ? entry : entry_now;
	}
	r->title = a->what;
	r->crumb = tr(r->ctx, "Requests");
	r->crumb_path = "/apps/requests";
	return reply_page_status(r, status, &one_request_view, page);
}

struct reply request_show(struct req *r)
{
	struct app_request a;

	return find(r, &a) ? one(r, &a, NULL, NULL, 200) : reply_oops(r);
}

static bool answered(struct req *r, struct app_request *a, const char *state, const char *answer)
{
	a->state = state;
	a->answer = answer;
	a->answered_by = r->who.user;
	a->answered = now();
	return audit(r->ctx, r->who.user, "request.answer", a->id, state) && request_put(r, a);
}

struct reply request_answer(struct req *r)
{
	struct form *f = form_read(r, &answer_form);
	struct app_request a;

	if (!f || !find(r, &a))
		return reply_oops(r);
	if (!form_good(f))
		return one(r, &a, f, NULL, 422);
	if (!answered(r, &a, same(a.state, "done") ? "done" : "answered", form_text(f, "answer")))
		return reply_oops(r);
	return reply_go(r, "/apps/requests", tr(r->ctx, "The answer is there for who asked."));
}

struct reply request_offer(struct req *r)
{
	struct app_request a;
	struct form *f;

	if (!find(r, &a) || !entry_form(r, true, &f))
		return reply_oops(r);
	if (!add_entry(r, f))
		return r->ctx->error.kind ? reply_oops(r) : one(r, &a, NULL, f, 422);
	a.offer = form_text(f, "name");
	if (!answered(r, &a, "done", a.answer))
		return reply_oops(r);
	return reply_go(r, "/apps/requests", tr(r->ctx, "It is in the catalogue."));
}

/* ---- all added entries -------------------------------------------------------------------------------------------------- */

struct added { struct added_row *at; size_t n; };

enum { MOST_ADDED = 200 };

static bool walk_added(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct added *all = arg;
	struct db_key prefix = { .at = "N", .n = 1 }, key;
	struct db_walk *walk = db_walk(ctx, db, &prefix, NULL, false);
	struct bytes value;

	for (bool more = true; all->n < MOST_ADDED;) {
		struct app_offer o;

		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		if (!record_unpack(ctx, &app_offer_record, value, &o))
			return false;
		all->at[all->n++] = (struct added_row){ .name = o.name, .title = o.title, .like = o.like, .image = o.image, .by = o.by, .created = o.created };
	}
	return true;
}

static struct reply entries(struct req *r, const struct form *f, int status)
{
	struct added_offers *page = NEW(r->ctx->arena, struct added_offers);
	struct added all = { NEW_ARRAY(r->ctx->arena, struct added_row, MOST_ADDED), 0 };
	struct db *db = apps_or_null(r->ctx);
	struct form *empty_form = NULL;

	if ((db && !db_view(r->ctx, db, walk_added, &all)) || (!f && !entry_form(r, false, &empty_form)))
		return reply_oops(r);
	page->rows = (struct added_row_list){ all.at, all.n };
	page->form = f ? f : empty_form;
	r->title = tr(r->ctx, "Entries added here");
	r->crumb = tr(r->ctx, "Requests");
	r->crumb_path = "/apps/requests";
	return reply_page_status(r, status, &added_offers_view, page);
}

struct reply added_list(struct req *r)
{
	return entries(r, NULL, 200);
}

struct reply added_add(struct req *r)
{
	struct form *f;

	if (!entry_form(r, true, &f))
		return reply_oops(r);
	if (!add_entry(r, f))
		return r->ctx->error.kind ? reply_oops(r) : entries(r, f, 422);
	return reply_go(r, "/apps/offers", tr(r->ctx, "It is in the catalogue."));
}

struct reply added_remove(struct req *r)
{
	const struct deploy_offer gone = { .name = req_part(r, "name"), .image = "" };

	if (!deploy_offer(r->ctx, r->who.proof, &gone))
		return reply_oops(r);
	return reply_go(r, "/apps/offers", tr(r->ctx, "It is not offered any more. Apps that run go on until they end."));
}
