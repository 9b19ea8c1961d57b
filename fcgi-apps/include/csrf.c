/*
 * csrf: a POST must come from a page of ours. Somebody signed in proves it with the session's secret, somebody who is not with a
 * cookie that only this host can have set (__Host-); browsers' own words (Origin, Sec-Fetch-Site) are checked as well.
 */
#include "app_private.h"
#include "conf.h"

#include <string.h>

#include <sodium.h>

static bool refuse(struct req *r, const char *why)
{
	return fail(r->ctx, KIND_FORBIDDEN, tr(r->ctx, "This form was not sent from a current page of the portal, so nothing was changed. Please load the page again and repeat it."), "csrf: %s", why);
}

bool csrf_origin(struct req *r)
{
	const char *site = env_get(r->state->wire, "HTTP_SEC_FETCH_SITE"), *origin = env_get(r->state->wire, "HTTP_ORIGIN");
	const char *host = conf_get("site", "host", env_get(r->state->wire, "HTTP_HOST"));
	if (!empty(site) && !same(site, "same-origin") && !same(site, "none"))
		return refuse(r, "sent from another site");
	if (!empty(origin) && !same(origin, text(r->ctx->arena, "https://%s", host ? host : "")))
		return refuse(r, "foreign origin");
	return true;
}

static bool equal(const char *a, const char *b)
{
	size_t n = a ? strlen(a) : 0;
	return n >= 16 && b && strlen(b) == n && sodium_memcmp(a, b, n) == 0;
}

bool csrf_field(struct req *r, const char *given)
{
	/* Without a session only the routes that say so take a form. */
	const char *wanted = r->who.user ? r->who.csrf : r->state->route->anyone ? req_cookie(r, form_cookie_name) : NULL;
	if (!equal(wanted, given))
		return refuse(r, given ? "wrong secret" : "no secret");
	r->state->csrf_checked = true;
	return true;
}

bool app_change(struct req *r, struct db *db, bool (*fn)(struct ctx *, struct db_write *, void *), void *arg)
{
	if (method_safe(r->method) || !r->state->csrf_checked)
		die("a change outside a checked POST: %s", r->path);
	return db_change(r->ctx, db, fn, arg);
}
