/* dump: a database as lines of JSON. Some hundred entries are read in a transaction and printed after it, so a slow reader holds up nobody. */
#include <string.h>

#include "ctl.h"
#include "view.h"

enum { AT_ONCE = 500 };

struct batch { const char *env; struct buf *lines; struct db_key last; bool started, end; };

static void texts_key(struct buf *b, struct arena *arena, const struct db_key *key)
{
	struct texts parts = { 0 };
	size_t from = 1;

	for (size_t i = 1; i <= key->n; i++)
		if (i == key->n || key->at[i] == 0) {
			buf_text(b, parts.n++ ? "," : "");
			json_text(b, arena_copy(arena, key->at + from, i - from));
			from = i + 1;
		}
}

static void key_json(struct buf *b, struct arena *arena, const struct table *table, const struct db_key *key)
{
	size_t nul = key->n > 9 ? key->n - 9 : 1;

	buf_text(b, ",\"key\":[");
	if (!table || table->key == KEY_BINARY)
		json_text(b, hex(arena, key->at + 1, key->n - 1));
	else if (table->key == KEY_TEXTS)
		texts_key(b, arena, key);
	else {
		json_text(b, arena_copy(arena, key->at + 1, nul - 1));
		buf_printf(b, ",%lld", (long long)db_key_number(key));
	}
	buf_char(b, ']');
}

static bool value_json(struct ctx *ctx, struct buf *b, const struct table *table, struct bytes value)
{
	if (!table || !table->record->name) {
		buf_printf(b, ",\"bytes\":%zu", value.n);
		return true;
	}
	void *object = arena_alloc(ctx->arena, table->record->size);
	if (!record_unpack(ctx, table->record, value, object))
		return false;
	buf_printf(b, ",\"record\":\"%s\",\"value\":", table->record->name);
	record_json(b, ctx->arena, table->record, object);
	return true;
}

/* An entry that cannot be read is said to be so and does not hide the others. */
static void line(struct buf *b, struct ctx *ctx, const char *env, const struct db_key *key, struct bytes value)
{
	const struct table *table = table_of(env, key->at[0]);

	buf_text(b, "{\"table\":");
	json_text(b, text(ctx->arena, key->at[0] < 0x20 ? "\\%u" : "%c", key->at[0]));
	key_json(b, ctx->arena, table, key);
	if (!value_json(ctx, b, table, value))
		buf_printf(b, ",\"malformed\":%zu", value.n);
	forget(ctx);
	buf_text(b, "}\n");
}

static bool read_batch(struct ctx *ctx, const struct db_read *read, void *arg)
{
	struct batch *batch = arg;
	struct db_key all = { .n = 0 }, key, before = batch->last;
	struct db_walk *walk = db_walk(ctx, read, &all, batch->started ? &batch->last : NULL, false);
	struct bytes value;
	bool more = false;
	int n = 0;

	while (n < AT_ONCE && db_next(ctx, walk, &more, &key, &value) && more) {
		if (batch->started && n == 0 && key.n == before.n && memcmp(key.at, before.at, key.n) == 0)
			continue; /* the last one of the batch before */
		line(batch->lines, ctx, batch->env, &key, value);
		batch->last = key;
		batch->started = true;
		before.n = 0;
		n++;
	}
	batch->end = n < AT_ONCE;
	return ctx->error.kind == KIND_NONE;
}

bool dump(struct ctx *ctx, const char *env, FILE *out)
{
	struct buf lines = { 0 };
	struct batch batch = { .env = env, .lines = &lines };
	struct ctx one = { .arena = arena_new(0) };
	struct db *db;
	bool good = db_open(ctx, env, DB_READ_ONLY, &db);

	while (good && !batch.end) {
		lines.n = 0;
		good = db_view(&one, db, read_batch, &batch);
		if (!good)
			fail(ctx, one.error.kind, one.error.message, "%s", one.error.detail ? one.error.detail : "");
		else if (lines.n && fwrite(lines.at, 1, lines.n, out) != lines.n)
			good = fail(ctx, KIND_UNAVAILABLE, tr(ctx, "The output cannot be written."), NULL);
		/* The messages of an error are in the arena. */
		if (good)
			arena_reset(one.arena);
	}
	buf_free(&lines);
	if (good)
		arena_free(one.arena);
	return good;
}
