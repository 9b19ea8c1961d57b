/* What a transfer does, and has done with each file, in words. */
#include "transfers.h"

struct said { const char *word, *says; };

static const struct said verbs[] = {
	{ "copy", MSG("Copy") }, { "move", MSG("Move") }, { "sync", MSG("Make the same: add and update") },
	{ "mirror", MSG("Make the same, and delete what the source does not have") }, { NULL, NULL },
};
static const struct said rules[] = {
	{ "rename", MSG("Keep both: the new one gets a number") }, { "skip", MSG("Leave the old file") },
	{ "newer", MSG("Replace it if the new one is newer") }, { "replace", MSG("Replace it") },
	{ "refuse", MSG("Leave the old file, and report the new one as failed") }, { NULL, NULL },
};
static const struct said verifies[] = {
	{ "size", MSG("Its size") }, { "time", MSG("Its size and time") }, { "checksum", MSG("Its checksum") }, { NULL, NULL },
};
static const struct said actions[] = {
	{ "new", MSG("new") }, { "replaced", MSG("replaced the old one") }, { "renamed", MSG("came under another name") },
	{ "same", MSG("was there already") }, { "kept", MSG("the old one was kept") }, { "deleted", MSG("deleted at the target") }, { NULL, NULL },
};
static const struct said intents[] = {
	{ "new", MSG("would be new") }, { "replaced", MSG("would replace the old one") }, { "renamed", MSG("would come under another name") },
	{ "same", MSG("is there already") }, { "kept", MSG("the old one would be kept") }, { "deleted", MSG("would be deleted at the target") }, { NULL, NULL },
};

/* A word that is not known here (a newer mover wrote it) says itself. */
static const char *says(struct ctx *ctx, const struct said *of, const char *word)
{
	for (; of->word; of++)
		if (same(of->word, word))
			return tr(ctx, of->says);
	return word ? word : "";
}

const char *verb_says(struct ctx *ctx, const struct transfer *t)
{
	const char *verb = says(ctx, verbs, t->verb);
	return t->dry ? say(ctx, "%s (trial: nothing is changed)", verb) : verb;
}

const char *rule_says(struct ctx *ctx, const char *rule)
{
	return says(ctx, rules, rule);
}

const char *verify_says(struct ctx *ctx, const char *verify)
{
	return says(ctx, verifies, verify);
}

const char *action_says(struct ctx *ctx, const struct transfer *t, const struct transfer_file *f)
{
	return says(ctx, t->dry ? intents : actions, empty(f->action) ? NULL : f->action);
}

const char *speed_says(struct ctx *ctx, int64_t bytes_per_second)
{
	return bytes_per_second > 0 ? say(ctx, "%s/s", human_size(ctx->arena, bytes_per_second)) : NULL;
}

static const char *folder_url(struct ctx *ctx, const char *place, const char *path)
{
	return files_url(ctx->arena, "/files/in", place, path ? path : "");
}

struct transfer_row transfer_row_of(struct ctx *ctx, const struct known_places *places, const struct transfer *t)
{
	int64_t percent = transfer_percent(t);
	bool running = same(t->state, TRANSFER_RUNNING);
	return (struct transfer_row){
		.id = t->id, .url = text(ctx->arena, "/transfers/%s", t->id), .user = t->user, .verb = verb_says(ctx, t), .css = transfer_css(t),
		.from = selection_says(ctx, places, t->from_place, t->from_path ? t->from_path : "", t->names),
		.from_url = folder_url(ctx, t->from_place, t->from_path),
		.to = place_path_says(ctx, places, t->to_place, t->to_path), .to_url = folder_url(ctx, t->to_place, t->to_path),
		.state = transfer_state_says(ctx, t), .why = transfer_why(ctx, t), .known = percent >= 0, .percent = percent < 0 ? 0 : percent,
		.progress = t->started ? transfer_progress_says(ctx, t) : NULL, .left = running ? transfer_left_says(ctx, t) : NULL,
		.speed = running ? speed_says(ctx, t->speed) : NULL, .bytes_per_second = running ? t->speed : 0, .node = t->node, .created = t->created,
		.when = t->ended ? t->ended : t->started ? t->started : t->created,
	};
}
