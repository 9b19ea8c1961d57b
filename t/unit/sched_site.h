/* sched_site: a state folder of its own with an environment "sched", for unit tests of the snapshot. */
#ifndef NARU_SCHED_SITE_H
#define NARU_SCHED_SITE_H

#include "conf.h"
#include "sched.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char sched_site_folder[] = "/tmp/naru-sched-XXXXXX";

__attribute__((unused)) static struct db *sched_site_open(struct ctx *ctx)
{
	struct db *db = NULL;
	const char *file;
	FILE *conf;

	if (mkdtemp(sched_site_folder) == NULL)
		die("no folder");
	mkdir(text(ctx->arena, "%s/db", sched_site_folder), 0700);
	mkdir(text(ctx->arena, "%s/db/sched", sched_site_folder), 0700);
	file = text(ctx->arena, "%s/naru.conf", sched_site_folder);
	conf = fopen(file, "w");
	if (conf == NULL)
		die("no settings");
	fprintf(conf, "[site]\nstate = %s\ntime-zone = UTC\n[cluster demo]\ndriver = slurm\n", sched_site_folder);
	fclose(conf);
	setenv("NARU_CONF", file, 1);
	conf_start();
	if (!db_open(ctx, "sched", DB_READ_WRITE, &db))
		die("no database: %s", ctx->error.detail);
	return db;
}

__attribute__((unused)) static void sched_site_close(struct ctx *ctx, struct db *db)
{
	static const char *const files[] = { "db/sched/data.mdb", "db/sched/lock.mdb", "naru.conf" };
	static const char *const folders[] = { "db/sched", "db", "" };

	db_close(db);
	for (size_t i = 0; i < COUNT(files); i++)
		unlink(text(ctx->arena, "%s/%s", sched_site_folder, files[i]));
	for (size_t i = 0; i < COUNT(folders); i++)
		rmdir(text(ctx->arena, "%s/%s", sched_site_folder, folders[i]));
	arena_free(ctx->arena);
}

#endif
