/* clock: what time brings to an app that runs: warnings before its end, its end, and the end of one that nobody uses. */
#include "deployer.h"

#include <string.h>

#include "conf.h"

enum { DAY = 86400, HOUR = 3600, TEN_MINUTES = 600 };

/* Warnings, longest before the end first. One is due only for apps that live clearly longer than it is early. */
static const struct { int bit; int64_t before; const char *says, *why; } warnings[] = {
	{ 1, DAY, MSG("It ends within a day. You may extend its time."), "day" },
	{ 2, HOUR, MSG("It ends within an hour. You may extend its time."), "hour" },
	{ 4, TEN_MINUTES, MSG("It ends within ten minutes. Save your work, or extend its time."), "minutes" },
};

struct due { int bits; const char *says, *why; };

/* The latest warning that is due and those before it. */
static struct due due_of(const struct deployment *a)
{
	int64_t left = app_ends(a) - now(), life = app_ends(a) - a->ready;
	struct due due = { 0 };

	for (size_t i = 0; i < COUNT(warnings); i++) {
		if (left > warnings[i].before || life < warnings[i].before * 3 / 2)
			continue;
		due.bits |= warnings[i].bit;
		due.says = warnings[i].says;
		due.why = warnings[i].why;
	}
	due.bits &= ~(int)a->warned;
	return due;
}

static bool take_warning(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	const struct due *due = arg;

	app->warned |= due->bits;
	return keep_event(ctx, db, app, due->says, NULL, false);
}

struct end { const char *says; bool idle; };

static bool take_end(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	const struct end *end = arg;
	int64_t at = end->idle ? app->idle_ends : app->ends;

	if (!same(app->wanted, "run") || !app_holds(app) || !at || at > now())
		return true;
	app->wanted = "stop";
	app->state = APP_STOPPING;
	app->address = NULL;
	app->message = end->says;
	app->detail = NULL;
	return keep_event(ctx, db, app, end->says, NULL, false);
}

static bool end_it(struct ctx *ctx, struct db *db, const struct deployment *a, struct end end)
{
	bool found;

	if (!keep_change(ctx, db, a->id, &found, take_end, &end))
		return false;
	look_again();
	return true;
}

bool clock_app(struct ctx *ctx, struct db *db, const struct deployment *a)
{
	bool found;

	if (!same(a->state, APP_RUNNING) || !same(a->wanted, "run"))
		return true;
	if (a->idle_ends && a->idle_ends <= now())
		return end_it(ctx, db, a, (struct end){ MSG("It was not in use and was stopped, as announced. Your files are all there."), true });
	if (a->ends && a->ends <= now())
		return end_it(ctx, db, a, (struct end){ MSG("Its time was over. Your files are all there; start it again when you need it."), false });
	struct due due = due_of(a);

	if (!due.bits)
		return true;
	const char *words[] = { "mail", a->id, due.why, NULL };

	if (!keep_change(ctx, db, a->id, &found, take_warning, &due))
		return false;
	if (!empty(a->mail) && conf_get("mail", "sendmail", NULL))
		spawn(text(ctx->arena, "mail %s", a->id), words, -1);
	return true;
}
