/*
 * The review: the generated script, what is wrong or worth knowing, when it could start. The script on this page is what is sent: its
 * #SBATCH lines are read back, and where they differ from the form, the page says so once more before anything is sent.
 */
#include "batchjob.h"
#include "views.h"

#include <sodium.h>
#include <string.h>

static const struct field submit_rows[] = {
	{ .name = "script", .kind = FIELD_MULTILINE, .label = MSG("Job script"), .required = true, .max = SCRIPT_MOST, .keep_spaces = true,
	  .hint = MSG("You may change everything here. The #SBATCH lines count as they stand.") },
	{ .name = "values", .kind = FIELD_HIDDEN, .label = MSG("Values"), .max = 400000 },
	{ .name = "confirmed", .kind = FIELD_HIDDEN, .label = MSG("Confirmed"), .max = 100 },
};
const struct form_table submit_form = { "submit", submit_rows, COUNT(submit_rows) };

/* ---- the form's values, carried along ---- */

const char *draft_pack(struct req *r, const struct draft *d)
{
	struct submission s = { .template = d->template ? d->template->name : NULL, .form = d->values };
	struct bytes packed = record_pack(r->ctx->arena, &submission_record, &s);
	return base64url(r->ctx->arena, packed.at, packed.n);
}

bool draft_unpack(struct req *r, const char *packed, struct draft *d)
{
	struct submission s = { 0 };
	struct bytes bytes;
	if (empty(packed))
		return template_find(r->ctx, NULL, &d->template);
	if (!unbase64url(r->ctx->arena, packed, &bytes) || !record_unpack(r->ctx, &submission_record, bytes, &s)) {
		forget(r->ctx);
		return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The values of the form cannot be read. Begin again under New job."), "values");
	}
	for (size_t i = 0; i < s.form.n; i++)
		if (!utf8_valid(s.form.at[i], strlen(s.form.at[i])))
			return fail(r->ctx, KIND_BAD_REQUEST, tr(r->ctx, "The values of the form cannot be read. Begin again under New job."), "values");
	d->values = s.form;
	if (template_find(r->ctx, s.template, &d->template))
		return true;
	forget(r->ctx); /* the site took it away meanwhile */
	return template_find(r->ctx, NULL, &d->template);
}

/* What was confirmed is this script and no other. */
const char *draft_hash(struct arena *a, const char *script)
{
	unsigned char hash[16];
	crypto_generichash(hash, sizeof hash, (const unsigned char *)script, strlen(script), NULL, 0);
	return hex(a, hash, sizeof hash);
}

/* ---- values → ask ---- */

static const char *tidy_value(struct req *r, enum ask_what what, const char *value)
{
	if (empty(value) || (what == ASK_GPUS && same(value, "0")))
		return NULL;
	if (what == ASK_FOLDER)
		return absolute_folder(r, value);
	return ask_rows[what].tidy(r->ctx->arena, value);
}

static struct ask ask_of_values(struct req *r, struct texts values)
{
	struct ask ask = { 0 };
	for (int i = 0; i < ASK_COUNT; i++)
		ask.value[i] = tidy_value(r, (enum ask_what)i, value_in(values, ask_rows[i].field.name, NULL));
	return ask;
}

/* What the grammars cannot see: spellings that mean nothing, such as a time of 00:00:00. */
static void check_values(struct req *r, struct form *form, const struct form_table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		int what = ask_find(table->fields[i].name);
		const char *value = form_text(form, table->fields[i].name);
		if (what < 0 || empty(value) || form_message(form, table->fields[i].name))
			continue;
		const char *says = ask_wrong(r->ctx, &ask_rows[what].field, (enum ask_what)what, value);
		if (says)
			form_wrong(form, table->fields[i].name, says);
	}
}

/* ---- reading a draft ---- */

void draft_read(struct req *r, struct draft *d)
{
	const struct field **rows = NEW_ARRAY(r->ctx->arena, const struct field *, ASK_COUNT);
	struct check c = { .r = r, .cluster = d->cluster, .ask = &d->ask, .found = &d->found };
	for (int i = 0; i < ASK_COUNT; i++)
		rows[i] = &d->template->fields[i];
	script_check(r->ctx, d->script, &d->found);
	script_read(r->ctx, d->script, d->values.n > 0 ? rows : NULL, &d->ask, &d->found);
	check_ask(&c);
	d->estimate = c.estimate;
	d->read = true;
}

static const char *shown(struct req *r, const char *value)
{
	return empty(value) ? tr(r->ctx, "not set") : value;
}

struct diff_list draft_diffs(struct req *r, const struct draft *d)
{
	struct diff *at = NEW_ARRAY(r->ctx->arena, struct diff, ASK_COUNT);
	size_t n = 0;
	if (d->values.n == 0 || !d->read)
		return (struct diff_list){ 0 };
	struct ask typed = ask_of_values(r, d->values);
	for (int i = 0; i < ASK_COUNT; i++)
		if (!same(typed.value[i], d->ask.value[i]))
			at[n++] = (struct diff){ .label = tr(r->ctx, d->template->fields[i].label), .before = shown(r, typed.value[i]),
				.after = shown(r, d->ask.value[i]) };
	return (struct diff_list){ at, n };
}

struct texts draft_kept(struct req *r, const struct draft *d)
{
	struct ask typed = ask_of_values(r, d->values);
	const char **at = NEW_ARRAY(r->ctx->arena, const char *, d->values.n + ASK_COUNT);
	size_t n = 0;
	if (d->values.n == 0)
		return d->values;
	for (int i = 0; i < ASK_COUNT; i++) /* the first of a name counts */
		if (!same(typed.value[i], d->ask.value[i]))
			at[n++] = text(r->ctx->arena, "%s=%s", ask_rows[i].field.name, d->ask.value[i] ? d->ask.value[i] : "");
	memcpy(at + n, d->values.at, d->values.n * sizeof *at);
	return (struct texts){ at, n + d->values.n };
}

/* ---- the page ---- */

static struct problem_list problems(struct req *r, const struct draft *d)
{
	struct problem *at = NEW_ARRAY(r->ctx->arena, struct problem, d->found.n + 1);
	size_t n = 0;
	for (int errors = 1; errors >= 0; errors--)
		for (size_t i = 0; i < d->found.n; i++)
			if (d->found.at[i].error == errors)
				at[n++] = (struct problem){ .line = d->found.at[i].line, .says = d->found.at[i].says, .error = errors,
					.css = errors ? "bad" : "warn" };
	return (struct problem_list){ at, n };
}

static const char *review_title(struct req *r, const struct draft *d)
{
	return d->ask.value[ASK_NAME] ? say(r->ctx, "Review job “%s”", d->ask.value[ASK_NAME]) : tr(r->ctx, "Review the job");
}

struct reply draft_reply(struct req *r, struct draft *d)
{
	struct form *form = form_new(r->ctx, &submit_form);
	form_set(form, "script", d->script);
	form_set(form, "values", draft_pack(r, d));
	if (d->confirm)
		form_set(form, "confirmed", draft_hash(r->ctx->arena, d->script));
	struct review m = {
		.cluster = d->cluster, .template = d->template->name, .refused = d->refused, .problems = problems(r, d), .errors = find_errors(&d->found),
		.diffs = draft_diffs(r, d), .confirm = d->confirm, .estimate = d->estimate, .form = form,
		.action = text(r->ctx->arena, "/jobs?cluster=%s", d->cluster),
		.change_action = text(r->ctx->arena, "/jobs/change?cluster=%s", d->cluster),
	};
	r->title = review_title(r, d);
	r->crumb = tr(r->ctx, "New job");
	r->crumb_path = "/jobs/new";
	return reply_page_status(r, d->status, &review_view, &m);
}

/* Without the empty lines at its end, and with LF. */
static const char *lines_of(struct req *r, const struct draft *d, const char *field)
{
	char *lines = script_lines(r->ctx->arena, value_in(d->values, field, ""));
	size_t n = strlen(lines);
	while (n && (lines[n - 1] == '\n' || lines[n - 1] == ' ' || lines[n - 1] == '\t'))
		lines[--n] = '\0';
	return lines;
}

/* The script of a form that is good. */
const char *draft_generate(struct req *r, const struct draft *d)
{
	struct arena *a = r->ctx->arena;
	struct ask ask = ask_of_values(r, d->values);
	const char *body = template_body(a, d->template, lines_of(r, d, "setup"), lines_of(r, d, "command"), value_in(d->values, "parameters", ""));
	return script_write(a, d->template->first_line, &ask, body);
}

struct reply review_do(struct req *r)
{
	struct draft d = { .status = 200 };
	if (!cluster_asked(r, &d.cluster) || !template_find(r->ctx, req_query(r, "template"), &d.template))
		return reply_oops(r);
	const struct form_table *table = job_table(r, d.template, d.cluster);
	struct form *form = form_read(r, table);
	check_values(r, form, table);
	if (!form_good(form))
		return form_page(r, 422, d.template, d.cluster, form, NULL);
	d.values = form_values(r, form, d.template);
	d.script = draft_generate(r, &d);
	draft_read(r, &d);
	return draft_reply(r, &d);
}

/* A script that was sent before, as it was: for one that was lost, and for "Same script again". */
struct reply review_again(struct req *r)
{
	struct draft d = { .status = 200 };
	struct submission s;
	bool found;
	if (!submission_get(r->ctx, r->who.user, req_part(r, "submission"), &found, &s))
		return reply_oops(r);
	if (!found)
		return reply_fail(r, KIND_NOT_FOUND, tr(r->ctx, "There is no such submission."));
	if (!template_find(r->ctx, s.template, &d.template)) {
		forget(r->ctx);
		if (!template_find(r->ctx, NULL, &d.template))
			return reply_oops(r);
	}
	d.cluster = s.cluster;
	d.values = s.form;
	d.script = s.script;
	draft_read(r, &d);
	return draft_reply(r, &d);
}
