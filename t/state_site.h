/* A state folder of a test's own with empty folders for databases, and a naru.conf that names it. */
#ifndef T_STATE_SITE_H
#define T_STATE_SITE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base.h"
#include "conf.h"

static char state_dir[64];
static pid_t state_owner;

/* Not in children: they end while the test still uses the folder. */
static inline void state_remove(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", state_dir);
	if (getpid() == state_owner && system(command) != 0)
		fprintf(stderr, "# %s was not removed\n", state_dir);
}

static inline void state_folder(const char *below, mode_t mode)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", state_dir, below);
	if (mkdir(path, 0700) != 0 || chmod(path, mode) != 0)
		die("%s cannot be made", path);
}

/* `folders` ends with NULL: "db", "db/portal" …; `more` goes to the end of naru.conf. */
static inline struct ctx state_start(const char *const *folders, const char *more)
{
	struct ctx ctx = { .arena = arena_new(0) };
	char path[256];
	FILE *f;

	snprintf(state_dir, sizeof state_dir, "/tmp/naru-unit-XXXXXX");
	if (!mkdtemp(state_dir))
		die("mkdtemp");
	state_owner = getpid();
	atexit(state_remove);
	for (; *folders; folders++)
		state_folder(*folders, 0700);
	snprintf(path, sizeof path, "%s/naru.conf", state_dir);
	f = fopen(path, "w");
	if (!f)
		die("%s", path);
	fprintf(f, "[site]\nname = Test\nstate = %s\n%s", state_dir, more);
	fclose(f);
	setenv("NARU_CONF", path, 1);
	conf_start();
	return ctx;
}

#endif
