/*
 * transferrecord: writes into the environment "transfers" of a site what the mover would, for tests of what shows it. The mover must be down.
 *
 *   transferrecord put ID USER STATE [FIELD=VALUE]…            one transfer; names are separated by '/'
 *   transferrecord file ID NUMBER STATE PATH [FIELD=VALUE]…    one of its files
 *   transferrecord many USER STATE COUNT                       so many more, all alike
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "conf.h"
#include "mover.h"

struct words { char **at; int n; int64_t from; };

enum { CHUNK = 5000 };

static const struct bytes nothing;

static int64_t number(const char *value)
{
	int64_t out = 0;

	return parse_int(value, INT64_MIN, INT64_MAX, &out) ? out : 0;
}

static void set(struct ctx *ctx, const struct record *record, void *object, const char *word)
{
	const char *equals = strchr(word, '='), *value = equals ? equals + 1 : "";

	for (size_t i = 0; i < record->n; i++) {
		const struct record_field *f = &record->fields[i];
		char *at = (char *)object + f->offset;

		if (!equals || strlen(f->name) != (size_t)(equals - word) || !starts_with(word, f->name))
			continue;
		if (f->kind == RECORD_INT)
			*(int64_t *)(void *)at = number(value);
		else if (f->kind == RECORD_BOOL)
			*(bool *)(void *)at = same(value, "yes");
		else if (f->kind == RECORD_TEXT)
			*(const char **)(void *)at = value;
		else
			*(struct texts *)(void *)at = split(ctx->arena, value, '/');
		return;
	}
	die("no field for %s", word);
}

static bool put(struct ctx *ctx, struct db_write *db, const struct transfer *t)
{
	struct db_key key = db_key('T', t->id), own = db_key2('U', t->user, t->id), state = db_key2('S', text(ctx->arena, "%s %s", t->state, t->user), t->id);

	return db_put(ctx, db, &key, record_pack(ctx->arena, &transfer_record, t)) && db_put(ctx, db, &own, nothing) && db_put(ctx, db, &state, nothing);
}

static struct transfer blank(const char *id, const char *user, const char *state)
{
	return (struct transfer){ .id = id, .user = user, .uid = 20001, .gid = 30000, .state = state, .verb = "copy", .rule = "rename", .verify = "size", .from_place = "home",
		.to_place = "scratch", .created = now() };
}

static bool put_one(struct ctx *ctx, struct db_write *db, const struct words *w)
{
	struct transfer t = blank(w->at[1], w->at[2], w->at[3]);

	for (int i = 4; i < w->n; i++)
		set(ctx, &transfer_record, &t, w->at[i]);
	return put(ctx, db, &t);
}

static bool put_file(struct ctx *ctx, struct db_write *db, const struct words *w)
{
	struct transfer_file f = { .kind = 'f', .state = w->at[3], .path = w->at[4] };
	struct db_key key = db_key_int('F', w->at[1], number(w->at[2])), result = db_key_int('R', text(ctx->arena, "%s %s", w->at[1], f.state), number(w->at[2]));

	for (int i = 5; i < w->n; i++)
		set(ctx, &transfer_file_record, &f, w->at[i]);
	return db_put(ctx, db, &key, record_pack(ctx->arena, &transfer_file_record, &f)) && (same(f.state, FILE_DONE) || db_put(ctx, db, &result, nothing));
}

static bool put_many(struct ctx *ctx, struct db_write *db, const struct words *w)
{
	for (int64_t i = w->from; i < w->from + CHUNK && i < number(w->at[3]); i++) {
		struct transfer t = blank(text(ctx->arena, "0many%013lld", (long long)i), w->at[1], w->at[2]);

		t.from_path = "results/2026";
		t.names = split(ctx->arena, "run1/run2/run3", '/');
		if (!put(ctx, db, &t))
			return false;
	}
	return true;
}

static bool change(struct ctx *ctx, struct db_write *db, void *arg)
{
	const struct words *w = arg;

	if (same(w->at[0], "put") && w->n >= 4)
		return put_one(ctx, db, w);
	if (same(w->at[0], "file") && w->n >= 5)
		return put_file(ctx, db, w);
	return same(w->at[0], "many") && w->n == 4 ? put_many(ctx, db, w) : fail(ctx, KIND_BAD_REQUEST, "what?", NULL);
}

int main(int argc, char **argv)
{
	struct ctx ctx = { .arena = arena_new(0) };
	struct words words = { argv + 1, argc - 1, 0 };
	struct db *db;
	bool found;

	program = "transferrecord";
	umask(0007);
	conf_start();
	if (argc < 2 || !db_become(&ctx, "transfers", &found) || !db_open(&ctx, "transfers", DB_READ_WRITE, &db))
		die("%s (%s)", ctx.error.message ? ctx.error.message : "usage: see transferrecord.c", ctx.error.detail ? ctx.error.detail : "");
	do {
		if (!db_change(&ctx, db, change, &words))
			die("%s (%s)", ctx.error.message, ctx.error.detail ? ctx.error.detail : "");
		words.from += CHUNK;
	} while (same(argv[1], "many") && words.from < number(argv[4]));
	db_close(db);
	arena_free(ctx.arena);
	return 0;
}
