/* The catalogue of apps: entries that are shipped, every kind of mistake with its line, references of images, what the gateway adds. */
#include "apps.h"
#include "conf.h"
#include "state_site.h"
#include "tap.h"

#include <sys/stat.h>

#define LEAST "[app]\ntitle = T\nport = 80\ncpu = 0.1 1 8\nmemory = 1 2 3\nhours = 1 2 3\n"

static bool parse(struct ctx *ctx, const char *entry, struct offer *out)
{
	return offer_parse(ctx, "x", (struct bytes){ (const unsigned char *)entry, strlen(entry) }, out);
}

/* Why not, if not. */
static bool told(struct ctx *ctx, bool good)
{
	if (!good)
		diag("%s", ctx->error.detail ? ctx->error.detail : "no detail");
	return good;
}

static void test_values(struct ctx *ctx)
{
	struct offer o;

	ok(told(ctx, parse(ctx, LEAST "title.ko = 티\nhelp = H\nimage = localhost/x:1\ncommand = /bin/sh -c \"echo \\\"a b\\\" \\\\\"  last\nenvironment = A=b \"C=d e\"\n"
		"engines = one two\ngpus = 0 1 2\nidle = jupyter\nidle-minutes = 5\nsecret = file /run/s\nbase = env BASE\ngate = header X-Key: a %s b\nany-image = yes\n"
		"ready = /r\nstart = /s\nkind = service\nplaces = home scratch\ntmpfs = /tmp\n# end\n", &o)), "all keys");
	is(o.title[LANG_KO], "티", "a Korean title");
	is(o.help[LANG_KO], "H", "a missing text is the English one");
	is_int(o.command.n, 4, "words");
	is(o.command.at[2], "echo \"a b\" \\", "quoted ones are one");
	is(o.environment.at[1], "C=d e", "in variables as well");
	is_int(o.cpu_milli.least, 100, "a tenth of a core");
	is_int(o.memory_mb.most, 3, "MiB");
	is_int(o.idle_minutes, 5, "minutes");
	is(o.secret_name, "/run/s", "a file for the secret");
	is(offer_header(ctx->arena, &o, "S"), "X-Key: a S b", "a header for the app");
	ok(offer_on_engine(&o, "two") && !offer_on_engine(&o, "three"), "engines by name");
	ok(o.any_image && o.kind == OFFER_SERVICE && o.idle == IDLE_JUPYTER, "kinds");
	ok(parse(ctx, LEAST, &o) && offer_on_engine(&o, "any"), "the least there must be; it runs anywhere");
	is(o.start, "/", "presets");
	ok(parse(ctx, LEAST "secret = env S\ngate = cookie c\n", &o), "a cookie");
	is(offer_header(ctx->arena, &o, "S"), "Cookie: c=S", "for the app");
	ok(parse(ctx, LEAST "secret = env S\ngate = basic naru\n", &o), "a user and a password");
	is(offer_header(ctx->arena, &o, "S"), "Authorization: Basic bmFydTpT", "in base64");
	ok(parse(ctx, LEAST "base = file /run/base\n", &o) && o.base == OFFER_FILE, "the path it is served under by a file");
	is(o.base_name, "/run/base", "with its name");
	ok(parse(ctx, LEAST "command = serve\nbase = argument --base=%s\n", &o) && o.base == OFFER_ARGUMENT, "by an argument");
	is(o.base_name, "--base=%s", "with its word");
	ok(parse(ctx, "\r\n" LEAST "gate = none\r\n", &o) && !offer_header(ctx->arena, &o, "S"), "nothing");
}

static const struct { const char *name, *entry; int line; } wrong[] = {
	{ "nothing", "", 1 }, { "no section", "title = T\n", 1 }, { "another section", "[apps]\n", 1 }, { "no equals sign", "[app]\ntitle\n", 2 },
	{ "an unknown key", "[app]\ncolour = red\n", 2 }, { "a key twice", "[app]\ntitle = a\n\ntitle = b\n", 4 }, { "a port", "[app]\nport = 99999\n", 2 },
	{ "two numbers", "[app]\ncpu = 1 2\n", 2 }, { "numbers in no order", "[app]\ncpu = 3 2 4\n", 2 }, { "a negative number", "[app]\nmemory = -1 2 4\n", 2 },
	{ "half a GPU", "[app]\ngpus = 0 0.5 1\n", 2 }, { "a path", "[app]\nready = status\n", 2 }, { "two slashes", "[app]\nready = //evil.example/\n", 2 },
	{ "a blank in a path", "[app]\nstart = /a b\n", 2 }, { "a kind", "[app]\nkind = batch\n", 2 }, { "yes or no", "[app]\nany-image = maybe\n", 2 },
	{ "a variable's name", "[app]\nsecret = env 1A\n", 2 }, { "the secret in argv", "[app]\nsecret = argv\n", 2 }, { "two marks", "[app]\ngate = header X: %s %s\n", 2 },
	{ "another mark", "[app]\ngate = header X: %n\n", 2 }, { "a header's name", "[app]\ngate = header X Y: %s\n", 2 }, { "an open quote", "[app]\ncommand = \"a\n", 2 },
	{ "idleness", "[app]\nidle = sometimes\n", 2 }, { "bytes", "[app]\ntitle = \xff\n", 2 }, { "an icon that is a path", LEAST "icon = ../../x\n", 8 },
	{ "a variable without a value", LEAST "environment = A\n", 8 }, { "a folder that is none", LEAST "tmpfs = tmp\n", 8 },
	{ "an argument without a command", LEAST "base = argument --base=%s\n", 8 }, { "an argument without a mark", "[app]\nbase = argument --base=/\n", 2 },
	{ "an argument of two words", "[app]\nbase = argument --base %s\n", 2 }, { "the secret as an argument", "[app]\nsecret = argument --token=%s\n", 2 },
	{ "one file for two", LEAST "secret = file /run/s\nbase = file /run/s\n", 9 },
	{ "a gate without a secret", LEAST "gate = basic u\n", 8 }, { "no title", "[app]\nport = 1\n", 3 }, { "no CPU", "[app]\ntitle = T\nport = 1\ncpu = 0 0 0\n", 5 },
};

static void test_wrong(struct ctx *ctx)
{
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct offer o;

		ok(!parse(ctx, wrong[i].entry, &o), "refused: %s", wrong[i].name);
		ok(told(ctx, ctx->error.detail && starts_with(ctx->error.detail, text(ctx->arena, "x.app:%d: ", wrong[i].line))), "with its line");
		forget(ctx);
	}
	struct offer o;

	ok(!offer_parse(ctx, "x", (struct bytes){ (const unsigned char *)"[app]\0\n", 7 }, &o), "refused: a NUL");
	forget(ctx);
}

static const struct { const char *reference; bool good; } images[] = {
	{ "localhost/naru-jupyter:12", true }, { "localhost/a/b_c.d-e:X_1.2-3", true }, { "registry.example.org:5000/hpc/tool:1", true },
	{ "example.org/one:1", true }, { "example.org/one", true }, { "example.org/one/two", true }, { "example.org/one-more:1", false },
	{ "localhost/a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true }, { "localhost/a@sha256:0123", false },
	{ "registry.example.org/hpc/tool:1", false }, { "localhost:5000/x", false }, { "localhost.evil.example/x", false }, { "docker.io/library/redis", false },
	{ "", false }, { "localhost", false }, { "localhost/", false }, { "redis", false }, { "localhost/A:1", false }, { "localhost/a:", false }, { "localhost/../x", false },
	{ "localhost//x", false }, { "--privileged", false }, { "localhost/a b", false }, { "localhost/a\n", false }, { "localhost/a;id", false },
	{ "localhost/$(id)", false }, { "http://localhost/a", false }, { "localhost/a:b:c", false }, { "localhost/a/", false },
};

static void test_images(struct ctx *ctx)
{
	char *longest = arena_alloc(ctx->arena, 300);

	memset(longest, 'a', 299);
	memcpy(longest, "localhost/", 10);
	ok(!image_allowed(ctx, longest), "a reference of 299 bytes");
	forget(ctx);
	for (size_t i = 0; i < COUNT(images); i++) {
		ok(image_allowed(ctx, images[i].reference) == images[i].good, "%s %s", images[i].good ? "allowed:" : "not allowed:", images[i].reference);
		ok(images[i].good || (ctx->error.kind == KIND_INVALID && !empty(ctx->error.message)), "told in words");
		forget(ctx);
	}
}

static void write_file(const char *path, const char *s)
{
	FILE *f = fopen(path, "w");

	if (!f)
		die("%s", path);
	fputs(s, f);
	fclose(f);
}

static bool add_entry(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct app_offer more = { .name = "more", .like = "good", .image = "localhost/more:1", .title = "Another" }, lost = { .name = "lost", .like = "gone", .image = "localhost/x:1", .title = "L" };
	struct db_key a = db_key('N', "more"), b = db_key('N', "lost");

	(void)arg;
	return db_put(ctx, db, &a, record_pack(ctx->arena, &app_offer_record, &more)) && db_put(ctx, db, &b, record_pack(ctx->arena, &app_offer_record, &lost));
}

static void test_folder(struct ctx *ctx, const char *folder)
{
	struct offers all;
	struct db *db;

	write_file(text(ctx->arena, "%s/good.app", folder), LEAST "any-image = yes\nimage = localhost/x:1\n");
	write_file(text(ctx->arena, "%s/bad.app", folder), "[app]\ntitle = Bad\n");
	write_file(text(ctx->arena, "%s/note.txt", folder), "nothing");
	write_file(text(ctx->arena, "%s/UP.app", folder), LEAST);
	ok(offers_read(ctx, NULL, &all) && all.n == 1 && same(all.at[0].name, "good"), "a mistake hides one entry, not all");
	ok(!ctx->error.kind, "and is no error of the page");
	ok(db_open(ctx, "apps", DB_READ_WRITE, &db) && db_change(ctx, db, add_entry, NULL), "entries that were added here");
	ok(offers_read(ctx, db, &all) && all.n == 2, "are offered, too; one like an entry that is gone is not");
	const struct offer *more = offer_find(&all, "more");

	ok(more && same(more->image, "localhost/more:1") && more->port == 80 && !more->any_image, "with their image, and the rest of the entry they are like");
	is(more ? more->title[LANG_KO] : "", "Another", "a title in each language");
	ok(!offer_find(&all, "bad") && !offer_find(&all, NULL), "others are not found");
	db_close(db);
}

static void test_shipped(struct ctx *ctx)
{
	static const char *const shipped[] = { "jupyter", "code", "desktop", "redis", "memcached", "rstudio", "own-image" };

	for (size_t i = 0; i < COUNT(shipped); i++) {
		struct bytes file;
		struct offer o;
		const char *path = text(ctx->arena, "fcgi-apps/apps/catalogue/%s.app", shipped[i]);
		struct stat st;

		ok(told(ctx, file_read(ctx, path, 65536, &file) && offer_parse(ctx, shipped[i], file, &o)), "shipped: %s", shipped[i]);
		ok(!same(o.title[LANG_KO], "") && !same(o.help[LANG_KO], o.help[LANG_EN]), "in both languages");
		ok(stat(text(ctx->arena, "static/icons/%s.svg", o.icon), &st) == 0, "with its icon");
		ok(empty(o.image) || image_allowed(ctx, o.image), "and an image that is allowed");
		forget(ctx);
	}
}

int main(void)
{
	struct ctx ctx = state_start((const char *const[]){ "catalogue", "db", "db/apps", NULL }, "");
	const char *folder = text(ctx.arena, "%s/catalogue", state_dir);

	write_file(text(ctx.arena, "%s/offer.conf", state_dir), text(ctx.arena, "[site]\nstate = %s\n[apps]\ncatalogue = %s\nregistries = localhost/ registry.example.org:5000/hpc/  example.org/one\n", state_dir, folder));
	if (!conf_load(&ctx, text(ctx.arena, "%s/offer.conf", state_dir)))
		die("%s", ctx.error.detail);
	test_values(&ctx);
	test_wrong(&ctx);
	test_images(&ctx);
	test_folder(&ctx, folder);
	test_shipped(&ctx);
	arena_free(ctx.arena);
	return done_testing();
}
