/* Settings: sections, presets, the last of two wins, lines that are refused by their number. */
#include "conf.h"
#include "state_site.h"
#include "tap.h"

static const char *const good =
	"name=Second\n# a comment\n; another\n\n  [cluster demo]  \n title =  Demo cluster \r\ndriver=slurm\npoll-seconds = 2\n"
	"[nav jobs]\ntitle = Jobs\n[cluster  big one]\nurl = http://x/?a=b=c # not a comment\nempty =\n[cluster demo]\naccounting = yes\nbroken = maybe\n[clusters]\nx=1\n";

static const struct { const char *name, *text; bool good; int line; } files[] = {
	{ "empty", "", true, 0 }, { "no last newline", "[site]\nname = x", true, 0 }, { "setting without a section", "a = b\n", false, 1 },
	{ "no equals sign", "[site]\n\nname\n", false, 3 }, { "no key", "[site]\n = x\n", false, 2 }, { "open bracket", "[site\n", false, 1 },
	{ "no name", "[]\n", false, 1 }, { "blank name", "[ ]\n", false, 1 }, { "Windows", "[site]\r\nname = x\r\n", true, 0 },
};

static void write_file(const char *path, const char *s, size_t n)
{
	FILE *f = fopen(path, "w");

	if (!f)
		die("%s", path);
	fwrite(s, 1, n, f);
	fclose(f);
}

static void test_values(struct ctx *ctx)
{
	struct texts names = conf_names("cluster");

	is(conf_get("site", "name", "none"), "Second", "the last one counts");
	is(conf_get("cluster demo", "title", ""), "Demo cluster", "blanks and carriage returns are dropped");
	is(conf_get("cluster demo", "driver", ""), "slurm", "without blanks");
	is(conf_get("cluster big one", "url", NULL), NULL, "another number of blanks is another section");
	is(conf_get("cluster  big one", "url", ""), "http://x/?a=b=c # not a comment", "only the first = counts");
	is(conf_get("cluster  big one", "empty", "preset"), "", "an empty value is a value");
	is(conf_get("cluster demo", "none", "preset"), "preset", "a missing key");
	is(conf_get("none", "title", NULL), NULL, "a missing section");
	is_int(conf_int("cluster demo", "poll-seconds", 9), 2, "a number");
	is_int(conf_int("cluster demo", "none", 9), 9, "its preset");
	ok(conf_bool("cluster demo", "accounting", false) && conf_bool("cluster demo", "none", true), "yes or no");
	is_int(names.n, 2, "a kind has its sections once each");
	is(names.at[0], "demo", "in their order");
	is(names.at[1], "big one", "with blanks inside");
	ok(conf_names("cluster").at == names.at, "asked again: the same list");
	is_int(conf_names("none").n, 0, "or none");
	is(conf_path(ctx->arena, "db/x"), text(ctx->arena, "%s/db/x", state_dir), "a path below state");
}

static void test_files(struct ctx *ctx)
{
	const char *path = text(ctx->arena, "%s/other.conf", state_dir);

	for (size_t i = 0; i < COUNT(files); i++) {
		write_file(path, files[i].text, strlen(files[i].text));
		bool read = conf_load(ctx, path);
		ok(read == files[i].good, "file: %s", files[i].name);
		if (!read)
			ok(ctx->error.detail && starts_with(ctx->error.detail, text(ctx->arena, "%s:%d:", path, files[i].line)), "and the line is named");
		forget(ctx);
	}
	write_file(path, "[site]\nna\0me = x\n", 17);
	ok(!conf_load(ctx, path) && strstr(ctx->error.detail, ":2:"), "file: NUL");
	forget(ctx);
	ok(!conf_load(ctx, "/tmp/naru/none"), "no file");
	forget(ctx);
	is(conf_get("site", "name", "none"), "x", "the last good file is still in use");
}

int main(void)
{
	struct ctx ctx = state_start((const char *const[]){ NULL }, good);

	test_values(&ctx);
	test_files(&ctx);
	arena_free(ctx.arena);
	return done_testing();
}
