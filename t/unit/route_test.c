/* route_test: which handler serves a path, and the paths that nobody serves. */
#include "app_private.h"
#include "tap.h"

static struct ctx ctx;

static struct reply nothing(struct req *r)
{
	(void)r;
	return (struct reply){0};
}

static const struct route routes[] = {
	{ GET, "/", nothing, .help = "root" },
	{ GET, "/jobs", nothing, .help = "list" },
	{ POST, "/jobs", nothing, .help = "submit" },
	{ GET, "/jobs/:id", nothing, .help = "show" },
	{ GET, "/jobs/new", nothing, .help = "new" },
	{ POST, "/jobs/:id/cancel", nothing, .help = "cancel" },
	{ GET, "/files/in/:place/*path", nothing, .help = "folder" },
	{ GET, "/files/in/:place/trash", nothing, .help = "trash" },
};
static const struct app app = { .name = "t", .routes = routes, .n = COUNT(routes) };

static void finds(const char *path, enum method method, const char *help, const char *name, const char *value)
{
	struct params parts = {0};
	unsigned allowed;
	const struct route *route = route_find(&ctx, &app, path, method, &parts, &allowed);
	is(route ? route->help : NULL, help, "%s %s", method == GET ? "GET" : "POST", path);
	if (name)
		is(params_get(&parts, name, NULL), value, "%s of %s", name, path);
	forget(&ctx);
}

static void test_found(void)
{
	finds("/", GET, "root", NULL, NULL);
	finds("/jobs", GET, "list", NULL, NULL);
	finds("/jobs/", GET, "list", NULL, NULL);
	finds("/jobs", POST, "submit", NULL, NULL);
	finds("/jobs/new", GET, "new", NULL, NULL);
	finds("/jobs/n%65w", GET, "new", NULL, NULL);
	finds("/jobs/12", GET, "show", "id", "12");
	finds("/jobs/a%20b+c", GET, "show", "id", "a b+c");
	finds("/jobs/12/cancel", POST, "cancel", "id", "12");
	finds("/files/in/home", GET, "folder", "path", "");
	finds("/files/in/home/", GET, "folder", "place", "home");
	finds("/files/in/home/a/b%2Ec/d", GET, "folder", "path", "a/b.c/d");
	finds("/files/in/home/trash", GET, "trash", NULL, NULL);
	finds("/files/in/home/%ff", GET, "folder", "path", "\xff");
}

static void test_not_found(void)
{
	unsigned allowed;
	struct params parts = {0};
	finds("/job", GET, NULL, NULL, NULL);
	finds("/jobs/1/2", GET, NULL, NULL, NULL);
	finds("/Jobs", GET, NULL, NULL, NULL);
	finds("/jobs/1/cancel", GET, NULL, NULL, NULL);
	ok(!route_find(&ctx, &app, "/jobs/1/cancel", GET, &parts, &allowed), "a path of another method");
	is_int(allowed, 1u << POST, "says which");
	ok(!route_find(&ctx, &app, "/nothing", GET, &parts, &allowed), "no path");
	is_int(allowed, 0, "no method");
	is_int(ctx.error.kind, KIND_NONE, "not found is no error of the path");
}

static void test_refused(void)
{
	static const char *const bad[] = { "", "jobs", "//", "//jobs", "/jobs//1", "/.", "/..", "/jobs/..", "/jobs/../x", "/jobs/%2e%2e", "/jobs/%2E",
		"/jobs/.%2e/x", "/%", "/%4", "/%zz", "/%00", "/a%00b", "/a%2fb", "/a%2Fb", "/%2f" };
	struct texts parts;
	for (size_t i = 0; i < COUNT(bad); i++) {
		ok(!path_split(&ctx, bad[i], &parts), "refused: '%s'", bad[i]);
		is_int(ctx.error.kind, KIND_BAD_REQUEST, "as a bad request");
		forget(&ctx);
	}
	struct buf deep;
	buf_in(&deep, ctx.arena);
	for (int i = 0; i < 4096; i++)
		buf_text(&deep, "/a");
	ok(!path_split(&ctx, buf_cstr(&deep), &parts), "4096 deep");
	forget(&ctx);
	ok(path_split(&ctx, "/a...b/..c/.d", &parts) && parts.n == 3, "dots in names");
}

int main(void)
{
	ctx.arena = arena_new(0);
	test_found();
	test_not_found();
	test_refused();
	arena_free(ctx.arena);
	return done_testing();
}
