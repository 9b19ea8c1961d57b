/*
 * later DATABASE TABLE COUNT KEY...    a module of a later version: counts up, COUNT times, in a field that no present one knows
 *
 * Prints the count and a text that it wrote beside it. Works on any record: what it does not know itself it keeps, as all versions do.
 */
#include <stdio.h>

#include "conf.h"
#include "db.h"
#define RECORD later
#include "record_def.h"

struct visit { struct db_key key; struct later record; bool found, write; };

static bool read_it(struct ctx *ctx, const struct db_read *db, struct visit *v)
{
	struct bytes value;

	return db_get(ctx, db, &v->key, &v->found, &value) && (!v->found || record_unpack(ctx, &later_record, value, &v->record));
}

static bool visit(struct ctx *ctx, struct db_write *db, void *arg)
{
	struct visit *v = arg;

	if (!read_it(ctx, db_as_read(db), v))
		return false;
	v->record.visits++;
	v->record.motto = "나루 of tomorrow";
	return !v->found || db_put(ctx, db, &v->key, record_pack(ctx->arena, &later_record, &v->record));
}

static bool look(struct ctx *ctx, const struct db_read *db, void *arg)
{
	return read_it(ctx, db, arg);
}

int main(int argc, char **argv)
{
	struct ctx ctx = { .arena = arena_new(0) };
	struct visit v = { 0 };
	struct db *db;
	int64_t count = 0;
	bool found;

	program = "later";
	if (argc < 5 || argc > 6 || !parse_int(argv[3], 0, 10000, &count))
		die("usage: later DATABASE TABLE COUNT KEY...");
	conf_start();
	if (!db_become(&ctx, argv[1], &found) || !found || !db_open(&ctx, argv[1], DB_READ_WRITE, &db))
		die("%s cannot be opened", argv[1]);
	v.key = argc == 5 ? db_key(argv[2][0], argv[4]) : db_key2(argv[2][0], argv[4], argv[5]);
	while (count-- > 0)
		if (!db_change(&ctx, db, visit, &v))
			die("%s", ctx.error.detail);
	if (!db_view(&ctx, db, look, &v))
		die("%s", ctx.error.detail);
	printf("%lld %s\n", (long long)v.record.visits, v.record.motto ? v.record.motto : "-");
	db_close(db);
	arena_free(ctx.arena);
	return v.found ? 0 : 1;
}
