/* apps: the user's apps: list, catalogue, form, status, log, sharing, volumes, requests. It changes no app itself: the deployer is asked (deploy.h). */
#include "apps_module.h"

#include "cluster.h"
#include "conf.h"

static const struct route routes[] = {
	{ GET,  "/apps",             apps_list,   .role = ROLE_USER, .help = "Apps of the signed-in user, and those shared with them" },
	{ GET,  "/apps/new",         new_show,    .role = ROLE_USER, .help = "The catalogue; with ?offer= the form of a new app, with &like= as that app was" },
	{ POST, "/apps",             new_create,  .role = ROLE_USER, .scope = "apps", .help = "Create an app (?offer=); confirmed=yes also when it is unusual" },
	{ POST, "/apps/do",          apps_do,     .role = ROLE_USER, .scope = "apps", .help = "Stop or delete several apps" },
	{ GET,  "/apps/:id",         app_show,    .role = ROLE_USER, .help = "One app: state, events, figures" },
	{ GET,  "/apps/:id/open",    app_open,    .role = ROLE_USER, .help = "Leads to the app's own address, signed in there; ?next= a path of it" },
	{ GET,  "/apps/:id/log",     app_log,     .role = ROLE_USER, .help = "The end of what it wrote" },
	{ GET,  "/apps/:id/log/text", log_text,   .role = ROLE_USER, .help = "The same as plain text" },
	{ GET,  "/apps/:id/delete",  delete_ask,  .role = ROLE_USER, .help = "Asks whether it is to be deleted" },
	{ POST, "/apps/:id/start",   app_start,   .role = ROLE_USER, .scope = "apps", .help = "Start it again" },
	{ POST, "/apps/:id/stop",    app_stop,    .role = ROLE_USER, .scope = "apps", .help = "Stop it" },
	{ POST, "/apps/:id/delete",  app_delete,  .role = ROLE_USER, .scope = "apps", .help = "Delete it" },
	{ POST, "/apps/:id/extend",  app_extend,  .role = ROLE_USER, .scope = "apps", .help = "Let it run longer" },
	{ POST, "/apps/:id/keep",    app_keep,    .role = ROLE_USER, .scope = "apps", .help = "Say that it is in use" },
	{ POST, "/apps/:id/share",   app_share,   .role = ROLE_USER, .scope = "apps", .help = "Let a colleague use it" },
	{ POST, "/apps/:id/unshare", app_unshare, .role = ROLE_USER, .scope = "apps", .help = "End that" },

	{ GET,  "/apps/volumes",                      volumes_list,  .role = ROLE_USER, .help = "Volumes of the clusters, and which app uses them" },
	{ POST, "/apps/volumes",                      volume_make,   .role = ROLE_USER, .scope = "apps", .help = "Make a volume" },
	{ GET,  "/apps/volumes/:engine/:name",        volume_show,   .role = ROLE_USER, .help = "One volume: its size, and asking whether it is to be deleted" },
	{ POST, "/apps/volumes/:engine/:name/resize", volume_resize, .role = ROLE_USER, .scope = "apps", .help = "Make it larger" },
	{ POST, "/apps/volumes/:engine/:name/delete", volume_delete, .role = ROLE_USER, .scope = "apps", .help = "Delete it with all that is in it" },

	{ GET,  "/apps/requests",            requests_list,  .role = ROLE_USER,  .help = "Ask for a kernel or an image; what was asked for and answered" },
	{ POST, "/apps/requests",            request_add,    .role = ROLE_USER,  .scope = "apps", .help = "Ask" },
	{ GET,  "/apps/requests/:id",        request_show,   .role = ROLE_USER,  .help = "One request; administrators answer it here" },
	{ POST, "/apps/requests/:id/answer", request_answer, .role = ROLE_ADMIN, .scope = "admin", .help = "Answer it" },
	{ POST, "/apps/requests/:id/offer",  request_offer,  .role = ROLE_ADMIN, .scope = "admin", .help = "Make it an entry of the catalogue" },
	{ GET,  "/apps/offers",              added_list,     .role = ROLE_ADMIN, .help = "Entries of the catalogue that were added here" },
	{ POST, "/apps/offers",              added_add,      .role = ROLE_ADMIN, .scope = "admin", .help = "Add an entry like another one" },
	{ POST, "/apps/offers/:name/remove", added_remove,   .role = ROLE_ADMIN, .scope = "admin", .help = "Remove it" },
};

struct db *portal;

bool app_asked(struct req *r, bool own, struct deployment *out, bool *is_own)
{
	struct db *db = apps_or_null(r->ctx);
	bool found = false;

	if (db && !app_for(r->ctx, db, r->who.user, req_part(r, "id"), &found, is_own, out))
		return false;
	if (found && (*is_own || !own))
		return true;
	return fail(r->ctx, KIND_NOT_FOUND, tr(r->ctx, "There is no such app. It may have been deleted meanwhile."), NULL);
}

struct app_list my_apps(struct req *r)
{
	struct db *db = apps_or_null(r->ctx);
	struct app_list mine = { 0 };

	if (db && !apps_of(r->ctx, db, r->who.user, &mine)) {
		log_line(r->ctx, "%s", r->ctx->error.detail ? r->ctx->error.detail : r->ctx->error.message);
		forget(r->ctx);
	}
	return mine;
}

const char *engine_title(struct ctx *ctx, const char *name)
{
	return tr(ctx, conf_get(text(ctx->arena, "engine %s", name), "title", name));
}

bool engine_has(struct ctx *ctx, const char *name, unsigned can)
{
	unsigned all = 0;

	if (!cluster_can(ctx, name, &all))
		forget(ctx);
	return all & can;
}

bool any_engine_has(struct ctx *ctx, unsigned can)
{
	struct texts engines = cluster_engines();

	for (size_t i = 0; i < engines.n; i++)
		if (engine_has(ctx, engines.at[i], can))
			return true;
	return false;
}

bool take_refusal(struct ctx *ctx, struct form *f)
{
	const char *field = deploy_wrong(ctx), *message = ctx->error.message;

	if (ctx->error.kind != KIND_INVALID && ctx->error.kind != KIND_CONFLICT && ctx->error.kind != KIND_UNAVAILABLE)
		return false;
	if (ctx->error.kind == KIND_UNAVAILABLE)
		log_line(ctx, "%s (%s)", message, ctx->error.detail ? ctx->error.detail : "");
	forget(ctx);
	form_wrong(f, has_field(f, field) ? field : NULL, message);
	return true;
}

static bool start(struct ctx *ctx)
{
	return db_open(ctx, "portal", DB_READ_WRITE, &portal);
}

int main(int argc, char **argv)
{
	static const struct app app = { .name = "apps", .routes = routes, .n = COUNT(routes), .start = start };

	return app_main(&app, argc, argv);
}
