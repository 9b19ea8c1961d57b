/* New job: the form of a template, filled with its presets or with an earlier job. */
#include "batchjob.h"
#include "views.h"

#include <string.h>

/* ---- the form ---- */

static const struct choice mail_choices[] = {
	{ "", MSG("Never") },
	{ "END,FAIL", MSG("When it has ended or failed") },
	{ "BEGIN,END,FAIL", MSG("When it starts, and when it has ended or failed") },
	{ "FAIL", MSG("Only when it has failed") },
	{ "ALL", MSG("At every event") },
};

static size_t partition_choices(struct req *r, const char *cluster, struct choice **out)
{
	const struct partition *all = NULL;
	struct db *db = snapshot(r->ctx);
	size_t n = 0, have = 0;
	if (!db || !sched_partitions(r->ctx, db, cluster, &all, &n)) {
		forget(r->ctx);
		return 0;
	}
	*out = NEW_ARRAY(r->ctx->arena, struct choice, n + 1);
	for (int preset = 1; preset >= 0; preset--)
		for (size_t i = 0; i < n; i++)
			if (all[i].is_default == preset)
				(*out)[have++] = (struct choice){ all[i].name, say(r->ctx, "%s: %lld of %lld free, up to %s", all[i].name,
					(long long)all[i].nodes_free, (long long)all[i].nodes,
					all[i].max_minutes > 0 ? minutes_text(r->ctx->arena, all[i].max_minutes) : tr(r->ctx, "any time")) };
	return have;
}

static size_t account_choices(struct req *r, struct choice **out)
{
	struct usage u = { 0 };
	struct db *db = snapshot(r->ctx);
	if (!db || !sched_usage(r->ctx, db, r->who.user, &u)) {
		forget(r->ctx);
		return 0;
	}
	*out = NEW_ARRAY(r->ctx->arena, struct choice, u.accounts.n + 1);
	for (size_t i = 0; i < u.accounts.n; i++)
		(*out)[i] = (struct choice){ u.accounts.at[i], u.accounts.at[i] };
	return u.accounts.n;
}

static size_t choices_for(struct req *r, const char *field, const char *cluster, struct choice **out)
{
	return same(field, "partition") ? partition_choices(r, cluster, out) : account_choices(r, out);
}

/* The rows of the template with this cluster's choices in them; a list that is not known becomes a text to type. */
const struct form_table *job_table(struct req *r, const struct template *t, const char *cluster)
{
	const struct form_table *table = template_table(r->ctx, t);
	struct field *rows = NEW_ARRAY(r->ctx->arena, struct field, table->n + 1);
	struct form_table *out = NEW(r->ctx->arena, struct form_table);
	*out = (struct form_table){ table->name, rows, table->n };
	for (size_t i = 0; i < table->n; i++) {
		struct field *f = &rows[i];
		struct choice *choices = NULL;
		*f = table->fields[i];
		if (same(f->name, "folder") && empty(f->preset))
			f->preset = home_of(r);
		if (f->kind != FIELD_CHOICE)
			continue;
		f->grammar = f->grammar_says = NULL;
		if (same(f->name, "mail_type")) {
			f->choices = mail_choices;
			f->n_choices = COUNT(mail_choices);
			continue;
		}
		size_t n = choices_for(r, f->name, cluster, &choices);
		if (n == 0) {
			f->kind = FIELD_TEXT;
			f->grammar = t->fields[ask_find(f->name)].grammar;
			f->grammar_says = t->fields[ask_find(f->name)].grammar_says;
			continue;
		}
		f->choices = choices;
		f->n_choices = n;
		f->required = true;
		f->preset = empty(f->preset) ? choices[0].value : f->preset;
	}
	return out;
}

static bool has_choice(const struct field *f, const char *value)
{
	for (size_t i = 0; i < f->n_choices; i++)
		if (same(f->choices[i].value, value))
			return true;
	return false;
}

/* Values of an earlier job; a choice that is not there any more keeps its preset. */
void form_fill(struct form *form, const struct form_table *table, struct texts values)
{
	for (size_t i = 0; i < table->n; i++) {
		const char *value = value_in(values, table->fields[i].name, NULL);
		if (value && (table->fields[i].kind != FIELD_CHOICE || has_choice(&table->fields[i], value)))
			form_set(form, table->fields[i].name, empty(value) && table->fields[i].kind == FIELD_FLAG ? NULL : value);
	}
}

static bool is_shown(const struct form_table *table, const char *name)
{
	for (size_t i = 0; i < table->n; i++)
		if (same(table->fields[i].name, name))
			return true;
	return false;
}

struct texts form_values(struct req *r, const struct form *form, const struct template *t)
{
	const struct form_table *table = form_table_of(form);
	const char **at = NEW_ARRAY(r->ctx->arena, const char *, T_COUNT);
	for (int i = 0; i < T_COUNT; i++) {
		const char *name = t->fields[i].name, *preset = t->fields[i].preset ? t->fields[i].preset : "";
		const char *value = is_shown(table, name) ? form_text(form, name) : preset;
		at[i] = text(r->ctx->arena, "%s=%s", name, value);
	}
	return (struct texts){ at, T_COUNT };
}

/* ---- the page ---- */

static const char *new_url(struct req *r, const char *template, const char *cluster)
{
	struct texts clusters = sched_clusters();
	if (clusters.n < 2)
		return text(r->ctx->arena, "/jobs/new?template=%s", template);
	return text(r->ctx->arena, "/jobs/new?template=%s&cluster=%s", template, cluster);
}

static struct template_card_list cards(struct req *r, const struct template *chosen, const char *cluster)
{
	const struct template *all;
	size_t n;
	if (!template_all(r->ctx, &all, &n)) {
		forget(r->ctx);
		return (struct template_card_list){ 0 };
	}
	struct template_card *at = NEW_ARRAY(r->ctx->arena, struct template_card, n);
	for (size_t i = 0; i < n; i++)
		at[i] = (struct template_card){ all[i].name, all[i].title, all[i].hint, new_url(r, all[i].name, cluster), same(all[i].name, chosen->name), 0 };
	return (struct template_card_list){ at, n };
}

static struct cluster_tab_list cluster_tabs(struct req *r, const struct template *t, const char *cluster)
{
	struct texts names = sched_clusters();
	struct cluster_tab *at = NEW_ARRAY(r->ctx->arena, struct cluster_tab, names.n + 1);
	if (names.n < 2)
		return (struct cluster_tab_list){ 0 };
	for (size_t i = 0; i < names.n; i++)
		at[i] = (struct cluster_tab){ cluster_title(r->ctx, names.at[i]), new_url(r, t->name, names.at[i]), same(names.at[i], cluster), 0 };
	return (struct cluster_tab_list){ at, names.n };
}

static const char *with_both(struct req *r, const char *path, const struct template *t, const char *cluster)
{
	return text(r->ctx->arena, "%s?template=%s&cluster=%s", path, t->name, cluster);
}

struct reply form_page(struct req *r, int status, const struct template *t, const char *cluster, struct form *form, const char *note)
{
	struct new_job m = {
		.troubles = troubles(r), .templates = cards(r, t, cluster), .clusters = cluster_tabs(r, t, cluster), .cluster = cluster,
		.template = t->name, .hint = t->hint, .note = note, .action = with_both(r, "/jobs/review", t, cluster), .form = form,
	};
	r->title = say(r->ctx, "New job: %s", t->title);
	r->crumb = tr(r->ctx, "Jobs");
	r->crumb_path = "/jobs";
	return reply_page_status(r, status, &new_job_view, &m);
}

/* ---- an earlier job ---- */

/* What can be told from the batch system's own record of a job. */
static struct texts values_of_job(struct req *r, const struct job *j)
{
	struct arena *a = r->ctx->arena;
	const char **at = NEW_ARRAY(a, const char *, 8);
	size_t n = 0;
	int64_t nodes = j->node_count > 0 ? j->node_count : 1;
	at[n++] = text(a, "name=%s", j->name ? j->name : "");
	at[n++] = text(a, "partition=%s", j->partition ? j->partition : "");
	at[n++] = text(a, "account=%s", j->account ? j->account : "");
	if (j->limit_minutes > 0)
		at[n++] = text(a, "walltime=%s", minutes_text(a, j->limit_minutes));
	at[n++] = text(a, "nodes=%lld", (long long)nodes);
	if (j->memory_mb > 0)
		at[n++] = text(a, "memory=%s", megabytes_text(a, j->memory_mb / nodes));
	if (!empty(j->folder))
		at[n++] = text(a, "folder=%s", j->folder);
	if (j->cpus > 0)
		at[n++] = text(a, "cpus=%lld", (long long)(j->cpus / nodes > 0 ? j->cpus / nodes : 1));
	return (struct texts){ at, n };
}

/* A hidden field that the earlier job had filled is shown, as it says something about the job. */
static const struct form_table *reveal(struct req *r, const struct form_table *table, const struct template *t, struct texts values)
{
	struct field *rows = NEW_ARRAY(r->ctx->arena, struct field, table->n + 1);
	struct form_table *out = NEW(r->ctx->arena, struct form_table);
	for (size_t i = 0; i < table->n; i++) {
		rows[i] = table->fields[i];
		if (rows[i].kind == FIELD_HIDDEN && !empty(value_in(values, rows[i].name, NULL)))
			rows[i].kind = t->fields[ask_find(rows[i].name)].kind;
	}
	*out = (struct form_table){ table->name, rows, table->n };
	return out;
}

struct earlier { struct submission s; bool recorded; struct job job; struct texts values; };

/* ?again=cluster/id, or ?submission=id. */
static bool find_earlier(struct req *r, struct earlier *e)
{
	const char *again = req_query(r, "again");
	struct texts parts = split(r->ctx->arena, again ? again : "", '/');
	bool seen;
	if (parts.n != 2)
		return fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such job, or it is not yours."), NULL);
	if (!job_mine(r, parts.at[0], parts.at[1], &e->job, &seen))
		return false;
	if (!submission_of_job(r->ctx, r->who.user, parts.at[0], parts.at[1], seen ? &e->job : NULL, &e->recorded, &e->s))
		return false;
	e->values = e->recorded && e->s.form.n ? e->s.form : values_of_job(r, &e->job);
	return true;
}

static struct reply show_again(struct req *r)
{
	struct earlier e = { 0 };
	const struct template *t;
	if (!find_earlier(r, &e))
		return reply_oops(r);
	if (!template_find(r->ctx, e.recorded ? e.s.template : NULL, &t)) {
		forget(r->ctx);
		if (!template_find(r->ctx, NULL, &t))
			return reply_oops(r);
	}
	const struct form_table *table = reveal(r, job_table(r, t, e.job.cluster), t, e.values);
	struct form *form = form_new(r->ctx, table);
	form_fill(form, table, e.values);
	const char *note = !e.recorded ? tr(r->ctx, "This job was not sent from here, so its command is not known. Its size and folder are filled in.")
		: e.s.edited ? tr(r->ctx, "The script of this job was edited by hand after the form. To send it just as it was, use “Same script again” on its page.") : NULL;
	return form_page(r, 200, t, e.job.cluster, form, note);
}

struct reply new_show(struct req *r)
{
	const struct template *t;
	const char *cluster;
	if (req_query(r, "again"))
		return show_again(r);
	if (!cluster_asked(r, &cluster) || !template_find(r->ctx, req_query(r, "template"), &t))
		return reply_oops(r);
	return form_page(r, 200, t, cluster, form_new(r->ctx, job_table(r, t, cluster)), NULL);
}

/* Back from the review, with what was typed. */
struct reply new_change(struct req *r)
{
	static const struct field rows[] = { { .name = "values", .kind = FIELD_HIDDEN, .label = MSG("Values"), .max = 400000 } };
	FORM(change_form, rows);
	struct draft d = { 0 };
	struct form *sent = form_read(r, &change_form);
	if (!cluster_asked(r, &d.cluster) || !draft_unpack(r, form_text(sent, "values"), &d))
		return reply_oops(r);
	const struct form_table *table = reveal(r, job_table(r, d.template, d.cluster), d.template, d.values);
	struct form *form = form_new(r->ctx, table);
	form_fill(form, table, d.values);
	return form_page(r, 200, d.template, d.cluster, form, NULL);
}
