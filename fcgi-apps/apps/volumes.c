/* volumes: storage of the clusters' own that outlives apps: list, make, enlarge, delete. */
#include "apps_module.h"
#include "views.h"

#include <string.h>

#include "cluster.h"

enum { CHANGING_S = 2 };

static const struct { const char *state, *says, *css; } states[] = {
	{ "making", MSG("Being made"), "waiting" }, { "resizing", MSG("Being enlarged"), "waiting" }, { "removing", MSG("Being deleted"), "held" },
	{ "ready", MSG("Ready"), "running" }, { "failed", MSG("Failed"), "failed" },
};

/* Names of the user's apps that use it. */
static const char *used_by(struct ctx *ctx, const struct app_list *mine, const struct app_volume *v)
{
	const char *prefix = text(ctx->arena, "%s:", v->name);
	struct buf out;

	buf_in(&out, ctx->arena);
	for (size_t i = 0; i < mine->n; i++)
		for (size_t k = 0; same(mine->at[i].engine, v->engine) && k < mine->at[i].volumes.n; k++)
			if (starts_with(mine->at[i].volumes.at[k], prefix))
				buf_printf(&out, "%s%s", out.n ? ", " : "", mine->at[i].name);
	return buf_cstr(&out);
}

static struct volume_row row_of(struct req *r, const struct app_list *mine, const struct app_volume *v)
{
	struct ctx *ctx = r->ctx;
	struct volume_row row = { .name = v->name, .path = text(ctx->arena, "/apps/volumes/%s/%s", v->engine, v->name), .engine = engine_title(ctx, v->engine),
		.size = human_size(ctx->arena, (v->size_mb ? v->size_mb : v->wanted_mb) << 20), .state = v->state, .css = "", .created = v->created,
		.message = empty(v->message) ? NULL : app_message(ctx, v->message, NULL), .used_by = used_by(ctx, mine, v) };

	for (size_t i = 0; i < COUNT(states); i++)
		if (same(states[i].state, v->state)) {
			row.state = tr(ctx, states[i].says);
			row.css = states[i].css;
		}
	if (!same(v->state, "ready") && !same(v->state, "failed"))
		r->refresh = CHANGING_S;
	return row;
}

/* Where the size is only a number, that is said; NULL where the cluster holds a volume to it. */
static const char *no_limit(struct ctx *ctx, const char *title)
{
	return empty(title) ? NULL : say(ctx, "On %s nothing holds a volume to its size: it counts for your quota, but it is no limit, and no room is set aside.", title);
}

/* ---- list and making -------------------------------------------------------------------------------------------- */

static const struct form_table *make_table(struct ctx *ctx)
{
	struct texts engines = cluster_engines();
	struct choice *choices = NEW_ARRAY(ctx->arena, struct choice, engines.n + 1);
	struct field *rows = NEW_ARRAY(ctx->arena, struct field, 3);
	struct form_table *table = NEW(ctx->arena, struct form_table);
	size_t n = 0, have = 0;
	struct buf loose;

	buf_in(&loose, ctx->arena);
	for (size_t i = 0; i < engines.n; i++) {
		if (!engine_has(ctx, engines.at[i], CLUSTER_CAN_VOLUME))
			continue;
		choices[have++] = (struct choice){ engines.at[i], engine_title(ctx, engines.at[i]) };
		if (!engine_has(ctx, engines.at[i], CLUSTER_CAN_SIZE))
			buf_printf(&loose, "%s%s", loose.n ? ", " : "", engine_title(ctx, engines.at[i]));
	}
	rows[n++] = (struct field){ .name = "name", .label = MSG("Name"), .required = true, .max = 40, .grammar = "[a-z][a-z0-9-]*", .hint = MSG("In apps it is /volumes/NAME."),
		.grammar_says = MSG("Small letters, digits and dashes; a letter first.") };
	rows[n++] = (struct field){ .name = "engine", .kind = FIELD_CHOICE, .label = MSG("Cluster"), .required = true, .choices = choices, .n_choices = have,
		.preset = have ? choices[0].value : NULL };
	rows[n++] = (struct field){ .name = "size", .kind = FIELD_INTEGER, .label = MSG("Size in GiB"), .required = true, .min = 1, .max = 16384, .preset = "10",
		.hint = no_limit(ctx, buf_cstr(&loose)) };
	*table = (struct form_table){ "volume", rows, n };
	return table;
}

static struct reply list(struct req *r, const struct form *f, int status)
{
	struct volumes *page = NEW(r->ctx->arena, struct volumes);
	struct db *db = apps_or_null(r->ctx);
	struct app_list mine = my_apps(r);
	struct app_volume_list all = { 0 };

	if (db && !app_volumes(r->ctx, db, r->who.user, &all))
		return reply_oops(r);
	struct volume_row *rows = NEW_ARRAY(r->ctx->arena, struct volume_row, all.n + 1);

	for (size_t i = 0; i < all.n; i++)
		rows[i] = row_of(r, &mine, &all.at[i]);
	page->rows = (struct volume_row_list){ rows, all.n };
	page->can = any_engine_has(r->ctx, CLUSTER_CAN_VOLUME);
	page->troubles = troubles_of(r->ctx);
	if (page->can)
		page->form = f ? f : form_new(r->ctx, make_table(r->ctx));
	if (status != 200)
		r->refresh = 0;
	r->title = tr(r->ctx, "Volumes");
	r->crumb = tr(r->ctx, "Apps");
	r->crumb_path = "/apps";
	return reply_page_status(r, status, &volumes_view, page);
}

struct reply volumes_list(struct req *r)
{
	return list(r, NULL, 200);
}

static struct app_volume_list all_of(struct req *r)
{
	struct app_volume_list all = { 0 };
	struct db *db = apps_or_null(r->ctx);

	if (db && !app_volumes(r->ctx, db, r->who.user, &all))
		forget(r->ctx);
	return all;
}

static const struct app_volume *volume_of(const struct app_volume_list *all, const char *engine, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (same(all->at[i].engine, engine) && same(all->at[i].name, name))
			return &all->at[i];
	return NULL;
}

struct reply volume_make(struct req *r)
{
	struct form *f = form_read(r, make_table(r->ctx));
	struct app_volume_list all = all_of(r);

	if (!f)
		return reply_oops(r);
	if (form_good(f) && volume_of(&all, form_text(f, "engine"), form_text(f, "name")))
		form_wrong(f, "name", tr(r->ctx, "You have a volume of this name there. Its own page enlarges it."));
	if (!form_good(f))
		return list(r, f, 422);
	if (deploy_volume(r->ctx, r->who.proof, form_text(f, "engine"), form_text(f, "name"), form_integer(f, "size") << 10))
		return reply_go(r, "/apps/volumes", say(r->ctx, "The volume %s is being made.", form_text(f, "name")));
	return take_refusal(r->ctx, f) ? list(r, f, 422) : reply_oops(r);
}

/* ---- one volume ------------------------------------------------------------------------------------------------------ */

static const struct form_table *size_table(struct ctx *ctx, const struct app_volume *v)
{
	struct field *rows = NEW_ARRAY(ctx->arena, struct field, 1);
	struct form_table *table = NEW(ctx->arena, struct form_table);
	int64_t least = (v->size_mb >> 10) + 1;

	rows[0] = (struct field){ .name = "size", .kind = FIELD_INTEGER, .label = MSG("New size in GiB"), .required = true, .min = least, .max = 16384,
		.hint = MSG("A volume can only grow."), .preset = text(ctx->arena, "%lld", (long long)(2 * (least - 1) > least ? 2 * (least - 1) : least)) };
	*table = (struct form_table){ "resize", rows, 1 };
	return table;
}

static const struct app_volume *asked_for(struct req *r)
{
	struct app_volume_list all = all_of(r);
	const struct app_volume *v = volume_of(&all, req_part(r, "engine"), req_part(r, "name"));

	if (!v)
		fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such volume."), NULL);
	return v;
}

static struct reply one(struct req *r, const struct app_volume *v, const struct form *f, int status)
{
	struct one_volume *page = NEW(r->ctx->arena, struct one_volume);
	struct volume_row *row = NEW(r->ctx->arena, struct volume_row);
	struct app_list mine = my_apps(r);

	*row = row_of(r, &mine, v);
	page->volume = row;
	page->no_limit = engine_has(r->ctx, v->engine, CLUSTER_CAN_SIZE) ? NULL : no_limit(r->ctx, row->engine);
	page->removable = empty(row->used_by) && !same(v->state, "removing");
	if (same(v->state, "ready") && engine_has(r->ctx, v->engine, CLUSTER_CAN_RESIZE))
		page->resize_form = f ? f : form_new(r->ctx, size_table(r->ctx, v));
	r->title = say(r->ctx, "Volume %s", v->name);
	r->crumb = tr(r->ctx, "Volumes");
	r->crumb_path = "/apps/volumes";
	return reply_page_status(r, status, &one_volume_view, page);
}

struct reply volume_show(struct req *r)
{
	const struct app_volume *v = asked_for(r);

	return v ? one(r, v, NULL, 200) : reply_oops(r);
}

struct reply volume_resize(struct req *r)
{
	const struct app_volume *v = asked_for(r);
	struct form *f = v ? form_read(r, size_table(r->ctx, v)) : NULL;

	if (!f)
		return reply_oops(r);
	/* The page has no form there that could say so. */
	if (!engine_has(r->ctx, v->engine, CLUSTER_CAN_RESIZE)) {
		fail(r->ctx, KIND_INVALID, tr(r->ctx, "Volumes of this cluster cannot change their size. Make a new one and copy the files."), NULL);
		return reply_oops(r);
	}
	if (!form_good(f))
		return one(r, v, f, 422);
	if (deploy_volume(r->ctx, r->who.proof, v->engine, v->name, form_integer(f, "size") << 10))
		return reply_go(r, text(r->ctx->arena, "/apps/volumes/%s/%s", v->engine, v->name), tr(r->ctx, "It is being enlarged."));
	return take_refusal(r->ctx, f) ? one(r, v, f, 422) : reply_oops(r);
}

struct reply volume_delete(struct req *r)
{
	const struct app_volume *v = asked_for(r);

	if (!v || !deploy_volume(r->ctx, r->who.proof, v->engine, v->name, 0))
		return reply_oops(r);
	return reply_go(r, "/apps/volumes", say(r->ctx, "The volume %s is being deleted.", v->name));
}
