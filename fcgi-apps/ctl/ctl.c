/* ctl: naru-ctl, the program (see README). */
#include <string.h>

#include "audit.h"
#include "conf.h"
#include "ctl.h"

enum { GOOD = 0, FAILED = 1, USAGE = 64 };

static bool open_as_owner(struct ctx *ctx, const char *env)
{
	bool found;

	return db_become(ctx, env, &found) && (found || fail(ctx, KIND_NOT_FOUND, tr(ctx, "There is no such database."), "%s", env));
}

static bool audit_command(struct ctx *ctx, const char *what)
{
	int64_t count;

	if (!same(what, "verify"))
		return false;
	if (!open_as_owner(ctx, "audit") || !audit_verify(ctx, &count))
		return false;
	printf("%lld entries, the chain is whole\n", (long long)count);
	return true;
}

static bool dump_command(struct ctx *ctx, const char *env)
{
	return open_as_owner(ctx, env) && dump(ctx, env, stdout) && (fflush(stdout) == 0 || fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The output cannot be written."), NULL));
}

static const struct { const char *name; bool (*run)(struct ctx *, const char *arg); } commands[] = {
	{ "audit", audit_command },
	{ "backup", backup },
	{ "dump", dump_command },
};

int main(int argc, char **argv)
{
	struct ctx ctx = { .arena = arena_new(0) };
	int end = USAGE;

	program = "naru-ctl";
	for (size_t i = 0; argc == 3 && i < COUNT(commands); i++)
		if (same(argv[1], commands[i].name)) {
			conf_start();
			end = commands[i].run(&ctx, argv[2]) ? GOOD : ctx.error.kind == KIND_NONE ? USAGE : FAILED;
		}
	if (end == USAGE)
		fputs("usage: naru-ctl audit verify\n       naru-ctl dump DATABASE\n       naru-ctl backup FOLDER\n", stderr);
	if (end == FAILED)
		log_line(NULL, "%s (%s)", ctx.error.message, ctx.error.detail ? ctx.error.detail : "");
	arena_free(ctx.arena);
	return end;
}
