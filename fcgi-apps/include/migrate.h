/*
 * migrate: reshapes stored records in order, once (schema/README says when that is needed at all: seldom).
 *
 * Each environment holds the number of the last migration it has seen, in a table of its own. A migration runs in one transaction together
 * with that number: it has happened or it has not. Before the first one the environment is copied.
 *
 * Modules of the old and of the new version may run meanwhile and afterwards, and a new environment begins with the new shape at number 0.
 * So a migration leaves alone what is already in the new shape.
 */
#ifndef NARU_MIGRATE_H
#define NARU_MIGRATE_H

#include "db.h"

struct migration {
	int64_t number;     /* 1, 2, 3 … over all environments, never used again */
	const char *env;
	const char *what;   /* one line for the log */
	bool (*run)(struct ctx *, struct db_write *, void *arg);
	void *arg;
};

/* Number of the last migration that the environment has seen; 0: none. */
bool migrate_version(struct ctx *, struct db *, int64_t *version) MUST_CHECK;
/* How many of the table wait for an environment that has seen `version`. The table ends with number 0. */
size_t migrate_pending(const struct migration *, const char *env, int64_t version);
/* Runs them. `backup` is an empty folder for the copy, NULL: none is wanted. Stops at the first that fails; those before it have happened. */
bool migrate_run(struct ctx *, struct db *, const char *env, const struct migration *, const char *backup) MUST_CHECK;
/* The numbers of a table rise, and each has all it needs. */
bool migrate_table_good(struct ctx *, const struct migration *) MUST_CHECK;

#endif
