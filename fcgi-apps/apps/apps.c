/* apps: the user's apps: list, catalogue, form, status, log, sharing. It changes nothing itself: the deployer is asked (deploy.h). */
#include "apps_module.h"

static const struct route routes[] = {
	{ GET,  "/apps",             apps_list,   .role = ROLE_USER, .help = "Apps of the signed-in user, and those shared with them" },
	{ GET,  "/apps/new",         new_show,    .role = ROLE_USER, .help = "The catalogue; with ?offer= the form of a new app" },
	{ POST, "/apps",             new_create,  .role = ROLE_USER, .scope = "apps", .help = "Create an app (?offer=)" },
	{ POST, "/apps/do",          apps_do,     .role = ROLE_USER, .scope = "apps", .help = "Stop or delete several apps" },
	{ GET,  "/apps/:id",         app_show,    .role = ROLE_USER, .help = "One app: state, events, figures" },
	{ GET,  "/apps/:id/open",    app_open,    .role = ROLE_USER, .help = "Leads to the app's own address, signed in there" },
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
};

static struct db *apps_db;

struct db *apps_or_null(struct ctx *ctx)
{
	if (!apps_db && !apps_open(ctx, &apps_db))
		forget(ctx);
	return apps_db;
}

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

int main(int argc, char **argv)
{
	static const struct app app = { .name = "apps", .routes = routes, .n = COUNT(routes) };

	return app_main(&app, argc, argv);
}
