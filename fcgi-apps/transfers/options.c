/* The form of how to copy. Nothing in it has to be touched: the presets destroy nothing. */
#include "transfers.h"

#include <string.h>
#include <time.h>

enum { HOUR = 3600, DAY = 86400, WEEK = 7 * DAY, MIB = 1024 * 1024 };

static const struct choice verbs[] = {
	{ "copy", MSG("Copy") }, { "move", MSG("Move: what has arrived is deleted at its old place") },
	{ "sync", MSG("Make the same: add and update") }, { "mirror", MSG("Make the same, and delete what the source does not have") },
};
static const struct choice rules[] = {
	{ "rename", MSG("Keep both: the new one gets a number") }, { "skip", MSG("Leave the old file") }, { "newer", MSG("Replace it if the new one is newer") },
	{ "replace", MSG("Replace it") }, { "refuse", MSG("Leave the old file, and report the new one as failed") },
};
static const struct choice verifies[] = {
	{ "size", MSG("Its size") }, { "time", MSG("Its size and time") }, { "checksum", MSG("Its checksum (slower where it must be read again)") },
};
static const struct choice whens[] = {
	{ "now", MSG("Now") }, { "later", MSG("Once, at this time") }, { "day", MSG("Every day from this time on") }, { "week", MSG("Every week from this time on") },
};

static const struct field option_fields[] = {
	{ .name = "place", .kind = FIELD_CHOICE, .label = MSG("Place"), .required = true, .group = MSG("Where to") },
	{ .name = "folder", .kind = FIELD_TEXT, .label = MSG("Folder"), .max = 4000, .keep_spaces = true, .group = MSG("Where to"),
	  .hint = MSG("From the top of the place, for example results/2026. Empty: the top.") },
	{ .name = "verb", .kind = FIELD_CHOICE, .label = MSG("What to do"), .required = true, .choices = verbs, .n_choices = COUNT(verbs), .preset = "copy", .group = MSG("How") },
	{ .name = "rule", .kind = FIELD_CHOICE, .label = MSG("If a file of this name is there already"), .required = true, .choices = rules, .n_choices = COUNT(rules),
	  .preset = "rename", .group = MSG("How"), .hint = MSG("“Make the same” updates what is different, whatever stands here.") },
	{ .name = "verify", .kind = FIELD_CHOICE, .label = MSG("Check of each file that has arrived"), .required = true, .choices = verifies, .n_choices = COUNT(verifies),
	  .preset = "size", .group = MSG("How") },
	{ .name = "sure", .kind = FIELD_FLAG, .label = MSG("Yes, delete at the target what the source does not have"), .group = MSG("How") },
	{ .name = "dry", .kind = FIELD_FLAG, .label = MSG("Only a trial: say what would be done, change nothing"), .group = MSG("How") },
	{ .name = "when", .kind = FIELD_CHOICE, .label = MSG("Start"), .required = true, .choices = whens, .n_choices = COUNT(whens), .preset = "now", .group = MSG("When") },
	{ .name = "date", .kind = FIELD_DATE, .label = MSG("Day"), .group = MSG("When") },
	{ .name = "time", .kind = FIELD_TEXT, .label = MSG("Time of day"), .max = 5, .grammar = "([01]?[0-9]|2[0-3]):[0-5][0-9]", .grammar_says = MSG("Hours and minutes, for example 22:30."),
	  .preset = "00:00", .group = MSG("When") },
	{ .name = "lanes", .kind = FIELD_INTEGER, .label = MSG("Files at a time"), .min = 1, .max = TRANSFER_LANES, .hint = MSG("Empty: as the site presets."), .group = MSG("Speed") },
	{ .name = "rate", .kind = FIELD_INTEGER, .label = MSG("MiB per second at most"), .min = 1, .max = 1000000, .hint = MSG("Empty: no limit."), .group = MSG("Speed") },
	/* Names need not be text: the folder as it was led to, to be taken as long as its field was not changed. */
	{ .name = "led", .kind = FIELD_HIDDEN, .label = MSG("Folder"), .max = 12000 },
};
FORM(options, option_fields);
const struct form_table *const options_table = &options;

/* ---- filling in ---- */

void options_places(struct req *r, struct form *f)
{
	struct known_places known = places_of_user(r->ctx, r->who.user);
	struct choice *at = NEW_ARRAY(r->ctx->arena, struct choice, known.n + 1);
	for (size_t i = 0; i < known.n; i++)
		at[i] = (struct choice){ known.at[i].name, known.at[i].title };
	form_choices(f, "place", at, known.n);
}

struct form *options_new(struct req *r, const char *verb, const char *place, const char *path)
{
	struct form *f = form_new(r->ctx, &options);
	options_places(r, f);
	form_set(f, "verb", verb);
	form_set(f, "place", place);
	form_set(f, "folder", name_shown(r->ctx->arena, path));
	form_set(f, "led", key_of(r->ctx->arena, path));
	return f;
}

static void set_start(struct req *r, struct form *f, const struct transfer *t)
{
	time_t when = (time_t)t->start;
	struct tm tm;
	char day[32], clock[32];
	if (!t->start || !localtime_r(&when, &tm) || !strftime(day, sizeof day, "%Y-%m-%d", &tm) || !strftime(clock, sizeof clock, "%H:%M", &tm))
		return;
	form_set(f, "date", text(r->ctx->arena, "%s", day));
	form_set(f, "time", text(r->ctx->arena, "%s", clock));
}

struct form *options_like(struct req *r, const struct transfer *t)
{
	struct form *f = options_new(r, t->verb, t->to_place, t->to_path ? t->to_path : "");
	if (!empty(t->rule))
		form_set(f, "rule", t->rule);
	if (!empty(t->verify))
		form_set(f, "verify", t->verify);
	form_set(f, "when", t->every == DAY ? "day" : t->every == WEEK ? "week" : "now");
	if (t->every)
		set_start(r, f, t);
	if (t->lanes)
		form_set(f, "lanes", text(r->ctx->arena, "%lld", (long long)t->lanes));
	if (t->rate)
		form_set(f, "rate", text(r->ctx->arena, "%lld", (long long)(t->rate + MIB - 1) / MIB));
	form_set(f, "dry", t->dry && !same(req_query(r, "real"), "yes") ? "yes" : "");
	return f;
}

/* ---- reading ---- */

/* "results/2026/" and "/results/2026" mean the same. */
static const char *typed_folder(struct arena *a, const char *folder)
{
	while (*folder == '/')
		folder++;
	size_t n = strlen(folder);
	while (n && folder[n - 1] == '/')
		n--;
	return arena_copy(a, folder, n);
}

static const char *read_folder(struct req *r, struct form *f)
{
	const char *typed = form_text(f, "folder"), *led = key_path(r->ctx->arena, form_text(f, "led"));
	if (led && same(name_shown(r->ctx->arena, led), typed))
		return led;
	const char *path = typed_folder(r->ctx->arena, typed);
	if (!key_path(r->ctx->arena, key_of(r->ctx->arena, path)))
		form_wrong(f, "folder", tr(r->ctx, "This cannot be a folder: names are at most 255 bytes, and “..” is none."));
	return path;
}

static void read_start(struct req *r, struct form *f, struct mover_ask *ask)
{
	const char *when = form_text(f, "when"), *time = form_text(f, "time"), *colon = strchr(time, ':');
	int64_t day = day_start(form_text(f, "date"), 0), hours = 0, minutes = 0;
	if (same(when, "now"))
		return;
	ask->every = same(when, "day") ? DAY : same(when, "week") ? WEEK : 0;
	if (!colon || !parse_int(arena_copy(r->ctx->arena, time, (size_t)(colon - time)), 0, 23, &hours) || !parse_int(colon + 1, 0, 59, &minutes))
		form_wrong(f, "time", tr(r->ctx, "Hours and minutes, for example 22:30."));
	if (!day)
		form_wrong(f, "date", tr(r->ctx, "Please choose a day."));
	ask->start = day + HOUR * hours + 60 * minutes;
	if (day && ask->start < now() && !ask->every)
		form_wrong(f, "date", tr(r->ctx, "This time is over already. Choose a later one, or start now."));
}

bool options_read(struct req *r, struct form *f, struct mover_ask *ask)
{
	*ask = (struct mover_ask){
		.to_place = form_text(f, "place"), .to_path = read_folder(r, f), .verb = form_text(f, "verb"), .rule = form_text(f, "rule"), .verify = form_text(f, "verify"),
		.lanes = form_integer(f, "lanes"), .rate = MIB * form_integer(f, "rate"), .dry = form_flag(f, "dry"),
	};
	read_start(r, f, ask);
	if (same(ask->verb, "mirror") && !ask->dry && !form_flag(f, "sure"))
		form_wrong(f, "sure", tr(r->ctx, "This deletes files at the target. Tick here if you mean it, or make a trial first."));
	return form_good(f);
}
