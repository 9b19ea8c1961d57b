/* verbs: start, stop, delete, extend, keep, end a share. Each asks the deployer and leads back to the app's page. */
#include "apps_module.h"
#include "views.h"

static const char *path_of(struct req *r)
{
	return text(r->ctx->arena, "/apps/%s", req_part(r, "id"));
}

/* What cannot be done now is said on the app's page, where the state is. */
static struct reply verb(struct req *r, enum deploy_verb what, const char *to, const char *said)
{
	if (deploy_app(r->ctx, r->who.proof, what, req_part(r, "id")))
		return reply_go(r, to, said);
	if (r->ctx->error.kind != KIND_INVALID && r->ctx->error.kind != KIND_CONFLICT)
		return reply_oops(r);
	said = r->ctx->error.message;
	forget(r->ctx);
	return reply_go(r, path_of(r), said);
}

struct reply app_start(struct req *r) { return verb(r, DEPLOY_START, path_of(r), NULL); }
struct reply app_stop(struct req *r) { return verb(r, DEPLOY_STOP, path_of(r), NULL); }
struct reply app_keep(struct req *r) { return verb(r, DEPLOY_KEEP, path_of(r), tr(r->ctx, "Good: it goes on.")); }
struct reply app_delete(struct req *r) { return verb(r, DEPLOY_DELETE, "/apps", tr(r->ctx, "It is being deleted. Your files stay.")); }

struct reply delete_ask(struct req *r)
{
	struct app_delete *page = NEW(r->ctx->arena, struct app_delete);
	struct deployment a;
	bool own = false;

	if (!app_asked(r, true, &a, &own))
		return reply_oops(r);
	*page = (struct app_delete){ .path = path_of(r), .name = a.name, .running = same(a.state, APP_RUNNING) };
	r->title = say(r->ctx, "Delete %s?", a.name);
	r->crumb = a.name;
	r->crumb_path = page->path;
	return reply_page(r, &app_delete_view, page);
}

static const struct field extend_rows[] = {
	{ .name = "hours", .kind = FIELD_INTEGER, .label = MSG("Hours"), .required = true, .min = 1, .max = 8784 },
};
FORM(extend, extend_rows);

struct reply app_extend(struct req *r)
{
	struct form *f = form_read(r, &extend);
	int64_t ends = 0;

	if (!f || !form_good(f))
		return f ? reply_fail(r, KIND_INVALID, tr(r->ctx, "Please say by how many hours.")) : reply_oops(r);
	if (deploy_extend(r->ctx, r->who.proof, req_part(r, "id"), 60 * form_integer(f, "hours"), &ends))
		return reply_go(r, path_of(r), tr(r->ctx, "Good: it runs longer."));
	if (r->ctx->error.kind != KIND_INVALID && r->ctx->error.kind != KIND_CONFLICT)
		return reply_oops(r);
	const char *said = r->ctx->error.message;

	forget(r->ctx);
	return reply_go(r, path_of(r), said);
}

static const struct field unshare_rows[] = {
	{ .name = "with", .kind = FIELD_HIDDEN, .label = MSG("Colleague's user name"), .required = true, .max = 64 },
};
FORM(unshare, unshare_rows);

struct reply app_unshare(struct req *r)
{
	struct form *f = form_read(r, &unshare);

	if (!f || !form_good(f))
		return f ? reply_fail(r, KIND_INVALID, tr(r->ctx, "Please say with whom.")) : reply_oops(r);
	if (!deploy_unshare(r->ctx, r->who.proof, req_part(r, "id"), form_text(f, "with")))
		return reply_oops(r);
	return reply_go(r, path_of(r), say(r->ctx, "No longer shared with %s. What they had open is closed within seconds.", form_text(f, "with")));
}
