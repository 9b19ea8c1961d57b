/* notices: what the administrators want everybody to know, from a day to a day. Table 'n' of the environment "portal", by id. */
#include "dashboard.h"
#include "audit.h"
#include "views.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NOTICES = 'n', MOST_NOTICES = 500 };

static const struct choice levels[] = {
	{ "", MSG("For information") }, { "warn", MSG("Warning") }, { "bad", MSG("Outage") }, { "good", MSG("Good news") },
};

static const struct field notice_inputs[] = {
	{ .name = "title", .kind = FIELD_TEXT, .label = MSG("Title"), .required = true, .max = 120 },
	{ .name = "body", .kind = FIELD_MULTILINE, .label = MSG("Text"), .hint = MSG("Plain text."), .max = 4000 },
	{ .name = "level", .kind = FIELD_CHOICE, .label = MSG("Kind"), .choices = levels, .n_choices = COUNT(levels) },
	{ .name = "from", .kind = FIELD_DATE, .label = MSG("First day"), .hint = MSG("Empty: from now.") },
	{ .name = "until", .kind = FIELD_DATE, .label = MSG("Last day"), .hint = MSG("Empty: until it is removed.") },
};
FORM(notice_table, notice_inputs);

/* ---- reading ---- */

struct listing { struct notice *at; size_t n, cap; };

static struct notice *next_row(struct ctx *ctx, struct listing *list)
{
	if (list->n == list->cap) {
		size_t cap = list->cap ? 4 * list->cap : 8;
		struct notice *more = NEW_ARRAY(ctx->arena, struct notice, cap);
		if (list->n)
			memcpy(more, list->at, list->n * sizeof *more);
		list->at = more;
		list->cap = cap;
	}
	return &list->at[list->n];
}

static bool read_all(struct ctx *ctx, const struct db_read *read, void *arg)
{
	struct listing *list = arg;
	struct db_key prefix = db_key(NOTICES, ""), key;
	struct db_walk *walk = db_walk(ctx, read, &prefix, NULL, true);
	bool more;
	struct bytes value;
	while (list->n < MOST_NOTICES) {
		if (!db_next(ctx, walk, &more, &key, &value))
			return false;
		if (!more)
			return true;
		if (!record_unpack(ctx, &notice_record, value, next_row(ctx, list)))
			return false;
		list->n++;
	}
	return true;
}

static bool shown(const struct notice *notice)
{
	int64_t t = now();
	return t >= notice->from && (notice->until == 0 || t < notice->until);
}

static struct notice_row row_of(const struct notice *notice)
{
	return (struct notice_row){ .id = notice->id, .title = notice->title, .body = notice->body, .css = notice->level,
		.from = notice->from, .until = notice->until ? notice->until - 1 : 0, .author = notice->author, .shown = shown(notice) };
}

static int newest_first(const void *a, const void *b)
{
	const struct notice *x = a, *y = b;
	return x->made < y->made ? 1 : x->made > y->made ? -1 : strcmp(x->id, y->id);
}

static bool load(struct ctx *ctx, bool all, struct notice_row_list *out)
{
	struct listing list = {0};
	if (!db_view(ctx, portal, read_all, &list))
		return false;
	if (list.n)
		qsort(list.at, list.n, sizeof *list.at, newest_first);
	struct notice_row *rows = NEW_ARRAY(ctx->arena, struct notice_row, list.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < list.n; i++)
		if (all || shown(&list.at[i]))
			rows[n++] = row_of(&list.at[i]);
	*out = (struct notice_row_list){ rows, n };
	return true;
}

struct notice_row_list notices_now(struct ctx *ctx)
{
	struct notice_row_list rows = {0};
	if (!load(ctx, false, &rows)) {
		log_line(ctx, "notices: %s", ctx->error.detail ? ctx->error.detail : "failed");
		forget(ctx);
	}
	return rows;
}

struct reply notices_list(struct req *r)
{
	struct notices *page = NEW(r->ctx->arena, struct notices);
	page->admin = r->who.role >= ROLE_ADMIN;
	if (!load(r->ctx, page->admin, &page->rows))
		return reply_oops(r);
	r->title = tr(r->ctx, "Notices");
	return reply_page(r, &notices_view, page);
}

/* ---- writing (administrators) ---- */

static struct reply show_form(struct req *r, int status, struct form *form)
{
	struct notice_form *page = NEW(r->ctx->arena, struct notice_form);
	page->form = form;
	r->title = tr(r->ctx, "New notice");
	r->crumb = tr(r->ctx, "Notices");
	r->crumb_path = "/notices";
	return reply_page_status(r, status, &notice_form_view, page);
}

struct reply notices_new(struct req *r)
{
	return show_form(r, 200, form_new(r->ctx, &notice_table));
}

static bool add_notice(struct ctx *ctx, struct db_write *write, void *arg)
{
	const struct notice *notice = arg;
	struct db_key key = db_key(NOTICES, notice->id);
	bool added;
	return db_add(ctx, write, &key, record_pack(ctx->arena, &notice_record, notice), &added);
}

struct reply notices_add(struct req *r)
{
	struct form *form = form_read(r, &notice_table);
	struct notice notice = { .title = form_text(form, "title"), .body = form_text(form, "body"), .level = form_text(form, "level"),
		.from = day_start(form_text(form, "from"), 0), .until = day_start(form_text(form, "until"), 1),
		.author = r->who.user, .made = now() };
	if (notice.from == 0)
		notice.from = notice.made;
	if (notice.until && notice.until <= notice.from)
		form_wrong(form, "until", tr(r->ctx, "The last day is before the first."));
	if (!form_good(form))
		return show_form(r, 422, form);
	/* The form's key is the id, so a double click makes one notice. */
	notice.id = r->key ? r->key : random_token(r->ctx->arena, 128);
	if (!audit(r->ctx, r->who.user, "notice.add", notice.id, notice.title) || !app_change(r, portal, add_notice, &notice))
		return reply_oops(r);
	return reply_go(r, "/notices", tr(r->ctx, "The notice is published."));
}

static bool remove_notice(struct ctx *ctx, struct db_write *write, void *arg)
{
	struct db_key key = db_key(NOTICES, arg);
	return db_del(ctx, write, &key);
}

struct reply notices_remove(struct req *r)
{
	char *id = text(r->ctx->arena, "%.100s", req_part(r, "id"));
	if (!audit(r->ctx, r->who.user, "notice.remove", id, NULL) || !app_change(r, portal, remove_notice, id))
		return reply_oops(r);
	return reply_go(r, "/notices", tr(r->ctx, "The notice is removed."));
}
