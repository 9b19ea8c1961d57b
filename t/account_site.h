/* A state folder of a test's own with the database of account in it. */
#ifndef T_ACCOUNT_SITE_H
#define T_ACCOUNT_SITE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base.h"
#include "conf.h"
#include "people.h"

static char site_dir[64];

static inline void site_remove(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", site_dir);
	if (strlen(site_dir) > 10 && system(command) != 0)
		fprintf(stderr, "# %s was not removed\n", site_dir);
}

/* `more` goes to the end of naru.conf. */
static inline struct ctx site_start(const char *more)
{
	struct ctx ctx = { .arena = arena_new(0) };
	char path[128];
	FILE *f;

	snprintf(site_dir, sizeof site_dir, "/tmp/naru-unit-XXXXXX");
	if (!mkdtemp(site_dir))
		die("mkdtemp");
	atexit(site_remove);
	for (const char *const *at = (const char *const[]){ "/db", "/db/accounts", "/db/audit", "/db/seats", "/keys", "/poller", "/gate", NULL }; *at; at++) {
		snprintf(path, sizeof path, "%s%s", site_dir, *at);
		mkdir(path, 0700);
	}
	snprintf(path, sizeof path, "%s/naru.conf", site_dir);
	f = fopen(path, "w");
	if (!f)
		die("%s", path);
	fprintf(f, "[site]\nname = Test\nstate = %s\n%s", site_dir, more);
	fclose(f);
	setenv("NARU_CONF", path, 1);
	conf_start();
	if (!people_open(&ctx))
		die("database: %s", ctx.error.detail ? ctx.error.detail : ctx.error.message);
	return ctx;
}

/* Saves an account in a transaction of its own. */
static inline bool site_put(struct ctx *ctx, struct db_write *db, void *arg)
{
	return account_put(ctx, db, arg);
}

#endif
