/* new: the catalogue, the form of one entry, and creating. One click (quick=yes) creates with the last or preset size. */
#include "apps_module.h"
#include "views.h"

#include <stdlib.h>
#include <string.h>

#include "cluster.h"
#include "conf.h"

enum { MOST_FIELDS = 10 };

static bool shown(const struct offer *o)
{
	return o->any_image || !empty(o->image);
}

static struct reply catalogue(struct req *r, const struct offers *offers)
{
	struct catalogue *page = NEW(r->ctx->arena, struct catalogue);
	struct offer_card *rows = NEW_ARRAY(r->ctx->arena, struct offer_card, offers->n + 1);
	size_t n = 0;

	for (size_t i = 0; i < offers->n; i++) {
		const struct offer *o = &offers->at[i];

		if (shown(o))
			rows[n++] = (struct offer_card){ .name = o->name, .title = o->title[r->ctx->lang], .help = o->help[r->ctx->lang],
				.icon = text(r->ctx->arena, "/static/icons/%s.svg", o->icon), .form_path = text(r->ctx->arena, "/apps/new?offer=%s", o->name) };
	}
	page->offers = (struct offer_card_list){ rows, n };
	page->troubles = troubles_of(r->ctx);
	r->title = tr(r->ctx, "New app");
	r->crumb = tr(r->ctx, "Apps");
	r->crumb_path = "/apps";
	return reply_page(r, &catalogue_view, page);
}

/* ---- the form ---------------------------------------------------------------------------------------------------- */

static const char *range(struct ctx *ctx, const char *least, const char *most)
{
	return say(ctx, "From %s to %s.", least, most);
}

static bool gpus_anywhere(struct ctx *ctx, const struct offer *o)
{
	struct texts engines = cluster_engines();

	for (size_t i = 0; i < engines.n; i++) {
		unsigned can = 0;

		if (!cluster_can(ctx, engines.at[i], &can))
			forget(ctx);
		if ((can & CLUSTER_CAN_GPU) && offer_on_engine(o, engines.at[i]))
			return o->gpus.most > 0;
	}
	return false;
}

static void add_engines(struct ctx *ctx, const struct offer *o, struct field *rows, size_t *n)
{
	struct texts engines = cluster_engines();
	struct choice *choices = NEW_ARRAY(ctx->arena, struct choice, engines.n + 1);
	size_t have = 0;

	choices[have++] = (struct choice){ "", MSG("Where there is room") };
	for (size_t i = 0; i < engines.n; i++)
		if (offer_on_engine(o, engines.at[i]))
			choices[have++] = (struct choice){ engines.at[i], conf_get(text(ctx->arena, "engine %s", engines.at[i]), "title", engines.at[i]) };
	if (have > 2)
		rows[(*n)++] = (struct field){ .name = "engine", .kind = FIELD_CHOICE, .label = MSG("Cluster"), .choices = choices, .n_choices = have };
}

/* All places but the first, which is always there. */
static void add_places(struct ctx *ctx, const struct offer *o, struct field *rows, size_t *n)
{
	struct choice *choices = NEW_ARRAY(ctx->arena, struct choice, o->places.n + 1);
	size_t have = 0;

	for (size_t i = 1; i < o->places.n; i++)
		choices[have++] = (struct choice){ o->places.at[i], conf_get(text(ctx->arena, "place %s", o->places.at[i]), "title", o->places.at[i]) };
	if (have)
		rows[(*n)++] = (struct field){ .name = "places", .kind = FIELD_CHOICES, .label = MSG("Folders besides your home"), .choices = choices, .n_choices = have };
}

static const struct form_table *table_of(struct ctx *ctx, const struct offer *o)
{
	struct field *rows = NEW_ARRAY(ctx->arena, struct field, MOST_FIELDS);
	struct form_table *table = NEW(ctx->arena, struct form_table);
	size_t n = 0;

	rows[n++] = (struct field){ .name = "name", .label = MSG("Name"), .required = true, .min = 1, .max = 60 };
	if (o->any_image)
		rows[n++] = (struct field){ .name = "image", .label = MSG("Image"), .required = true, .max = 255,
			.hint = say(ctx, "Images may come from here: %s", conf_get("apps", "registries", "localhost/")) };
	rows[n++] = (struct field){ .name = "cpu", .label = MSG("CPU cores"), .required = true, .max = 10, .grammar = "[0-9]{1,5}([.][0-9]{1,2})?",
		.grammar_says = MSG("A number such as 2 or 0.5, please."),
		.hint = range(ctx, cores_text(ctx->arena, o->cpu_milli.least), cores_text(ctx->arena, o->cpu_milli.most)) };
	rows[n++] = (struct field){ .name = "memory", .kind = FIELD_INTEGER, .label = MSG("Memory in MiB"), .required = true,
		.min = o->memory_mb.least, .max = o->memory_mb.most };
	if (gpus_anywhere(ctx, o))
		rows[n++] = (struct field){ .name = "gpus", .kind = FIELD_INTEGER, .label = MSG("GPUs"), .min = o->gpus.least, .max = o->gpus.most };
	rows[n++] = (struct field){ .name = "hours", .kind = FIELD_INTEGER, .label = MSG("Hours until it ends"), .required = true,
		.hint = MSG("You can extend it while it runs."), .min = o->hours.least, .max = o->hours.most };
	add_engines(ctx, o, rows, &n);
	add_places(ctx, o, rows, &n);
	*table = (struct form_table){ "app", rows, n };
	return table;
}

static bool has_field(const struct form_table *table, const char *name)
{
	for (size_t i = 0; i < table->n; i++)
		if (same(table->fields[i].name, name))
			return true;
	return false;
}

static struct app_list my_apps(struct req *r)
{
	struct db *db = apps_or_null(r->ctx);
	struct app_list mine = { 0 };

	if (db && !apps_of(r->ctx, db, r->who.user, &mine))
		forget(r->ctx);
	return mine;
}

static struct form *preset_form(struct req *r, const struct offer *o)
{
	const struct form_table *table = table_of(r->ctx, o);
	struct form *f = form_new(r->ctx, table);
	struct deployment size = { 0 };
	struct app_list mine = my_apps(r);

	last_size(&mine, o, &size);
	form_set(f, "name", free_name(r->ctx, &mine, o));
	form_set(f, "cpu", cores_text(r->ctx->arena, size.cpu_milli));
	form_set(f, "memory", text(r->ctx->arena, "%lld", (long long)size.memory_mb));
	form_set(f, "hours", text(r->ctx->arena, "%lld", (long long)(size.minutes + 59) / 60));
	if (has_field(table, "gpus"))
		form_set(f, "gpus", text(r->ctx->arena, "%lld", (long long)size.gpus));
	if (has_field(table, "places"))
		for (size_t i = 1; i < o->places.n; i++)
			form_set(f, "places", o->places.at[i]);
	return f;
}

/* What is left of the quota, where there is one engine only; with several the answer depends on the choice. */
static const char *quota_text(struct req *r)
{
	struct texts engines = cluster_engines();
	struct app_list mine = my_apps(r);

	if (engines.n != 1)
		return NULL;
	struct app_quota most = app_quota_most(engines.at[0]);

	for (size_t i = 0; i < mine.n; i++) {
		if (!app_holds(&mine.at[i]))
			continue;
		most.cpu_milli -= mine.at[i].cpu_milli;
		most.memory_mb -= mine.at[i].memory_mb;
		most.apps--;
	}
	return say(r->ctx, "Left of your quota: %s CPU, %s of memory, %lld apps.", cores_text(r->ctx->arena, most.cpu_milli > 0 ? most.cpu_milli : 0),
		human_size(r->ctx->arena, most.memory_mb > 0 ? most.memory_mb << 20 : 0), (long long)(most.apps > 0 ? most.apps : 0));
}

static struct reply form_reply(struct req *r, const struct offer *o, int status, const struct form *f)
{
	struct app_form *page = NEW(r->ctx->arena, struct app_form);

	*page = (struct app_form){ .title = o->title[r->ctx->lang], .help = o->help[r->ctx->lang], .form = f, .quota = quota_text(r),
		.action = text(r->ctx->arena, "/apps?offer=%s", o->name) };
	r->title = say(r->ctx, "New app: %s", o->title[r->ctx->lang]);
	r->crumb = tr(r->ctx, "Catalogue");
	r->crumb_path = "/apps/new";
	return reply_page_status(r, status, &app_form_view, page);
}

static bool find_offer(struct req *r, const struct offer **out)
{
	struct offers offers;

	if (!offers_read(r->ctx, apps_or_null(r->ctx), &offers))
		return false;
	*out = offer_find(&offers, req_query(r, "offer"));
	return *out && shown(*out) ? true : fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such app in the catalogue."), NULL);
}

struct reply new_show(struct req *r)
{
	struct offers offers;
	const struct offer *o;

	if (empty(req_query(r, "offer")))
		return offers_read(r->ctx, apps_or_null(r->ctx), &offers) ? catalogue(r, &offers) : reply_oops(r);
	return find_offer(r, &o) ? form_reply(r, o, 200, preset_form(r, o)) : reply_oops(r);
}

/* ---- creating ------------------------------------------------------------------------------------------------------- */

/* "1.25" in thousandths; the grammar has been checked. */
static int64_t milli_of(const char *value)
{
	int64_t out = 0, scale = 100;
	const char *s = value;

	for (; *s >= '0' && *s <= '9'; s++)
		out = out * 10 + (*s - '0');
	out *= 1000;
	for (s += *s == '.'; *s >= '0' && *s <= '9' && scale; s++, scale /= 10)
		out += (*s - '0') * scale;
	return out;
}

static struct reply create(struct req *r, const struct offer *o, struct form *f, const struct deploy_ask *ask)
{
	const char *id;

	if (deploy_create(r->ctx, r->who.proof, ask, &id))
		return reply_go(r, text(r->ctx->arena, "/apps/%s", id), NULL);
	if (r->ctx->error.kind != KIND_INVALID && r->ctx->error.kind != KIND_UNAVAILABLE)
		return reply_oops(r);
	const char *field = deploy_wrong(r->ctx), *message = r->ctx->error.message;
	int status = r->ctx->error.kind == KIND_INVALID ? 422 : 503;

	forget(r->ctx);
	form_wrong(f, field && has_field(form_table_of(f), field) ? field : NULL, message);
	return form_reply(r, o, status, f);
}

static const struct field quick_rows[] = { { .name = "quick", .kind = FIELD_HIDDEN, .label = MSG("One click"), .max = 3 } };
FORM(quick_form, quick_rows);

struct reply new_create(struct req *r)
{
	const struct offer *o;
	struct form *asked = form_read(r, &quick_form), *f;

	if (!asked || !find_offer(r, &o))
		return reply_oops(r);
	f = same(form_text(asked, "quick"), "yes") && !o->any_image ? preset_form(r, o) : form_read(r, table_of(r->ctx, o));
	if (!f)
		return reply_oops(r);
	if (!form_good(f))
		return form_reply(r, o, 422, f);
	struct deploy_ask ask = { .offer = o->name, .name = form_text(f, "name"), .image = o->any_image ? form_text(f, "image") : "", .key = r->key,
		.cpu_milli = milli_of(form_text(f, "cpu")), .memory_mb = form_integer(f, "memory"), .minutes = 60 * form_integer(f, "hours") };

	if (has_field(form_table_of(f), "gpus"))
		ask.gpus = form_integer(f, "gpus");
	if (has_field(form_table_of(f), "engine"))
		ask.engine = form_text(f, "engine");
	if (has_field(form_table_of(f), "places"))
		ask.places = form_texts(f, "places");
	return create(r, o, f, &ask);
}
