/*
 * transfer: asks the mover of a site as a module would, with a proof and errands made on the spot (for who may read the site's key: root).
 *
 *   transfer USER UID GID GROUPS ROLE create NAME=VALUE…     from_place from_path names (with , between) to_place to_path verb rule verify lanes
 *                                                             rate start every dry key times (so many of it; prints the last)
 *   transfer USER UID GID GROUPS ROLE pause|resume|cancel|again|retry|clear ID
 *   transfer USER UID GID GROUPS ROLE show ID                  lines of name=value
 *   transfer USER UID GID GROUPS ROLE list STATE|- AFTER|- LIMIT   milliseconds, then ids
 *
 * On an error its kind, the field and the message, with status 1.
 */
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "errand.h"
#include "mover.h"
#include "proof.h"

static int n_words;
static char **words;

static const char *value(const char *name, const char *preset)
{
	size_t n = strlen(name);

	for (int i = 0; i < n_words; i++)
		if (!strncmp(words[i], name, n) && words[i][n] == '=')
			return words[i] + n + 1;
	return preset;
}

static int64_t number(const char *text)
{
	int64_t out = 0;

	return parse_int(text, INT64_MIN, INT64_MAX, &out) ? out : 0;
}

static const char *errand_to(struct ctx *ctx, const struct proof *who, const char *place, unsigned rights)
{
	struct mandate m = { .user = who->user, .uid = who->uid, .gid = who->gid, .groups = who->groups, .holder = "mover", .expires = now() + 86400 };
	const char *mandate = NULL, *sealed = NULL;

	if (!mandate_sign(ctx, &m, &mandate) || !errand_seal(ctx, &(struct errand){ .mandate = mandate, .place = place, .path = "", .rights = rights }, &sealed))
		die("%s", ctx->error.detail);
	return sealed;
}

static bool create(struct ctx *ctx, const struct proof *who, const char *proof)
{
	const char *id = "", *names = value("names", "");
	struct mover_ask ask = {
		.from_place = value("from_place", "home"), .from_path = value("from_path", ""), .to_place = value("to_place", "home"), .to_path = value("to_path", ""),
		.verb = value("verb", NULL), .rule = value("rule", NULL), .verify = value("verify", NULL), .lanes = number(value("lanes", "0")),
		.rate = number(value("rate", "0")), .start = number(value("start", "0")), .every = number(value("every", "0")), .dry = number(value("dry", "0")) != 0,
		.key = value("key", NULL),
	};

	if (*names)
		ask.names = split(ctx->arena, names, ',');
	ask.from_errand = errand_to(ctx, who, ask.from_place, same(ask.verb, "move") ? ERRAND_WRITE : ERRAND_READ);
	ask.to_errand = errand_to(ctx, who, ask.to_place, ERRAND_WRITE);
	for (int64_t i = number(value("times", "1")); i > 0; i--)
		if (!mover_create(ctx, proof, &ask, &id))
			return false;
	printf("%s\n", id);
	return true;
}

static bool list(struct ctx *ctx, const char *user)
{
	struct transfer_query q = { .user = user, .state = same(words[0], "-") ? NULL : words[0], .after = same(words[1], "-") ? NULL : words[1], .limit = (size_t)number(words[2]) };
	struct transfer_list list;
	struct db *db;

	if (!transfers_open(ctx, &db))
		return false;
	int64_t before = clock_ms();

	if (!transfer_list(ctx, db, &q, &list))
		return false;
	printf("%lld %s\n", (long long)(clock_ms() - before), list.next ? list.next : "-");
	for (size_t i = 0; i < list.n; i++)
		printf("%s %s\n", list.at[i].id, list.at[i].state);
	return true;
}

struct showing { const char *id; bool found; struct transfer t; };

static bool look(struct ctx *ctx, const struct db_read *db, void *arg)
{
	struct showing *s = arg;

	return transfer_get(ctx, db, s->id, &s->found, &s->t);
}

static bool show(struct ctx *ctx)
{
	struct showing s = { .id = words[0] };
	struct db *db;

	if (!transfers_open(ctx, &db) || !db_view(ctx, db, look, &s))
		return false;
	for (size_t i = 0; s.found && i < transfer_record.n; i++) {
		const struct record_field *f = &transfer_record.fields[i];
		const char *at = (const char *)&s.t + f->offset;

		if (f->kind == RECORD_INT)
			printf("%s=%lld\n", f->name, (long long)*(const int64_t *)(const void *)at);
		else if (f->kind == RECORD_TEXT && !f->secret && *(const char *const *)(const void *)at)
			printf("%s=%s\n", f->name, *(const char *const *)(const void *)at);
	}
	return true;
}

static bool other(struct ctx *ctx, const char *proof, const char *verb)
{
	static const char *const verbs[] = { "pause", "resume", "cancel", "again", "retry", "clear" };

	for (size_t i = 0; i < COUNT(verbs) && n_words; i++)
		if (same(verb, verbs[i]))
			return mover_do(ctx, proof, (enum mover_verb)i, words[0]);
	return fail(ctx, KIND_BAD_REQUEST, "which verb?", NULL);
}

int main(int argc, char **argv)
{
	struct ctx ctx = { .arena = arena_new(0) };
	const char *signed_proof = "";

	program = "transfer";
	if (argc < 7)
		die("usage: see transfer.c");
	conf_start();
	struct proof proof = { .user = argv[1], .uid = number(argv[2]), .gid = number(argv[3]), .groups = argv[4], .role = argv[5], .module = "transfers",
		.expires = now() + PROOF_SECONDS };

	if (!proof_sign(&ctx, &proof, &signed_proof))
		die("%s", ctx.error.detail);
	words = argv + 7;
	n_words = argc - 7;
	bool good = same(argv[6], "create") ? create(&ctx, &proof, signed_proof) : same(argv[6], "list") && n_words == 3 ? list(&ctx, proof.user)
		: same(argv[6], "show") && n_words == 1 ? show(&ctx) : other(&ctx, signed_proof, argv[6]);

	if (!good)
		printf("%d %s %s\n", (int)ctx.error.kind, mover_wrong(&ctx) ? mover_wrong(&ctx) : "-", ctx.error.message);
	arena_free(ctx.arena);
	return !good;
}
