/*
 * share_end: the last day of a share is over, for a test, since the clock cannot be moved. The module must be down.
 *
 *   share_end CONF OWNER ID
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "db.h"
#define RECORD share
#include "record_def.h"

static bool over(struct ctx *c, struct db_write *d, void *arg)
{
	char **words = arg;
	struct db_key key = db_key2('S', words[0], words[1]);
	struct bytes value;
	struct share s;
	bool found;
	if (!db_get(c, db_as_read(d), &key, &found, &value) || !found || !record_unpack(c, &share_record, value, &s))
		return fail(c, KIND_NOT_FOUND, NULL, "no such share");
	const char *whose = text(c->arena, "%s %s", s.owner, s.id);
	struct db_key due = db_key2('D', text(c->arena, "%012lld", (long long)s.ends), whose), now_due = db_key2('D', text(c->arena, "%012lld", (long long)now() - 1), whose);
	s.ends = now() - 1;
	return db_put(c, d, &key, record_pack(c->arena, &share_record, &s)) && db_del(c, d, &due) &&
		db_put(c, d, &now_due, (struct bytes){ (const unsigned char *)whose, strlen(whose) });
}

int main(int argc, char **argv)
{
	struct ctx c = { .arena = arena_new(0) };
	struct db *d;
	bool found;
	if (argc != 4)
		return 64;
	setenv("NARU_CONF", argv[1], 1);
	conf_start();
	bool done = db_become(&c, "shares", &found) && db_open(&c, "shares", DB_READ_WRITE, &d) && db_change(&c, d, over, argv + 2);
	if (!done)
		fprintf(stderr, "%s\n", c.error.detail ? c.error.detail : "error");
	arena_free(c.arena);
	return !done;
}
