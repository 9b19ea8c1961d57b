/*
 * clock: what time brings to an app that runs: warnings before its end, its end, and the end of one that nobody uses; and the end of what belongs to
 * somebody whose account is closed. A warning is given once: `warned` has those that were told, `mailed` those that a mail was made of (mail.c).
 */
#include "deployer.h"

#include <string.h>

#include "conf.h"

enum { DAY = 86400, HOUR = 3600, TEN_MINUTES = 600, MOST_CLOSED = 4 << 20 };

/* Warnings, longest before the end first. One is due only for apps that live clearly longer than it is early. */
static const struct { int bit; int64_t before; const char *says; } warnings[] = {
	{ WARNED_DAY, DAY, MSG("It ends within a day. You may extend its time.") },
	{ WARNED_HOUR, HOUR, MSG("It ends within an hour. You may extend its time.") },
	{ WARNED_MINUTES, TEN_MINUTES, MSG("It ends within ten minutes. Save your work, or extend its time.") },
};

struct due { int bits; const char *says; };

/* The latest warning that is due and those before it; an announced idle stop has been told by whoever announced it. */
static struct due due_of(const struct deployment *a)
{
	int64_t left = a->ends - now(), life = a->ends - a->ready;
	struct due due = { 0 };

	for (size_t i = 0; a->ends && i < COUNT(warnings); i++) {
		if (left > warnings[i].before || life < warnings[i].before * 3 / 2)
			continue;
		due.bits |= warnings[i].bit;
		due.says = warnings[i].says;
	}
	due.bits &= ~(int)a->warned;
	return due;
}

int64_t clock_due(const struct deployment *a)
{
	struct deployment fresh = *a;

	fresh.warned = 0;
	return due_of(&fresh).bits;
}

static bool take_warning(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	struct due due = due_of(app);

	(void)arg;
	if (!due.bits || !same(app->state, APP_RUNNING) || !same(app->wanted, "run"))
		return true;
	app->warned |= due.bits;
	return keep_event(ctx, db, app, due.says, NULL, false);
}

/* Asked for until a process has written down that it sends it. */
static void send_mail(struct ctx *ctx, const struct deployment *a)
{
	const char *words[] = { "mail", a->id, NULL };

	if ((a->warned & ~a->mailed) && !empty(a->mail) && conf_get("mail", "sendmail", NULL))
		spawn(&(struct child_job){ CHILD_MAIL, a->user, text(ctx->arena, "mail %s", a->id), words, -1 });
}

/* ---- ends ----------------------------------------------------------------------------------------------------------- */

enum why { END_TIME, END_IDLE, END_CLOSED };

static const char *const says[] = {
	[END_TIME] = MSG("Its time was over. Your files are all there; start it again when you need it."),
	[END_IDLE] = MSG("It was not in use and was stopped, as announced. Your files are all there."),
	[END_CLOSED] = MSG("The account that it belongs to was blocked, or its contract is over: it was stopped. The files are all there."),
};

static bool is_over(const struct deployment *app, enum why why)
{
	int64_t at = why == END_IDLE ? app->idle_ends : app->ends;

	return why == END_CLOSED || (at && at <= now());
}

static bool take_end(struct ctx *ctx, struct db_write *db, struct deployment *app, void *arg)
{
	enum why why = *(enum why *)arg;

	if (!same(app->wanted, "run") || !app_holds(app) || !is_over(app, why))
		return true;
	app->wanted = "stop";
	app->state = APP_STOPPING;
	app->address = NULL;
	app->message = says[why];
	app->detail = NULL;
	return keep_event(ctx, db, app, says[why], NULL, false);
}

static bool end_it(struct ctx *ctx, struct db *db, const struct deployment *a, enum why why)
{
	bool found;

	if (!keep_change(ctx, db, a->id, &found, take_end, &why))
		return false;
	look_again();
	return true;
}

bool clock_app(struct ctx *ctx, struct db *db, const struct deployment *a)
{
	bool found;

	if (!same(a->state, APP_RUNNING) || !same(a->wanted, "run"))
		return true;
	if (is_over(a, END_IDLE))
		return end_it(ctx, db, a, END_IDLE);
	if (is_over(a, END_TIME))
		return end_it(ctx, db, a, END_TIME);
	send_mail(ctx, a);
	return !due_of(a).bits || keep_change(ctx, db, a->id, &found, take_warning, NULL);
}

/* ---- whose account is closed: account tells, in a file --------------------------------------------------------------------- */

struct closed closed_owners(struct ctx *ctx)
{
	struct closed closed = { 0 };
	struct bytes file;
	const char *path = conf_path(ctx->arena, "deployer/closed");

	if (!file_read(ctx, path, MOST_CLOSED, &file)) {
		forget(ctx); /* nobody was closed yet */
		return closed;
	}
	closed.names = split(ctx->arena, arena_copy(ctx->arena, file.at, file.n), '\n');
	if (!closed.names.n || !parse_int(closed.names.at[0], 0, INT64_MAX, &closed.as_of))
		closed.names.n = 0;
	return closed;
}

/* What was asked for after account had looked was asked for with a proof of somebody who had been let in again. */
bool clock_closed(struct ctx *ctx, struct db *db, const struct closed *closed, const struct deployment *a)
{
	bool is = false;

	if (!same(a->wanted, "run") || !app_holds(a) || a->asked >= closed->as_of)
		return true;
	for (size_t i = 1; i < closed->names.n; i++)
		is = is || same(closed->names.at[i], a->user);
	return !is || end_it(ctx, db, a, END_CLOSED);
}
